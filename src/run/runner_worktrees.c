/* What steps changed in checkouts of their own comes together at the stage's end. */
#include "run/runner_internal.h"

#define CONFLICT_PATH_LIMIT 8 /* for each pair of steps */

struct merge_list {
	uint32_t *steps;
	const char **trees;
	uint32_t count;
};

static void list_trees(struct runner *runner, uint32_t stage, struct merge_list *list)
{
	struct arena *scratch = &runner->executor.scratch;
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(runner->plan, stage, &count);
	arena_reset(scratch);
	*list = (struct merge_list){.steps = ARENA_ARRAY(scratch, uint32_t, count),
		.trees = ARENA_ARRAY(scratch, const char *, count)};
	for (uint32_t i = 0; i < count; i++) {
		const char *tree = runner->executor.trees[steps[i]];
		if (!tree || runner->scheduler.progress[steps[i]] != PROGRESS_DONE)
			continue;
		list->steps[list->count] = steps[i];
		list->trees[list->count++] = tree;
	}
}

/* The one of the two that was to come later, which runs again. */
static uint32_t later_step(const struct worktree_conflict *conflict)
{
	if (conflict->steps[0] == INDEX_NONE || conflict->steps[1] == INDEX_NONE)
		return conflict->steps[conflict->steps[0] == INDEX_NONE];
	return conflict->steps[conflict->steps[0] < conflict->steps[1]];
}

static bool is_same_pair(
	const struct worktree_conflict *left, const struct worktree_conflict *right)
{
	return later_step(left) == later_step(right) &&
	       (left->steps[0] == right->steps[0] || left->steps[0] == right->steps[1]);
}

static void append_partner(
	const struct runner *runner, const struct worktree_conflict *conflict, struct buffer *text)
{
	const struct step *steps = runner->plan->pipeline->steps;
	uint32_t later = later_step(conflict);
	uint32_t other = conflict->steps[conflict->steps[0] == later];
	if (other == INDEX_NONE)
		buffer_printf(text, " between step %s and the work tree itself", steps[later].id);
	else
		buffer_printf(text, " between steps %s and %s", steps[other].id, steps[later].id);
}

/* One clause for each pair of steps, with the paths they do not agree on. */
static const char *describe_conflicts(
	struct runner *runner, const struct worktree_conflict *conflicts, uint32_t count)
{
	struct buffer text = BUFFER_INIT;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t path_count = 0;
		bool is_told = false;
		for (uint32_t j = 0; j < i && !is_told; j++)
			is_told = is_same_pair(&conflicts[j], &conflicts[i]);
		if (is_told)
			continue;
		buffer_append_text(
			&text, text.size ? "; merge conflict in " : "merge conflict in ");
		for (uint32_t j = i; j < count; j++) {
			if (!is_same_pair(&conflicts[j], &conflicts[i]))
				continue;
			if (path_count++ < CONFLICT_PATH_LIMIT)
				buffer_printf(&text, "%s%s", j > i ? ", " : "", conflicts[j].path);
		}
		if (path_count > CONFLICT_PATH_LIMIT)
			buffer_printf(&text, " and %u more", path_count - CONFLICT_PATH_LIMIT);
		append_partner(runner, &conflicts[i], &text);
	}
	const char *copy = arena_copy_text(&runner->executor.kept, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

/* The later step of each pair is to run again, upon what the others have made. */
static void take_conflicts(
	struct runner *runner, const struct worktree_conflict *conflicts, uint32_t count)
{
	const char *text = describe_conflicts(runner, conflicts, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t step = later_step(&conflicts[i]);
		if (runner->scheduler.progress[step] == PROGRESS_DONE)
			runner_record_rolled_back(runner, step, text);
	}
	if (!runner->run_flaw)
		runner->run_flaw = text;
	runner->stage_flaw = text;
	scheduler_bar(&runner->scheduler);
}

/* What was merged needs no second merge, as what is committed holds it. */
static void forget_trees(struct runner *runner, const struct merge_list *list)
{
	for (uint32_t i = 0; i < list->count; i++)
		runner->executor.trees[list->steps[i]] = NULL;
}

bool runner_merge_worktrees(struct runner *runner, uint32_t stage)
{
	const struct run_services *services = runner->settings->services;
	struct merge_list list;
	struct worktree_conflict *conflicts;
	uint32_t conflict_count;
	if (!runner->executor.trees || !services->worktrees)
		return true;
	for (;;) {
		list_trees(runner, stage, &list);
		if (!list.count)
			return true;
		if (!journal_flush(&runner->journal, false))
			return false;
		struct worktree_merge merge = {
			.steps = list.steps, .trees = list.trees, .count = list.count};
		conflicts = NULL;
		conflict_count = 0;
		runner->has_fault = !services->worktrees->merge(services->context, &merge,
			&runner->executor.scratch, &conflicts, &conflict_count, &runner->fault);
		if (runner->has_fault)
			return false;
		if (!conflict_count) {
			forget_trees(runner, &list);
			return true;
		}
		take_conflicts(runner, conflicts, conflict_count);
	}
}

/*
 * A stage that was committed since its steps ended holds what they changed. Where nothing is
 * committed, one whose steps are all done.
 */
static bool is_merged(const struct runner *runner, uint32_t step)
{
	if (runner->settings->services->prepare_checkpoint)
		return checkpointing_holds(&runner->checkpointing, step);
	return !wave_events_count(&runner->waves, runner->plan->steps[step].stage).to_run;
}

void runner_forget_merged(struct runner *runner)
{
	const struct plan *plan = runner->plan;
	for (uint32_t i = 0; runner->executor.trees && i < plan->pipeline->step_count; i++) {
		if (plan->steps[i].action == ACTION_SKIP && is_merged(runner, i))
			runner->executor.trees[i] = NULL;
	}
}
