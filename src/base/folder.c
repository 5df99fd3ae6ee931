/* The parts of file.h that concern folders and paths. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

/* False with errno of mkdir(2); a folder that is there is success, whatever its parent allows. */
static bool make_one(const char *path)
{
	if (mkdir(path, 0777) == 0)
		return true;
	int number = errno;
	if (path_is_folder(path))
		return true;
	errno = number;
	return false;
}

bool folder_make(const char *path, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	char *copy = arena_copy_text(&arena, path);
	for (char *at = copy + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (!make_one(copy) && errno != EEXIST)
			return error_set_errno(
				error, ERROR_FILE, "cannot make the folder '%s'", copy);
		*at = '/';
	}
	return make_one(path) ||
	       error_set_errno(error, ERROR_FILE, "cannot make the folder '%s'", path);
}

/*
 * Depth first without recursion: descends into the first folder it meets, comes back up by
 * starting over from the top. Costs a second look at folders that hold folders, and no stack.
 */
static bool empty_folder(const char *path, struct arena *arena, const char **inner)
{
	CLEANUP(close_folder) DIR *folder = NULL;
	int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (descriptor < 0 || !(folder = fdopendir(descriptor)))
		return false;
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
			continue;
		if (unlinkat(descriptor, entry->d_name, 0) == 0 || errno == ENOENT)
			continue;
		if (errno != EISDIR && errno != EPERM)
			return false;
		if (unlinkat(descriptor, entry->d_name, AT_REMOVEDIR) == 0)
			continue;
		if (errno != ENOTEMPTY && errno != EEXIST)
			return false;
		*inner = path_join(arena, path, entry->d_name);
		return true;
	}
	*inner = NULL;
	return true;
}

bool path_remove(const char *path, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	if (unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR)
		return true;
	const char *folder = path;
	while (rmdir(path) != 0 && errno != ENOENT) {
		const char *inner;
		if (!empty_folder(folder, &arena, &inner))
			return error_set_errno(error, ERROR_FILE, "cannot remove '%s'", folder);
		if (inner) {
			folder = inner;
		} else {
			rmdir(folder);
			folder = path;
		}
	}
	return true;
}

char *path_join(struct arena *arena, const char *folder, const char *name)
{
	if (name[0] == '/' || text_is_empty(folder) || text_equal(folder, "."))
		return arena_copy_text(arena, name);
	const char *separator = text_ends_with(folder, "/") ? "" : "/";
	return arena_format(arena, "%s%s%s", folder, separator, name);
}

const char *path_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

char *path_folder(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return arena_copy_text(arena, ".");
	return arena_copy_bytes(arena, path, slash == path ? 1 : (size_t)(slash - path));
}

char *path_absolute(struct arena *arena, const char *path)
{
	if (path[0] == '/')
		return arena_copy_text(arena, path);
	char *folder = getcwd(NULL, 0);
	if (!folder && errno == ENOMEM)
		out_of_memory();
	char *absolute = path_join(arena, folder, text_equal(path, ".") ? "" : path);
	if (text_ends_with(absolute, "/") && absolute[1])
		absolute[strlen(absolute) - 1] = '\0';
	free(folder);
	return absolute;
}

bool path_stays_beneath(const char *path)
{
	if (path[0] == '/' || !path[0])
		return false;
	while (*path) {
		size_t length = strcspn(path, "/");
		if (length == 0 || (length == 2 && memcmp(path, "..", 2) == 0) ||
			(length == 4 && memcmp(path, ".git", 4) == 0))
			return false;
		path += length;
		if (*path == '/' && !*++path)
			return false;
	}
	return true;
}

int open_beneath(int folder, const char *path, int flags)
{
	struct open_how how = {
		.flags = (unsigned)flags | O_NONBLOCK | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	int descriptor = (int)syscall(SYS_openat2, folder, path, &how, sizeof(how));
	struct stat facts;
	if (descriptor < 0)
		return -1;
	if (fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode))
		return descriptor;
	close(descriptor);
	errno = EINVAL;
	return -1;
}
