#include "run/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#define NS_PER_MS 1000000
#define PROC_FILE_LIMIT_BYTES ((size_t)4 << 20)
#define FACTS_BYTES 512
#define DEPTH_LIMIT 32 /* of cgroups that a step has made in its own */
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* --- where we are --- */

/* "\040" is a space: how the kernel writes what would part two fields. */
static void unescape(char *text)
{
	char *out = text;
	for (const char *in = text; *in;) {
		bool is_escape = in[0] == '\\' && in[1] >= '0' && in[1] <= '3' && in[2] >= '0' &&
				 in[2] <= '7' && in[3] >= '0' && in[3] <= '7';
		if (is_escape) {
			*out++ = (char)((in[1] - '0') * 64 + (in[2] - '0') * 8 + (in[3] - '0'));
			in += 4;
		} else {
			*out++ = *in++;
		}
	}
	*out = '\0';
}

/* Copies the line's field number index, counted from 0. NULL: it has less. */
static char *take_field(const char *line, size_t length, unsigned index, struct arena *arena)
{
	const char *end = line + length;
	for (; index && line < end; index--) {
		const char *space = memchr(line, ' ', (size_t)(end - line));
		line = space ? space + 1 : end;
	}
	if (line >= end)
		return NULL;
	const char *space = memchr(line, ' ', (size_t)(end - line));
	char *field = arena_copy_bytes(arena, line, (size_t)((space ? space : end) - line));
	unescape(field);
	return field;
}

/* Our path in the second version's only hierarchy: the line "0::/path". */
static char *own_membership(const char *membership, struct arena *arena)
{
	for (const char *line = membership; *line; line += *line == '\n') {
		size_t length = strcspn(line, "\n");
		if (strncmp(line, "0::", 3) == 0)
			return arena_copy_bytes(arena, line + 3, length - 3);
		line += length;
	}
	return NULL;
}

/* path counted from the part of the hierarchy that is mounted. NULL: it is not in that part. */
static const char *path_within(const char *root, const char *path)
{
	size_t length = strlen(root);
	if (text_equal(root, "/"))
		return path;
	if (strncmp(root, path, length) != 0 || (path[length] && path[length] != '/'))
		return NULL;
	return path + length;
}

/* The last mount wins: it is the one that can be seen. */
static const char *find_mounted(const char *mounts, const char *path, struct arena *arena)
{
	const char *found = NULL;
	for (const char *line = mounts; *line; line += *line == '\n') {
		size_t length = strcspn(line, "\n");
		const char *rest = memmem(line, length, " - cgroup2 ", 11);
		const char *root = rest ? take_field(line, length, 3, arena) : NULL;
		const char *mount_point = rest ? take_field(line, length, 4, arena) : NULL;
		const char *inner = mount_point ? path_within(root, path) : NULL;
		if (inner)
			found = arena_format(
				arena, "%s%s", mount_point, text_equal(inner, "/") ? "" : inner);
		line += length;
	}
	return found;
}

const char *cgroup_path_from(
	const char *mounts, const char *membership, struct arena *arena, struct error *error)
{
	const char *path = own_membership(membership, arena);
	const char *found = path ? find_mounted(mounts, path, arena) : NULL;
	if (!path || !strstr(mounts, " - cgroup2 "))
		error_set(error, ERROR_PROCESS, "no cgroup v2 hierarchy is mounted");
	else if (!found)
		error_set(error, ERROR_PROCESS,
			"the cgroup v2 hierarchy that is mounted does not show our own cgroup");
	return found;
}

const char *cgroup_find_own(struct arena *arena, struct error *error)
{
	CLEANUP(buffer_release) struct buffer mounts = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer membership = BUFFER_INIT;
	struct statfs facts;
	if (!file_read("/proc/self/mountinfo", PROC_FILE_LIMIT_BYTES, &mounts, error) ||
		!file_read("/proc/self/cgroup", PROC_FILE_LIMIT_BYTES, &membership, error))
		return NULL;
	const char *path =
		cgroup_path_from(buffer_text(&mounts), buffer_text(&membership), arena, error);
	if (!path)
		return NULL;
	/* Something else may be mounted over it. */
	if (statfs(path, &facts) < 0 || facts.f_type != CGROUP2_SUPER_MAGIC) {
		error_set(error, ERROR_PROCESS, "'%s' is no cgroup v2", path);
		return NULL;
	}
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0) {
		error_set_errno(error, ERROR_PROCESS, "the cgroup '%s' cannot be written to", path);
		return NULL;
	}
	return path;
}

