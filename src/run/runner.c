/*
 * The order of things: a run's beginning, its stages, its end. What happens inside a stage is in
 * runner_stage.c, decided by the scheduler and carried out by the executor; both know nothing of
 * waves' events, and this file knows nothing of processes.
 */
#include "run/runner_internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"

#define INTERRUPT_KILL_MS 4500 /* GitHub sends SIGTERM 7.5 s after SIGINT */
#define TERMINATE_KILL_MS 700  /* and SIGKILL 2.5 s after that */
#define ABANDON_MS 300         /* what SIGKILL does not end by then is not waited for */
#define LONG_GRACE_MS 3600000  /* the kill timer decides, not a step's grace */

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

void runner_end_everything(struct runner *runner, int64_t grace_ms, const char *reason)
{
	scheduler_halt(&runner->scheduler);
	executor_end_all(&runner->executor, grace_ms, reason);
	for (uint32_t i = 0; i < runner->plan->pipeline->step_count; i++) {
		if (runner->scheduler.progress[i] == PROGRESS_READY && runner->executor.tries[i])
			executor_give_up(&runner->executor, i);
	}
}

static const char *stop_reason(int signal)
{
	if (signal == SIGINT)
		return "interrupted (SIGINT)";
	return signal == SIGHUP ? "interrupted (SIGHUP)" : "interrupted (SIGTERM)";
}

/* The first reason counts; each later call may only bring the end nearer. */
static void stop_run(struct runner *runner, int64_t delay_ms, const char *reason)
{
	int64_t deadline_ns = clock_monotonic_ns() + delay_ms * NS_PER_MS;
	bool is_again = runner->waves.is_interrupted;
	runner->waves.is_interrupted = true;
	scheduler_halt(&runner->scheduler);
	if (runner->is_killed)
		return;
	if (!is_again)
		runner_end_everything(runner, LONG_GRACE_MS, reason);
	if (!runner->kill_timer.place || runner->kill_timer.deadline_ns > deadline_ns)
		event_loop_set_timer(&runner->loop, &runner->kill_timer, deadline_ns);
}

void runner_interrupt(struct runner *runner, const char *reason)
{
	stop_run(runner, INTERRUPT_KILL_MS, reason);
}

static void stop_was_asked(void *owner, int signal)
{
	struct runner *runner = owner;
	const struct run_services *services = runner->settings->services;
	bool is_again = runner->was_signalled;
	runner->was_signalled = true;
	if (!is_again && services->stopping)
		services->stopping(services->context);
	if (is_again && signal == SIGINT && !runner->is_killed)
		kill_is_due(runner);
	else
		stop_run(runner, signal == SIGINT ? INTERRUPT_KILL_MS : TERMINATE_KILL_MS,
			stop_reason(signal));
}

static void checkpoint_was_asked(void *owner)
{
	struct runner *runner = owner;
	triggers_signalled(&runner->triggers);
}

/* --- the run's time limit --- */

/* The run's own or the budget, whichever is over first; 0: neither is given. */
static int64_t limit_ms(const struct runner *runner)
{
	const struct execution *execution = &runner->plan->pipeline->execution;
	bool is_budget =
		execution->budget_ms &&
		(!execution->time_limit_ms || execution->budget_ms < execution->time_limit_ms);
	return is_budget ? execution->budget_ms : execution->time_limit_ms;
}

static int64_t limit_ns(const struct runner *runner)
{
	return limit_ms(runner) * NS_PER_MS;
}

static void limit_is_due(void *owner)
{
	struct runner *runner = owner;
	struct buffer reason = BUFFER_INIT;
	if (runner->waves.is_interrupted)
		return;
	bool is_budget = limit_ms(runner) == runner->plan->pipeline->execution.budget_ms;
	buffer_append_text(&reason, is_budget ? "the budget of " : "the run's time limit of ");
	duration_append(&reason, limit_ms(runner));
	buffer_append_text(&reason, " is over");
	stop_run(runner, INTERRUPT_KILL_MS,
		arena_copy_text(&runner->executor.kept, buffer_text(&reason)));
	buffer_release(&reason);
}

/* Timers are only looked at while steps run. */
static void check_limit(struct runner *runner)
{
	if (limit_ns(runner) && clock_monotonic_ns() - runner->started_ns >= limit_ns(runner))
		limit_is_due(runner);
}

static void child_has_ended(void *owner)
{
	struct runner *runner = owner;
	executor_check_leftovers(&runner->executor);
}

/* --- beside the steps --- */

static void background_is_ready(void *owner)
{
	struct runner *runner = owner;
	const struct run_services *services = runner->settings->services;
	services->advance_background(services->context);
}

void runner_watch_background(struct runner *runner)
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

/* --- the whole run --- */

