#include "run/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/index.h"
#include "base/parse.h"
#include "run/process_stat.h"

#define NS_PER_MS 1000000
#define SWEEP_ROUNDS 64
#define ANCESTOR_LIMIT 256
#define PROC_FILE_LIMIT_BYTES (16 << 20)

/* --- processes that got SIGKILL and are waited for --- */

struct doomed {
	int *descriptors; /* pidfds */
	uint32_t count;
	uint32_t capacity;
	uint32_t total; /* also those that have no pidfd for lack of descriptors */
};

static void doomed_add(struct doomed *doomed, int descriptor)
{
	doomed->total++;
	if (descriptor < 0)
		return;
	GROW(doomed->descriptors, doomed->count, doomed->capacity);
	doomed->descriptors[doomed->count++] = descriptor;
}

/* Waits until all are gone, or for the deadline. */
static void doomed_await(struct doomed *doomed, int64_t deadline_ns)
{
	for (uint32_t i = 0; i < doomed->count; i++) {
		struct pollfd wanted = {.fd = doomed->descriptors[i], .events = POLLIN};
		int64_t left_ns = deadline_ns - clock_monotonic_ns();
		poll(&wanted, 1, left_ns > 0 ? (int)(left_ns / NS_PER_MS) + 1 : 0);
		close(wanted.fd);
	}
	free(doomed->descriptors);
	*doomed = (struct doomed){0};
}

static int64_t wait_deadline_ns(void)
{
	return clock_monotonic_ns() + (int64_t)LEFTOVERS_WAIT_MS * NS_PER_MS;
}

static int open_process(pid_t id)
{
	return (int)syscall(SYS_pidfd_open, id, 0);
}

/* --- children --- */

/* Appends this process's children, "12 34 "; nothing where the kernel does not tell. */
static void list_children(struct buffer *list)
{
	struct error ignored;
	buffer_clear(list);
	if (!file_read("/proc/thread-self/children", PROC_FILE_LIMIT_BYTES, list, &ignored))
		buffer_clear(list);
}

/* The next number of the list; 0: no more. */
static pid_t next_child(const char **rest)
{
	uint64_t id = 0;
	for (; **rest == ' '; (*rest)++)
		;
	for (; **rest >= '0' && **rest <= '9'; (*rest)++)
		id = id * 10 + (uint64_t)(**rest - '0');
	return (pid_t)id;
}

void leftovers_init(struct leftovers *leftovers)
{
	struct buffer list = BUFFER_INIT;
	*leftovers = (struct leftovers){0};
	list_children(&list);
	const char *rest = buffer_text(&list);
	for (pid_t id = next_child(&rest); id; id = next_child(&rest)) {
		GROW(leftovers->spared, leftovers->spared_count, leftovers->spared_capacity);
		leftovers->spared[leftovers->spared_count++] = id;
	}
	buffer_release(&list);
}

void leftovers_release(struct leftovers *leftovers)
{
	free(leftovers->spared);
	*leftovers = (struct leftovers){0};
}

static bool is_spared(const struct leftovers *leftovers, pid_t id)
{
	for (uint32_t i = 0; i < leftovers->spared_count; i++) {
		if (leftovers->spared[i] == id)
			return true;
	}
	return getsid(id) == getsid(0);
}

/* False: there was nothing to end. */
static bool end_once(const struct leftovers *leftovers, struct buffer *list, int64_t deadline_ns)
{
	struct doomed doomed = {0};
	list_children(list);
	const char *rest = buffer_text(list);
	for (pid_t id = next_child(&rest); id; id = next_child(&rest)) {
		if (is_spared(leftovers, id) || waitpid(id, NULL, WNOHANG) != 0)
			continue;
		int descriptor = open_process(id);
		kill(id, SIGKILL);
		doomed_add(&doomed, descriptor);
	}
	bool has_found = doomed.total > 0;
	doomed_await(&doomed, deadline_ns);
	return has_found;
}

