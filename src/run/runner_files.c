/* What becomes of the stage's files when its steps have ended. */
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "run/runner_internal.h"

/* Lies in the run's folder from a failure that takes files back until that is done. */
#define ROLLING_BACK "rolling-back"
#define REASON_LIMIT_BYTES 65536

static const char *mark_path(struct runner *runner)
{
	return path_join(&runner->executor.scratch, runner->settings->run_folder, ROLLING_BACK);
}

void runner_plan_roll_back(struct runner *runner, uint32_t failed_step)
{
	const char *id = runner->plan->pipeline->steps[failed_step].id;
	struct error error;
	if (!runner->settings->services->roll_back || runner->roll_back_reason)
		return;
	runner->roll_back_reason =
		arena_format(&runner->executor.kept, "taken back, because step %s failed", id);
	/* Without it a kill in between leaves the files as they are. */
	if (file_write_atomic(mark_path(runner), runner->roll_back_reason,
		    strlen(runner->roll_back_reason), &error))
		return;
	runner->fault = error;
	runner->has_fault = true;
}

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

static void forget_roll_back(struct runner *runner)
{
	if (runner->roll_back_reason)
		unlink(mark_path(runner));
	runner->roll_back_reason = NULL;
}

/*
 * Files go back to the last checkpoint: what is done and in none is to be done again. That is on
 * record before they do, so that nothing counts as done whose files are gone.
 */
static bool take_files_back(struct runner *runner)
{
	const struct run_services *services = runner->settings->services;
	for (uint32_t i = 0; i < runner->plan->pipeline->step_count; i++) {
		if (runner->scheduler.progress[i] == PROGRESS_DONE &&
			!checkpointing_holds(&runner->checkpointing, i))
			runner_record_rolled_back(runner, i, runner->roll_back_reason);
	}
	if (!journal_flush(&runner->journal, true))
		return false;
	runner->has_fault = !services->roll_back(services->context, &runner->fault);
	if (runner->has_fault)
		return false;
	forget_roll_back(runner);
	return true;
}

static bool roll_back(struct runner *runner)
{
	const char *id = runner->plan->pipeline->steps[runner->first_failed].id;
	if (runner->settings->services->roll_back)
		return take_files_back(runner);
	runner->stage_flaw = runner->run_flaw = arena_format(&runner->executor.kept,
		"step %s failed, and files were not taken back: there is no repository", id);
	return true;
}

bool runner_finish_roll_back(struct runner *runner)
{
	CLEANUP(buffer_release) struct buffer reason = BUFFER_INIT;
	const char *path = mark_path(runner);
	if (!runner->settings->resumed || !runner->settings->services->roll_back ||
		!path_exists(path))
		return true;
	runner->has_fault = !file_read(path, REASON_LIMIT_BYTES, &reason, &runner->fault);
	if (runner->has_fault)
		return false;
	runner->roll_back_reason = arena_copy_text(&runner->executor.kept, buffer_text(&reason));
	return take_files_back(runner);
}

bool runner_settle_files(struct runner *runner, uint32_t stage)
{
	enum stage_course course = runner->course;
	runner->course = COURSE_ON;
	if (course != COURSE_UNDO && course != COURSE_ROLL_BACK) {
		forget_roll_back(runner); /* another failure has asked for more than that */
		return runner_merge_worktrees(runner, stage);
	}
	scheduler_bar(&runner->scheduler);
	return roll_back(runner);
}
