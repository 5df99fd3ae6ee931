#include "model/plan.h"

#include <assert.h>

#include "model/state.h"

static const char *const wave_origin_names[] = {
	[WAVE_DERIVED] = "derived",
	[WAVE_DETECTED] = "detected",
	[WAVE_DECLARED] = "declared",
	[WAVE_ROLLING] = "rolling",
};
static_assert(ARRAY_LENGTH(wave_origin_names) == WAVE_ORIGIN_COUNT, "one name an origin");

static const char *const estimate_origin_names[] = {
	[ESTIMATE_HISTORY] = "history",
	[ESTIMATE_EFFORT] = "effort",
	[ESTIMATE_TIMEOUT] = "timeout",
	[ESTIMATE_PIPELINE] = "pipeline",
	[ESTIMATE_DEFAULT] = "default",
};
static_assert(ARRAY_LENGTH(estimate_origin_names) == ESTIMATE_ORIGIN_COUNT, "one name an origin");

static const char *const memory_origin_names[] = {
	[MEMORY_NONE] = "none",
	[MEMORY_DECLARED] = "declared",
	[MEMORY_LEARNED] = "learned",
};
static_assert(ARRAY_LENGTH(memory_origin_names) == MEMORY_ORIGIN_COUNT, "one name an origin");

static const char *const action_names[] = {
	[ACTION_RUN] = "run",
	[ACTION_SKIP] = "skip",
	[ACTION_OMIT] = "skip",
	[ACTION_CACHED] = "cached",
};
static_assert(ARRAY_LENGTH(action_names) == ACTION_COUNT, "one name an action");

const char *wave_origin_name(enum wave_origin origin)
{
	return wave_origin_names[origin];
}

bool wave_origin_is_by_needs(enum wave_origin origin)
{
	return origin == WAVE_DERIVED || origin == WAVE_ROLLING;
}

const char *estimate_origin_name(enum estimate_origin origin)
{
	return estimate_origin_names[origin];
}

const char *memory_origin_name(enum memory_origin origin)
{
	return memory_origin_names[origin];
}

const char *plan_action_name(enum plan_action action)
{
	return action_names[action];
}

bool plan_step_is_left_out(const struct plan_step *step)
{
	return step->action == ACTION_OMIT && reason_is_left_out(step->reason);
}

const uint32_t *plan_stage_steps(const struct plan *plan, uint32_t stage, uint32_t *count)
{
	const struct plan_stage *found = &plan->stages[stage];
	if (found->wave == INDEX_NONE) {
		*count = 1;
		return &found->step;
	}
	struct index_range steps = plan->waves[found->wave].steps;
	*count = steps.count;
	return plan->wave_steps + steps.first;
}

const char *plan_stage_title(const struct plan *plan, uint32_t stage, struct arena *arena)
{
	const struct plan_stage *found = &plan->stages[stage];
	if (found->wave == INDEX_NONE)
		return arena_format(arena, "step %s", plan->pipeline->steps[found->step].id);
	const char *name = plan->waves[found->wave].name;
	if (name)
		return arena_format(arena, "wave %u (%s)", found->wave + 1, name);
	return arena_format(arena, "wave %u", found->wave + 1);
}
