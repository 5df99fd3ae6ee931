#include "checkpoint/start.h"

#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "checkpoint/carried.h"
#include "checkpoint/change_set.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/left_behind.h"
#include "checkpoint/publish.h"
#include "checkpoint/run_claim.h"
#include "checkpoint/unpublished.h"

const char *baseline_path(struct checkpointer *checkpointer)
{
	return path_join(&checkpointer->arena, checkpointer->run_folder, "baseline");
}

static bool write_baseline(struct checkpointer *checkpointer, struct error *error)
{
	struct baseline *baseline = &checkpointer->baseline;

	baseline->since = checkpointer->has_tip ? checkpointer->tip : (git_oid){{0}};
	baseline->target = checkpointer->target.name;
	baseline->target_is_head = checkpointer->target_kind == TARGET_CURRENT;
	return baseline_write(baseline, baseline_path(checkpointer), error) &&
	       left_behind_forget(checkpointer, error);
}

bool start_first(struct checkpointer *checkpointer, const struct checkpointer_settings *settings,
	struct error *error)
{
	bool staged;

	if (!folder_make(checkpointer->run_folder, error) || !run_claim_take(checkpointer, error) ||
		!snapshot_open(checkpointer, &staged, error))
		return false;
	checkpointer->facts.dirty = staged;
	if (!change_set_record_baseline(checkpointer, error) ||
		!target_choose(checkpointer, settings, error))
		return false;
	checkpointer->facts.is_as_committed = !staged && !checkpointer->baseline.count;
	if (checkpointer->has_tip)
		checkpointer->baseline.start = checkpointer->tip;
	return locks_clear_stale(checkpointer, error) && write_baseline(checkpointer, error);
}

/* Paths that the run has committed since are no longer the user's. */
static bool drop_committed(struct checkpointer *checkpointer, struct error *error)
{
	const git_oid *since = &checkpointer->baseline.since;
	bool has_since = !git_oid_is_zero(since);
	git_diff *difference = NULL;
	git_tree *old = NULL;
	git_tree *new = NULL;
	int result;

	if (!checkpointer->run.exists || checkpointer->baseline.count == 0)
		return true;
	if (has_since && commit_descends(checkpointer->repository, since, &checkpointer->run.id))
		return true;
	if (has_since)
		old = commit_tree(checkpointer->repository, since, error);
	if (has_since && !old)
		return false;
	new = commit_tree(checkpointer->repository, &checkpointer->run.id, error);
	result = new ? git_diff_tree_to_tree(&difference, checkpointer->repository, old, new, NULL)
		     : -1;
	for (size_t i = 0; result == 0 && i < git_diff_num_deltas(difference); i++)
		baseline_drop(
			&checkpointer->baseline, git_diff_get_delta(difference, i)->new_file.path);
	git_diff_free(difference);
	git_tree_free(old);
	git_tree_free(new);
	return result == 0 || git_failure(error, result, "cannot read what the run has committed");
}

static void take_tip(struct checkpointer *checkpointer)
{
	const git_oid *start = &checkpointer->baseline.start;

	if (checkpointer->run.exists)
		checkpointer->tip = checkpointer->run.id;
	else
		checkpointer->tip = *start;
	checkpointer->has_tip = checkpointer->run.exists || !git_oid_is_zero(start);
}

/* Publishing was cut short: both references are moved on, unless the branch went on without it. */
static bool finish_publishing(struct checkpointer *checkpointer,
	const struct checkpoint *unpublished, struct error *error)
{
	git_oid commit;

	if (!unpublished_find(checkpointer, unpublished, &commit))
		return true;
	if (unpublished_is_passed_by(checkpointer, unpublished, &commit))
		return unpublished_give_up(checkpointer, unpublished, &commit, error);
	if (checkpointer->target.exists &&
		commit_descends(checkpointer->repository, &checkpointer->target.id, &commit))
		checkpointer->target.id = commit; /* somebody went on from it */
	if (!publish_begin(checkpointer, error) ||
		!references_move(checkpointer, &commit, unpublished->subject, error))
		return false;
	publish_end(checkpointer);
	take_tip(checkpointer);
	checkpointer->facts.has_published = true;
	return true;
}

/* Brings references, locks and the user's index to where the run's last commit is. */
static bool go_on(struct checkpointer *checkpointer, const struct checkpointer_settings *settings,
	struct error *error)
{
	bool staged;

	take_tip(checkpointer);
	/* Where it will be refused nothing is moved before. */
	if (checkpointer->target_kind == TARGET_CURRENT && !target_check_head(checkpointer, error))
		return false;
	if (!target_resume(checkpointer, error) || !locks_clear_stale(checkpointer, error) ||
		!finish_publishing(checkpointer, settings->unpublished, error) ||
		!user_index_heal(checkpointer, error) ||
		!snapshot_open(checkpointer, &staged, error))
		return false;
	checkpointer->facts.dirty = staged;
	return target_follow(checkpointer, error);
}

bool start_again(struct checkpointer *checkpointer, const struct checkpointer_settings *settings,
	struct error *error)
{
	bool adopted;

	if (!baseline_read(&checkpointer->baseline, baseline_path(checkpointer), error) ||
		!reference_look_up(checkpointer->repository, &checkpointer->run, error) ||
		!target_recall(checkpointer, error) ||
		!carried_adopt(checkpointer, settings, &adopted, error))
		return false;
	if (!adopted &&
		(!go_on(checkpointer, settings, error) || !drop_committed(checkpointer, error) ||
			!left_behind_compare(checkpointer, error)))
		return false;
	return left_behind_forget(checkpointer, error);
}

bool start_without_baseline(struct checkpointer *checkpointer,
	const struct checkpointer_settings *settings, struct error *error)
{
	struct baseline *baseline = &checkpointer->baseline;
	bool adopted;

	if (!reference_look_up(checkpointer->repository, &checkpointer->run, error))
		return false;
	if (!checkpointer->run.exists && !settings->last_commit && !settings->unpublished)
		return start_first(checkpointer, settings, error);
	if (!folder_make(checkpointer->run_folder, error) ||
		!target_find_again(checkpointer, settings, error))
		return false;
	if (checkpointer->has_tip)
		baseline->start = checkpointer->tip;
	baseline->target = checkpointer->target.name;
	baseline->target_is_head = checkpointer->target_kind == TARGET_CURRENT;
	if (!carried_adopt(checkpointer, settings, &adopted, error))
		return false;
	if (adopted)
		return left_behind_forget(checkpointer, error);
	if (!go_on(checkpointer, settings, error) ||
		!change_set_record_baseline(checkpointer, error))
		return false;
	if (baseline->count > 0 && !checkpointer->facts.note)
		checkpointer->facts.note =
			"the run's folder is lost: what is not committed now counts as yours and "
			"stays out of the commits until a step changes it";
	return write_baseline(checkpointer, error);
}
