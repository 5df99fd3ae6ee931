/* One stage: its steps, its events, its checkpoint, its gates. */
#include "run/runner_internal.h"

#include "base/clock.h"

/* Since when the step could have run; what made it ready is durable before it starts. */
static int64_t release_step(struct runner *runner, uint32_t step)
{
	const struct index_range *needs = &runner->plan->steps[step].needs;
	int64_t ready_ns = runner->waves.stage_started_ns;
	bool must_flush = runner->executor.tries[step] > 0;
	if (runner->ended_ns[step] > ready_ns)
		ready_ns = runner->ended_ns[step];
	for (uint32_t i = 0; i < needs->count; i++) {
		uint32_t need = runner->plan->edges[needs->first + i];
		if (runner->ended_ns[need] <= runner->waves.stage_started_ns)
			continue;
		if (runner->ended_ns[need] > ready_ns)
			ready_ns = runner->ended_ns[need];
		must_flush |= runner->ended_flush[need] == runner->journal.flush_count;
		program_search_forget(&runner->executor.search);
	}
	if (must_flush)
		journal_flush(&runner->journal, false);
	return ready_ns;
}

/* A step whose list is there stands for others: they start once the plan knows them. */
static bool is_put_off(struct runner *runner, uint32_t step)
{
	if (!runner->has_foreach || !runner->plan->pipeline->steps[step].foreach)
		return false;
	scheduler_step_cancelled(&runner->scheduler, step);
	/* A new plan would begin again what has failed, or waits for a decision. */
	if (!runner->hard_count && !runner->undecided.count && runner->expand_step == INDEX_NONE)
		runner->expand_step = step;
	return true;
}

/* A wave's checks look at what all of its steps have made. False: it did not come together. */
static bool is_merged_for(struct runner *runner, uint32_t step)
{
	if (!runner->executor.trees || !runner->plan->pipeline->steps[step].is_check)
		return true;
	return runner_merge_worktrees(runner, runner->plan->steps[step].stage) &&
	       !runner->stage_flaw;
}

/* Nothing but the budget keeps it: it stays pending, and shorter ones may still be started. */
static bool is_too_long(struct runner *runner, uint32_t step)
{
	if (budget_allows(&runner->budget, step, clock_monotonic_ns()))
		return false;
	scheduler_step_cancelled(&runner->scheduler, step);
	return true;
}

/*
 * What has ended at a breakpoint is asked about first. A slot that is kept and then not used is given
 * back by jobserver_settle().
 */
static bool take_next(struct runner *runner, uint32_t *step)
{
	runner_debug_after(runner);
	return executor_has_room(&runner->executor) && runner->scheduler.ready.count &&
	       jobserver_has_slot(&runner->executor.jobserver) &&
	       scheduler_next(&runner->scheduler, step);
}

static void start_steps(struct runner *runner)
{
	uint32_t step;
	while (take_next(runner, &step)) {
		if (is_too_long(runner, step) || is_put_off(runner, step))
			continue;
		if (!is_merged_for(runner, step)) {
			scheduler_step_cancelled(&runner->scheduler, step);
			continue;
		}
		if (!runner_merge_notes_for(runner, step)) {
			scheduler_step_again(&runner->scheduler, step);
			return;
		}
		if (!runner_debug_before(runner, step))
			continue;
		/* While it was asked, and by what was tried again then, the slot may have gone. */
		if (!jobserver_has_slot(&runner->executor.jobserver)) {
			scheduler_step_again(&runner->scheduler, step);
			return;
		}
		if (!runner_checkpoint_before(runner, step)) {
			scheduler_step_again(&runner->scheduler, step);
			return;
		}
		int64_t ready_ns = release_step(runner, step);
		if (runner->journal.is_broken) {
			/* What it waited for is not on record. */
			scheduler_step_again(&runner->scheduler, step);
			return;
		}
		if (!executor_start(&runner->executor, step, ready_ns))
			scheduler_step_again(&runner->scheduler, step);
	}
}

/*
 * The record works while steps run. It waits for a batch as long as steps are ready that need no
 * flush to start; whoever looks on is told at once what has started.
 */
static void pass_events(struct runner *runner)
{
	if (!runner->scheduler.ready.count || runner->settings->services->show_output ||
		runner->journal.queue_count >= JOURNAL_BATCH_EVENTS)
		journal_pass(&runner->journal);
}

