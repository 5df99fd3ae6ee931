#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "checkpoint/change_set.h"
#include "checkpoint/git_failure.h"

void snapshot_forget_status(git_index_entry *entry)
{
	entry->mtime = (git_index_time){0};
	entry->ctime = (git_index_time){0};
}

/*
 * An entry that is not older than the index file may hide a later change of the same size. Git
 * compares the two times at each look; an index of ours outlives the file, so it forgets them.
 */
static bool forget_racy(git_index *index, const char *path, struct error *error)
{
	struct stat status;

	if (stat(path, &status) != 0)
		return errno == ENOENT ||
		       error_set_errno(error, ERROR_FILE, "cannot read the index %s", path);
	for (size_t i = 0; i < git_index_entrycount(index); i++) {
		const git_index_entry *entry = git_index_get_byindex(index, i);
		git_index_entry copy;

		if (entry->mtime.seconds < (int32_t)status.st_mtim.tv_sec ||
			(entry->mtime.seconds == (int32_t)status.st_mtim.tv_sec &&
				entry->mtime.nanoseconds < (uint32_t)status.st_mtim.tv_nsec))
			continue;
		copy = *entry;
		snapshot_forget_status(&copy);
		copy.path = entry->path;
		if (git_index_add(index, &copy) < 0)
			return git_failure(error, -1, "cannot note %s", entry->path);
	}
	return true;
}

/* Conflicts of a stash or a checkout belong to no command that could be ended. */
static bool refuse_conflicts(git_repository *repository, struct error *error)
{
	const char *operation = operation_name(repository);

	if (!operation) {
		error_set(error, ERROR_WORK_TREE_DIRTY, "there are conflicts in the index");
		return error_hint(error, "resolve them and commit");
	}
	error_set(error, ERROR_WORK_TREE_DIRTY, "`git %s` has left conflicts in the index",
		operation);
	return error_hint(error, "resolve them and commit, or run `git %s %s`", operation,
		operation_ending(operation));
}

bool index_open(
	git_repository *repository, git_index **index, const char *path, struct error *error)
{
	int result = git_index_open(index, path);

	if (result < 0)
		return git_failure(error, result, "cannot read the index %s", path);
	if (git_index_has_conflicts(*index))
		return refuse_conflicts(repository, error);
	return forget_racy(*index, path, error);
}

const char *index_path(const struct checkpointer *checkpointer, struct arena *arena)
{
	return path_join(arena, checkpointer->facts.git_folder, "index");
}

bool snapshot_open(struct checkpointer *checkpointer, bool *staged, struct error *error)
{
	struct arena arena = {0};
	const char *path = index_path(checkpointer, &arena);
	bool opened;
	git_tree *tree = NULL;
	git_oid written;
	int result;

	if (stat(path, &checkpointer->index_status) != 0)
		checkpointer->index_status = (struct stat){0};
	opened = index_open(checkpointer->repository, &checkpointer->snapshot, path, error);
	arena_release(&arena);
	*staged = false;
	if (!opened)
		return false;
	if (!checkpointer->has_tip) {
		*staged = git_index_entrycount(checkpointer->snapshot) > 0;
		result = git_index_clear(checkpointer->snapshot);
		return result == 0 || git_failure(error, result, "cannot clear an index");
	}
	tree = commit_tree(checkpointer->repository, &checkpointer->tip, error);
	if (!tree)
		return false;
	/* Where nothing is staged this writes nothing: the index carries the tree's id. */
	result =
		git_index_write_tree_to(&written, checkpointer->snapshot, checkpointer->repository);
	*staged = result < 0 || !git_oid_equal(&written, git_tree_id(tree));
	checkpointer->mirrors_index = !*staged;
	result = *staged ? git_index_read_tree(checkpointer->snapshot, tree) : 0;
	git_tree_free(tree);
	return result == 0 || git_failure(error, result, "cannot read the commit's tree");
}

static int note_difference(const git_diff_delta *delta, float progress, void *payload)
{
	git_index *snapshot = payload;
	git_index_entry entry = {0};

	(void)progress;
	if (delta->status == GIT_DELTA_DELETED)
		return git_index_remove(snapshot, delta->old_file.path, 0);
	entry.path = delta->new_file.path;
	entry.mode = delta->new_file.mode;
	entry.id = delta->new_file.id;
	return git_index_add(snapshot, &entry);
}

git_tree *commit_tree(git_repository *repository, const git_oid *commit_id, struct error *error)
{
	git_commit *commit = NULL;
	git_tree *tree = NULL;
	char text[GIT_OID_HEXSZ + 1];
	int result = git_commit_lookup(&commit, repository, commit_id);

	if (result == 0)
		result = git_commit_tree(&tree, commit);
	git_commit_free(commit);
	if (result < 0)
		git_failure(error, result, "cannot read commit %s",
			git_oid_tostr(text, sizeof(text), commit_id));
	return result < 0 ? NULL : tree;
}

bool snapshot_move(struct checkpointer *checkpointer, const git_oid *to, struct error *error)
{
	git_diff_options options;
	git_tree *old = NULL;
	git_tree *new = commit_tree(checkpointer->repository, to, error);
	git_diff *difference = NULL;
	int result = 0;

	if (!new)
		return false;
	if (checkpointer->has_tip) {
		old = commit_tree(checkpointer->repository, &checkpointer->tip, error);
		if (!old) {
			git_tree_free(new);
			return false;
		}
	}
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
	result = git_diff_tree_to_tree(&difference, checkpointer->repository, old, new, &options);
	if (result == 0)
		result = git_diff_foreach(
			difference, note_difference, NULL, NULL, NULL, checkpointer->snapshot);
	git_diff_free(difference);
	git_tree_free(old);
	git_tree_free(new);
	if (result < 0)
		return git_failure(error, result, "cannot follow the branch");
	checkpointer->tip = *to;
	checkpointer->has_tip = true;
	return true;
}
