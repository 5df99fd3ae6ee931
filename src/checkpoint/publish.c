#include "checkpoint/publish.h"

#include <string.h>

#include "base/text.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/worktree_merge.h"

static bool refuse_moved(
	const struct known_reference *reference, const git_oid *commit, struct error *error)
{
	char text[GIT_OID_HEXSZ + 1];

	git_oid_tostr(text, sizeof(text), commit);
	error_set(error, ERROR_GIT, "%s was moved by somebody else while the run was at work",
		reference->name);
	return error_hint(
		error, "the work is in commit %.12s: `git merge %.12s` brings it in", text, text);
}

static bool move_reference(git_repository *repository, struct known_reference *reference,
	const git_oid *commit, const char *message, struct error *error)
{
	git_reference *moved = NULL;
	int64_t started_ns = 0;
	int result;

	if (reference->exists && git_oid_equal(&reference->id, commit))
		return true;
	do {
		result = reference->exists
				 ? git_reference_create_matching(&moved, repository,
					   reference->name, commit, 1, &reference->id, message)
				 : git_reference_create(
					   &moved, repository, reference->name, commit, 0, message);
	} while (result == GIT_ELOCKED && lock_wait(&started_ns));
	git_reference_free(moved);
	if (result == GIT_EMODIFIED || result == GIT_EEXISTS || result == GIT_ENOTFOUND)
		return refuse_moved(reference, commit, error);
	if (result < 0)
		return git_failure(error, result, "cannot move %s", reference->name);
	reference->exists = true;
	reference->id = *commit;
	return true;
}

bool references_move(struct checkpointer *checkpointer, const git_oid *commit, const char *subject,
	struct error *error)
{
	git_repository *repository = checkpointer->repository;

	return move_reference(repository, &checkpointer->run, commit, subject, error) &&
	       (checkpointer->target_kind == TARGET_NONE ||
		       move_reference(repository, &checkpointer->target, commit, subject, error));
}

/* What was committed is what the next comparison begins from. */
static bool take_over(struct checkpointer *checkpointer, struct error *error)
{
	const struct change_set *set = checkpointer->prepared;

	if (!change_set_apply(set, checkpointer->snapshot, error))
		return false;
	for (size_t i = 0; i < set->count; i++)
		baseline_drop(&checkpointer->baseline, set->items[i].entry.path);
	checkpointer->tip = checkpointer->prepared_commit;
	checkpointer->has_tip = true;
	checkpointer->has_extra_parent = false;
	return true;
}

bool checkpointer_publish(
	struct checkpointer *checkpointer, struct checkpoint *checkpoint, struct error *error)
{
	git_oid commit;
	bool moved;

	if (!checkpoint->commit)
		return worktree_merge_settle(checkpointer, error);
	if (!checkpointer->prepared || git_oid_fromstr(&commit, checkpoint->commit) < 0 ||
		!git_oid_equal(&commit, &checkpointer->prepared_commit))
		return error_set(error, ERROR_GIT, "commit %s was not prepared by this run",
			checkpoint->commit);
	if (checkpointer->target_kind == TARGET_CURRENT && !user_index_await(checkpointer, error))
		return false;
	if (!publish_begin(checkpointer, error))
		return false;
	moved = references_move(checkpointer, &commit, checkpoint->subject, error) &&
		take_over(checkpointer, error) &&
		(checkpointer->target_kind != TARGET_CURRENT ||
			user_index_follow(checkpointer, checkpointer->prepared, error));
	publish_end(checkpointer);
	if (!moved)
		return false;
	checkpointer->prepared_commit = (git_oid){{0}};
	checkpoint->reference =
		checkpointer->target.name ? checkpointer->target.name : checkpointer->run.name;
	return worktree_merge_settle(checkpointer, error);
}
