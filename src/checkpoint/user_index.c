#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "checkpoint/content.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/publish.h"

static bool refuse_locked(const char *path, struct error *error)
{
	error_set(error, ERROR_GIT, "another git holds %s", path);
	return error_hint(error, "wait for it; when none is running, remove that file; then run "
				 "`wavetrain resume`");
}

bool user_index_await(struct checkpointer *checkpointer, struct error *error)
{
	struct arena arena = {0};
	const char *path = arena_format(&arena, "%s.lock", index_path(checkpointer, &arena));
	int64_t started_ns = 0;
	bool there;

	do {
		there = access(path, F_OK) == 0;
	} while (there && lock_wait(&started_ns));
	if (there)
		refuse_locked(path, error);
	arena_release(&arena);
	return !there;
}

static bool same_file(const struct stat *left, const struct stat *right)
{
	return left->st_ino == right->st_ino && left->st_size == right->st_size &&
	       left->st_mtim.tv_sec == right->st_mtim.tv_sec &&
	       left->st_mtim.tv_nsec == right->st_mtim.tv_nsec;
}

static bool write_index(
	struct checkpointer *checkpointer, git_index *index, const char *path, struct error *error)
{
	int64_t started_ns = 0;
	int result;

	do {
		result = git_index_write(index);
	} while (result == GIT_ELOCKED && lock_wait(&started_ns));
	if (result < 0)
		return git_failure(error, result, "cannot write the index %s", path);
	if (stat(path, &checkpointer->index_status) != 0)
		checkpointer->index_status = (struct stat){0};
	return true;
}

bool user_index_follow(
	struct checkpointer *checkpointer, const struct change_set *set, struct error *error)
{
	struct arena arena = {0};
	const char *path = index_path(checkpointer, &arena);
	struct stat now = {0};
	git_index *index = NULL;
	bool done;

	if (stat(path, &now) != 0)
		now = (struct stat){0};
	if (checkpointer->mirrors_index && same_file(&now, &checkpointer->index_status)) {
		done = write_index(checkpointer, checkpointer->snapshot, path, error);
	} else {
		checkpointer->mirrors_index = false;
		done = index_open(checkpointer->repository, &index, path, error) &&
		       change_set_apply(set, index, error) &&
		       write_index(checkpointer, index, path, error);
		git_index_free(index);
	}
	arena_release(&arena);
	return done;
}

/* True when the file is what HEAD's tree says of the path. */
static bool file_is_as_in_head(git_repository *repository, const git_diff_file *head, bool absent)
{
	struct error ignored;
	char path[PATH_MAX];
	struct stat status;
	git_oid id;

	if (snprintf(path, sizeof(path), "%s%s", git_repository_workdir(repository), head->path) >=
		(int)sizeof(path))
		return false;
	if (lstat(path, &status) != 0)
		return absent;
	return !absent && work_tree_mode(&status) == head->mode &&
	       content_identify(repository, head->path, head->mode, &id, &ignored) &&
	       git_oid_equal(&id, &head->id);
}

/* Returns how many entries were rewritten, or a negative libgit2 result. */
static int heal_all(git_repository *repository, git_diff *difference, git_index *index)
{
	int healed = 0;

	for (size_t i = 0; i < git_diff_num_deltas(difference); i++) {
		const git_diff_delta *delta = git_diff_get_delta(difference, i);
		bool absent = delta->status == GIT_DELTA_ADDED;
		git_index_entry entry = {.path = delta->old_file.path,
			.mode = delta->old_file.mode,
			.id = delta->old_file.id};
		int result;

		if (!file_is_as_in_head(repository, &delta->old_file, absent))
			continue;
		result = absent ? git_index_remove(index, delta->old_file.path, 0)
				: git_index_add(index, &entry);
		if (result < 0)
			return result;
		healed++;
	}
	return healed;
}

bool user_index_heal(struct checkpointer *checkpointer, struct error *error)
{
	git_diff_options options;
	struct arena arena = {0};
	const char *path;
	git_index *index = NULL;
	git_diff *difference = NULL;
	git_tree *tree = NULL;
	bool done = false;
	int result;

	if (checkpointer->target_kind != TARGET_CURRENT || !checkpointer->target.exists)
		return true;
	path = index_path(checkpointer, &arena);
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_INCLUDE_TYPECHANGE;
	tree = commit_tree(checkpointer->repository, &checkpointer->target.id, error);
	if (!tree || !index_open(checkpointer->repository, &index, path, error))
		goto done;
	result = git_diff_tree_to_index(
		&difference, checkpointer->repository, tree, index, &options);
	if (result == 0)
		result = heal_all(checkpointer->repository, difference, index);
	done = result <= 0 || write_index(checkpointer, index, path, error);
	if (result < 0)
		done = git_failure(error, result, "cannot bring the index in line with HEAD");
done:
	git_diff_free(difference);
	git_tree_free(tree);
	git_index_free(index);
	arena_release(&arena);
	return done;
}
