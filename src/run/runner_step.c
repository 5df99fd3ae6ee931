/* What follows when a step has ended. */
#include "run/runner_internal.h"

#include "base/clock.h"

static const char *skip_reason(struct runner *runner, const struct scheduler_skip *skip)
{
	const struct pipeline *pipeline = runner->plan->pipeline;
	const struct step *step = &pipeline->steps[skip->step];
	struct arena *arena = &runner->journal.arena;
	switch (skip->kind) {
	case SKIP_NEED:
		return arena_format(
			arena, "needs %s, which failed", pipeline->steps[skip->cause].id);
	case SKIP_INPUT:
		for (uint32_t i = 0; i < step->input_count; i++) {
			if (step->inputs[i].step == skip->cause)
				return arena_format(arena, "its input '%s' is not made",
					step->inputs[i].reference);
		}
		return "the list it is to run for is not made";
	case SKIP_CONDITION:
		return "its `if` asks for a failure, and nothing it waits for failed";
	case SKIP_ASKED:
		return runner->asked_reason ? runner->asked_reason
					    : REASON_LEFT_OUT "choice, in the debugger";
	case SKIP_PLANNED:
		break;
	}
	const char *reason = runner->plan->steps[skip->step].reason;
	return reason ? arena_copy_text(arena, reason) : NULL;
}

void runner_record_skipped(struct runner *runner)
{
	const struct step *steps = runner->plan->pipeline->steps;
	struct scheduler_skip skip;
	while (scheduler_take_skipped(&runner->scheduler, &skip)) {
		struct event *event = journal_event(&runner->journal, EVENT_STEP_SKIPPED);
		event->step = skip.step;
		event->wave = runner->plan->steps[skip.step].wave;
		event->group = runner->plan->steps[skip.step].group;
		event->subject = skip.cause == INDEX_NONE ? NULL : steps[skip.cause].id;
		event->reason = skip_reason(runner, &skip);
		journal_record(&runner->journal, event);
		if (skip.kind != SKIP_PLANNED)
			wave_events_step_ended(&runner->waves, skip.step);
	}
}

/* What is already being ended is not ended again. */
static void end_stage(struct runner *runner, enum stage_course course)
{
	static const char *const reason = "ended, because another step failed";
	bool was_ending = runner->course == COURSE_STOPPED || runner->course >= COURSE_ABORTED;
	if (course > runner->course)
		runner->course = course;
	if (runner->waves.is_interrupted)
		return;
	if (course == COURSE_ABORTED)
		runner_end_everything(runner, 0, reason);
	else if (!was_ending && course != COURSE_UNDO)
		runner_end_everything(runner, -1, reason);
}

static void follow(struct runner *runner, enum reaction reaction)
{
	switch (reaction) {
	case REACT_RETRY:
	case REACT_WAIT:
	case REACT_DECIDE:
	case REACT_KEEP:
	case REACT_TOLERATE:
	case REACT_COUNT:
		break;
	case REACT_HALT:
		scheduler_bar(&runner->scheduler);
		break;
	case REACT_STOP:
		end_stage(runner, COURSE_STOPPED);
		break;
	case REACT_UNDO:
		end_stage(runner, COURSE_UNDO);
		break;
	case REACT_ROLL_BACK:
		end_stage(runner, COURSE_ROLL_BACK);
		break;
	case REACT_ABORT:
		end_stage(runner, COURSE_ABORTED);
		break;
	}
}

static void step_has_failed(struct runner *runner, const struct step_end *end)
{
	bool is_optional = runner->plan->pipeline->steps[end->step].is_optional;
	scheduler_step_failed(&runner->scheduler, end->step, end->reaction == REACT_TOLERATE);
	runner->hard_count += !is_optional;
	if (runner->first_failed == INDEX_NONE && !is_optional)
		runner->first_failed = end->step;
	wave_events_step_ended(&runner->waves, end->step);
	runner_record_skipped(runner);
	if (end->reaction == REACT_UNDO || end->reaction == REACT_ROLL_BACK)
		runner_plan_roll_back(runner, end->step);
	follow(runner, end->reaction);
}

void runner_settle_end(struct runner *runner, const struct step_end *end)
{
	switch (end->verdict) {
	case STEP_VERDICT_DONE:
		scheduler_step_done(&runner->scheduler, end->step);
		checkpointing_step_done(&runner->checkpointing, end->step, end->duration_ms);
		triggers_step_done(&runner->triggers, &runner->plan->pipeline->steps[end->step]);
		wave_events_step_ended(&runner->waves, end->step);
		runner_record_skipped(runner);
		break;
	case STEP_VERDICT_FAILED:
		step_has_failed(runner, end);
		break;
	case STEP_VERDICT_CANCELLED:
		scheduler_step_cancelled(&runner->scheduler, end->step);
		/* Its group is open until somebody has decided. */
		if (end->reaction == REACT_DECIDE)
			runner_step_is_undecided(runner, end);
		else
			wave_events_step_ended(&runner->waves, end->step);
		break;
	}
}

void runner_step_ended(void *owner, const struct step_end *end)
{
	struct runner *runner = owner;
	runner->ended_ns[end->step] = clock_monotonic_ns();
	runner->ended_flush[end->step] = runner->journal.flush_count;
	if (!runner_debug_hold(runner, end))
		runner_settle_end(runner, end);
}

void runner_step_paused(void *owner, uint32_t step)
{
	struct runner *runner = owner;
	scheduler_step_paused(&runner->scheduler, step);
}

void runner_step_again(void *owner, uint32_t step, bool is_alone)
{
	struct runner *runner = owner;
	runner->ended_ns[step] = clock_monotonic_ns();
	if (is_alone)
		scheduler_require_alone(&runner->scheduler, step);
	scheduler_step_again(&runner->scheduler, step);
}
