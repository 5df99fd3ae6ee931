#include "plan/totals.h"

#include "plan/critical_path.h"
#include "plan/list_schedule.h"
#include "plan/simulation.h"

/* What a wave takes when its groups run one after another; steps in no group count as one. */
static int64_t wave_serial_ms(const struct plan *plan, const struct plan_wave *wave)
{
	int64_t sum_ms = 0;
	int64_t longest_ms = 0;
	for (uint32_t k = 0; k < wave->groups.count; k++)
		sum_ms += plan->groups[wave->groups.first + k].estimate_ms;
	for (uint32_t k = 0; k < wave->steps.count; k++) {
		const struct plan_step *step =
			&plan->steps[plan->wave_steps[wave->steps.first + k]];
		if (k + wave->check_count >= wave->steps.count)
			sum_ms += step->estimate_ms;
		else if (step->group == INDEX_NONE && step->estimate_ms > longest_ms)
			longest_ms = step->estimate_ms;
	}
	return sum_ms + longest_ms;
}

/* What the steps would take level by level, each as long as its longest. */
static int64_t levels_ms(const struct plan *plan, struct arena *scratch)
{
	uint32_t step_count = plan->pipeline->step_count;
	uint32_t *levels = ARENA_ARRAY(scratch, uint32_t, step_count);
	int64_t *longest_ms = ARENA_ARRAY(scratch, int64_t, step_count);
	int64_t sum_ms = 0;
	for (uint32_t i = 0; i < step_count; i++) {
		uint32_t index = plan->order[i];
		const struct plan_step *step = &plan->steps[index];
		for (uint32_t k = 0; k < step->needs.count; k++) {
			uint32_t above = levels[plan->edges[step->needs.first + k]] + 1;
			levels[index] = above > levels[index] ? above : levels[index];
		}
		int64_t *level_ms = &longest_ms[levels[index]];
		*level_ms = step->estimate_ms > *level_ms ? step->estimate_ms : *level_ms;
	}
	for (uint32_t i = 0; i < step_count; i++)
		sum_ms += longest_ms[i];
	return sum_ms;
}

/* The waves of such a plan are the schedule itself. */
static void compute_rolling(struct plan *plan, struct arena *scratch)
{
	plan->totals.frontier_ms = plan->totals.waves_ms;
	plan->totals.waves_ms = levels_ms(plan, scratch);
	plan->totals.groups_serial_ms = plan->totals.waves_ms;
}

static int64_t schedule_ms(const struct plan *plan, struct arena *scratch)
{
	struct list_schedule frontier = {
		.plan = plan, .jobs = plan->jobs, .has_barriers = plan_has_barriers(plan)};
	return list_schedule_run(&frontier, scratch);
}

void totals_compute(struct plan *plan, struct arena *scratch)
{
	struct plan_totals *totals = &plan->totals;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++)
		totals->steps_serial_ms += plan->steps[i].estimate_ms;
	for (uint32_t i = 0; i < plan->stage_count; i++) {
		const struct plan_stage *stage = &plan->stages[i];
		int64_t stage_ms = stage->wave == INDEX_NONE ? plan->steps[stage->step].estimate_ms
							     : plan->waves[stage->wave].estimate_ms;
		totals->waves_ms += stage_ms;
		totals->groups_serial_ms +=
			stage->wave == INDEX_NONE ? stage_ms
						  : wave_serial_ms(plan, &plan->waves[stage->wave]);
	}
	if (plan->mode == MODE_FRONTIER)
		compute_rolling(plan, scratch);
	else
		totals->frontier_ms = schedule_ms(plan, scratch);
	totals->lower_bound_ms = simulation_lower_bound_ms(
		plan->critical_path_ms, totals->steps_serial_ms, plan->jobs);
}
