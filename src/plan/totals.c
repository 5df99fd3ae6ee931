#include "plan/totals.h"

#include "plan/critical_path.h"
#include "plan/heap.h"

struct schedule {
	const struct plan *plan;
	struct heap ready;   /* by tail, the longest first */
	struct heap running; /* by end */
	uint32_t *waiting;   /* needs that are not done, one more for a barrier */
	uint32_t *stage_left;
	bool barriers;
};

static void satisfy_one(struct schedule *schedule, uint32_t step)
{
	if (--schedule->waiting[step] == 0)
		heap_push(&schedule->ready, -schedule->plan->steps[step].tail_ms, step);
}

static void schedule_init(struct schedule *schedule, const struct plan *plan, struct arena *scratch)
{
	uint32_t step_count = plan->pipeline->step_count;
	*schedule = (struct schedule){
		.plan = plan,
		.waiting = ARENA_ARRAY(scratch, uint32_t, step_count),
		.stage_left = ARENA_ARRAY(scratch, uint32_t, plan->stage_count),
		.barriers = plan_has_barriers(plan),
	};
	heap_init(&schedule->ready, scratch, step_count);
	heap_init(&schedule->running, scratch, step_count);
	for (uint32_t i = 0; i < step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		schedule->stage_left[step->stage]++;
		schedule->waiting[i] = step->needs.count + 1;
		if (schedule->barriers && step->stage > 0)
			schedule->waiting[i]++;
	}
	for (uint32_t i = 0; i < step_count; i++)
		satisfy_one(schedule, i);
}

static void finish_step(struct schedule *schedule, uint32_t index)
{
	const struct plan *plan = schedule->plan;
	const struct plan_step *step = &plan->steps[index];
	for (uint32_t k = 0; k < step->dependents.count; k++)
		satisfy_one(schedule, plan->edges[step->dependents.first + k]);
	if (--schedule->stage_left[step->stage] > 0 || !schedule->barriers ||
		step->stage + 1 >= plan->stage_count)
		return;
	uint32_t count;
	const uint32_t *next = plan_stage_steps(plan, step->stage + 1, &count);
	for (uint32_t k = 0; k < count; k++)
		satisfy_one(schedule, next[k]);
}

static int64_t frontier_ms(const struct plan *plan, struct arena *scratch)
{
	struct schedule schedule;
	schedule_init(&schedule, plan, scratch);
	int64_t now_ms = 0;
	while (schedule.ready.count > 0 || schedule.running.count > 0) {
		while (schedule.ready.count > 0 && schedule.running.count < plan->jobs) {
			uint32_t step = heap_pop(&schedule.ready).value;
			heap_push(&schedule.running, now_ms + plan->steps[step].estimate_ms, step);
		}
		now_ms = schedule.running.items[0].key;
		while (schedule.running.count > 0 && schedule.running.items[0].key == now_ms)
			finish_step(&schedule, heap_pop(&schedule.running).value);
	}
	return now_ms;
}

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
	totals->frontier_ms = frontier_ms(plan, scratch);
	int64_t share_ms = totals->steps_serial_ms / plan->jobs;
	share_ms += totals->steps_serial_ms % plan->jobs > 0;
	totals->lower_bound_ms =
		share_ms > plan->critical_path_ms ? share_ms : plan->critical_path_ms;
}
