#include "checkpoint/transition.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/kept_commit.h"
#include "checkpoint/placement.h"

bool transition_compare(struct checkpointer *checkpointer, const struct transition *transition,
	struct restoration *restoration, struct error *error)
{
	restoration->from = &transition->from;
	restoration->to = &transition->to;
	return restoration_compare(checkpointer, restoration, error);
}

/* The two passes over the paths. */
struct moving {
	struct checkpointer *checkpointer;
	const struct transition *transition;
	struct placement placement;
	size_t expected; /* files to be written, as the first pass has found them */
	size_t written;
	struct error *error;
};

static bool visit_removed(
	void *context, const char *path, const git_diff_file *file, struct error *error)
{
	struct moving *moving = context;

	if (!file)
		return placement_remove(&moving->placement, path, error);
	moving->expected++;
	return true;
}

static bool visit_written(
	void *context, const char *path, const git_diff_file *file, struct error *error)
{
	struct moving *moving = context;
	struct placed_file placed = {.path = path, .filtered = true};

	if (!file)
		return true;
	placed.mode = file->mode;
	placed.id = file->id;
	moving->written++;
	return placement_write(&moving->placement, &placed, error);
}

/* A folder that a file can be renamed from: the run's, or one that no checkpoint looks into. */
static const char *choose_staging(
	const struct checkpointer *checkpointer, struct arena *arena, int root)
{
	struct stat own;
	struct stat tree;
	const char *folder = checkpointer->run_folder;

	if (stat(folder, &own) != 0 || fstat(root, &tree) != 0 || own.st_dev != tree.st_dev)
		folder = path_join(arena, checkpointer->facts.work_tree, ".wavetrain");
	return path_join(arena, folder, "staging");
}

static bool refuse_changed(const struct moving *moving, const char *path)
{
	error_set(moving->error, ERROR_WORK_TREE_DIRTY, "%s was changed by hand just now", path);
	return error_hint(moving->error, "leave the files alone and run `wavetrain resume`");
}

/* Files give way to folders and folders to files: first what goes, then what comes. */
static bool move_both(struct moving *moving)
{
	struct restoration goes = {.visit = visit_removed, .context = moving};
	struct restoration comes = {.visit = visit_written, .context = moving};
	bool strict = moving->transition->all_or_none;
	bool done =
		transition_compare(moving->checkpointer, moving->transition, &goes, moving->error);

	if (done && strict && goes.blocked > 0)
		done = refuse_changed(moving, goes.blocked_paths[0]);
	done = done &&
	       transition_compare(moving->checkpointer, moving->transition, &comes, moving->error);
	/* What has given way is blocked in the second pass, so the files are counted. */
	if (done && strict && moving->written < moving->expected)
		done = refuse_changed(moving, "a file of the merge");
	restoration_release(&goes);
	restoration_release(&comes);
	return done;
}

static bool move_files(
	struct checkpointer *checkpointer, const struct transition *transition, struct error *error)
{
	struct arena arena = {0};
	CLEANUP(close_descriptor)
	int root = open(checkpointer->facts.work_tree, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct moving moving = {.checkpointer = checkpointer,
		.transition = transition,
		.placement = {.repository = checkpointer->repository, .root = root},
		.error = error};
	bool done;

	if (root < 0)
		return error_set_errno(error, ERROR_FILE, "cannot read the work tree %s",
			checkpointer->facts.work_tree);
	moving.placement.staging = choose_staging(checkpointer, &arena, root);
	done = move_both(&moving);
	/* What is left there is in nobody's way. */
	if (done)
		done = path_remove(moving.placement.staging, error);
	arena_release(&arena);
	return done;
}

bool transition_run(
	struct checkpointer *checkpointer, const struct transition *transition, struct error *error)
{
	struct arena arena = {0};
	const char *name = kept_name(checkpointer, &arena, "pending");
	bool done = kept_reference_set(checkpointer, name, &transition->pending, error) &&
		    move_files(checkpointer, transition, error) &&
		    (!transition->done || kept_reference_set(checkpointer, transition->done,
						  &transition->pending, error)) &&
		    kept_reference_drop(checkpointer, name, error);

	arena_release(&arena);
	return done;
}

static bool first_parent(
	git_repository *repository, const git_oid *id, git_oid *parent, struct error *error)
{
	git_commit *commit = NULL;
	int result = git_commit_lookup(&commit, repository, id);

	if (result == 0 && git_commit_parentcount(commit) > 0)
		*parent = *git_commit_parent_id(commit, 0);
	else if (result == 0)
		result = GIT_ENOTFOUND;
	git_commit_free(commit);
	return result == 0 ||
	       git_failure(error, result, "cannot read how the work tree was being changed");
}

bool transition_recover(struct checkpointer *checkpointer, struct error *error)
{
	struct arena arena = {0};
	struct transition transition = {0};
	bool found = false;
	bool done = kept_reference_find(checkpointer, kept_name(checkpointer, &arena, "pending"),
		&transition.pending, &found, error);

	if (done && found) {
		transition.from = transition.pending;
		done = first_parent(checkpointer->repository, &transition.pending, &transition.to,
			       error) &&
		       kept_reference_drop(
			       checkpointer, kept_name(checkpointer, &arena, "merged"), error) &&
		       transition_run(checkpointer, &transition, error);
	}
	arena_release(&arena);
	return done;
}
