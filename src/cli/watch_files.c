#include "cli/watch_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/file_match.h"
#include "base/text.h"

#define SETTLED_MS 1000 /* coarser than any clock that files are stamped by */
#define FOLDER_EVENTS                                                                              \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ATTRIB |        \
		IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK)

struct scan {
	const struct snapshot_request *request;
	struct watch_snapshot *snapshot;
	struct error *error;
	bool has_failed; /* *error says why */
	/* Of the rule that is being looked up. */
	const char *folder; /* absolute, that is searched */
	bool is_of_state;   /* it names something in the state folder: .wavetrain/personas/ */
	const struct input_files *files;
};

/* --- folders --- */

static bool watch_folder(struct scan *scan, const char *path)
{
	if (scan->request->inotify < 0 ||
		inotify_add_watch(scan->request->inotify, path, FOLDER_EVENTS) >= 0)
		return true;
	/* Gone since, or not ours to read: then there is nothing to be heard. */
	if (errno != ENOSPC && errno != ENOMEM)
		return true;
	scan->has_failed = true;
	error_set(scan->error, ERROR_PROCESS,
		"cannot watch '%s': the system watches no more folders", path);
	return error_hint(scan->error, "raise fs.inotify.max_user_watches, or name fewer files");
}

/* The folder, or the nearest one above it that is there. */
static bool watch_nearest(struct scan *scan, const char *folder)
{
	struct arena *arena = &scan->snapshot->arena;
	while (!path_is_folder(folder) && strchr(folder + 1, '/'))
		folder = path_folder(arena, folder);
	return watch_folder(scan, path_is_folder(folder) ? folder : "/");
}

static bool is_of_state(const struct scan *scan, const char *path)
{
	const char *state = scan->request->state_folder;
	size_t length = state ? strlen(state) : 0;
	return length && strncmp(path, state, length) == 0 &&
	       (!path[length] || path[length] == '/');
}

static bool enter(void *context, const char *path)
{
	struct scan *scan = context;
	if (*path && scan->files && !input_files_enter(scan->files, path))
		return false;
	const char *whole =
		*path ? path_join(&scan->snapshot->arena, scan->folder, path) : scan->folder;
	if (is_of_state(scan, whole) && !scan->is_of_state)
		return false;
	return !scan->has_failed && watch_folder(scan, whole);
}

/* --- files --- */

static int compare_paths(const void *left, const void *right)
{
	const struct watched_file *one = left;
	const struct watched_file *other = right;
	return strcmp(one->path, other->path);
}

static const struct watched_file *find_file(const struct watch_snapshot *snapshot, const char *path)
{
	const struct watched_file wanted = {.path = path};
	if (!snapshot || !snapshot->count)
		return NULL;
	return bsearch(&wanted, snapshot->files, snapshot->count, sizeof wanted, compare_paths);
}

