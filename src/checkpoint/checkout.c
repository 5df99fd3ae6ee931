/*
 * Hard links would be wrong: a step may write a file in place. Where the file system can share
 * blocks a file is cloned (FICLONE), else copied inside the kernel; both take it as it is on disk,
 * which is what git would make of the blob, because stat(2) says that it is unchanged since.
 */
#include "checkpoint/checkout.h"

#include <fcntl.h>
#include <git2/sys/repository.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "checkpoint/attributes.h"
#include "checkpoint/checkout_git.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/placement.h"

#define ATTRIBUTES_FILE ".gitattributes"

struct filling {
	const struct checkpointer *checkpointer;
	const struct checkout *checkout;
	struct checkpointer view; /* of the checkout: its attributes decide */
	struct arena arena;
	struct candidate_list list; /* where attributes are */
	bool attributes_everywhere;
	int source;              /* the user's work tree */
	int target;              /* the checkout */
	int folder;              /* of the last path; -1: none */
	const char *folder_path; /* with its closing '/'; into the index */
	size_t folder_length;
	bool cannot_clone;
	struct error *error;
};

static bool fail(const struct filling *filling, const char *path)
{
	return error_set_errno(
		filling->error, ERROR_FILE, "cannot write %s/%s", filling->checkout->folder, path);
}

/* The folder of the last path is mostly this one's too. */
static bool enter_folder(struct filling *filling, const char *path)
{
	size_t length = (size_t)(placement_name(path) - path);

	if (filling->folder >= 0 && filling->folder_length == length &&
		memcmp(filling->folder_path, path, length) == 0)
		return true;
	if (filling->folder >= 0)
		close(filling->folder);
	filling->folder = placement_open_parent(filling->target, path, true);
	filling->folder_path = path;
	filling->folder_length = length;
	return filling->folder >= 0 || fail(filling, path);
}

static bool copy_bytes(struct filling *filling, int from, int to, off_t size)
{
	if (!filling->cannot_clone && ioctl(to, FICLONE, from) == 0)
		return true;
	filling->cannot_clone = true;
	while (size > 0) {
		ssize_t count = copy_file_range(from, NULL, to, NULL, (size_t)size, 0);

		if (count <= 0)
			return false;
		size -= count;
	}
	return true;
}