/* --- files of a cgroup --- */

static bool write_file(int folder, const char *name, const char *text)
{
	CLEANUP(close_descriptor) int file = openat(folder, name, O_WRONLY | O_CLOEXEC);
	return file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
}

/* The number behind "KEY " at a line's beginning; 0: it is not there. */
static uint64_t read_fact(int file, const char *key)
{
	char facts[FACTS_BYTES];
	ssize_t size = pread(file, facts, sizeof facts - 1, 0);
	if (size <= 0)
		return 0;
	facts[size] = '\0';
	for (const char *line = facts; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, strlen(key)) == 0)
			return strtoull(line + strlen(key), NULL, 10);
	}
	return 0;
}

/* Calls kill(2) for each process that is listed; true when there was one. */
static bool signal_members(int folder, int signal)
{
	CLEANUP(close_descriptor) int list = openat(folder, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	CLEANUP(close_stream) FILE *stream = list < 0 ? NULL : fdopen(list, "r");
	char line[32];
	bool found = false;
	if (!stream)
		return false;
	list = -1;
	while (fgets(line, sizeof line, stream)) {
		pid_t id = (pid_t)strtol(line, NULL, 10);
		/* 0: a process that our namespace does not show. */
		if (id > 0 && signal)
			kill(id, signal);
		found = true;
	}
	return found;
}

/* --- a place's --- */

bool cgroup_place_is_populated(const struct cgroup_place *place)
{
	if (!place->folder || !read_fact(place->events, "populated "))
		return false;
	/* What is about to be gone may still be counted, though it is listed nowhere. */
	if (signal_members(place->folder, 0))
		return true;
	CLEANUP(close_descriptor)
	int facts = openat(place->folder, "cgroup.stat", O_RDONLY | O_CLOEXEC);
	return facts >= 0 && read_fact(facts, "nr_descendants ");
}

void cgroup_place_signal(struct cgroup_place *place, int signal)
{
	if (!place->folder)
		return;
	if (signal != SIGKILL) {
		signal_members(place->folder, signal);
		return;
	}
	write_file(place->folder, "cgroup.kill", "1");
	place->is_spent = true;
}

static bool make_run(struct cgroup_run *run, struct error *error)
{
	if (run->is_made)
		return true;
	if (mkdir(run->path, 0755) < 0)
		return error_set_errno(
			error, ERROR_PROCESS, "the cgroup '%s' cannot be made", run->path);
	CLEANUP(close_descriptor) int folder = open(run->path, FOLDER_FLAGS);
	flock(folder, LOCK_SH);
	if (faccessat(folder, "cgroup.kill", W_OK, AT_EACCESS) < 0) {
		rmdir(run->path);
		return error_set(error, ERROR_PROCESS,
			"the kernel cannot end a cgroup as one (Linux 5.14 can)");
	}
	run->is_made = true;
	run->lock = folder;
	folder = -1;
	return true;
}

static char *place_path(const struct cgroup_run *run, uint32_t number, struct arena *arena)
{
	return arena_format(arena, "%s/%u", run->path, number);
}

bool cgroup_place_make(struct cgroup_run *run, struct cgroup_place *place, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	if (place->folder && !place->is_spent)
		return true;
	/* What is still dying in it keeps it until the run's end. */
	if (place->folder)
		rmdir(place_path(run, place->number, &arena));
	cgroup_place_close(place);
	if (!run->path || run->is_refused)
		return error_set(error, ERROR_PROCESS, "no cgroup can be made");
	if (!make_run(run, error))
		return false;
	const char *path = place_path(run, run->place_count, &arena);
	if (mkdir(path, 0755) < 0)
		return error_set_errno(
			error, ERROR_PROCESS, "the cgroup '%s' cannot be made", path);
	uint32_t number = run->place_count++;
	int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int events = openat(folder, "cgroup.events", O_RDONLY | O_CLOEXEC);
	if (events < 0) {
		error_set_errno(error, ERROR_PROCESS, "the cgroup '%s' cannot be opened", path);
		close_descriptor(&folder);
		return false;
	}
	*place = (struct cgroup_place){.folder = folder, .events = events, .number = number};
	return true;
}

void cgroup_place_close(struct cgroup_place *place)
{
	if (!place->folder)
		return;
	close(place->folder);
	close(place->events);
	*place = (struct cgroup_place){0};
}

/* --- the run's --- */

void cgroup_run_init(struct cgroup_run *run, const char *own, const char *name)
{
	struct arena arena CLEANUP(arena_release) = {0};
	const char *path = path_join(&arena, own, name);
	*run = (struct cgroup_run){.path = heap_allocate(strlen(path) + 1, 1)};
	memcpy(run->path, path, strlen(path) + 1);
}

void cgroup_run_refuse(struct cgroup_run *run)
{
	run->is_refused = true;
}

bool cgroup_run_close(struct cgroup_run *run)
{
	bool is_gone = !run->is_made || cgroup_end(run->path);
	if (run->is_made)
		close(run->lock);
	free(run->path);
	*run = (struct cgroup_run){0};
	return is_gone;
}

/* --- removing --- */

static bool await_empty(int folder)
{
	int64_t deadline_ns = clock_monotonic_ns() + (int64_t)CGROUP_END_WAIT_MS * NS_PER_MS;
	CLEANUP(close_descriptor)
	int events = openat(folder, "cgroup.events", O_RDONLY | O_CLOEXEC);
	while (events >= 0 && read_fact(events, "populated ")) {
		int64_t left_ns = deadline_ns - clock_monotonic_ns();
		struct pollfd change = {.fd = events, .events = POLLPRI};
		if (left_ns <= 0 || !write_file(folder, "cgroup.kill", "1"))
			return false;
		/* The kernel tells of a change, but not of one since the kill. */
		poll(&change, 1, left_ns > 50 * NS_PER_MS ? 50 : (int)(left_ns / NS_PER_MS) + 1);
	}
	return events >= 0;
}

/* The first cgroup within folder, or -1. */
static int open_inner(int folder, char name[NAME_MAX + 1])
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_folder) DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	if (!entries)
		close_descriptor(&copy);
	for (struct dirent *entry = entries ? readdir(entries) : NULL; entry;
		entry = readdir(entries)) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		snprintf(name, NAME_MAX + 1, "%s", entry->d_name);
		return openat(folder, name, FOLDER_FLAGS);
	}
	return -1;
}

