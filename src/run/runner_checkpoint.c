/* Checkpoints: one at each stage's end, and those that triggers ask for while its steps run. */
#include "run/runner_internal.h"

#include "base/cleanup.h"
#include "base/clock.h"

/* False: the checkpoint failed, and the run with it. */
static bool make(struct runner *runner, const struct checkpoint_occasion *occasion)
{
	if (!checkpointing_make(&runner->checkpointing, occasion, &runner->fault)) {
		runner->has_fault = true;
		return false;
	}
	triggers_checkpoint_made(&runner->triggers, clock_monotonic_ns());
	return true;
}

bool runner_checkpoint_stage(struct runner *runner, uint32_t stage, const struct stage_count *count)
{
	bool is_whole = count->fine == count->total;
	struct checkpoint_occasion occasion = {
		.stage = stage,
		.trigger = !is_whole && runner->waves.is_interrupted        ? TRIGGER_INTERRUPTION
			   : runner->plan->stages[stage].wave == INDEX_NONE ? TRIGGER_STEP
									    : TRIGGER_WAVE,
		.partial = !is_whole,
	};
	return !checkpointing_is_due(&runner->checkpointing, stage) || make(runner, &occasion);
}

/* Changes that wait for the merge at the stage's end are in no work tree yet. */
static bool has_unmerged(const struct runner *runner)
{
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(runner->plan, runner->scheduler.stage, &count);
	for (uint32_t i = 0; runner->executor.trees && i < count; i++) {
		if (runner->executor.trees[steps[i]] &&
			runner->scheduler.progress[steps[i]] == PROGRESS_DONE)
			return true;
	}
	return false;
}

/* Not while files are to go back or everything ends: the stage's end has its own word on that. */
static bool may_checkpoint(const struct runner *runner)
{
	return runner->settings->services->prepare_checkpoint && runner->course == COURSE_ON &&
	       !runner->roll_back_reason && !runner->waves.is_interrupted && !has_unmerged(runner);
}

/* The stage's steps that run, besides one that was just given out. */
static uint32_t list_running(const struct runner *runner, uint32_t given_out, uint32_t *running)
{
	uint32_t count;
	uint32_t running_count = 0;
	const uint32_t *steps = plan_stage_steps(runner->plan, runner->scheduler.stage, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (runner->scheduler.progress[steps[i]] == PROGRESS_RUNNING &&
			steps[i] != given_out)
			running[running_count++] = steps[i];
	}
	return running_count;
}

static bool make_between(struct runner *runner, enum checkpoint_trigger trigger, uint32_t given_out)
{
	CLEANUP(arena_release) struct arena arena = {0};
	uint32_t *running = ARENA_ARRAY(&arena, uint32_t, runner->scheduler.running_count);
	struct checkpoint_occasion occasion = {
		.stage = runner->scheduler.stage,
		.trigger = trigger,
		.partial = true,
		.running = running,
		.running_count = list_running(runner, given_out, running),
	};
	return make(runner, &occasion);
}

bool runner_checkpoint_before(struct runner *runner, uint32_t step)
{
	bool is_risky = runner->plan->pipeline->steps[step].risk >= CHECKPOINT_RISK;
	if (!is_risky || !runner->checkpointing.new_count || !may_checkpoint(runner))
		return true;
	return make_between(runner, TRIGGER_RISK, step);
}

bool runner_checkpoint_milestone(struct runner *runner)
{
	if (!runner->triggers.has_milestone || !may_checkpoint(runner))
		return true;
	return make_between(runner, TRIGGER_MILESTONE, INDEX_NONE);
}

bool runner_checkpoint_if_due(struct runner *runner)
{
	enum checkpoint_trigger trigger;
	int64_t deadline_ns = triggers_deadline_ns(&runner->triggers);
	if (deadline_ns && !runner->trigger_timer.place && deadline_ns > runner->loop.now_ns)
		event_loop_set_timer(&runner->loop, &runner->trigger_timer, deadline_ns);
	if (!triggers_due(&runner->triggers, clock_monotonic_ns(), &trigger) ||
		!may_checkpoint(runner))
		return true;
	return make_between(runner, trigger, INDEX_NONE);
}