static int64_t nanoseconds(struct timespec time)
{
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static bool is_same_file(const struct watched_file *one, const struct watched_file *other)
{
	return one->inode == other->inode && one->size_bytes == other->size_bytes &&
	       one->modified_ns == other->modified_ns && one->changed_ns == other->changed_ns;
}

static void read_content(struct watched_file *file)
{
	struct error ignored;
	uint64_t size;
	if (file->size_bytes <= WATCH_READ_LIMIT_BYTES) {
		CLEANUP(close_descriptor)
		int descriptor = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (descriptor >= 0 && hash_descriptor(descriptor, file->content, &size, &ignored))
			return;
	}
	snprintf(file->content, sizeof file->content, "%" PRId64 " %" PRId64, file->size_bytes,
		file->modified_ns);
}

static void add_file(struct scan *scan, const char *path)
{
	struct watch_snapshot *snapshot = scan->snapshot;
	const struct watched_file *known = find_file(scan->request->previous, path);
	struct stat facts;
	if (stat(path, &facts) < 0 || !S_ISREG(facts.st_mode))
		return;
	struct watched_file file = {.path = path,
		.is_program = facts.st_mode & 0111,
		.inode = facts.st_ino,
		.size_bytes = facts.st_size,
		.modified_ns = nanoseconds(facts.st_mtim),
		.changed_ns = nanoseconds(facts.st_ctim)};
	file.is_settled = clock_realtime_ms() - file.changed_ns / 1000000 > SETTLED_MS;
	if (known && known->is_settled && is_same_file(known, &file))
		memcpy(file.content, known->content, sizeof file.content);
	else
		read_content(&file);
	GROW(snapshot->files, snapshot->count, snapshot->capacity);
	snapshot->files[snapshot->count++] = file;
}

/* --- rules --- */

/* Also where a link leads: what is there is read, and may be written there. */
static void look_at_file(struct scan *scan, const char *path)
{
	struct arena *arena = &scan->snapshot->arena;
	char real[PATH_MAX];
	if (!watch_nearest(scan, path_folder(arena, path)))
		return;
	if (realpath(path, real) && !text_equal(real, path) &&
		!watch_nearest(scan, path_folder(arena, real)))
		return;
	add_file(scan, path);
}

static void look_through(struct scan *scan, const char *folder, const char *pattern)
{
	struct arena *arena = &scan->snapshot->arena;
	struct file_search search = {.pattern = pattern, .enters = enter, .context = scan};
	struct file_matches matches = {0};
	CLEANUP(close_descriptor)
	int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	scan->folder = folder;
	if (descriptor < 0) {
		watch_nearest(scan, folder);
		return;
	}
	struct error error;
	if (!file_match_search(descriptor, &search, arena, &matches, &error)) {
		error_context(
			&error, "'%s' in '%s' cannot be watched", pattern ? pattern : "**", folder);
		*scan->error = error;
		scan->has_failed = true;
	}
	for (uint32_t i = 0; i < matches.count; i++) {
		if (!scan->files || input_files_take(scan->files, matches.paths[i]))
			add_file(scan, path_join(arena, folder, matches.paths[i]));
	}
}

static void look_up(struct scan *scan, const struct watch_rule *rule)
{
	struct arena *arena = &scan->snapshot->arena;
	const char *path = *rule->path ? path_join(arena, rule->folder, rule->path) : rule->folder;
	size_t fixed =
		rule->is_of_component ? strlen(rule->path) : pattern_fixed_length(rule->path);
	const char *named =
		path_join(arena, rule->folder, arena_copy_bytes(arena, rule->path, fixed));
	scan->files = rule->is_of_component ? &rule->files : NULL;
	scan->is_of_state = is_of_state(scan, named);
	if (!rule->is_file && path_is_folder(path) && !path_is_pattern(rule->path)) {
		look_through(scan, path, NULL);
	} else if (rule->is_file || rule->is_of_component) {
		look_at_file(scan, path);
	} else if (path_stays_beneath(rule->path)) {
		look_through(scan, rule->folder, rule->path);
	}
}

static void sort(struct watch_snapshot *snapshot)
{
	uint32_t kept = 0;
	if (snapshot->count)
		qsort(snapshot->files, snapshot->count, sizeof *snapshot->files, compare_paths);
	for (uint32_t i = 0; i < snapshot->count; i++) {
		if (!kept || compare_paths(&snapshot->files[i], &snapshot->files[kept - 1]) != 0)
			snapshot->files[kept++] = snapshot->files[i];
	}
	snapshot->count = kept;
}

bool watch_snapshot_take(const struct snapshot_request *request, struct watch_snapshot *snapshot,
	struct error *error)
{
	struct scan scan = {.request = request, .snapshot = snapshot, .error = error};
	*snapshot = (struct watch_snapshot){0};
	for (uint32_t i = 0; i < request->rules->count && !scan.has_failed; i++)
		look_up(&scan, &request->rules->items[i]);
	sort(snapshot);
	return !scan.has_failed;
}

void watch_snapshot_release(struct watch_snapshot *snapshot)
{
	free(snapshot->files);
	arena_release(&snapshot->arena);
	*snapshot = (struct watch_snapshot){0};
}

/* --- differences --- */

static bool is_equal(const struct watched_file *one, const struct watched_file *other)
{
	return one->is_program == other->is_program && text_equal(one->content, other->content);
}

void watch_snapshot_compare(const struct watch_snapshot *before, const struct watch_snapshot *after,
	struct arena *arena, struct file_changes *changes)
{
	uint32_t old = 0;
	uint32_t new = 0;
	changes->items =
		ARENA_ARRAY(arena, struct file_change, (size_t)before->count + after->count);
	changes->count = 0;
	while (old < before->count || new < after->count) {
		int order = old == before->count ? 1
			    : new == after->count
				    ? -1
				    : compare_paths(&before->files[old], &after->files[new]);
		const struct watched_file *file =
			order > 0 ? &after->files[new] : &before->files[old];
		enum change_kind kind = order > 0   ? CHANGE_NEW
					: order < 0 ? CHANGE_GONE
						    : CHANGE_CONTENT;
		if (order != 0 || !is_equal(&before->files[old], &after->files[new]))
			changes->items[changes->count++] =
				(struct file_change){arena_copy_text(arena, file->path), kind};
		old += order <= 0;
		new += order >= 0;
	}
}
