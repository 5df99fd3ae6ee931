/* The part of leftovers.h that looks at processes anywhere. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "run/doomed.h"
#include "run/leftovers.h"
#include "run/process_stat.h"

#define NS_PER_MS 1000000
#define ANCESTOR_LIMIT 256
#define PROC_FILE_LIMIT_BYTES (16 << 20)

bool process_carries_marker(pid_t id, const char *marker)
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
		if (!process_carries_marker(parent, search->marker))
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
	CLEANUP(close_descriptor) int descriptor = doomed_open(id);
	if (descriptor < 0 || !process_carries_marker(id, search->marker) || !is_orphan(search, id))
		return;
	syscall(SYS_pidfd_send_signal, descriptor, SIGKILL, NULL, 0);
	doomed_add(doomed, descriptor);
	descriptor = -1;
}

void leftovers_end_marked(const char *marker)
{
	struct marked_search search = {.marker = marker};
	int64_t deadline_ns = clock_monotonic_ns() + (int64_t)LEFTOVERS_WAIT_MS * NS_PER_MS;
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
