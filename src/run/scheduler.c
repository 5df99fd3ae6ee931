#include "run/scheduler.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/cleanup.h"

static void make_ready(struct scheduler *scheduler, uint32_t step)
{
	ready_queue_push(&scheduler->ready, step);
	scheduler->progress[step] = PROGRESS_READY;
}

enum trait {
	TRAIT_HAS_BAD_NEED = 1,
	TRAIT_WAS_STARTED = 2,
	TRAIT_IS_TOLERATED = 4, /* failed, or skipped for such a failure, and others go on */
	TRAIT_IS_PAUSED = 8     /* runs, and has given back what it claimed */
};

/* --- life --- */

static bool is_settled(const struct scheduler *scheduler, uint32_t step)
{
	return scheduler->progress[step] != PROGRESS_PENDING;
}

static void count_unmet(struct scheduler *scheduler)
{
	const struct plan *plan = scheduler->plan;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		const struct index_range *needs = &plan->steps[i].needs;
		for (uint32_t j = 0; j < needs->count; j++)
			scheduler->unmet[i] +=
				!is_settled(scheduler, plan->edges[needs->first + j]);
	}
}

void scheduler_init(struct scheduler *scheduler, const struct plan *plan)
{
	uint32_t count = plan->pipeline->step_count;
	size_t room = (size_t)count + 1;
	*scheduler = (struct scheduler){
		.plan = plan,
		.progress = heap_allocate(room, sizeof *scheduler->progress),
		.traits = heap_allocate(room, sizeof *scheduler->traits),
		.unmet = heap_allocate(room, sizeof *scheduler->unmet),
		.cause = heap_allocate(room, sizeof *scheduler->cause),
		.settled = heap_allocate(room, sizeof *scheduler->settled),
		.skips = heap_allocate(room, sizeof *scheduler->skips),
		.stage = INDEX_NONE,
	};
	ready_queue_init(&scheduler->ready, plan);
	for (uint32_t i = 0; i < count; i++) {
		if (plan->steps[i].action == ACTION_SKIP)
			scheduler->progress[i] = PROGRESS_DONE;
		if (plan->steps[i].action == ACTION_OMIT)
			scheduler->progress[i] = PROGRESS_OMITTED;
		scheduler->has_omitted |= plan->steps[i].action == ACTION_OMIT;
	}
	count_unmet(scheduler);
}

void scheduler_release(struct scheduler *scheduler)
{
	free(scheduler->progress);
	free(scheduler->traits);
	free(scheduler->unmet);
	free(scheduler->cause);
	ready_queue_release(&scheduler->ready);
	free(scheduler->settled);
	free(scheduler->skips);
	*scheduler = (struct scheduler){0};
}

/* --- what is to become of a step --- */

static bool is_by_needs(const struct plan *plan, uint32_t stage)
{
	uint32_t wave = plan->stages[stage].wave;
	return wave != INDEX_NONE && wave_origin_is_by_needs(plan->waves[wave].origin);
}

static bool runs_for_failure(const struct scheduler *scheduler, uint32_t step)
{
	return (scheduler->plan->steps[step].run_if & RUN_IF_FAILURE) != 0;
}

static void settle(struct scheduler *scheduler, uint32_t step, enum step_progress progress)
{
	scheduler->progress[step] = (uint8_t)progress;
	scheduler->settled[scheduler->settled_count++] = step;
}

static void skip(struct scheduler *scheduler, const struct scheduler_skip *found,
	enum step_progress progress)
{
	scheduler->has_omitted |= progress == PROGRESS_OMITTED;
	scheduler->skips[scheduler->skip_count++] = *found;
	settle(scheduler, found->step, progress);
}

/* The producer of an input that is not there, or INDEX_NONE. */
static uint32_t find_missing_input(const struct scheduler *scheduler, uint32_t step)
{
	const struct step *found = &scheduler->plan->pipeline->steps[step];
	for (uint32_t i = 0; i < found->input_count; i++) {
		if (scheduler->progress[found->inputs[i].step] != PROGRESS_DONE)
			return found->inputs[i].step;
	}
	if (found->foreach && scheduler->progress[found->foreach->from.step] != PROGRESS_DONE)
		return found->foreach->from.step;
	return INDEX_NONE;
}

