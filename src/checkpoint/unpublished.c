#include "checkpoint/unpublished.h"

#include "checkpoint/kept_commit.h"
#include "checkpoint/restoration.h"

bool unpublished_find(const struct checkpointer *checkpointer, const struct checkpoint *unpublished,
	git_oid *commit)
{
	git_commit *object = NULL;
	bool found;

	if (!unpublished || !unpublished->commit ||
		git_oid_fromstr(commit, unpublished->commit) < 0)
		return false;
	found = git_commit_lookup(&object, checkpointer->repository, commit) == 0;
	git_commit_free(object);
	return found;
}

/* False: the commit began the history. */
static bool read_parent(const struct checkpoint *unpublished, git_oid *parent)
{
	return unpublished->parent && git_oid_fromstr(parent, unpublished->parent) == 0;
}

bool unpublished_is_passed_by(const struct checkpointer *checkpointer,
	const struct checkpoint *unpublished, const git_oid *commit)
{
	const struct known_reference *target = &checkpointer->target;
	git_oid parent;

	if (!target->exists || commit_descends(checkpointer->repository, &target->id, commit))
		return false;
	/* A current branch that was set back is not to be moved on again either. */
	if (checkpointer->target_kind == TARGET_CURRENT)
		return !read_parent(unpublished, &parent) || !git_oid_equal(&target->id, &parent);
	return !commit_descends(checkpointer->repository, commit, &target->id);
}

/* Single files are another matter: steps and users remove those. */
static bool check_files(
	struct checkpointer *checkpointer, const git_oid *commit, struct error *error)
{
	struct restoration restoration = {
		.from = checkpointer->has_tip ? &checkpointer->tip : NULL, .to = commit};
	char text[GIT_OID_HEXSZ + 1];
	bool compared = restoration_compare(checkpointer, &restoration, error);
	bool gone = compared && restoration.held == 0 && restoration.blocked == 0 &&
		    restoration.missing_count > 0;

	restoration_release(&restoration);
	if (!gone)
		return compared;
	git_oid_tostr(text, sizeof(text), commit);
	error_set(error, ERROR_GIT,
		"%s has gone on without the run's last commit %.12s, whose files are not here",
		checkpointer->target.name, text);
	return error_hint(error, "run `git merge %.12s` and then `wavetrain resume`", text);
}

static bool put_back(struct checkpointer *checkpointer, const git_oid *commit, struct error *error)
{
	struct known_reference *run = &checkpointer->run;
	bool done;

	if (!run->exists || !git_oid_equal(&run->id, commit))
		return true;
	done = checkpointer->has_tip
		       ? kept_reference_set(checkpointer, run->name, &checkpointer->tip, error)
		       : kept_reference_drop(checkpointer, run->name, error);
	return done && reference_look_up(checkpointer->repository, run, error);
}

bool unpublished_give_up(struct checkpointer *checkpointer, const struct checkpoint *unpublished,
	const git_oid *commit, struct error *error)
{
	bool is_current = checkpointer->target_kind == TARGET_CURRENT;

	/* The parent of a named branch's commit may be the branch, which the work tree is not of. */
	if (is_current)
		checkpointer->has_tip = read_parent(unpublished, &checkpointer->tip);
	if (is_current && checkpointer->has_tip &&
		!commit_descends(
			checkpointer->repository, &checkpointer->target.id, &checkpointer->tip))
		return true;
	return check_files(checkpointer, commit, error) && put_back(checkpointer, commit, error);
}
