/*
 * fail_at KIND COUNT[+] PROGRAM [ARGUMENT …]: runs the program, and its COUNTth system call of the
 * kind is not made but answered with the kind's error; with + every later one too, as when a disk
 * stays full. Its children are not traced, and what the loader does before the program itself is
 * not counted. With COUNT 0 nothing fails. When descriptor 9 is open it gets a line for each call
 * of the kind, with what it was for where that is known and "! " before those that failed, and at
 * the end their number.
 * Exit status: the program's own; 137 when a signal ended it; 125 when it could not be run.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <unistd.h>

#include "rig/tracer.h"

#define REPORT 9
#define TEXT_BYTES 256

enum kind_id { WRITE, CONSOLE, SYNC, OPEN, WATCH, START, RENAME, FOLDER, MEMORY, KIND_COUNT };

static const struct kind {
	const char *name;
	int error;
} kinds[KIND_COUNT] = {
	[WRITE] = {"write", ENOSPC},     /* into files and pipes */
	[CONSOLE] = {"console", ENOSPC}, /* to stdout and stderr */
	[SYNC] = {"sync", EIO},
	[OPEN] = {"open", EMFILE},
	[WATCH] = {"watch", EMFILE}, /* what makes the event loop's descriptors */
	[START] = {"start", EAGAIN}, /* a process */
	[RENAME] = {"rename", EIO},  /* or a second name */
	[FOLDER] = {"folder", ENOSPC},
	[MEMORY] = {"memory", ENOMEM},
};

enum shape { PLAIN, DESCRIPTOR, PATH, PATH_AT };

static const struct call {
	long number;
	const char *name;
	enum kind_id kind;
	enum shape shape; /* what its first arguments say of what it is for */
} calls[] = {
	{SYS_write, "write", WRITE, DESCRIPTOR},
	{SYS_pwrite64, "pwrite64", WRITE, DESCRIPTOR},
	{SYS_writev, "writev", WRITE, DESCRIPTOR},
	{SYS_pwritev, "pwritev", WRITE, DESCRIPTOR},
	{SYS_ftruncate, "ftruncate", WRITE, DESCRIPTOR},
	{SYS_fallocate, "fallocate", WRITE, DESCRIPTOR},
	{SYS_fsync, "fsync", SYNC, DESCRIPTOR},
	{SYS_fdatasync, "fdatasync", SYNC, DESCRIPTOR},
	{SYS_syncfs, "syncfs", SYNC, DESCRIPTOR},
	{SYS_openat, "openat", OPEN, PATH_AT},
	{SYS_openat2, "openat2", OPEN, PATH_AT},
	{SYS_epoll_create1, "epoll_create1", WATCH, PLAIN},
	{SYS_epoll_ctl, "epoll_ctl", WATCH, DESCRIPTOR},
	{SYS_signalfd4, "signalfd4", WATCH, PLAIN},
	{SYS_timerfd_create, "timerfd_create", WATCH, PLAIN},
	{SYS_pidfd_open, "pidfd_open", WATCH, PLAIN},
	{SYS_pipe2, "pipe2", WATCH, PLAIN},
	{SYS_clone, "clone", START, PLAIN},
	{SYS_clone3, "clone3", START, PLAIN},
	{SYS_renameat2, "renameat2", RENAME, PATH_AT},
	{SYS_linkat, "linkat", RENAME, PATH_AT},
	{SYS_mkdirat, "mkdirat", FOLDER, PATH_AT},
	{SYS_mmap, "mmap", MEMORY, PLAIN},
	{SYS_mremap, "mremap", MEMORY, PLAIN},
	{SYS_brk, "brk", MEMORY, PLAIN},
#ifdef SYS_renameat
	{SYS_renameat, "renameat", RENAME, PATH_AT},
#endif
#ifdef SYS_open /* what only older machines have */
	{SYS_open, "open", OPEN, PATH},
	{SYS_creat, "creat", OPEN, PATH},
	{SYS_pipe, "pipe", WATCH, PLAIN},
	{SYS_fork, "fork", START, PLAIN},
	{SYS_vfork, "vfork", START, PLAIN},
	{SYS_rename, "rename", RENAME, PATH},
	{SYS_link, "link", RENAME, PATH},
	{SYS_mkdir, "mkdir", FOLDER, PATH},
#endif
};

struct wanted {
	pid_t process;
	enum kind_id kind;
	unsigned long first; /* 0: none fails */
	bool and_later;
	bool is_loaded; /* the loader has let go of its list of libraries */
	unsigned long count;
	uint64_t break_address; /* where the heap ends, which is what a brk() that fails gives */
};

static const struct call *call_find(uint64_t number)
{
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		if ((uint64_t)calls[i].number == number)
			return &calls[i];
	return NULL;
}

