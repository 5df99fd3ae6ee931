/*
 * Stops at breakpoints. A step that is stopped at is given out as far as the scheduler knows: so its
 * stage stays open, and its resources are held. The question is put from the runner's own loop,
 * never from within an event; while it waits for an answer the same loop is turned here.
 */
#include "run/runner_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* --- while the question is open --- */

static bool is_ending(const struct runner *runner)
{
	return runner->waves.is_interrupted || runner->journal.is_broken || runner->has_fault;
}

/* What run_steps() does, but for starting anything. */
static void turn(struct runner *runner)
{
	journal_pass(&runner->journal);
	runner_watch_background(runner);
	if (!runner_checkpoint_if_due(runner))
		return;
	if (!event_loop_turn(&runner->loop, &runner->fault))
		runner->has_fault = true;
}

static void input_is_there(void *owner)
{
	bool *is_there = owner;
	*is_there = true;
}

static bool wait_for(void *engine, int descriptor)
{
	struct runner *runner = engine;
	struct error error = {0};
	bool is_there = false;
	struct watch watch = {.ready = input_is_there, .owner = &is_there};
	signals_poll(&runner->signals);
	if (is_ending(runner))
		return false;
	/* A plain file is always readable, and epoll says so in its own way. */
	if (!event_loop_watch(&runner->loop, &watch, descriptor, &error))
		return error.number == EPERM;
	while (!is_there && !is_ending(runner))
		turn(runner);
	event_loop_unwatch(&runner->loop, &watch);
	return !is_ending(runner);
}

/* An attempt that only says where it works. */
static struct attempt stand_in(struct runner *runner, uint32_t step, uint32_t number)
{
	return (struct attempt){.executor = &runner->executor, .step = step, .number = number};
}

static bool visit(void *engine, struct arena *arena, struct debug_place *place, struct error *error)
{
	struct runner *runner = engine;
	const struct debug_stop *stop = runner->stop;
	struct attempt attempt = stand_in(runner, stop->step, stop->attempt);
	return attempt_visit(&attempt, stop->moment == DEBUG_BEFORE, arena, place, error);
}

static enum debug_answer ask(struct runner *runner, struct debug_stop *stop)
{
	const struct run_services *services = runner->settings->services;
	stop->engine = runner;
	stop->wait = wait_for;
	stop->visit = visit;
	/* Everything that led here is on record and shown. */
	if (!journal_flush(&runner->journal, false) || is_ending(runner))
		return DEBUG_QUIT;
	runner->stop = stop;
	enum debug_answer answer = services->ask_debugger(services->context, stop);
	runner->stop = NULL;
	return is_ending(runner) ? DEBUG_QUIT : answer;
}

static void quit(struct runner *runner)
{
	if (!is_ending(runner))
		runner_interrupt(runner, "ended in the debugger");
}

/* --- before a step --- */

static void leave(struct runner *runner, uint32_t step)
{
	struct attempt_mark visited = runner->executor.visited;
	struct attempt attempt = stand_in(runner, step, visited.attempt);
	if (visited.attempt && visited.step == step)
		attempt_leave(&attempt);
}

static bool runs_for_failure(const struct runner *runner, uint32_t step)
{
	return runner->plan->steps[step].run_if & RUN_IF_FAILURE;
}

/* False: something has failed meanwhile that it must not follow. */
static bool may_still_start(const struct runner *runner, uint32_t step)
{
	const struct scheduler *scheduler = &runner->scheduler;
	return !scheduler->halted && (!scheduler->is_barred || runs_for_failure(runner, step));
}

/* What runs for a failure has its turn once those that run have ended. */
static void give_back(struct runner *runner, uint32_t step)
{
	if (runs_for_failure(runner, step))
		scheduler_step_again(&runner->scheduler, step);
	else
		scheduler_step_cancelled(&runner->scheduler, step);
}

static bool is_next_of(const struct runner *runner, struct attempt_mark mark, uint32_t step)
{
	return mark.step == step && mark.attempt == runner->executor.numbers[step] + 1;
}

/* It is there because somebody has said so a moment ago. */
static bool is_asked_for(const struct runner *runner, uint32_t step)
{
	return is_next_of(runner, runner->executor.repeated, step) ||
	       is_next_of(runner, runner->admitted, step);
}