static bool run_steps(struct runner *runner)
{
	while (!runner->journal.is_broken && !runner->has_fault &&
		scheduler_stage_is_open(&runner->scheduler)) {
		if (!runner_checkpoint_milestone(runner))
			return false;
		start_steps(runner);
		jobserver_settle(&runner->executor.jobserver);
		pass_events(runner);
		runner_watch_background(runner);
		if (runner->journal.is_broken || !scheduler_stage_is_open(&runner->scheduler))
			break;
		if (!runner_checkpoint_if_due(runner))
			return false;
		/* A step that ended while it was being started may have made room for another. */
		if (executor_is_idle(&runner->executor) && runner->scheduler.ready.count)
			continue;
		runner_idle(runner);
		if (!event_loop_turn(&runner->loop, &runner->fault)) {
			runner->has_fault = true;
			return false;
		}
	}
	return !runner->journal.is_broken && !runner->has_fault;
}

/* Before anything of the stage starts: a list that is there is looked at first. */
static bool finds_list(struct runner *runner)
{
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(runner->plan, runner->scheduler.stage, &count);
	bool may_expand = runner->has_foreach && !runner->undecided.count;
	for (uint32_t i = 0; may_expand && i < count; i++) {
		uint32_t step = steps[i];
		if (runner->scheduler.progress[step] == PROGRESS_READY &&
			runner->plan->pipeline->steps[step].foreach && !runner->hard_count &&
			step < runner->expand_step)
			runner->expand_step = step;
	}
	return runner->expand_step != INDEX_NONE;
}

/* All steps, those for a failure that are left after a stop included. */
static bool run_all_steps(struct runner *runner)
{
	bool is_sound = run_steps(runner);
	while (is_sound && runner_ask_undecided(runner))
		is_sound = run_steps(runner);
	while (is_sound && runner->course == COURSE_STOPPED && !runner->waves.is_interrupted) {
		runner->course = COURSE_ON;
		runner->scheduler.halted = false;
		scheduler_bar(&runner->scheduler);
		executor_go_on(&runner->executor);
		is_sound = run_steps(runner);
	}
	return is_sound;
}

/* Nothing of the stage is left to be done, or has failed in a way that others must not follow. */
static bool is_over(const struct runner *runner, uint32_t stage)
{
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(runner->plan, stage, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (!scheduler_is_passed(&runner->scheduler, steps[i]))
			return false;
	}
	return !runner->stage_flaw;
}

/* True: a gate stays closed, or must not be asked for yet, and nothing follows this stage. */
static bool ends_at_gate(struct runner *runner, uint32_t stage)
{
	if (gates_find_closed(&runner->gates, stage) == INDEX_NONE)
		return false;
	if (is_over(runner, stage))
		runner->waiting_step =
			gates_ask(&runner->gates, stage, !runner->waves.is_interrupted);
	else
		scheduler_halt(&runner->scheduler);
	return runner->scheduler.halted || runner->waiting_step != INDEX_NONE;
}

/* All steps have ended, one way or another. */
static bool end_stage(struct runner *runner, uint32_t stage, bool has_work)
{
	uint32_t wave = runner->plan->stages[stage].wave;
	if (runner->budget.step != INDEX_NONE) {
		runner->waves.is_interrupted = true;
		scheduler_halt(&runner->scheduler);
	}
	if (has_work)
		leftovers_end(&runner->leftovers);
	runner_record_skipped(runner);
	bool has_gone_back = runner->course == COURSE_UNDO || runner->course == COURSE_ROLL_BACK;
	if (!runner_settle_files(runner, stage) || (has_work && !runner_merge_notes(runner, stage)))
		return false;
	struct wave_end end = {.wave = wave,
		.count = wave_events_count(&runner->waves, stage),
		.flaw = runner->stage_flaw};
	if (has_work && wave != INDEX_NONE)
		wave_events_end(&runner->waves, &end);
	if (!journal_flush(&runner->journal, false))
		return false;
	if (!has_gone_back && !runner_checkpoint_stage(runner, stage, &end.count))
		return false;
	runner_stop_at_undecided(runner, stage);
	return !ends_at_gate(runner, stage);
}

bool runner_run_stage(struct runner *runner, uint32_t stage)
{
	uint32_t wave = runner->plan->stages[stage].wave;
	bool has_work =
		wave_events_count(&runner->waves, stage).to_run > 0 && !runner_is_held_up(runner);
	runner->waves.stage_started_ns = clock_monotonic_ns();
	runner->stage_flaw = NULL;
	workspaces_begin_stage(&runner->executor.workspaces);
	program_search_forget(&runner->executor.search);
	if (finds_list(runner))
		return false;
	if (has_work && wave != INDEX_NONE)
		wave_events_start(&runner->waves, wave);
	runner_record_skipped(runner);
	if (has_work && !run_all_steps(runner))
		return false;
	if (runner->expand_step != INDEX_NONE && !runner->hard_count && !runner->undecided.count &&
		!runner->waves.is_interrupted)
		return false;
	return end_stage(runner, stage, has_work);
}
