/*
 * A wave is as long as its longest step. Where that step may as well run in a later wave, beside one
 * that is slow anyway, the sum of the waves becomes smaller. From the last wave to the first, so that
 * what depends on a step has made room before it is asked; several times, since moves allow others.
 */
#include <string.h>

#include "base/cleanup.h"
#include "plan/heap.h"
#include "plan/wave.h"

#define WAVES_AHEAD 64u /* so far a step is moved at once */
#define PASSES_MOST 4u

struct slow_steps {
	struct heap heap; /* by estimate, the longest first */
	uint32_t room;
};

struct balance {
	struct plan *plan;
	struct arena scratch; /* owned */
	struct slow_steps *waves;
};

static void balance_release(struct balance *balance)
{
	arena_release(&balance->scratch);
}

static void add(struct balance *balance, uint32_t wave, uint32_t step)
{
	struct slow_steps *steps = &balance->waves[wave];
	if (steps->heap.count == steps->room) {
		const struct heap_item *old = steps->heap.items;
		uint32_t count = steps->heap.count;
		steps->room = steps->room * 2 + 4;
		heap_init(&steps->heap, &balance->scratch, steps->room);
		if (count > 0)
			memcpy(steps->heap.items, old, count * sizeof *old);
		steps->heap.count = count;
	}
	heap_push(&steps->heap, -balance->plan->steps[step].estimate_ms, step);
}

static int64_t longest_ms(const struct heap *steps)
{
	return steps->count > 0 ? -steps->items[0].key : 0;
}

/* Of all but the longest. */
static int64_t second_ms(const struct heap *steps)
{
	int64_t left_ms = steps->count > 1 ? -steps->items[1].key : 0;
	int64_t right_ms = steps->count > 2 ? -steps->items[2].key : 0;
	return left_ms > right_ms ? left_ms : right_ms;
}

/* The first wave that the step must stay before. */
static uint32_t wave_limit(const struct plan *plan, uint32_t index)
{
	const struct index_range dependents = plan->steps[index].dependents;
	uint32_t limit = plan->wave_count;
	for (uint32_t i = 0; i < dependents.count; i++) {
		uint32_t wave = plan->steps[plan->edges[dependents.first + i]].wave;
		limit = wave < limit ? wave : limit;
	}
	return limit;
}

/* The later wave that the step makes longer by the least, *cost_ms; INDEX_NONE: there is none. */
static uint32_t cheapest_wave(const struct balance *balance, uint32_t index, int64_t *cost_ms)
{
	const struct plan_step *step = &balance->plan->steps[index];
	uint32_t limit = wave_limit(balance->plan, index);
	uint32_t best = INDEX_NONE;
	for (uint32_t wave = step->wave + 1; wave < limit && wave - step->wave <= WAVES_AHEAD;
		wave++) {
		int64_t more_ms = step->estimate_ms - longest_ms(&balance->waves[wave].heap);
		more_ms = more_ms > 0 ? more_ms : 0;
		if (best != INDEX_NONE && more_ms >= *cost_ms)
			continue;
		best = wave;
		*cost_ms = more_ms;
	}
	return best;
}

/* Moves the longest steps away as long as that pays; a wave keeps one. True: one was moved. */
static bool lighten(struct balance *balance, uint32_t wave)
{
	struct heap *steps = &balance->waves[wave].heap;
	bool has_moved = false;
	while (steps->count > 1) {
		int64_t cost_ms = 0;
		int64_t gain_ms = longest_ms(steps) - second_ms(steps);
		uint32_t index = steps->items[0].value;
		uint32_t later = gain_ms > 0 ? cheapest_wave(balance, index, &cost_ms) : INDEX_NONE;
		if (later == INDEX_NONE || cost_ms >= gain_ms)
			break;
		heap_pop(steps);
		balance->plan->steps[index].wave = later;
		add(balance, later, index);
		has_moved = true;
	}
	return has_moved;
}

void wave_balance(struct plan *plan, struct arena *arena)
{
	CLEANUP(balance_release) struct balance balance = {.plan = plan};
	bool has_moved = plan->wave_count > 1;
	balance.waves = ARENA_ARRAY(&balance.scratch, struct slow_steps, plan->wave_count);
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++)
		add(&balance, plan->steps[i].wave, i);
	for (uint32_t pass = 0; has_moved && pass < PASSES_MOST; pass++) {
		has_moved = false;
		for (uint32_t left = plan->wave_count - 1; left > 0; left--)
			has_moved |= lighten(&balance, left - 1);
	}
	wave_fill(plan, plan->wave_count, WAVE_DERIVED, arena);
}
