/*
 * The folders of the work tree are taken one after the other from a list (no recursion). In each,
 * the names on disk are sorted as the index sorts paths, with a '/' behind a folder's name, and
 * merged with the folder's part of the index. That asks one fstatat() per tracked file and one
 * readdir() per folder, and hashes nothing.
 */
#include "checkpoint/work_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "checkpoint/git_failure.h"

#define ATTRIBUTES_FILE ".gitattributes"

/* A folder still to be looked at, and where its tracked files are in the snapshot. */
struct pending_folder {
	const char *path; /* "" for the work tree itself, else with a closing '/' */
	size_t first;
	size_t end;
};

struct name {
	const char *text; /* with a closing '/' for a folder */
	bool folder;
};

struct walk {
	const struct work_tree_scan *scan;
	struct candidate_list *list;
	struct pending_folder *pending; /* heap */
	size_t pending_count;
	size_t pending_capacity;
	struct name *names; /* of the folder at hand, heap */
	size_t name_count;
	size_t name_capacity;
	struct arena name_arena;
	git_index *user_index; /* of the repository, opened when first needed; borrowed */
	struct error *error;
};

void candidate_list_release(struct candidate_list *list)
{
	free(list->items);
	free(list->attribute_folders);
	*list = (struct candidate_list){0};
}

void candidate_list_add_attributes(struct candidate_list *list, const char *folder)
{
	GROW(list->attribute_folders, list->attribute_folder_count,
		list->attribute_folder_capacity);
	list->attribute_folders[list->attribute_folder_count++] = folder;
}

/* Without links, with a closing '/'; NULL: not there. */
static const char *real_folder(const char *path, struct arena *arena)
{
	char *found = realpath(path, NULL);
	const char *folder = NULL;

	if (found)
		folder = text_equal(found, "/") ? "/" : arena_format(arena, "%s/", found);
	free(found);
	return folder;
}

const char *work_tree_prefix(const char *work_tree, const char *folder, struct arena *arena)
{
	const char *root = real_folder(work_tree, arena);
	const char *own = real_folder(folder, arena);

	return root && own && text_starts_with(own, root) ? own + strlen(root) : NULL;
}

uint32_t work_tree_mode(const struct stat *status)
{
	if (S_ISLNK(status->st_mode))
		return GIT_FILEMODE_LINK;
	if (!S_ISREG(status->st_mode))
		return 0;
	return status->st_mode & S_IXUSR ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB;
}

bool work_tree_is_gone(int root, const char *path)
{
	struct stat status;

	return fstatat(root, path, &status, AT_SYMLINK_NOFOLLOW) != 0 &&
	       (errno == ENOENT || errno == ENOTDIR);
}

void work_tree_fill(git_index_entry *entry, const struct stat *status)
{
	entry->ctime.seconds = (int32_t)status->st_ctim.tv_sec;
	entry->ctime.nanoseconds = (uint32_t)status->st_ctim.tv_nsec;
	entry->mtime.seconds = (int32_t)status->st_mtim.tv_sec;
	entry->mtime.nanoseconds = (uint32_t)status->st_mtim.tv_nsec;
	entry->dev = (uint32_t)status->st_dev;
	entry->ino = (uint32_t)status->st_ino;
	entry->uid = status->st_uid;
	entry->gid = status->st_gid;
	entry->file_size = (uint32_t)status->st_size;
}

bool work_tree_status_matches(
	const git_index_entry *entry, const struct stat *status, bool file_mode)
{
	uint32_t mode = work_tree_mode(status);

	if (!file_mode && S_ISREG(status->st_mode) && S_ISREG(entry->mode))
		mode = entry->mode;
	return entry->mode == mode && entry->mtime.seconds == (int32_t)status->st_mtim.tv_sec &&
	       entry->mtime.nanoseconds == (uint32_t)status->st_mtim.tv_nsec &&
	       entry->ctime.seconds == (int32_t)status->st_ctim.tv_sec &&
	       entry->ctime.nanoseconds == (uint32_t)status->st_ctim.tv_nsec &&
	       entry->ino == (uint32_t)status->st_ino &&
	       entry->file_size == (uint32_t)status->st_size;
}

static void add_candidate(struct walk *walk, const char *path, const struct stat *status)
{
	struct candidate_list *list = walk->list;

	GROW(list->items, list->count, list->capacity);
	list->items[list->count++] = (struct candidate){
		.path = arena_copy_text(walk->scan->arena, path),
		.exists = status != NULL,
		.status = status ? *status : (struct stat){0},
	};
}

static void add_folder(struct walk *walk, const char *path, size_t first, size_t end)
{
	GROW(walk->pending, walk->pending_count, walk->pending_capacity);
	walk->pending[walk->pending_count++] =
		(struct pending_folder){.path = path, .first = first, .end = end};
}

