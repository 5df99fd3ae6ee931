/* What becomes of the stage's files when its steps have ended. */
#include "run/runner_internal.h"

void runner_record_rolled_back(struct runner *runner, uint32_t step, const char *reason)
{
	struct event *event = journal_event(&runner->journal, EVENT_STEP_ROLLED_BACK);
	event->step = step;
	event->wave = runner->plan->steps[step].wave;
	event->group = runner->plan->steps[step].group;
	event->reason = arena_copy_text(&runner->journal.arena, reason);
	journal_record(&runner->journal, event);
	scheduler_step_rolled_back(&runner->scheduler, step);
	checkpointing_step_undone(&runner->checkpointing, step);
}

/*
 * Files go back to the last checkpoint: what is done and in none is to be done again. That is on
 * record before they do, so that nothing counts as done whose files are gone.
 */
static bool roll_back(struct runner *runner)
{
	const struct run_services *services = runner->settings->services;
	const char *id = runner->plan->pipeline->steps[runner->first_failed].id;
	struct arena *kept = &runner->executor.kept;
	if (!services->roll_back) {
		runner->stage_flaw = runner->run_flaw = arena_format(kept,
			"step %s failed, and files were not taken back: there is no repository",
			id);
		return true;
	}
	const char *reason = arena_format(kept, "taken back, because step %s failed", id);
	for (uint32_t i = 0; i < runner->plan->pipeline->step_count; i++) {
		if (runner->scheduler.progress[i] == PROGRESS_DONE &&
			!checkpointing_holds(&runner->checkpointing, i))
			runner_record_rolled_back(runner, i, reason);
	}
	if (!journal_flush(&runner->journal, true))
		return false;
	runner->has_fault = !services->roll_back(services->context, &runner->fault);
	return !runner->has_fault;
}

bool runner_settle_files(struct runner *runner, uint32_t stage)
{
	enum stage_course course = runner->course;
	runner->course = COURSE_ON;
	if (course != COURSE_UNDO && course != COURSE_ROLL_BACK)
		return runner_merge_worktrees(runner, stage);
	scheduler_bar(&runner->scheduler);
	return roll_back(runner);
}