/* One cgroup that has none beneath it. False: there is none, or it cannot be removed. */
static bool remove_innermost(int top)
{
	char name[NAME_MAX + 1], inner_name[NAME_MAX + 1];
	CLEANUP(close_descriptor) int parent = -1;
	CLEANUP(close_descriptor) int folder = open_inner(top, name);
	for (int depth = 0; folder >= 0 && depth < DEPTH_LIMIT; depth++) {
		int inner = open_inner(folder, inner_name);
		if (inner < 0)
			return unlinkat(parent < 0 ? top : parent, name, AT_REMOVEDIR) == 0;
		close_descriptor(&parent);
		parent = folder;
		folder = inner;
		memcpy(name, inner_name, sizeof name);
	}
	return false;
}

bool cgroup_end(const char *path)
{
	struct statfs facts;
	CLEANUP(close_descriptor)
	int folder = open(path, FOLDER_FLAGS);
	if (folder < 0)
		return errno == ENOENT || errno == ENOTDIR;
	if (fstatfs(folder, &facts) < 0 || facts.f_type != CGROUP2_SUPER_MAGIC)
		return true;
	write_file(folder, "cgroup.kill", "1");
	if (!await_empty(folder))
		return false;
	while (remove_innermost(folder))
		;
	return rmdir(path) == 0 || errno == ENOENT;
}

void cgroup_end_left(const char *path)
{
	CLEANUP(close_descriptor) int folder = open(path, FOLDER_FLAGS);
	if (folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) == 0)
		cgroup_end(path);
}

static bool is_younger(int folder, int64_t age_ms)
{
	struct stat facts;
	return fstat(folder, &facts) < 0 ||
	       clock_realtime_ms() - (int64_t)facts.st_ctim.tv_sec * 1000 < age_ms;
}

void cgroup_end_abandoned(const char *own, const char *prefix, int64_t age_ms)
{
	struct arena arena CLEANUP(arena_release) = {0};
	CLEANUP(close_folder) DIR *entries = opendir(own);
	for (struct dirent *entry = entries ? readdir(entries) : NULL; entry;
		entry = readdir(entries)) {
		if (!text_starts_with(entry->d_name, prefix))
			continue;
		CLEANUP(close_descriptor)
		int folder = openat(dirfd(entries), entry->d_name, FOLDER_FLAGS);
		/* A younger one's runner may be about to take its lock. */
		if (folder >= 0 && !is_younger(folder, age_ms) &&
			flock(folder, LOCK_EX | LOCK_NB) == 0)
			cgroup_end(path_join(&arena, own, entry->d_name));
	}
}
