#include "plan/critical_path.h"

#include <string.h>

bool plan_has_barriers(const struct plan *plan)
{
	return plan->stage_count > 0 &&
	       (plan->wave_count == 0 || plan->waves[0].origin != WAVE_DERIVED);
}

static int64_t longer(int64_t left, int64_t right)
{
	return left > right ? left : right;
}

/*
 * The order runs stage after stage where there are barriers. Detected stages are consecutive in
 * the file and need nothing of a later one, so the first step declared is always ready before;
 * declared waves are ordered by stage.
 */
static int64_t pass_forward(struct plan *plan)
{
	int64_t end_ms = 0;
	int64_t barrier_ms = 0;
	uint32_t stage = 0;
	bool barriers = plan_has_barriers(plan);
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		struct plan_step *step = &plan->steps[plan->order[i]];
		if (barriers && step->stage != stage) {
			stage = step->stage;
			barrier_ms = end_ms;
		}
		step->earliest_ms = barrier_ms;
		for (uint32_t k = 0; k < step->needs.count; k++) {
			const struct plan_step *need =
				&plan->steps[plan->edges[step->needs.first + k]];
			step->earliest_ms =
				longer(step->earliest_ms, need->earliest_ms + need->estimate_ms);
		}
		end_ms = longer(end_ms, step->earliest_ms + step->estimate_ms);
	}
	return end_ms;
}

static void pass_backward(struct plan *plan, int64_t end_ms)
{
	int64_t longest_ms = 0;
	int64_t after_barrier_ms = 0;
	uint32_t stage = plan->stage_count;
	bool barriers = plan_has_barriers(plan);
	for (uint32_t left = plan->pipeline->step_count; left > 0; left--) {
		struct plan_step *step = &plan->steps[plan->order[left - 1]];
		if (barriers && step->stage != stage) {
			stage = step->stage;
			after_barrier_ms = longest_ms;
		}
		int64_t rest_ms = after_barrier_ms;
		for (uint32_t k = 0; k < step->dependents.count; k++)
			rest_ms = longer(rest_ms,
				plan->steps[plan->edges[step->dependents.first + k]].tail_ms);
		step->tail_ms = step->estimate_ms + rest_ms;
		step->latest_ms = end_ms - step->tail_ms;
		step->slack_ms = step->latest_ms - step->earliest_ms;
		step->critical = step->slack_ms == 0;
		longest_ms = longer(longest_ms, step->tail_ms);
	}
}

/* The one of the two with the longer tail, then with the smaller id. */
static uint32_t better(const struct plan *plan, uint32_t best, uint32_t other)
{
	if (best == INDEX_NONE)
		return other;
	int64_t best_ms = plan->steps[best].tail_ms;
	int64_t other_ms = plan->steps[other].tail_ms;
	if (best_ms != other_ms)
		return other_ms > best_ms ? other : best;
	const struct step *steps = plan->pipeline->steps;
	return strcmp(steps[other].id, steps[best].id) < 0 ? other : best;
}

/* Where a path begins: a step that needs nothing and, with barriers, stands in the first stage. */
static uint32_t best_start(const struct plan *plan)
{
	bool barriers = plan_has_barriers(plan);
	uint32_t best = INDEX_NONE;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		if (barriers ? step->stage == 0 : step->needs.count == 0)
			best = better(plan, best, i);
	}
	return best;
}

static uint32_t next_on_path(const struct plan *plan, uint32_t index)
{
	const struct plan_step *step = &plan->steps[index];
	uint32_t best = INDEX_NONE;
	for (uint32_t k = 0; k < step->dependents.count; k++)
		best = better(plan, best, plan->edges[step->dependents.first + k]);
	int64_t rest_ms = step->tail_ms - step->estimate_ms;
	if (best != INDEX_NONE && plan->steps[best].tail_ms == rest_ms)
		return best;
	if (!plan_has_barriers(plan) || step->stage + 1 >= plan->stage_count)
		return INDEX_NONE;
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(plan, step->stage + 1, &count);
	best = INDEX_NONE;
	for (uint32_t k = 0; k < count; k++)
		best = better(plan, best, steps[k]);
	return best;
}

void critical_path_find(struct plan *plan, struct arena *arena)
{
	plan->critical_path_ms = pass_forward(plan);
	pass_backward(plan, plan->critical_path_ms);
	plan->critical_path = ARENA_ARRAY(arena, uint32_t, plan->pipeline->step_count);
	for (uint32_t step = best_start(plan); step != INDEX_NONE; step = next_on_path(plan, step))
		plan->critical_path[plan->critical_path_count++] = step;
}