static void start_run(struct runner *runner)
{
	const struct run_services *services = runner->settings->services;
	int64_t now_ns = clock_monotonic_ns();
	runner->started_ns = runner->settings->started_ns ? runner->settings->started_ns : now_ns;
	budget_init(&runner->budget, runner->plan, runner->started_ns);
	if (!runner->settings->expanded) {
		struct event *event = journal_event(
			&runner->journal, runner->settings->resumed ? EVENT_PIPELINE_RESUMED
								    : EVENT_PIPELINE_STARTED);
		event->jobs = runner->plan->jobs;
		event->reason = runner->settings->start_reason;
		journal_record(&runner->journal, event);
		journal_flush(&runner->journal, false);
	}
	scheduler_tell_left_out(&runner->scheduler);
	runner_record_skipped(runner);
	if (services->tick && services->tick_ms)
		event_loop_set_timer(&runner->loop, &runner->tick_timer,
			now_ns + (int64_t)services->tick_ms * NS_PER_MS);
	if (limit_ns(runner))
		event_loop_set_timer(
			&runner->loop, &runner->limit_timer, runner->started_ns + limit_ns(runner));
}

static void run_stages(struct runner *runner)
{
	signals_poll(&runner->signals);
	check_limit(runner);
	while (scheduler_next_stage(&runner->scheduler)) {
		if (!runner_run_stage(runner, runner->scheduler.stage))
			break;
		signals_poll(&runner->signals);
		check_limit(runner);
	}
	runner_record_skipped(runner);
}

static bool has_open_steps(const struct runner *runner)
{
	for (uint32_t i = 0; i < runner->plan->pipeline->step_count; i++) {
		uint8_t progress = runner->scheduler.progress[i];
		if (progress < PROGRESS_DONE || progress == PROGRESS_BARRED)
			return true;
	}
	return false;
}

static const char *failure_reason(struct runner *runner)
{
	struct arena *arena = &runner->journal.arena;
	if (runner->has_fault)
		return arena_copy_text(arena, runner->fault.text);
	if (runner->run_flaw)
		return arena_copy_text(arena, runner->run_flaw);
	if (runner->first_failed == INDEX_NONE)
		return "some steps never became ready";
	const char *id = runner->plan->pipeline->steps[runner->first_failed].id;
	if (runner->hard_count == 1)
		return arena_format(arena, "step %s failed", id);
	return arena_format(arena, "%u steps failed, the first was %s", runner->hard_count, id);
}

static const char *pause_reason(struct runner *runner)
{
	if (runner->budget.step != INDEX_NONE && !runner->executor.cancel_reason)
		return budget_reason(&runner->budget, &runner->journal.arena);
	if (runner->undecided.count && !runner->waves.is_interrupted)
		return undecided_reason(&runner->undecided, runner->plan, &runner->journal.arena);
	if (runner->waiting_step == INDEX_NONE || runner->waves.is_interrupted)
		return runner->executor.cancel_reason;
	return arena_format(&runner->journal.arena, "waiting for approval of step %s",
		runner->plan->pipeline->steps[runner->waiting_step].id);
}

static enum run_outcome decide_outcome(const struct runner *runner)
{
	bool is_open = has_open_steps(runner);
	bool has_question = runner->waiting_step != INDEX_NONE || runner->undecided.count > 0;
	bool waits = has_question && !runner->hard_count;
	if (runner->has_fault || runner->run_flaw)
		return RUN_FAILED;
	if (waits || (runner->waves.is_interrupted && (is_open || runner->hard_count)))
		return RUN_INTERRUPTED;
	return is_open || runner->hard_count ? RUN_FAILED : RUN_COMPLETED;
}

static void record_end(struct runner *runner, enum run_outcome outcome)
{
	static const enum event_type types[] = {[RUN_COMPLETED] = EVENT_PIPELINE_COMPLETED,
		[RUN_FAILED] = EVENT_PIPELINE_FAILED,
		[RUN_INTERRUPTED] = EVENT_PIPELINE_INTERRUPTED};
	struct event *event = journal_event(&runner->journal, types[outcome]);
	event->duration_ms = (clock_monotonic_ns() - runner->started_ns) / NS_PER_MS;
	if (outcome == RUN_INTERRUPTED)
		event->reason = pause_reason(runner);
	else if (outcome == RUN_FAILED)
		event->reason = failure_reason(runner);
	journal_record(&runner->journal, event);
}

static enum run_outcome end_run(struct runner *runner)
{
	const struct run_services *services = runner->settings->services;
	enum run_outcome outcome = decide_outcome(runner);
	bool is_expanding = runner->expand_step != INDEX_NONE && outcome == RUN_FAILED &&
			    !runner->has_fault && !runner->hard_count && !runner->run_flaw;
	if (is_expanding) {
		outcome = RUN_TO_EXPAND;
		if (runner->settings->expand_step)
			*runner->settings->expand_step = runner->expand_step;
	} else {
		/* Nobody comes back to what a run that is complete has left. */
		if (outcome == RUN_COMPLETED)
			executor_tidy(&runner->executor);
		record_end(runner, outcome);
	}
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
	runner_end_everything(runner, LONG_GRACE_MS, "ended, because the run cannot go on");
	runner->is_killed = false;
	event_loop_set_timer(&runner->loop, &runner->kill_timer,
		clock_monotonic_ns() + (int64_t)TERMINATE_KILL_MS * NS_PER_MS);
	while (!executor_is_idle(&runner->executor) && event_loop_turn(&runner->loop, &ignored))
		;
}

