/*
 * The order of things: stages, their events, the checkpoint after each. What happens inside a
 * stage is decided by the scheduler and carried out by the executor; both know nothing of waves'
 * events, and this file knows nothing of processes.
 */
#include "run/runner.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "base/arena.h"
#include "base/clock.h"
#include "run/checkpointing.h"
#include "run/event_loop.h"
#include "run/executor.h"
#include "run/journal.h"
#include "run/leftovers.h"
#include "run/scheduler.h"
#include "run/signals.h"
#include "run/wave_events.h"

#define NS_PER_MS 1000000
#define INTERRUPT_KILL_MS 4500 /* GitHub sends SIGTERM 7.5 s after SIGINT */
#define TERMINATE_KILL_MS 700  /* and SIGKILL 2.5 s after that */
#define ABANDON_MS 300         /* what SIGKILL does not end by then is not waited for */
#define LONG_GRACE_MS 3600000  /* the kill timer decides, not a step's grace */

struct runner {
	const struct runner_settings *settings;
	const struct plan *plan;
	struct event_loop loop;
	struct signals signals;
	struct leftovers leftovers;
	struct journal journal;
	struct executor executor;
	struct scheduler scheduler;
	struct checkpointing checkpointing;
	struct wave_events waves;
	int64_t *ended_ns;     /* of each step that ended in this run */
	uint32_t *ended_flush; /* journal.flush_count then */
	int64_t started_ns;
	uint32_t first_failed; /* INDEX_NONE: none */
	bool is_ending;        /* running steps were told to end */
	bool is_killed;
	struct timer kill_timer;
	struct timer tick_timer;
	struct watch background;
	struct error fault; /* of the engine or a checkpoint */
	bool has_fault;
};

/* --- signals --- */

static void kill_is_due(void *owner)
{
	struct runner *runner = owner;
	if (runner->is_killed) {
		executor_abandon_all(&runner->executor);
		return;
	}
	runner->is_killed = true;
	executor_kill_all(&runner->executor);
	event_loop_set_timer(&runner->loop, &runner->kill_timer,
		clock_monotonic_ns() + (int64_t)ABANDON_MS * NS_PER_MS);
}

/* Nothing new starts, and what is between two attempts stays there. */
static void end_everything(struct runner *runner, int64_t grace_ms, const char *reason)
{
	struct scheduler *scheduler = &runner->scheduler;
	scheduler_halt(scheduler);
	executor_end_all(&runner->executor, grace_ms, reason);
	for (uint32_t i = 0; i < scheduler->ready_count; i++) {
		if (runner->executor.tries[scheduler->ready[i]])
			executor_give_up(&runner->executor, scheduler->ready[i]);
	}
}

static const char *stop_reason(int signal)
{
	if (signal == SIGINT)
		return "interrupted (SIGINT)";
	return signal == SIGHUP ? "interrupted (SIGHUP)" : "interrupted (SIGTERM)";
}

static void stop_was_asked(void *owner, int signal)
{
	struct runner *runner = owner;
	bool is_again = runner->waves.is_interrupted;
	int64_t delay_ms = signal == SIGINT ? INTERRUPT_KILL_MS : TERMINATE_KILL_MS;
	int64_t deadline_ns = clock_monotonic_ns() + delay_ms * NS_PER_MS;
	runner->waves.is_interrupted = true;
	scheduler_halt(&runner->scheduler);
	if (runner->is_killed)
		return;
	if (!is_again)
		end_everything(runner, LONG_GRACE_MS, stop_reason(signal));
	if (is_again && signal == SIGINT)
		kill_is_due(runner);
	else if (!runner->kill_timer.place || runner->kill_timer.deadline_ns > deadline_ns)
		event_loop_set_timer(&runner->loop, &runner->kill_timer, deadline_ns);
}

static void child_has_ended(void *owner)
{
	struct runner *runner = owner;
	executor_check_leftovers(&runner->executor);
}

/* --- steps that end --- */