bool runner_debug_before(struct runner *runner, uint32_t step)
{
	struct breakpoints *breakpoints = runner->settings->breakpoints;
	if (!breakpoints || runner->executor.tries[step] || is_asked_for(runner, step))
		return true;
	if (!breakpoints->is_stepping && !(breakpoints_at(breakpoints, step) & DEBUG_BEFORE))
		return true;
	struct debug_stop stop = {.moment = DEBUG_BEFORE,
		.step = step,
		.attempt = runner->executor.numbers[step] + 1};
	enum debug_answer answer = ask(runner, &stop);
	/* Others have ended at a breakpoint meanwhile: it does not start before they are settled. */
	if (answer == DEBUG_CONTINUE)
		runner_debug_after(runner);
	if (answer == DEBUG_CONTINUE && may_still_start(runner, step)) {
		runner->admitted = (struct attempt_mark){step, stop.attempt};
		return true;
	}
	leave(runner, step);
	if (answer == DEBUG_QUIT)
		quit(runner);
	if (answer != DEBUG_SKIP) {
		give_back(runner, step);
		return false;
	}
	scheduler_step_omitted(&runner->scheduler, step);
	runner_record_skipped(runner);
	return false;
}

/* --- after a step --- */

/* It was not ended by us. */
static bool has_verdict(const struct step_end *end)
{
	return end->verdict != STEP_VERDICT_CANCELLED || end->reaction == REACT_DECIDE;
}

bool runner_debug_hold(struct runner *runner, const struct step_end *end)
{
	const struct event *event = end->event;
	struct arena *kept = &runner->executor.kept;
	bool is_stop = breakpoints_at(runner->settings->breakpoints, end->step) & DEBUG_AFTER;
	if (!is_stop || !event || !has_verdict(end))
		return false;
	GROW(runner->held, runner->held_count, runner->held_capacity);
	struct held_end *held = &runner->held[runner->held_count++];
	held->end = *end;
	held->end.event = NULL;
	held->stop = (struct debug_stop){
		.moment = DEBUG_AFTER,
		.step = end->step,
		.attempt = event->attempt,
		.has_failed = end->verdict == STEP_VERDICT_FAILED,
		.is_undecided = end->reaction == REACT_DECIDE,
		.is_cached = event->key != NULL,
		.exit_status = event->exit_status,
		.duration_ms = event->duration_ms,
		.reason = event->reason ? arena_copy_text(kept, event->reason) : NULL,
		.log_path = event->log_path ? arena_copy_text(kept, event->log_path) : NULL,
	};
	return true;
}

static void record_again(struct runner *runner, uint32_t step)
{
	struct event *event = journal_event(&runner->journal, EVENT_STEP_ROLLED_BACK);
	event->step = step;
	event->wave = runner->plan->steps[step].wave;
	event->group = runner->plan->steps[step].group;
	event->reason = "tried again in the debugger";
	journal_record(&runner->journal, event);
}

/* What it has made is not valid any more. */
static void forget_result(struct runner *runner, const struct held_end *held)
{
	struct executor *executor = &runner->executor;
	uint32_t step = held->end.step;
	struct attempt attempt = stand_in(runner, step, held->stop.attempt);
	/* One that waits for a decision is pending already. */
	if (held->end.verdict != STEP_VERDICT_CANCELLED)
		record_again(runner, step);
	attempt_leave(&attempt);
	executor->artifacts[step] = NULL;
	if (executor->trees)
		executor->trees[step] = NULL;
	executor->tries[step] = 0;
}

static void try_again(struct runner *runner, const struct held_end *held)
{
	struct executor *executor = &runner->executor;
	uint32_t step = held->end.step;
	forget_result(runner, held);
	program_search_forget(&executor->search);
	executor->repeated =
		(struct attempt_mark){.step = step, .attempt = executor->numbers[step] + 1};
	bool is_on_record = journal_flush(&runner->journal, false);
	if (!is_on_record || !executor_has_room(executor) ||
		!jobserver_has_slot(&executor->jobserver) ||
		!executor_start(executor, step, clock_monotonic_ns()))
		scheduler_step_again(&runner->scheduler, step);
}

static void settle(struct runner *runner, const struct held_end *held)
{
	struct attempt attempt = stand_in(runner, held->end.step, held->stop.attempt);
	if (held->end.verdict == STEP_VERDICT_DONE)
		attempt_leave(&attempt);
	runner_settle_end(runner, &held->end);
}

static void ask_after(struct runner *runner, struct held_end *held)
{
	enum debug_answer answer = ask(runner, &held->stop);
	while (answer == DEBUG_RETRY && runner->scheduler.halted) {
		held->stop.remark = "it cannot be tried again: another step has failed";
		answer = ask(runner, &held->stop);
	}
	if (answer == DEBUG_RETRY) {
		try_again(runner, held);
		return;
	}
	if (answer == DEBUG_QUIT)
		quit(runner);
	settle(runner, held);
}

void runner_debug_after(struct runner *runner)
{
	while (runner->held_count) {
		/* Others may be added while it is asked. */
		struct held_end held = runner->held[0];
		runner->held_count--;
		memmove(runner->held, runner->held + 1, runner->held_count * sizeof held);
		ask_after(runner, &held);
	}
}
