#include "run/scheduler.h"

#include <stdlib.h>

#include "base/arena.h"

static bool comes_before(const struct plan *plan, uint32_t left, uint32_t right)
{
	int64_t left_ms = plan->steps[left].tail_ms;
	int64_t right_ms = plan->steps[right].tail_ms;
	return left_ms != right_ms ? left_ms > right_ms : left < right;
}

static void heap_push(struct scheduler *scheduler, uint32_t step)
{
	uint32_t *heap = scheduler->ready;
	uint32_t at = scheduler->ready_count++;
	while (at && comes_before(scheduler->plan, step, heap[(at - 1) / 2])) {
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = step;
	scheduler->progress[step] = PROGRESS_READY;
}

static uint32_t heap_pop(struct scheduler *scheduler)
{
	uint32_t *heap = scheduler->ready;
	uint32_t best = heap[0];
	uint32_t last = heap[--scheduler->ready_count];
	uint32_t at = 0;
	while (2 * at + 1 < scheduler->ready_count) {
		uint32_t below = 2 * at + 1;
		if (below + 1 < scheduler->ready_count &&
			comes_before(scheduler->plan, heap[below + 1], heap[below]))
			below++;
		if (!comes_before(scheduler->plan, heap[below], last))
			break;
		heap[at] = heap[below];
		at = below;
	}
	heap[at] = last;
	return best;
}

void scheduler_init(struct scheduler *scheduler, const struct plan *plan)
{
	uint32_t count = plan->pipeline->step_count;
	*scheduler = (struct scheduler){
		.plan = plan,
		.progress = heap_allocate((size_t)count + 1, sizeof *scheduler->progress),
		.unmet = heap_allocate((size_t)count + 1, sizeof *scheduler->unmet),
		.cause = heap_allocate((size_t)count + 1, sizeof *scheduler->cause),
		.ready = heap_allocate((size_t)count + 1, sizeof *scheduler->ready),
		.skipped = heap_allocate((size_t)count + 1, sizeof *scheduler->skipped),
		.stage = INDEX_NONE,
	};
	for (uint32_t i = 0; i < count; i++) {
		const struct index_range *needs = &plan->steps[i].needs;
		if (plan->steps[i].action == ACTION_SKIP)
			scheduler->progress[i] = PROGRESS_DONE;
		for (uint32_t j = 0; j < needs->count; j++) {
			uint32_t need = plan->edges[needs->first + j];
			scheduler->unmet[i] += plan->steps[need].action != ACTION_SKIP;
		}
	}
}

void scheduler_release(struct scheduler *scheduler)
{
	free(scheduler->progress);
	free(scheduler->unmet);
	free(scheduler->cause);
	free(scheduler->ready);
	free(scheduler->skipped);
	*scheduler = (struct scheduler){0};
}

static bool is_derived(const struct plan *plan, uint32_t stage)
{
	uint32_t wave = plan->stages[stage].wave;
	return wave != INDEX_NONE && plan->waves[wave].origin == WAVE_DERIVED;
}

bool scheduler_next_stage(struct scheduler *scheduler)
{
	const struct plan *plan = scheduler->plan;
	uint32_t next = scheduler->stage == INDEX_NONE ? 0 : scheduler->stage + 1;
	if (scheduler->halted || next >= plan->stage_count)
		return false;
	if (scheduler->failed_count && (scheduler->bars_barriers || !is_derived(plan, next)))
		return false;
	scheduler->stage = next;
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(plan, next, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (scheduler->progress[steps[i]] == PROGRESS_PENDING &&
			!scheduler->unmet[steps[i]])
			heap_push(scheduler, steps[i]);
	}
	return true;
}

bool scheduler_stage_is_open(const struct scheduler *scheduler)
{
	return scheduler->running_count || (scheduler->ready_count && !scheduler->halted);
}

bool scheduler_next(struct scheduler *scheduler, uint32_t *step)
{
	if (!scheduler->ready_count || scheduler->halted)
		return false;
	*step = heap_pop(scheduler);
	scheduler->progress[*step] = PROGRESS_RUNNING;
	scheduler->running_count++;
	return true;
}

void scheduler_step_done(struct scheduler *scheduler, uint32_t step)
{
	const struct plan *plan = scheduler->plan;
	const struct index_range *dependents = &plan->steps[step].dependents;
	scheduler->progress[step] = PROGRESS_DONE;
	scheduler->running_count--;
	for (uint32_t i = 0; i < dependents->count; i++) {
		uint32_t dependent = plan->edges[dependents->first + i];
		if (--scheduler->unmet[dependent] == 0 &&
			plan->steps[dependent].stage == scheduler->stage &&
			scheduler->progress[dependent] == PROGRESS_PENDING)
			heap_push(scheduler, dependent);
	}
}

static void skip_dependents(struct scheduler *scheduler, uint32_t step, uint32_t cause)
{
	const struct plan *plan = scheduler->plan;
	const struct index_range *dependents = &plan->steps[step].dependents;
	for (uint32_t i = 0; i < dependents->count; i++) {
		uint32_t dependent = plan->edges[dependents->first + i];
		if (scheduler->progress[dependent] != PROGRESS_PENDING)
			continue;
		scheduler->progress[dependent] = PROGRESS_SKIPPED;
		scheduler->cause[dependent] = cause;
		scheduler->skipped[scheduler->skipped_count++] = dependent;
	}
}

void scheduler_step_failed(struct scheduler *scheduler, uint32_t step)
{
	scheduler->progress[step] = PROGRESS_FAILED;
	scheduler->running_count--;
	scheduler->failed_count++;
	if (!is_derived(scheduler->plan, scheduler->plan->steps[step].stage))
		scheduler->bars_barriers = true;
	/* The list of skipped steps is also the queue of those whose dependents are to be found. */
	uint32_t at = scheduler->skipped_count;
	skip_dependents(scheduler, step, step);
	for (; at < scheduler->skipped_count; at++)
		skip_dependents(scheduler, scheduler->skipped[at], step);
}

void scheduler_step_again(struct scheduler *scheduler, uint32_t step)
{
	scheduler->running_count--;
	heap_push(scheduler, step);
}

void scheduler_step_cancelled(struct scheduler *scheduler, uint32_t step)
{
	scheduler->progress[step] = PROGRESS_PENDING;
	scheduler->running_count--;
}

bool scheduler_take_skipped(struct scheduler *scheduler, uint32_t *step, uint32_t *cause)
{
	if (scheduler->skipped_taken == scheduler->skipped_count)
		return false;
	*step = scheduler->skipped[scheduler->skipped_taken++];
	*cause = scheduler->cause[*step];
	return true;
}

void scheduler_halt(struct scheduler *scheduler)
{
	scheduler->halted = true;
}
