#include "run/removal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text.h"

/*
 * Without recursion, and without paths that grow: a folder within a folder is renamed to the top
 * when it is not empty. So whatever is open is either the top or one below it, a folder of any
 * depth takes two descriptors, and each one is moved at most once.
 */

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
#define NUMBER_TEXT_SIZE 24

/* One look through the top. */
struct pass {
	struct removal *removal;
	uint32_t entry_limit; /* what is left of it */
	bool has_progress;
};

bool removal_open(struct removal *removal, int parent, const char *name, struct error *error)
{
	*removal = (struct removal){.folder = -1};
	if (mkdirat(parent, name, 0777) < 0 && errno != EEXIST)
		return error_set_errno(error, ERROR_FILE, "cannot make the folder '%s'", name);
	removal->folder = openat(parent, name, FOLDER_FLAGS);
	return removal->folder >= 0 ||
	       error_set_errno(error, ERROR_FILE, "cannot open the folder '%s'", name);
}

void removal_close(struct removal *removal)
{
	close_descriptor(&removal->folder);
	removal->folder = -1;
}

/* A name at the top that holds nothing; what is replaced there is rubbish too. */
static int move_to_top(struct removal *removal, int parent, const char *name)
{
	char number[NUMBER_TEXT_SIZE];
	do {
		snprintf(number, sizeof number, "%" PRIu64, removal->next_number++);
		if (renameat(parent, name, removal->folder, number) == 0)
			return 0;
	} while (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR || errno == EISDIR);
	return -1;
}

/* A folder can only change its place when it can be written to. */
static int take(struct removal *removal, int parent, const char *name)
{
	int result = move_to_top(removal, parent, name);
	if (result < 0 && errno == EACCES && fchmodat(parent, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		result = move_to_top(removal, parent, name);
	return result;
}

bool removal_take(struct removal *removal, int parent, const char *name, struct error *error)
{
	return take(removal, parent, name) == 0 || errno == ENOENT ||
	       error_set_errno(error, ERROR_FILE, "cannot put '%s' aside", name);
}

static bool is_spent(struct pass *pass)
{
	if (pass->entry_limit)
		pass->entry_limit--;
	return pass->entry_limit == 0;
}

static bool note_stuck(struct pass *pass)
{
	pass->removal->stuck_count++;
	pass->removal->stuck_errno = errno;
	return false;
}

/* A folder of a folder that is being emptied: removed, or moved to the top. */
static bool remove_inner(struct pass *pass, int folder, const char *name)
{
	if (unlinkat(folder, name, 0) < 0 && errno != ENOENT) {
		if (errno != EISDIR)
			return note_stuck(pass);
		if (unlinkat(folder, name, AT_REMOVEDIR) < 0 && errno != ENOENT &&
			((errno != ENOTEMPTY && errno != EEXIST) ||
				take(pass->removal, folder, name) < 0))
			return note_stuck(pass);
	}
	pass->has_progress = true;
	return true;
}

static int open_folder(int top, const char *name)
{
	struct stat facts;
	int folder = openat(top, name, FOLDER_FLAGS);
	if (folder < 0 && errno == EACCES && fchmodat(top, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		folder = openat(top, name, FOLDER_FLAGS);
	/* Whether this helps shows when the first entry is removed. */
	if (folder >= 0 && fstat(folder, &facts) == 0 && (facts.st_mode & 0700) != 0700)
		(void)!fchmod(folder, 0700);
	return folder;
}

static void remove_folder(struct pass *pass, const char *name)
{
	int top = pass->removal->folder;
	int folder = open_folder(top, name);
	CLEANUP(close_folder) DIR *entries = folder < 0 ? NULL : fdopendir(folder);
	bool is_empty = true;
	if (!entries) {
		close_descriptor(&folder);
		note_stuck(pass);
		return;
	}
	for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
		if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
			continue;
		is_empty = remove_inner(pass, folder, entry->d_name) && is_empty;
		if (is_spent(pass))
			return;
	}
	if (!is_empty)
		return;
	if (unlinkat(top, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
		pass->has_progress = true;
	else if (errno != ENOTEMPTY) /* somebody still writes there: the next pass sees to it */
		note_stuck(pass);
}

static void remove_entry(struct pass *pass, const char *name)
{
	if (unlinkat(pass->removal->folder, name, 0) == 0 || errno == ENOENT)
		pass->has_progress = true;
	else if (errno == EISDIR)
		remove_folder(pass, name);
	else
		note_stuck(pass);
}

/* False: the top could not be listed. */
static bool look_through(struct pass *pass)
{
	struct removal *removal = pass->removal;
	int copy = openat(removal->folder, ".", FOLDER_FLAGS);
	CLEANUP(close_folder) DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	pass->has_progress = false;
	removal->stuck_count = 0;
	if (!entries) {
		close_descriptor(&copy);
		return note_stuck(pass);
	}
	for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
		if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
			continue;
		remove_entry(pass, entry->d_name);
		if (is_spent(pass))
			break;
	}
	return true;
}

bool removal_advance(struct removal *removal, uint32_t entry_limit)
{
	struct pass pass = {.removal = removal, .entry_limit = entry_limit};
	if (removal->folder < 0)
		return false;
	do {
		if (!look_through(&pass))
			return false;
	} while (pass.has_progress && pass.entry_limit);
	return pass.has_progress;
}

bool removal_finish(struct removal *removal, struct error *error)
{
	while (removal_advance(removal, UINT32_MAX))
		;
	if (removal->folder < 0 || !removal->stuck_count)
		return true;
	errno = removal->stuck_errno;
	return error_set_errno(
		error, ERROR_FILE, "%u files or folders cannot be removed", removal->stuck_count);
}
