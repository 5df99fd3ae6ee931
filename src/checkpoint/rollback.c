/*
 * First everything that is to go is committed and kept by a reference of its own; then the files
 * change, by a transition that the next start completes when this process is killed.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "base/text.h"
#include "checkpoint/git_failure.h"
#include "checkpoint/kept_commit.h"
#include "checkpoint/start.h"
#include "checkpoint/transition.h"
#include "checkpoint/worktree.h"

struct roll_back {
	struct checkpointer *checkpointer;
	struct present present;
	/*
	 * Files that the user had changed before the run, and a step since: what they were nobody
	 * has kept, so they stay as they are.
	 */
	struct change_set stays;
	git_oid goal;   /* a commit: the tip with what stays */
	git_oid backup; /* a commit: all as it is now; parents: goal, tip */
	struct arena arena;
	struct error *error;
};

/* A step that commits on the branch has said that its work is to stay. */
static bool check_branch(struct checkpointer *checkpointer, struct error *error)
{
	struct known_reference now = checkpointer->target;

	if (checkpointer->target_kind != TARGET_CURRENT)
		return true;
	if (!target_check_head(checkpointer, error) ||
		!reference_look_up(checkpointer->repository, &now, error))
		return false;
	if (now.exists == checkpointer->has_tip &&
		(!now.exists || git_oid_equal(&now.id, &checkpointer->tip)))
		return true;
	error_set(error, ERROR_GIT, "%s has moved past the run's last commit", now.name);
	return error_hint(error, "go back by hand with `git reset`, and then run "
				 "`wavetrain resume`");
}

static void find_stays(struct roll_back *roll_back)
{
	const struct change_set *set = &roll_back->present.set;
	struct change_set *stays = &roll_back->stays;

	for (size_t i = 0; i < set->count; i++) {
		if (!baseline_find(&roll_back->checkpointer->baseline, set->items[i].entry.path))
			continue;
		GROW(stays->items, stays->count, stays->capacity);
		stays->items[stays->count++] = set->items[i];
	}
}

static bool write_goal(struct roll_back *roll_back)
{
	struct checkpointer *checkpointer = roll_back->checkpointer;
	git_oid tree;
	struct kept_commit commit = {.tree = &tree,
		.parents = (const git_oid *[]){&checkpointer->tip},
		.parent_count = checkpointer->has_tip ? 1 : 0,
		.message = "wavetrain: where a roll-back goes to\n"};

	if (checkpointer->has_tip && roll_back->stays.count == 0) {
		roll_back->goal = checkpointer->tip;
		return true;
	}
	return present_write_tree(checkpointer, &roll_back->stays, roll_back->present.store, &tree,
		       roll_back->error) &&
	       kept_commit_write(checkpointer, roll_back->present.store, &commit, &roll_back->goal,
		       roll_back->error);
}

static const char *backup_name(struct roll_back *roll_back, bool *failed)
{
	bool taken = true;
	const char *name = NULL;
	git_oid id;

	for (uint32_t i = 1; taken; i++) {
		name = arena_format(&roll_back->arena, "refs/wavetrain/backup/%s/%" PRIu32,
			roll_back->checkpointer->run_id, i);
		*failed = !kept_reference_find(
			roll_back->checkpointer, name, &id, &taken, roll_back->error);
		if (*failed)
			return NULL;
	}
	return name;
}

static bool write_backup(struct roll_back *roll_back)
{
	struct kept_commit commit = {.tree = &roll_back->present.tree,
		.parents = (const git_oid *[]){&roll_back->goal, &roll_back->checkpointer->tip},
		.parent_count =
			roll_back->stays.count > 0 && roll_back->checkpointer->has_tip ? 2 : 1,
		.message = "wavetrain: what a roll-back has taken away\n"};
	bool failed = false;
	const char *name;

	if (!kept_commit_write(roll_back->checkpointer, roll_back->present.store, &commit,
		    &roll_back->backup, roll_back->error) ||
		!object_store_finish(roll_back->present.store, roll_back->error))
		return false;
	name = backup_name(roll_back, &failed);
	return !failed && kept_reference_set(roll_back->checkpointer, name, &roll_back->backup,
				  roll_back->error);
}

/* What stays is the user's again, as it is now. */
static bool give_back(struct roll_back *roll_back)
{
	struct checkpointer *checkpointer = roll_back->checkpointer;
	struct baseline *baseline = &checkpointer->baseline;

	for (size_t i = 0; i < roll_back->stays.count; i++) {
		const struct change *change = &roll_back->stays.items[i];
		struct baseline_entry entry = {.mode = change->entry.mode,
			.id = change->entry.id,
			.size_bytes = change->size_bytes,
			.changed_ns = change->changed_ns,
			.path = arena_copy_text(&baseline->arena, change->entry.path)};

		baseline_set(baseline, &entry);
	}
	return roll_back->stays.count == 0 ||
	       baseline_write(baseline, baseline_path(checkpointer), roll_back->error);
}

static bool move(struct roll_back *roll_back)
{
	struct checkpointer *checkpointer = roll_back->checkpointer;
	struct transition transition = {
		.from = roll_back->backup, .to = roll_back->goal, .pending = roll_back->backup};

	return kept_reference_drop(checkpointer,
		       kept_name(checkpointer, &roll_back->arena, "merged"), roll_back->error) &&
	       transition_run(checkpointer, &transition, roll_back->error);
}

static bool roll_back_all(struct roll_back *roll_back)
{
	if (!check_branch(roll_back->checkpointer, roll_back->error) ||
		!present_open(roll_back->checkpointer, &roll_back->present, roll_back->error))
		return false;
	find_stays(roll_back);
	if (roll_back->present.set.count == roll_back->stays.count)
		return true;
	return write_goal(roll_back) && write_backup(roll_back) && give_back(roll_back) &&
	       move(roll_back);
}

bool checkpointer_roll_back(void *context, struct error *error)
{
	struct roll_back roll_back = {.checkpointer = context, .error = error};
	bool done = roll_back_all(&roll_back);

	change_set_release(&roll_back.stays);
	present_release(&roll_back.present);
	arena_release(&roll_back.arena);
	return done || error_context(error, "the files are not rolled back");
}
