#ifndef WAVETRAIN_TESTS_UNIT_REPORT_PLAN_FIXTURE_H
#define WAVETRAIN_TESTS_UNIT_REPORT_PLAN_FIXTURE_H

/* A plan as plan/ would make it, by hand: a chain of waves, each of width steps. */
#include "base/arena.h"
#include "model/plan.h"

static inline void plan_fixture_step(struct plan *plan, uint32_t index, uint32_t width)
{
	struct plan_step *step = &plan->steps[index];
	*step = (struct plan_step){.stage = index / width,
		.wave = index / width,
		.group = INDEX_NONE,
		.estimate_ms = 1000 + index % width * 100,
		.estimate_from = index % 2 ? ESTIMATE_HISTORY : ESTIMATE_DEFAULT,
		.earliest_ms = (int64_t)(index / width) * 1000,
		.latest_ms = (int64_t)(index / width) * 1000,
		.critical = index % width == 0,
		.action = index == 1 ? ACTION_SKIP : ACTION_RUN,
		.reason = index == 1 ? "done in this run" : "not run before"};
	step->needs = (struct index_range){plan->edge_count, index >= width ? 1 : 0};
	if (index >= width)
		plan->edges[plan->edge_count++] = index - width;
	plan->order[index] = index;
	plan->wave_steps[index] = index;
}

static inline struct plan *plan_fixture(uint32_t width, uint32_t depth, struct arena *arena)
{
	uint32_t count = width * depth;
	struct plan *plan = ARENA_NEW(arena, struct plan);
	struct pipeline *pipeline = ARENA_NEW(arena, struct pipeline);
	*pipeline = (struct pipeline){.name = "demo",
		.steps = ARENA_ARRAY(arena, struct step, (size_t)count + 1),
		.step_count = count};
	*plan = (struct plan){.pipeline = pipeline,
		.jobs = 4,
		.steps = ARENA_ARRAY(arena, struct plan_step, (size_t)count + 1),
		.edges = ARENA_ARRAY(arena, uint32_t, (size_t)count + 1),
		.waves = ARENA_ARRAY(arena, struct plan_wave, (size_t)depth + 1),
		.wave_count = depth,
		.wave_steps = ARENA_ARRAY(arena, uint32_t, (size_t)count + 1),
		.stages = ARENA_ARRAY(arena, struct plan_stage, (size_t)depth + 1),
		.stage_count = depth,
		.order = ARENA_ARRAY(arena, uint32_t, (size_t)count + 1),
		.critical_path = ARENA_ARRAY(arena, uint32_t, (size_t)depth + 1),
		.critical_path_count = depth,
		.critical_path_ms = (int64_t)depth * 1000,
		.totals = {60000, 50000, 4000, 3000, 2000}};
	for (uint32_t i = 0; i < count; i++) {
		pipeline->steps[i].id = arena_format(arena, "step-%u", i + 1);
		pipeline->steps[i].name = pipeline->steps[i].id;
		plan_fixture_step(plan, i, width);
	}
	for (uint32_t i = 0; i < depth; i++) {
		plan->waves[i] =
			(struct plan_wave){.steps = {i * width, width}, .estimate_ms = 2000};
		plan->stages[i] = (struct plan_stage){.wave = i, .step = INDEX_NONE};
		plan->critical_path[i] = i * width;
	}
	return plan;
}

#endif
