/* The part of leftovers.h that looks at processes anywhere. */
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/parse.h"
#include "base/text.h"
#include "run/doomed.h"
#include "run/leftovers.h"
#include "run/process_stat.h"

#define NS_PER_MS 1000000
#define ANCESTOR_LIMIT 256
#define PROC_FILE_LIMIT_BYTES (16 << 20)

static bool read_environment(pid_t id, struct buffer *environment)
{
	char path[64];
	struct error ignored;
	snprintf(path, sizeof path, "/proc/%d/environ", (int)id);
	if (!file_read(path, PROC_FILE_LIMIT_BYTES, environment, &ignored))
		return false;
	buffer_append_byte(environment, '\0');
	return true;
}

/* What follows prefix in the first entry that begins with it. NULL: there is none. */
static char *find_entry(struct buffer *environment, const char *prefix)
{
	for (size_t at = 0; at < environment->size; at += strlen(environment->bytes + at) + 1) {
		if (text_starts_with(environment->bytes + at, prefix))
			return environment->bytes + at + strlen(prefix);
	}
	return NULL;
}

bool process_carries_marker(pid_t id, const char *marker)
{
	CLEANUP(buffer_release) struct buffer environment = BUFFER_INIT;
	if (!read_environment(id, &environment))
		return false;
	const char *rest = find_entry(&environment, marker);
	return rest && !*rest;
}

/* 0: it has none, or is gone. */
static pid_t parent_of(pid_t id)
{
	struct process_stat stat;
	process_stat_read(id, &stat);
	return stat.parent;
}

struct marked_search {
	const char *run_id;
	struct stat folder;
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

/*
 * The process looks at path, and some folder above that is ours. Asked where the process is: in a
 * container the same folder has another path.
 */
static bool lies_beneath(const struct marked_search *search, pid_t id, char *path)
{
	struct arena arena CLEANUP(arena_release) = {0};
	struct stat facts;
	if (strlen(path) >= PATH_MAX)
		return false;
	for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
		*slash = '\0';
		const char *seen = arena_format(&arena, "/proc/%d/root%s/", (int)id, path);
		if (stat(seen, &facts) == 0 && facts.st_dev == search->folder.st_dev &&
			facts.st_ino == search->folder.st_ino)
			return true;
	}
	return false;
}

/*
 * Run ids are points in time: a run of the same id may be going on in another folder, and a copy of
 * this one names it as well. Which folder a step belongs to, its notes say.
 */
static bool is_of_run(const struct marked_search *search, pid_t id)
{
	CLEANUP(buffer_release) struct buffer environment = BUFFER_INIT;
	if (!read_environment(id, &environment))
		return false;
	const char *run_id = find_entry(&environment, "WAVETRAIN_RUN_ID=");
	char *notes = find_entry(&environment, "WAVETRAIN_SUMMARY=");
	return run_id && notes && text_equal(run_id, search->run_id) &&
	       lies_beneath(search, id, notes);
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
	if (descriptor < 0 || !is_of_run(search, id))
		return;
	syscall(SYS_pidfd_send_signal, descriptor, SIGKILL, NULL, 0);
	doomed_add(doomed, descriptor);
	descriptor = -1;
}

void leftovers_end_run(const char *run_id, const char *folder)
{
	struct marked_search search = {.run_id = run_id};
	int64_t deadline_ns = clock_monotonic_ns() + (int64_t)LEFTOVERS_WAIT_MS * NS_PER_MS;
	if (stat(folder, &search.folder) < 0)
		return;
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