/* Who failed, when the step was skipped for a failure; else the step itself. */
static uint32_t root_of(const struct scheduler *scheduler, uint32_t step)
{
	return scheduler->progress[step] == PROGRESS_SKIPPED ? scheduler->cause[step] : step;
}

/* All it needs is settled and its stage has come. */
static void decide(struct scheduler *scheduler, uint32_t step)
{
	bool is_bad = (scheduler->traits[step] & TRAIT_HAS_BAD_NEED) ||
		      (scheduler->is_barred && !is_by_needs(scheduler->plan, scheduler->stage));
	uint8_t run_if = scheduler->plan->steps[step].run_if;
	if (scheduler->is_barred && !runs_for_failure(scheduler, step)) {
		settle(scheduler, step, PROGRESS_BARRED);
		return;
	}
	if (!is_bad && !(run_if & RUN_IF_SUCCESS)) {
		skip(scheduler, &(struct scheduler_skip){step, INDEX_NONE, SKIP_CONDITION},
			PROGRESS_OMITTED);
		return;
	}
	uint32_t missing =
		is_bad || scheduler->has_omitted ? find_missing_input(scheduler, step) : INDEX_NONE;
	if (missing == INDEX_NONE) {
		make_ready(scheduler, step);
		return;
	}
	bool is_omitted = scheduler->progress[missing] == PROGRESS_OMITTED;
	scheduler->cause[step] = root_of(scheduler, missing);
	scheduler->traits[step] |= scheduler->traits[missing] & TRAIT_IS_TOLERATED;
	skip(scheduler, &(struct scheduler_skip){step, missing, SKIP_INPUT},
		is_omitted ? PROGRESS_OMITTED : PROGRESS_SKIPPED);
}

static bool is_asked_for(const struct step *step, uint32_t need)
{
	for (uint32_t i = 0; i < step->need_count; i++) {
		if (step->needs[i].step == need && !step->needs[i].soft)
			return true;
	}
	for (uint32_t i = 0; i < step->input_count; i++) {
		if (step->inputs[i].step == need)
			return true;
	}
	return false;
}

/* A wave's check comes after all of its steps, but only what it names itself must succeed. */
static bool is_order_only(const struct scheduler *scheduler, uint32_t need, uint32_t dependent)
{
	const struct step *step = &scheduler->plan->pipeline->steps[dependent];
	return (scheduler->traits[need] & TRAIT_IS_TOLERATED) && step->is_check &&
	       !is_asked_for(step, need);
}

static bool is_bad(enum step_progress progress)
{
	return progress == PROGRESS_FAILED || progress == PROGRESS_SKIPPED;
}

/* The dependent has a hard need that did not succeed. True: it is skipped for that. */
static bool taint(struct scheduler *scheduler, uint32_t need, uint32_t dependent)
{
	uint8_t *traits = scheduler->traits;
	bool has_failed = is_bad(scheduler->progress[need]);
	uint32_t cause = root_of(scheduler, need);
	if (has_failed && is_order_only(scheduler, need, dependent))
		return false;
	traits[dependent] |= TRAIT_HAS_BAD_NEED;
	scheduler->cause[dependent] = cause;
	if (!has_failed || runs_for_failure(scheduler, dependent))
		return false;
	traits[dependent] |= traits[need] & TRAIT_IS_TOLERATED;
	skip(scheduler, &(struct scheduler_skip){dependent, cause, SKIP_NEED}, PROGRESS_SKIPPED);
	return true;
}

static void tell_dependents(struct scheduler *scheduler, uint32_t step)
{
	const struct plan *plan = scheduler->plan;
	const struct index_range *dependents = &plan->steps[step].dependents;
	enum step_progress progress = scheduler->progress[step];
	bool is_good = progress == PROGRESS_DONE || progress == PROGRESS_OMITTED;
	for (uint32_t i = dependents->first; i < dependents->first + dependents->count; i++) {
		uint32_t dependent = plan->edges[i];
		bool is_met = --scheduler->unmet[dependent] == 0;
		bool is_soft = plan->edge_is_soft && plan->edge_is_soft[i];
		if (scheduler->progress[dependent] != PROGRESS_PENDING)
			continue;
		if (!is_good && !is_soft && taint(scheduler, step, dependent))
			continue;
		if (is_met && plan->steps[dependent].stage == scheduler->stage)
			decide(scheduler, dependent);
	}
}