static bool is_of_kind(
	const struct wanted *wanted, const struct call *call, const uint64_t arguments[6])
{
	bool is_console = call->kind == WRITE && arguments[0] <= STDERR_FILENO;
	if ((is_console ? CONSOLE : call->kind) != wanted->kind)
		return false;
	if (call->number == SYS_brk)
		return arguments[0] > wanted->break_address;
	if (call->number == SYS_mmap)
		return arguments[3] & MAP_ANONYMOUS;
	return call->number != SYS_mremap || arguments[2] > arguments[1];
}

/* For whoever looks for where a run failed. */
static void tell(const struct wanted *wanted, const struct call *call, const uint64_t arguments[6],
	bool fails)
{
	char target[TEXT_BYTES] = "";
	if (call->shape == DESCRIPTOR) {
		char link[64];
		snprintf(link, sizeof link, "/proc/%d/fd/%d", wanted->process, (int)arguments[0]);
		if (readlink(link, target, sizeof target - 1) < 0)
			snprintf(target, sizeof target, "%d", (int)arguments[0]);
	}
	uint64_t address = arguments[call->shape == PATH_AT ? 1 : 0];
	for (size_t i = 0; call->shape >= PATH && i + sizeof(long) < sizeof target;
		i += sizeof(long)) {
		long word = ptrace(PTRACE_PEEKDATA, wanted->process, (void *)(address + i), NULL);
		memcpy(target + i, &word, sizeof word);
		if (memchr(&word, '\0', sizeof word))
			break;
	}
	dprintf(REPORT, "%s%s %s\n", fails ? "! " : "", call->name, target);
}

#if defined(__x86_64__)
static void call_skip(pid_t process)
{
	ptrace(PTRACE_POKEUSER, process, offsetof(struct user_regs_struct, orig_rax), (void *)-1L);
}

static void call_answer(pid_t process, uint64_t value)
{
	ptrace(PTRACE_POKEUSER, process, offsetof(struct user_regs_struct, rax), (void *)value);
}
#elif defined(__aarch64__)
static void call_skip(pid_t process)
{
	int none = -1;
	struct iovec part = {.iov_base = &none, .iov_len = sizeof none};
	ptrace(PTRACE_SETREGSET, process, (void *)NT_ARM_SYSTEM_CALL, &part);
}

static void call_answer(pid_t process, uint64_t value)
{
	struct user_regs_struct registers;
	struct iovec part = {.iov_base = &registers, .iov_len = sizeof registers};
	ptrace(PTRACE_GETREGSET, process, (void *)NT_PRSTATUS, &part);
	registers.regs[0] = value;
	ptrace(PTRACE_SETREGSET, process, (void *)NT_PRSTATUS, &part);
}
#else
#error "where this machine keeps the number and the answer of a system call"
#endif

/* Before a call: whether it must fail. */
static bool fails_now(struct wanted *wanted, const struct __ptrace_syscall_info *stop)
{
	const struct call *call = call_find(stop->entry.nr);
	if (stop->entry.nr == SYS_munmap)
		wanted->is_loaded = true;
	if (!call || !wanted->is_loaded || !is_of_kind(wanted, call, stop->entry.args))
		return false;
	wanted->count++;
	bool fails = wanted->first && (wanted->count == wanted->first ||
					      (wanted->and_later && wanted->count > wanted->first));
	tell(wanted, call, stop->entry.args, fails);
	return fails;
}

static int trace(struct wanted *wanted)
{
	struct __ptrace_syscall_info stop;
	uint64_t entered = 0;
	bool fails = false;
	int signal = 0;
	int status;
	while ((signal = tracer_next_stop(wanted->process, signal, &status)) >= 0) {
		if (signal != TRACER_CALL)
			continue;
		signal = 0;
		if (ptrace(PTRACE_GET_SYSCALL_INFO, wanted->process, sizeof stop, &stop) <= 0)
			continue;
		if (stop.op == PTRACE_SYSCALL_INFO_ENTRY) {
			entered = stop.entry.nr;
			fails = fails_now(wanted, &stop);
			if (fails)
				call_skip(wanted->process);
		} else if (fails) {
			call_answer(wanted->process,
				entered == SYS_brk ? wanted->break_address
						   : (uint64_t)-kinds[wanted->kind].error);
			fails = false;
		} else if (entered == SYS_brk) {
			wanted->break_address = (uint64_t)stop.exit.rval;
		}
	}
	return status;
}

int main(int argument_count, char **arguments)
{
	struct wanted wanted = {.kind = KIND_COUNT};
	if (argument_count < 4)
		return TRACER_CANNOT_RUN;
	for (unsigned i = 0; i < KIND_COUNT; i++)
		if (strcmp(arguments[1], kinds[i].name) == 0)
			wanted.kind = (enum kind_id)i;
	char *end;
	wanted.first = strtoul(arguments[2], &end, 10);
	wanted.and_later = strcmp(end, "+") == 0;
	if (wanted.kind == KIND_COUNT)
		return TRACER_CANNOT_RUN;
	fcntl(REPORT, F_SETFD, FD_CLOEXEC);
	wanted.process = tracer_start(arguments + 3);
	int status = trace(&wanted);
	dprintf(REPORT, "%lu\n", wanted.count);
	return tracer_exit_status(status);
}