static void record_skipped(struct runner *runner)
{
	const struct step *steps = runner->plan->pipeline->steps;
	uint32_t step, cause;
	while (scheduler_take_skipped(&runner->scheduler, &step, &cause)) {
		struct event *event = journal_event(&runner->journal, EVENT_STEP_SKIPPED);
		event->step = step;
		event->wave = runner->plan->steps[step].wave;
		event->group = runner->plan->steps[step].group;
		event->subject = steps[cause].id;
		event->reason = arena_format(
			&runner->journal.arena, "needs %s, which failed", steps[cause].id);
		journal_record(&runner->journal, event);
		wave_events_step_ended(&runner->waves, step, false);
	}
}

static void step_has_failed(struct runner *runner, uint32_t step)
{
	scheduler_step_failed(&runner->scheduler, step);
	if (runner->first_failed == INDEX_NONE)
		runner->first_failed = step;
	wave_events_step_ended(&runner->waves, step, false);
	record_skipped(runner);
	if (runner->settings->on_failure != ON_FAILURE_STOP || runner->is_ending)
		return;
	runner->is_ending = true;
	end_everything(runner, -1, "ended, because another step failed");
}

static void step_has_ended(void *owner, const struct step_end *end)
{
	struct runner *runner = owner;
	runner->ended_ns[end->step] = clock_monotonic_ns();
	runner->ended_flush[end->step] = runner->journal.flush_count;
	switch (end->verdict) {
	case STEP_VERDICT_DONE:
		scheduler_step_done(&runner->scheduler, end->step);
		checkpointing_step_done(&runner->checkpointing, end->step, end->duration_ms);
		wave_events_step_ended(&runner->waves, end->step, true);
		break;
	case STEP_VERDICT_FAILED:
		step_has_failed(runner, end->step);
		break;
	case STEP_VERDICT_CANCELLED:
		scheduler_step_cancelled(&runner->scheduler, end->step);
		wave_events_step_ended(&runner->waves, end->step, false);
		break;
	}
}

static void step_is_ready_again(void *owner, uint32_t step)
{
	struct runner *runner = owner;
	runner->ended_ns[step] = clock_monotonic_ns();
	scheduler_step_again(&runner->scheduler, step);
}

/* --- one stage --- */

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