/* The timer is only there to end the wait. */
static void idle_is_due(void *owner)
{
	(void)owner;
}

static void note_needs(struct runner *runner, const struct step *step)
{
	runner->has_foreach |= step->foreach != NULL;
	runner->has_workspaces |= step->workspace != WORKSPACE_SHARED;
}

static bool open_runner(struct runner *runner, struct error *error)
{
	const struct runner_settings *settings = runner->settings;
	size_t step_count = runner->plan->pipeline->step_count;
	runner->signals = (struct signals){.loop = &runner->loop,
		.descriptor = -1,
		.stop = stop_was_asked,
		.child = child_has_ended,
		.checkpoint = checkpoint_was_asked,
		.owner = runner};
	journal_init(&runner->journal, settings->services, &runner->loop);
	scheduler_init(&runner->scheduler, runner->plan);
	checkpointing_init(&runner->checkpointing, settings, &runner->journal);
	triggers_init(&runner->triggers, runner->plan, clock_monotonic_ns());
	wave_events_init(&runner->waves, &runner->scheduler, &runner->journal);
	runner->ended_ns = heap_allocate(step_count, sizeof *runner->ended_ns);
	runner->has_handed_on = heap_allocate(step_count, sizeof *runner->has_handed_on);
	runner->ended_flush = heap_allocate(step_count, sizeof *runner->ended_flush);
	runner->kill_timer = (struct timer){.due = kill_is_due, .owner = runner};
	runner->tick_timer = (struct timer){.due = tick_is_due, .owner = runner};
	runner->background = (struct watch){.ready = background_is_ready, .owner = runner};
	runner->idle_timer = (struct timer){.due = idle_is_due, .owner = runner};
	runner->trigger_timer = (struct timer){.due = idle_is_due, .owner = runner};
	runner->limit_timer = (struct timer){.due = limit_is_due, .owner = runner};
	leftovers_init(&runner->leftovers);
	gates_init(&runner->gates, settings, &runner->journal);
	runner->gates.scheduler = &runner->scheduler;
	for (size_t i = 0; i < step_count; i++)
		note_needs(runner, &runner->plan->pipeline->steps[i]);
	runner->executor = (struct executor){
		.settings = settings,
		.journal = &runner->journal,
		.ended = runner_step_ended,
		.again = runner_step_again,
		.paused = runner_step_paused,
		.owner = runner,
		.nursery = {.loop = &runner->loop,
			.signals = &runner->signals,
			.leftovers = &runner->leftovers},
		.run_folder = -1,
	};
	return event_loop_open(&runner->loop, error) && signals_open(&runner->signals, error) &&
	       executor_open(&runner->executor, error);
}

/* The run has ended: what is signalled from here on is taken, so that it kills nobody later. */
static void stop_is_late(void *owner, int signal)
{
	(void)owner;
	(void)signal;
}

static void child_is_late(void *owner)
{
	(void)owner;
}

static void checkpoint_is_late(void *owner)
{
	(void)owner;
}

static void close_runner(struct runner *runner)
{
	runner->signals.stop = stop_is_late;
	runner->signals.child = child_is_late;
	runner->signals.checkpoint = checkpoint_is_late;
	executor_close(&runner->executor, !runner->waves.is_interrupted);
	event_loop_unwatch(&runner->loop, &runner->background);
	/* One that goes on after an expansion leaves them to its next start. */
	if (runner->expand_step == INDEX_NONE)
		signals_poll(&runner->signals);
	signals_close(&runner->signals);
	checkpointing_release(&runner->checkpointing);
	scheduler_release(&runner->scheduler);
	journal_release(&runner->journal);
	wave_events_release(&runner->waves);
	leftovers_release(&runner->leftovers);
	free(runner->ended_ns);
	free(runner->ended_flush);
	free(runner->has_handed_on);
	free(runner->held);
	event_loop_close(&runner->loop);
}

bool runner_run(
	const struct runner_settings *settings, enum run_outcome *outcome, struct error *error)
{
	struct runner runner = {.settings = settings,
		.plan = settings->plan,
		.first_failed = INDEX_NONE,
		.expand_step = INDEX_NONE,
		.waiting_step = INDEX_NONE};
	int was_subreaper = 0;
	*outcome = RUN_FAILED;
	prctl(PR_GET_CHILD_SUBREAPER, &was_subreaper);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if (settings->die_with_parent)
		prctl(PR_SET_PDEATHSIG, SIGTERM);
	bool is_open = open_runner(&runner, error);
	/* What a runner that was killed has left would work beside the steps that run again. */
	if (is_open && settings->resumed && !settings->expanded)
		leftovers_end_run(settings->run->id, settings->run_folder);
	if (is_open) {
		runner_adopt_record(&runner);
		start_run(&runner);
		runner_forget_merged(&runner);
		if (runner_finish_roll_back(&runner) && runner_start_notes(&runner))
			run_stages(&runner);
		end_stragglers(&runner);
		leftovers_end(&runner.leftovers);
		notes_mask_all(&runner.executor.notes);
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
