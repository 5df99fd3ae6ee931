#include "checkpoint/changes.h"

#include <git2.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/work_tree.h"

/* What is open while the difference is made. */
struct comparison {
	git_repository *repository;
	git_object *tree;
	git_diff *diff;
};

static void comparison_close(struct comparison *comparison)
{
	git_diff_free(comparison->diff);
	git_object_free(comparison->tree);
	git_repository_free(comparison->repository);
}

static bool compare(
	struct comparison *comparison, const char *folder, const char *commit, struct error *error)
{
	git_diff_options options;
	git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	options.flags = GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS |
			GIT_DIFF_INCLUDE_TYPECHANGE | GIT_DIFF_SKIP_BINARY_CHECK;
	git_oid id;
	int result = git_repository_open_ext(&comparison->repository, folder, 0, NULL);
	if (result == 0)
		result = git_oid_fromstr(&id, commit);
	git_object *found = NULL;
	if (result == 0)
		result = git_object_lookup(&found, comparison->repository, &id, GIT_OBJECT_COMMIT);
	if (result == 0)
		result = git_object_peel(&comparison->tree, found, GIT_OBJECT_TREE);
	git_object_free(found);
	if (result == 0)
		result = git_diff_tree_to_workdir_with_index(&comparison->diff,
			comparison->repository, (git_tree *)comparison->tree, &options);
	return result == 0 ||
	       git_failure(error, result, "what changed since %.12s cannot be told", commit);
}

bool changes_since(const char *folder, const char *commit, struct arena *arena,
	struct changes *changes, struct error *error)
{
	CLEANUP(comparison_close) struct comparison comparison = {0};
	*changes = (struct changes){0};
	if (git_libgit2_init() < 0)
		return error_set(error, ERROR_GIT, "libgit2 cannot be started");
	if (!compare(&comparison, folder, commit, error))
		return false;
	const char *root = git_repository_workdir(comparison.repository);
	const char *prefix = root ? work_tree_prefix(root, folder, arena) : NULL;
	if (!prefix)
		return error_set(error, ERROR_NOT_A_REPOSITORY, "'%s' is no work tree", folder);
	size_t count = git_diff_num_deltas(comparison.diff);
	const char **paths = ARENA_ARRAY(arena, const char *, count);
	for (size_t i = 0; i < count; i++) {
		const char *path = git_diff_get_delta(comparison.diff, i)->new_file.path;
		if (text_starts_with(path, prefix))
			paths[changes->count++] = arena_copy_text(arena, path + strlen(prefix));
	}
	changes->paths = paths;
	return true;
}
