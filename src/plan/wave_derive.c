#include "plan/wave.h"

static uint32_t assign_levels(struct plan *plan)
{
	uint32_t wave_count = 0;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		struct plan_step *step = &plan->steps[plan->order[i]];
		step->wave = 0;
		for (uint32_t k = 0; k < step->needs.count; k++) {
			uint32_t above = plan->steps[plan->edges[step->needs.first + k]].wave + 1;
			step->wave = above > step->wave ? above : step->wave;
		}
		wave_count = step->wave >= wave_count ? step->wave + 1 : wave_count;
	}
	return wave_count;
}

void wave_fill(struct plan *plan, uint32_t wave_count, enum wave_origin origin, struct arena *arena)
{
	uint32_t step_count = plan->pipeline->step_count;
	plan->wave_count = wave_count;
	plan->stage_count = wave_count;
	plan->waves = ARENA_ARRAY(arena, struct plan_wave, wave_count);
	plan->stages = ARENA_ARRAY(arena, struct plan_stage, wave_count);
	plan->wave_steps = ARENA_ARRAY(arena, uint32_t, step_count);
	for (uint32_t i = 0; i < step_count; i++) {
		plan->steps[i].stage = plan->steps[i].wave;
		plan->steps[i].group = INDEX_NONE;
		plan->waves[plan->steps[i].wave].steps.count++;
	}
	uint32_t first = 0;
	for (uint32_t i = 0; i < wave_count; i++) {
		plan->stages[i] = (struct plan_stage){.wave = i, .step = INDEX_NONE};
		plan->waves[i].origin = origin;
		plan->waves[i].steps.first = first;
		first += plan->waves[i].steps.count;
		plan->waves[i].steps.count = 0;
	}
	for (uint32_t i = 0; i < step_count; i++) {
		struct index_range *steps = &plan->waves[plan->steps[i].wave].steps;
		plan->wave_steps[steps->first + steps->count++] = i;
	}
}

void wave_derive(struct plan *plan, struct arena *arena)
{
	wave_fill(plan, assign_levels(plan), WAVE_DERIVED, arena);
}