/* What is settled may settle others. */
static void spread(struct scheduler *scheduler)
{
	while (scheduler->settled_taken < scheduler->settled_count)
		tell_dependents(scheduler, scheduler->settled[scheduler->settled_taken++]);
}

/* --- what was settled before --- */

static bool was_settled(enum state state)
{
	return state == STATE_FAILED || state == STATE_SKIPPED;
}

/* As planned they count as done; their dependents must hear what they are. */
static void reopen(struct scheduler *scheduler, uint32_t step)
{
	const struct index_range *dependents = &scheduler->plan->steps[step].dependents;
	scheduler->progress[step] = PROGRESS_PENDING;
	for (uint32_t i = 0; i < dependents->count; i++)
		scheduler->unmet[scheduler->plan->edges[dependents->first + i]]++;
}

void scheduler_adopt(struct scheduler *scheduler, const enum state *states)
{
	const struct plan *plan = scheduler->plan;
	uint32_t count = plan->pipeline->step_count;
	for (uint32_t i = 0; i < count; i++) {
		if (plan->steps[i].action == ACTION_SKIP && was_settled(states[i]))
			reopen(scheduler, i);
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t step = plan->order[i];
		bool is_open = scheduler->progress[step] == PROGRESS_PENDING;
		if (!is_open || plan->steps[step].action != ACTION_SKIP)
			continue;
		/* What was skipped for a failure, the failure has reached by now. */
		if (states[step] == STATE_FAILED)
			scheduler->traits[step] |= TRAIT_IS_TOLERATED;
		scheduler->has_omitted |= states[step] == STATE_SKIPPED;
		settle(scheduler, step,
			states[step] == STATE_FAILED ? PROGRESS_FAILED : PROGRESS_OMITTED);
		spread(scheduler);
	}
	scheduler->skip_taken = scheduler->skip_count;
}

/* --- stages --- */

static void tell_omitted(struct scheduler *scheduler, uint32_t step)
{
	scheduler->skips[scheduler->skip_count++] =
		(struct scheduler_skip){step, INDEX_NONE, SKIP_PLANNED};
}

void scheduler_tell_left_out(struct scheduler *scheduler)
{
	for (uint32_t i = 0; i < scheduler->plan->pipeline->step_count; i++) {
		if (plan_step_is_left_out(&scheduler->plan->steps[i]))
			tell_omitted(scheduler, i);
	}
}

static void enter_stage(struct scheduler *scheduler)
{
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(scheduler->plan, scheduler->stage, &count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t step = steps[i];
		const struct plan_step *planned = &scheduler->plan->steps[step];
		if (planned->action == ACTION_OMIT && !scheduler->is_barred &&
			!plan_step_is_left_out(planned))
			tell_omitted(scheduler, step);
		if (scheduler->progress[step] != PROGRESS_PENDING)
			continue;
		if (scheduler->is_barred && !runs_for_failure(scheduler, step))
			settle(scheduler, step, PROGRESS_BARRED);
		else if (!scheduler->unmet[step])
			decide(scheduler, step);
	}
	spread(scheduler);
}

bool scheduler_next_stage(struct scheduler *scheduler)
{
	const struct plan *plan = scheduler->plan;
	uint32_t next = scheduler->stage == INDEX_NONE ? 0 : scheduler->stage + 1;
	for (; !scheduler->halted && next < plan->stage_count; next++) {
		bool is_behind = scheduler->bars_barriers || !is_by_needs(plan, next);
		scheduler->is_barred |= scheduler->barring_count && is_behind;
		scheduler->stage = next;
		enter_stage(scheduler);
		if (!scheduler->is_barred || scheduler->ready.count)
			return true;
	}
	return false;
}

bool scheduler_stage_is_open(const struct scheduler *scheduler)
{
	return scheduler->running_count || (scheduler->ready.count && !scheduler->halted);
}

bool scheduler_next(struct scheduler *scheduler, uint32_t *step)
{
	if (scheduler->halted || !ready_queue_take(&scheduler->ready, step))
		return false;
	scheduler->progress[*step] = PROGRESS_RUNNING;
	scheduler->traits[*step] |= TRAIT_WAS_STARTED;
	scheduler->running_count++;
	return true;
}