static void start_steps(struct runner *runner)
{
	uint32_t step;
	while (executor_has_room(&runner->executor) && scheduler_next(&runner->scheduler, &step)) {
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

static void background_is_ready(void *owner)
{
	struct runner *runner = owner;
	const struct run_services *services = runner->settings->services;
	services->advance_background(services->context);
}

/* The descriptor may come, change and go while the run goes on. */
static void watch_background(struct runner *runner)
{
	const struct run_services *services = runner->settings->services;
	struct error ignored;
	int descriptor = services->advance_background ? services->background_descriptor : -1;
	if (runner->background.active && runner->background.descriptor == descriptor)
		return;
	event_loop_unwatch(&runner->loop, &runner->background);
	if (descriptor >= 0)
		event_loop_watch(&runner->loop, &runner->background, descriptor, &ignored);
}

static void tick_is_due(void *owner)
{
	struct runner *runner = owner;
	const struct run_services *services = runner->settings->services;
	services->tick(services->context);
	event_loop_set_timer(&runner->loop, &runner->tick_timer,
		runner->loop.now_ns + (int64_t)services->tick_ms * NS_PER_MS);
}

/*
 * The record works while steps run. It waits for a batch as long as steps are ready that need no
 * flush to start; whoever looks on is told at once what has started.
 */
static void pass_events(struct runner *runner)
{
	if (!runner->scheduler.ready_count || runner->settings->services->show_output ||
		runner->journal.queue_count >= JOURNAL_BATCH_EVENTS)
		journal_pass(&runner->journal);
}

static bool run_steps(struct runner *runner)
{
	while (!runner->journal.is_broken && scheduler_stage_is_open(&runner->scheduler)) {
		start_steps(runner);
		pass_events(runner);
		watch_background(runner);
		if (runner->journal.is_broken || !scheduler_stage_is_open(&runner->scheduler))
			break;
		/* A step that ended while it was being started may have made room for another. */
		if (executor_is_idle(&runner->executor) && runner->scheduler.ready_count)
			continue;
		if (!event_loop_turn(&runner->loop, &runner->fault)) {
			runner->has_fault = true;
			return false;
		}
	}
	return !runner->journal.is_broken;
}

static bool make_checkpoint(struct runner *runner, uint32_t stage, const struct stage_count *count)
{
	bool is_whole = count->done == count->total;
	struct checkpoint_occasion occasion = {
		.stage = stage,
		.trigger = !is_whole && runner->waves.is_interrupted        ? TRIGGER_INTERRUPTION
			   : runner->plan->stages[stage].wave == INDEX_NONE ? TRIGGER_STEP
									    : TRIGGER_WAVE,
		.partial = !is_whole,
	};
	if (!checkpointing_is_due(&runner->checkpointing, stage))
		return true;
	if (checkpointing_make(&runner->checkpointing, &occasion, &runner->fault))
		return true;
	runner->has_fault = true;
	return false;
}

static bool run_stage(struct runner *runner, uint32_t stage)
{
	uint32_t wave = runner->plan->stages[stage].wave;
	struct stage_count count = wave_events_count(&runner->waves, stage);
	bool has_work = count.to_run > 0;
	runner->waves.stage_started_ns = clock_monotonic_ns();
	program_search_forget(&runner->executor.search);
	if (has_work && wave != INDEX_NONE)
		wave_events_start(&runner->waves, wave);
	if (has_work && !run_steps(runner))
		return false;
	count = wave_events_count(&runner->waves, stage);
	if (has_work && wave != INDEX_NONE)
		wave_events_end(&runner->waves, wave, &count);
	if (has_work)
		leftovers_end(&runner->leftovers);
	return journal_flush(&runner->journal, false) && make_checkpoint(runner, stage, &count);
}

/* --- the whole run --- */

/* What the runner that was killed has left would work beside the steps that run again. */
static void end_predecessors(const struct runner *runner)
{
	char marker[256];
	snprintf(marker, sizeof marker, "WAVETRAIN_RUN_ID=%s", runner->settings->run->id);
	leftovers_end_marked(marker);
}

static void start_run(struct runner *runner)
{
	const struct run_services *services = runner->settings->services;
	runner->started_ns = clock_monotonic_ns();
	journal_record(&runner->journal,
		journal_event(&runner->journal, runner->settings->resumed
							? EVENT_PIPELINE_RESUMED
							: EVENT_PIPELINE_STARTED));
	journal_flush(&runner->journal, false);
	if (services->tick && services->tick_ms)
		event_loop_set_timer(&runner->loop, &runner->tick_timer,
			runner->started_ns + (int64_t)services->tick_ms * NS_PER_MS);
}

static void run_stages(struct runner *runner)
{
	signals_poll(&runner->signals);
	while (scheduler_next_stage(&runner->scheduler)) {
		if (!run_stage(runner, runner->scheduler.stage))
			break;
		signals_poll(&runner->signals);
	}
}

static bool has_open_steps(const struct runner *runner)
{
	for (uint32_t i = 0; i < runner->plan->pipeline->step_count; i++) {
		if (runner->scheduler.progress[i] != PROGRESS_DONE)
			return true;
	}
	return false;
}

static const char *failure_reason(struct runner *runner)
{
	struct arena *arena = &runner->journal.arena;
	if (runner->has_fault)
		return arena_copy_text(arena, runner->fault.text);
	if (runner->first_failed == INDEX_NONE)
		return "some steps never became ready";
	const char *id = runner->plan->pipeline->steps[runner->first_failed].id;
	if (runner->scheduler.failed_count == 1)
		return arena_format(arena, "step %s failed", id);
	return arena_format(
		arena, "%u steps failed, the first was %s", runner->scheduler.failed_count, id);
}

static enum run_outcome end_run(struct runner *runner)
{
	const struct run_services *services = runner->settings->services;
	enum run_outcome outcome = RUN_COMPLETED;
	enum event_type type = EVENT_PIPELINE_COMPLETED;
	if (has_open_steps(runner) || runner->has_fault) {
		bool is_paused = runner->waves.is_interrupted && !runner->has_fault;
		outcome = is_paused ? RUN_INTERRUPTED : RUN_FAILED;
		type = is_paused ? EVENT_PIPELINE_INTERRUPTED : EVENT_PIPELINE_FAILED;
	}
	struct event *event = journal_event(&runner->journal, type);
	event->duration_ms = (clock_monotonic_ns() - runner->started_ns) / NS_PER_MS;
	if (outcome == RUN_INTERRUPTED)
		event->reason = runner->executor.cancel_reason;
	else if (outcome == RUN_FAILED)
		event->reason = failure_reason(runner);
	journal_record(&runner->journal, event);
	journal_flush(&runner->journal, true);
	if (services->tick)
		services->tick(services->context);
	return outcome;
}

/* After a fault of the engine steps may still run; none survives. */
static void end_stragglers(struct runner *runner)
{
	struct error ignored;
	if (executor_is_idle(&runner->executor))
		return;
	end_everything(runner, LONG_GRACE_MS, "ended, because the run cannot go on");
	runner->is_killed = false;
	event_loop_set_timer(&runner->loop, &runner->kill_timer,
		clock_monotonic_ns() + (int64_t)TERMINATE_KILL_MS * NS_PER_MS);
	while (!executor_is_idle(&runner->executor) && event_loop_turn(&runner->loop, &ignored))
		;
}

static bool open_runner(struct runner *runner, struct error *error)
{
	const struct runner_settings *settings = runner->settings;
	size_t step_count = runner->plan->pipeline->step_count;
	runner->signals = (struct signals){.loop = &runner->loop,
		.descriptor = -1,
		.stop = stop_was_asked,
		.child = child_has_ended,
		.owner = runner};
	journal_init(&runner->journal, settings->services, &runner->loop);
	scheduler_init(&runner->scheduler, runner->plan);
	checkpointing_init(&runner->checkpointing, settings, &runner->journal);
	wave_events_init(&runner->waves, &runner->scheduler, &runner->journal);
	runner->ended_ns = heap_allocate(step_count, sizeof *runner->ended_ns);
	runner->ended_flush = heap_allocate(step_count, sizeof *runner->ended_flush);
	runner->kill_timer = (struct timer){.due = kill_is_due, .owner = runner};
	runner->tick_timer = (struct timer){.due = tick_is_due, .owner = runner};
	runner->background = (struct watch){.ready = background_is_ready, .owner = runner};
	leftovers_init(&runner->leftovers);
	runner->executor = (struct executor){
		.settings = settings,
		.journal = &runner->journal,
		.ended = step_has_ended,
		.again = step_is_ready_again,
		.owner = runner,
		.nursery = {.loop = &runner->loop, .signals = &runner->signals},
		.run_folder = -1,
	};
	return event_loop_open(&runner->loop, error) && signals_open(&runner->signals, error) &&
	       executor_open(&runner->executor, error);
}

static void close_runner(struct runner *runner)
{
	executor_close(&runner->executor);
	event_loop_unwatch(&runner->loop, &runner->background);
	signals_poll(&runner->signals);
	signals_close(&runner->signals);
	checkpointing_release(&runner->checkpointing);
	scheduler_release(&runner->scheduler);
	journal_release(&runner->journal);
	wave_events_release(&runner->waves);
	leftovers_release(&runner->leftovers);
	free(runner->ended_ns);
	free(runner->ended_flush);
	event_loop_close(&runner->loop);
}

bool runner_run(
	const struct runner_settings *settings, enum run_outcome *outcome, struct error *error)
{
	struct runner runner = {
		.settings = settings, .plan = settings->plan, .first_failed = INDEX_NONE};
	int was_subreaper = 0;
	*outcome = RUN_FAILED;
	prctl(PR_GET_CHILD_SUBREAPER, &was_subreaper);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (settings->die_with_parent)
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	bool is_open = open_runner(&runner, error);
	if (is_open && settings->resumed)
		end_predecessors(&runner);
	if (is_open) {
		start_run(&runner);
		run_stages(&runner);
		end_stragglers(&runner);
		leftovers_end(&runner.leftovers);
		*outcome = end_run(&runner);
		if (runner.has_fault || runner.journal.is_broken)
			*error = runner.has_fault ? runner.fault : runner.journal.fault;
	}
	bool is_sound = is_open && !runner.has_fault && !runner.journal.is_broken;
	close_runner(&runner);
	if (settings->die_with_parent)
		prctl(PR_SET_PDEATHSIG, 0);
	prctl(PR_SET_CHILD_SUBREAPER, was_subreaper);
	return is_sound;
}