/* True when the user's file is the entry's and was copied whole; otherwise nothing is there. */
static bool copy_file(struct filling *filling, const git_index_entry *entry)
{
	const char *name = placement_name(entry->path);
	mode_t mode = entry->mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0777 : 0666;
	struct stat status;
	CLEANUP(close_descriptor) int from = -1;
	CLEANUP(close_descriptor) int to = -1;
	bool copied;

	from = open_beneath(filling->source, entry->path, O_RDONLY | O_NOFOLLOW);
	if (from < 0 || fstat(from, &status) != 0 ||
		!work_tree_status_matches(entry, &status, filling->checkpointer->file_mode))
		return false;
	to = openat(
		filling->folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	if (to < 0)
		return false;
	copied = copy_bytes(filling, from, to, status.st_size) && fstat(from, &status) == 0 &&
		 work_tree_status_matches(entry, &status, filling->checkpointer->file_mode);
	if (!copied)
		unlinkat(filling->folder, name, 0);
	return copied;
}

static bool write_blob(struct filling *filling, const git_index_entry *entry)
{
	struct placed_file file = {.path = entry->path,
		.mode = entry->mode,
		.id = entry->id,
		.filtered = filling->attributes_everywhere ||
			    attributes_reach(&filling->list, entry->path)};

	return placement_create(filling->view.repository, filling->folder, &file, filling->error);
}

/* Also takes the entry into the view's index, with what stat(2) says of the new file. */
static bool fill_one(struct filling *filling, const git_index_entry *entry)
{
	const char *name = placement_name(entry->path);
	git_index_entry placed = {.path = entry->path, .mode = entry->mode, .id = entry->id};
	struct stat status;

	if (!path_stays_beneath(entry->path))
		return error_set(
			filling->error, ERROR_GIT, "%s is no path for a file", entry->path);
	if (!enter_folder(filling, entry->path))
		return false;
	if (entry->mode == GIT_FILEMODE_COMMIT) {
		if (mkdirat(filling->folder, name, 0777) != 0)
			return fail(filling, entry->path);
	} else if ((!S_ISREG(entry->mode) || !copy_file(filling, entry)) &&
		   !write_blob(filling, entry)) {
		return false;
	}
	if (fstatat(filling->folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
		return fail(filling, entry->path);
	work_tree_fill(&placed, &status);
	return git_index_add(filling->view.snapshot, &placed) == 0 ||
	       git_failure(filling->error, -1, "cannot note %s", entry->path);
}

static bool is_attributes(const char *path)
{
	return text_equal(placement_name(path), ATTRIBUTES_FILE);
}

/* The attributes come first: they say how the others are to be written. */
static bool fill_all(struct filling *filling)
{
	git_index *index = filling->checkout->index;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < git_index_entrycount(index); i++) {
			const git_index_entry *entry = git_index_get_byindex(index, i);

			if (is_attributes(entry->path) != (pass == 0))
				continue;
			if (!fill_one(filling, entry))
				return false;
			if (pass == 0)
				candidate_list_add_attributes(&filling->list,
					arena_copy_bytes(&filling->arena, entry->path,
						strlen(entry->path) - strlen(ATTRIBUTES_FILE)));
		}
	}
	return true;
}

static bool copy_index(const struct checkout *checkout, struct error *error)
{
	struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	bool done = file_read(checkout_own_index(checkout, &arena), SIZE_MAX / 2, &text, error) &&
		    file_write_atomic(
			    checkout_git_index(checkout, &arena), text.bytes, text.size, error);

	arena_release(&arena);
	return done;
}

static bool write_indexes(struct filling *filling)
{
	int result = git_index_write(filling->view.snapshot);

	if (result < 0)
		return git_failure(filling->error, result, "cannot write the index of %s",
			filling->checkout->folder);
	return copy_index(filling->checkout, filling->error);
}

static bool fill(struct filling *filling)
{
	const struct checkpointer *checkpointer = filling->checkpointer;
	const char *folder = filling->checkout->folder;
	bool done;

	filling->source = open(checkpointer->facts.work_tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	filling->target = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (filling->source < 0 || filling->target < 0)
		return error_set_errno(filling->error, ERROR_FILE, "cannot open %s",
			filling->source < 0 ? checkpointer->facts.work_tree : folder);
	filling->attributes_everywhere = attributes_hold_everywhere(checkpointer->repository);
	done = checkout_view(checkpointer, filling->checkout, &filling->view, filling->error) &&
	       (git_index_clear(filling->view.snapshot) == 0 || fail(filling, ".git")) &&
	       fill_all(filling) && write_indexes(filling);
	checkout_view_release(&filling->view);
	return done;
}

bool checkout_make(
	struct checkpointer *checkpointer, const struct checkout *checkout, struct error *error)
{
	struct filling filling = {.checkpointer = checkpointer,
		.checkout = checkout,
		.source = -1,
		.target = -1,
		.folder = -1,
		.error = error};
	bool done = folder_make(checkout->folder, error) &&
		    checkout_git_make(checkpointer, checkout, error) && fill(&filling);

	close_descriptor(&filling.source);
	close_descriptor(&filling.target);
	close_descriptor(&filling.folder);
	candidate_list_release(&filling.list);
	arena_release(&filling.arena);
	return done;
}

/* A step may have removed or spoilt our index; then every file is read. */
static bool read_snapshot(struct checkpointer *view, const char *path, struct error *error)
{
	git_tree *tree = NULL;
	int result;

	if (path_exists(path) && index_open(view->repository, &view->snapshot, path, error))
		return true;
	git_index_free(view->snapshot);
	view->snapshot = NULL;
	if (!path_remove(path, error))
		return false;
	tree = commit_tree(view->repository, &view->tip, error);
	if (!tree)
		return false;
	result = git_index_open(&view->snapshot, path);
	if (result == 0)
		result = git_index_read_tree(view->snapshot, tree);
	git_tree_free(tree);
	return result == 0 || git_failure(error, result, "cannot read the base of a checkout");
}

bool checkout_view(const struct checkpointer *checkpointer, const struct checkout *checkout,
	struct checkpointer *view, struct error *error)
{
	int result;

	*view = (struct checkpointer){
		.run_id = checkpointer->run_id,
		.run_folder = checkpointer->run_folder,
		.max_file_bytes = checkpointer->max_file_bytes,
		.mask = checkpointer->mask,
		.file_mode = checkpointer->file_mode,
		.tip = checkout->base,
		.has_tip = true,
	};
	view->facts.work_tree = checkout->folder;
	view->facts.git_folder = arena_format(&view->arena, "%s/.git", checkout->folder);
	result = git_repository_open(&view->repository, checkpointer->facts.git_folder);
	if (result == 0)
		result = git_repository_set_workdir(view->repository, checkout->folder, 0);
	if (result < 0)
		return git_failure(error, result, "cannot open the checkout %s", checkout->folder);
	if (!read_snapshot(view, checkout_own_index(checkout, &view->arena), error))
		return false;
	result = git_repository_set_index(view->repository, view->snapshot);
	return result == 0 || git_failure(error, result, "cannot use the index of a checkout");
}

void checkout_view_release(struct checkpointer *view)
{
	git_index_free(view->snapshot);
	git_repository_free(view->repository);
	arena_release(&view->arena);
	*view = (struct checkpointer){0};
}