/* --- what has happened to a step --- */

static void stop_running(struct scheduler *scheduler, uint32_t step)
{
	scheduler->running_count--;
	if (!(scheduler->traits[step] & TRAIT_IS_PAUSED))
		ready_queue_give_back(&scheduler->ready, step);
	scheduler->traits[step] &= (uint8_t)~TRAIT_IS_PAUSED;
}

void scheduler_step_paused(struct scheduler *scheduler, uint32_t step)
{
	ready_queue_give_back(&scheduler->ready, step);
	scheduler->traits[step] |= TRAIT_IS_PAUSED;
}

void scheduler_step_done(struct scheduler *scheduler, uint32_t step)
{
	stop_running(scheduler, step);
	settle(scheduler, step, PROGRESS_DONE);
	spread(scheduler);
}

void scheduler_step_failed(struct scheduler *scheduler, uint32_t step, bool is_tolerated)
{
	stop_running(scheduler, step);
	scheduler->failed_count++;
	scheduler->barring_count += !is_tolerated;
	if (is_tolerated)
		scheduler->traits[step] |= TRAIT_IS_TOLERATED;
	else if (!is_by_needs(scheduler->plan, scheduler->plan->steps[step].stage))
		scheduler->bars_barriers = true;
	settle(scheduler, step, PROGRESS_FAILED);
	spread(scheduler);
}

void scheduler_step_again(struct scheduler *scheduler, uint32_t step)
{
	stop_running(scheduler, step);
	make_ready(scheduler, step);
}

void scheduler_require_alone(struct scheduler *scheduler, uint32_t step)
{
	assert(scheduler->progress[step] != PROGRESS_READY);
	ready_queue_require_alone(&scheduler->ready, step);
}

void scheduler_step_cancelled(struct scheduler *scheduler, uint32_t step)
{
	stop_running(scheduler, step);
	scheduler->progress[step] = PROGRESS_PENDING;
}

void scheduler_step_omitted(struct scheduler *scheduler, uint32_t step)
{
	stop_running(scheduler, step);
	skip(scheduler, &(struct scheduler_skip){step, INDEX_NONE, SKIP_ASKED}, PROGRESS_OMITTED);
	spread(scheduler);
}

void scheduler_step_reopened(struct scheduler *scheduler, uint32_t step, bool runs)
{
	if (runs) {
		make_ready(scheduler, step);
		return;
	}
	skip(scheduler, &(struct scheduler_skip){step, INDEX_NONE, SKIP_ASKED}, PROGRESS_OMITTED);
	spread(scheduler);
}

void scheduler_step_rolled_back(struct scheduler *scheduler, uint32_t step)
{
	if (scheduler->stage == INDEX_NONE)
		reopen(scheduler, step);
	else
		scheduler->progress[step] = PROGRESS_PENDING;
}

bool scheduler_is_passed(const struct scheduler *scheduler, uint32_t step)
{
	uint8_t progress = scheduler->progress[step];
	return progress == PROGRESS_DONE || progress == PROGRESS_OMITTED ||
	       (is_bad(progress) && (scheduler->traits[step] & TRAIT_IS_TOLERATED));
}

bool scheduler_take_skipped(struct scheduler *scheduler, struct scheduler_skip *found)
{
	if (scheduler->skip_taken == scheduler->skip_count)
		return false;
	*found = scheduler->skips[scheduler->skip_taken++];
	return true;
}

void scheduler_bar(struct scheduler *scheduler)
{
	CLEANUP(arena_release) struct arena scratch = {0};
	uint32_t count = scheduler->ready.count;
	uint32_t *steps = ARENA_ARRAY(&scratch, uint32_t, count);
	scheduler->is_barred = true;
	ready_queue_drain(&scheduler->ready, steps);
	for (uint32_t i = 0; i < count; i++) {
		if ((scheduler->traits[steps[i]] & TRAIT_WAS_STARTED) ||
			runs_for_failure(scheduler, steps[i]))
			make_ready(scheduler, steps[i]);
		else
			settle(scheduler, steps[i], PROGRESS_BARRED);
	}
	spread(scheduler);
}

void scheduler_halt(struct scheduler *scheduler)
{
	scheduler->halted = true;
}