/* One call instead of a walk through /proc, where there is nothing to end: after most stages. */
static bool has_children(void)
{
	siginfo_t ignored;
	return waitid(P_ALL, 0, &ignored, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

void leftovers_end(const struct leftovers *leftovers)
{
	struct buffer list = BUFFER_INIT;
	int64_t deadline_ns = wait_deadline_ns();
	if (!has_children())
		return;
	/*
	 * Ending one makes its own children ours, and those that were ended are reaped when they
	 * are looked at again; so look until nothing new turns up.
	 */
	for (int round = 0; round < SWEEP_ROUNDS; round++) {
		if (!end_once(leftovers, &list, deadline_ns))
			break;
	}
	buffer_release(&list);
}

/* --- processes anywhere --- */

static bool carries_marker(pid_t id, const char *marker)
{
	char path[64];
	struct buffer environment = BUFFER_INIT;
	struct error ignored;
	bool found = false;
	size_t length = strlen(marker) + 1;
	snprintf(path, sizeof path, "/proc/%d/environ", (int)id);
	if (file_read(path, PROC_FILE_LIMIT_BYTES, &environment, &ignored)) {
		buffer_append_byte(&environment, '\0');
		for (size_t at = 0; !found && at + length <= environment.size;
			at += strlen(environment.bytes + at) + 1)
			found = memcmp(environment.bytes + at, marker, length) == 0;
	}
	buffer_release(&environment);
	return found;
}

/* 0: it has none, or is gone. */
static pid_t parent_of(pid_t id)
{
	struct process_stat stat;
	process_stat_read(id, &stat);
	return stat.parent;
}

struct marked_search {
	const char *marker;
	pid_t ancestors[ANCESTOR_LIMIT];
	uint32_t ancestor_count;
};

static void find_ancestors(struct marked_search *search)
{
	pid_t id = getpid();
	while (id && search->ancestor_count < ANCESTOR_LIMIT) {
		search->ancestors[search->ancestor_count++] = id;
		id = parent_of(id);
	}
}

static bool is_ancestor(const struct marked_search *search, pid_t id)
{
	for (uint32_t i = 0; i < search->ancestor_count; i++) {
		if (search->ancestors[i] == id)
			return true;
	}
	return false;
}

static void read_name(pid_t id, struct buffer *name)
{
	char path[64];
	struct error ignored;
	snprintf(path, sizeof path, "/proc/%d/comm", (int)id);
	buffer_clear(name);
	if (!file_read(path, PROC_FILE_LIMIT_BYTES, name, &ignored))
		buffer_clear(name);
}

/* Called as we are, wherever it is installed, and none of those that started us. */
static bool is_other_runner(const struct marked_search *search, pid_t id)
{
	CLEANUP(buffer_release) struct buffer name = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer own_name = BUFFER_INIT;
	read_name(id, &name);
	read_name(getpid(), &own_name);
	return !is_ancestor(search, id) && strcmp(buffer_text(&name), buffer_text(&own_name)) == 0;
}

/*
 * Run ids are points in time: a run of the same id may be going on in another folder. Its steps
 * have their runner above them, while those of a runner that was killed have got a new parent.
 */
static bool is_orphan(const struct marked_search *search, pid_t id)
{
	pid_t parent = parent_of(id);
	for (int depth = 0; parent > 1 && depth < ANCESTOR_LIMIT; depth++) {
		if (!carries_marker(parent, search->marker))
			return !is_other_runner(search, parent);
		parent = parent_of(parent);
	}
	return true;
}

static void doom_marked(
	const struct marked_search *search, const struct dirent *entry, struct doomed *doomed)
{
	char path[64];
	struct stat status;
	uint64_t number;
	if (!parse_unsigned(entry->d_name, INT32_MAX, &number))
		return;
	pid_t id = (pid_t)number;
	snprintf(path, sizeof path, "/proc/%d", (int)id);
	if (stat(path, &status) < 0 || status.st_uid != geteuid() || getsid(id) == getsid(0) ||
		is_ancestor(search, id))
		return;
	/* Opened first: the number can then not become another process's unnoticed. */
	CLEANUP(close_descriptor) int descriptor = open_process(id);
	if (descriptor < 0 || !carries_marker(id, search->marker) || !is_orphan(search, id))
		return;
	syscall(SYS_pidfd_send_signal, descriptor, SIGKILL, NULL, 0);
	doomed_add(doomed, descriptor);
	descriptor = -1;
}

void leftovers_end_marked(const char *marker)
{
	struct marked_search search = {.marker = marker};
	int64_t deadline_ns = wait_deadline_ns();
	find_ancestors(&search);
	/* They may start others while they are being looked for. */
	for (bool has_found = true; has_found && clock_monotonic_ns() < deadline_ns;) {
		struct doomed doomed = {0};
		CLEANUP(close_folder) DIR *processes = opendir("/proc");
		if (!processes)
			return;
		for (struct dirent *entry = readdir(processes); entry; entry = readdir(processes))
			doom_marked(&search, entry, &doomed);
		has_found = doomed.total > 0;
		doomed_await(&doomed, deadline_ns);
	}
}
