#include "checkpoint/placement.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "checkpoint/git_failure.h"

const char *placement_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* One step down; what is there must be a folder. */
static int open_child(int folder, const char *name, bool make)
{
	int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int child;

	if (text_equal(name, "..") || text_equal(name, ".git")) {
		errno = EINVAL;
		return -1;
	}
	child = openat(folder, name, flags);
	if (child >= 0 || errno != ENOENT || !make)
		return child;
	if (mkdirat(folder, name, 0777) != 0 && errno != EEXIST)
		return -1;
	return openat(folder, name, flags);
}

int placement_open_parent(int root, const char *path, bool make)
{
	int folder = openat(root, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char name[NAME_MAX + 1];
	const char *slash;

	for (; folder >= 0 && (slash = strchr(path, '/')); path = slash + 1) {
		size_t length = (size_t)(slash - path);
		int child = -1;

		errno = ENAMETOOLONG;
		if (length < sizeof(name)) {
			memcpy(name, path, length);
			name[length] = '\0';
			child = open_child(folder, name, make);
		}
		close(folder);
		folder = child;
	}
	return folder;
}

static bool cannot_write(const char *path, struct error *error)
{
	return error_set_errno(error, ERROR_FILE, "cannot write %s", path);
}

static bool write_link(int folder, const char *name, const struct placed_file *file,
	const git_blob *blob, struct error *error)
{
	char target[PATH_MAX];
	size_t size = (size_t)git_blob_rawsize(blob);

	errno = ENAMETOOLONG;
	if (size >= sizeof(target))
		return cannot_write(file->path, error);
	memcpy(target, git_blob_rawcontent(blob), size);
	target[size] = '\0';
	return symlinkat(target, folder, name) == 0 || cannot_write(file->path, error);
}

static bool write_content(git_repository *repository, int descriptor,
	const struct placed_file *file, git_blob *blob, struct error *error)
{
	git_filter_list *filters = NULL;
	git_buf text = {0};
	int result = 0;
	bool done;

	if (file->filtered)
		result = git_filter_list_load(&filters, repository, blob, file->path,
			GIT_FILTER_TO_WORKTREE, GIT_FILTER_DEFAULT);
	if (result == 0 && filters)
		result = git_filter_list_apply_to_blob(&text, filters, blob);
	if (result < 0)
		done = git_failure(error, result, "cannot write %s", file->path);
	else if (filters)
		done = descriptor_write_all(descriptor, text.ptr, text.size, error);
	else
		done = descriptor_write_all(descriptor, git_blob_rawcontent(blob),
			(size_t)git_blob_rawsize(blob), error);
	git_buf_dispose(&text);
	git_filter_list_free(filters);
	return done;
}

static bool write_file(git_repository *repository, int folder, const char *name,
	const struct placed_file *file, git_blob *blob, struct error *error)
{
	mode_t mode = file->mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0777 : 0666;
	int descriptor =
		openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	bool done;

	if (descriptor < 0)
		return cannot_write(file->path, error);
	done = write_content(repository, descriptor, file, blob, error);
	if (close(descriptor) != 0 && done)
		done = cannot_write(file->path, error);
	return done;
}

static bool write_named(git_repository *repository, int folder, const char *name,
	const struct placed_file *file, struct error *error)
{
	git_blob *blob = NULL;
	int result = git_blob_lookup(&blob, repository, &file->id);
	bool done;

	if (result < 0)
		return git_failure(error, result, "cannot read the content of %s", file->path);
	done = file->mode == GIT_FILEMODE_LINK
		       ? write_link(folder, name, file, blob, error)
		       : write_file(repository, folder, name, file, blob, error);
	git_blob_free(blob);
	return done;
}

bool placement_create(
	git_repository *repository, int folder, const struct placed_file *file, struct error *error)
{
	return write_named(repository, folder, placement_name(file->path), file, error);
}

bool placement_write(
	const struct placement *placement, const struct placed_file *file, struct error *error)
{
	CLEANUP(close_descriptor) int staging = -1;
	CLEANUP(close_descriptor) int parent = -1;
	const char *name = placement_name(file->path);

	if (!folder_make(placement->staging, error))
		return false;
	staging = open(placement->staging, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (staging < 0)
		return cannot_write(placement->staging, error);
	if (unlinkat(staging, "file", 0) != 0 && errno != ENOENT)
		return cannot_write(placement->staging, error);
	if (!write_named(placement->repository, staging, "file", file, error))
		return false;
	parent = placement_open_parent(placement->root, file->path, true);
	/* What is left of a folder that was here: only empty ones may be. */
	if (parent >= 0 && unlinkat(parent, name, AT_REMOVEDIR) != 0 && errno != ENOENT &&
		errno != ENOTDIR)
		return cannot_write(file->path, error);
	if (parent < 0 || renameat(staging, "file", parent, name) != 0)
		return cannot_write(file->path, error);
	return true;
}

/* From the path's own folder up. */
static void prune(int root, const char *path)
{
	char folder[PATH_MAX];
	char *slash;

	if (strlen(path) >= sizeof(folder))
		return;
	memcpy(folder, path, strlen(path) + 1);
	while ((slash = strrchr(folder, '/'))) {
		CLEANUP(close_descriptor) int parent = -1;

		*slash = '\0';
		parent = placement_open_parent(root, folder, false);
		if (parent < 0 || unlinkat(parent, placement_name(folder), AT_REMOVEDIR) != 0)
			return;
	}
}

bool placement_remove(const struct placement *placement, const char *path, struct error *error)
{
	CLEANUP(close_descriptor) int parent = placement_open_parent(placement->root, path, false);

	if (parent < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
		return true;
	if (parent < 0 || (unlinkat(parent, placement_name(path), 0) != 0 && errno != ENOENT))
		return error_set_errno(error, ERROR_FILE, "cannot remove %s", path);
	prune(placement->root, path);
	return true;
}