/* Sparse checkout: the file is absent because it was never checked out. */
static bool is_not_checked_out(struct walk *walk, const char *path)
{
	const git_index_entry *entry;

	if (!walk->user_index &&
		git_repository_index(&walk->user_index, walk->scan->repository) < 0)
		return false;
	entry = git_index_get_bypath(walk->user_index, path, 0);
	return entry && (entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE);
}

static void note_missing(struct walk *walk, size_t first, size_t end)
{
	for (size_t i = first; i < end; i++) {
		const git_index_entry *entry = git_index_get_byindex(walk->scan->snapshot, i);
		/* An absent submodule is one that was not initialised. */
		if (entry->mode != GIT_FILEMODE_COMMIT && !is_not_checked_out(walk, entry->path))
			add_candidate(walk, entry->path, NULL);
	}
}

static bool is_private(const char *name)
{
	return text_equal(name, ".git") || text_equal(name, ".git/") ||
	       text_equal(name, ".wavetrain/");
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(((const struct name *)left)->text, ((const struct name *)right)->text);
}

static bool is_folder(int descriptor, const struct dirent *item)
{
	struct stat status;

	if (item->d_type != DT_UNKNOWN)
		return item->d_type == DT_DIR;
	return fstatat(descriptor, item->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(status.st_mode);
}

static void add_name(struct walk *walk, const char *name, bool folder)
{
	size_t length = strlen(name);
	char *text = arena_allocate(&walk->name_arena, length + 2);

	memcpy(text, name, length);
	if (folder)
		text[length] = '/';
	GROW(walk->names, walk->name_count, walk->name_capacity);
	walk->names[walk->name_count++] = (struct name){.text = text, .folder = folder};
}

static void read_names(struct walk *walk, DIR *folder, const char *path)
{
	const struct dirent *item;

	arena_reset(&walk->name_arena);
	walk->name_count = 0;
	while ((item = readdir(folder))) {
		if (text_equal(item->d_name, ".") || text_equal(item->d_name, ".."))
			continue;
		if (text_equal(item->d_name, ATTRIBUTES_FILE))
			candidate_list_add_attributes(walk->list, path);
		add_name(walk, item->d_name, is_folder(dirfd(folder), item));
	}
	if (walk->name_count > 1)
		qsort(walk->names, walk->name_count, sizeof(*walk->names), compare_names);
}

static bool is_ignored(struct walk *walk, const char *path, bool *ignored)
{
	int answer = 0;
	int result = git_ignore_path_is_ignored(&answer, walk->scan->repository, path);

	*ignored = answer != 0;
	return result == 0 ||
	       git_failure(walk->error, result, "cannot apply the ignore rules to %s", path);
}

static bool add_untracked_folder(
	struct walk *walk, DIR *folder, const struct name *name, const char *path)
{
	char inner[PATH_MAX];
	struct stat status;
	size_t length = strlen(path);
	const git_index_entry *submodule;
	char *without_slash = arena_copy_bytes(&walk->name_arena, path, length - 1);

	submodule = git_index_get_bypath(walk->scan->snapshot, without_slash, 0);
	if (submodule && submodule->mode == GIT_FILEMODE_COMMIT)
		return true;
	if (snprintf(inner, sizeof(inner), "%s.git", name->text) < (int)sizeof(inner) &&
		fstatat(dirfd(folder), inner, &status, AT_SYMLINK_NOFOLLOW) == 0) {
		add_candidate(walk, without_slash, &status);
		walk->list->items[walk->list->count - 1].nested_repository = true;
		return true;
	}
	add_folder(walk, arena_copy_text(walk->scan->arena, path), 0, 0);
	return true;
}

static bool visit_untracked(
	struct walk *walk, DIR *folder, const char *folder_path, const struct name *name)
{
	char *path = arena_format(&walk->name_arena, "%s%s", folder_path, name->text);
	struct stat status;
	bool ignored = false;

	if (is_private(name->text))
		return true;
	if (!is_ignored(walk, path, &ignored) || ignored)
		return !ignored ? false : true;
	if (name->folder)
		return add_untracked_folder(walk, folder, name, path);
	if (fstatat(dirfd(folder), name->text, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		work_tree_mode(&status) != 0)
		add_candidate(walk, path, &status);
	return true;
}

static void visit_tracked_file(
	struct walk *walk, DIR *folder, const git_index_entry *entry, const char *name)
{
	struct stat status;

	if (entry->mode == GIT_FILEMODE_COMMIT) {
		if (fstatat(dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) == 0)
			add_candidate(walk, entry->path, &status);
		return;
	}
	if (entry->flags & GIT_INDEX_ENTRY_VALID)
		return;
	if (fstatat(dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
		work_tree_mode(&status) == 0) {
		if (!is_not_checked_out(walk, entry->path))
			add_candidate(walk, entry->path, NULL);
	} else if (!work_tree_status_matches(entry, &status, walk->scan->file_mode)) {
		add_candidate(walk, entry->path, &status);
	}
}

/* The next tracked child of the folder: a file, or a folder with the entries [*at, end). */
struct child {
	const git_index_entry *entry; /* the first of it */
	const char *name;             /* inside entry->path */
	size_t length;                /* of the name, with the '/' of a folder */
	bool folder;
	size_t first;
	size_t end;
};

static bool next_child(
	const struct walk *walk, const struct pending_folder *at, size_t index, struct child *child)
{
	size_t prefix = strlen(at->path);
	const char *slash;

	if (index >= at->end)
		return false;
	child->entry = git_index_get_byindex(walk->scan->snapshot, index);
	child->name = child->entry->path + prefix;
	slash = strchr(child->name, '/');
	child->folder = slash != NULL;
	child->length = slash ? (size_t)(slash - child->name) + 1 : strlen(child->name);
	child->first = index++;
	while (slash && index < at->end) {
		const git_index_entry *next = git_index_get_byindex(walk->scan->snapshot, index);
		if (strncmp(next->path + prefix, child->name, child->length) != 0)
			break;
		index++;
	}
	child->end = index;
	return true;
}

static int compare_child(const struct child *child, const struct name *name)
{
	int order = strncmp(child->name, name->text, child->length);

	return order != 0 || name->text[child->length] == '\0' ? order : -1;
}

static void visit_child(struct walk *walk, DIR *folder, const struct child *child,
	const char *folder_path, bool found)
{
	if (child->folder && child->length == sizeof(".wavetrain/") - 1 &&
		strncmp(child->name, ".wavetrain/", child->length) == 0)
		return;
	if (!child->folder && text_equal(child->name, ATTRIBUTES_FILE))
		candidate_list_add_attributes(walk->list, folder_path);
	if (!child->folder)
		visit_tracked_file(walk, folder, child->entry, child->name);
	else if (found)
		add_folder(walk,
			arena_format(walk->scan->arena, "%s%.*s", folder_path, (int)child->length,
				child->name),
			child->first, child->end);
	else
		note_missing(walk, child->first, child->end);
}

static bool visit_folder(struct walk *walk, DIR *folder, const struct pending_folder *at)
{
	struct child child;
	size_t name_index = 0;
	bool more = next_child(walk, at, at->first, &child);

	read_names(walk, folder, at->path);
	while (more || name_index < walk->name_count) {
		const struct name *name =
			name_index < walk->name_count ? &walk->names[name_index] : NULL;
		int order = !more ? 1 : !name ? -1 : compare_child(&child, name);

		if (order > 0) {
			if (!visit_untracked(walk, folder, at->path, name))
				return false;
			name_index++;
			continue;
		}
		visit_child(walk, folder, &child, at->path, order == 0);
		if (order == 0)
			name_index++;
		more = next_child(walk, at, child.end, &child);
	}
	return true;
}

static DIR *open_folder(int root, const char *path)
{
	char open_path[PATH_MAX];
	int descriptor;
	DIR *folder;

	if (snprintf(open_path, sizeof(open_path), "%s.", path) >= (int)sizeof(open_path)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	descriptor = openat(root, open_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (descriptor < 0)
		return NULL;
	folder = fdopendir(descriptor);
	if (!folder)
		close(descriptor);
	return folder;
}

static bool visit_pending(struct walk *walk, int root)
{
	while (walk->pending_count > 0) {
		struct pending_folder at = walk->pending[--walk->pending_count];
		CLEANUP(close_folder) DIR *folder = open_folder(root, at.path);

		if (!folder && (errno == ENOENT || errno == ENOTDIR))
			note_missing(walk, at.first, at.end);
		else if (!folder)
			return error_set_errno(walk->error, ERROR_FILE, "cannot read the folder %s",
				*at.path ? at.path : walk->scan->folder);
		else if (!visit_folder(walk, folder, &at))
			return false;
	}
	return true;
}

bool work_tree_scan(
	const struct work_tree_scan *scan, struct candidate_list *list, struct error *error)
{
	struct walk walk = {.scan = scan, .list = list, .error = error};
	CLEANUP(close_descriptor)
	int root = open(scan->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool done;

	if (root < 0)
		return error_set_errno(
			error, ERROR_FILE, "cannot read the work tree %s", scan->folder);
	add_folder(&walk, "", 0, git_index_entrycount(scan->snapshot));
	done = visit_pending(&walk, root);
	free(walk.pending);
	free(walk.names);
	arena_release(&walk.name_arena);
	git_index_free(walk.user_index);
	return done;
}
