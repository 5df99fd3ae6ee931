#include "plan/rank.h"

#include <stdlib.h>

struct ranked {
	double priority;
	int64_t tail_ms;
	uint32_t step;
};

static int ranked_compare(const void *left, const void *right)
{
	const struct ranked *a = left;
	const struct ranked *b = right;
	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	if (a->tail_ms != b->tail_ms)
		return a->tail_ms > b->tail_ms ? -1 : 1;
	return a->step < b->step ? -1 : a->step > b->step;
}

static bool has_priority(const struct step *step)
{
	return step->value > 0 || step->effort_ms > 0 || step->risk > 0;
}

static double priority_of(const struct step *step, const struct plan_step *planned)
{
	double value = step->value > 0 ? step->value : 1;
	int64_t effort_ms = step->effort_ms > 0 ? step->effort_ms : planned->estimate_ms;
	double effort = effort_ms > 0 ? (double)effort_ms : 1;
	return value / effort * (1 - step->risk) * (planned->critical ? 2 : 1);
}

void rank_steps(struct plan *plan, struct arena *scratch)
{
	const struct pipeline *pipeline = plan->pipeline;
	for (uint32_t i = 0; i < pipeline->step_count && !plan->is_ranked; i++)
		plan->is_ranked = has_priority(&pipeline->steps[i]);
	if (!plan->is_ranked)
		return;
	struct ranked *ranked = ARENA_ARRAY(scratch, struct ranked, pipeline->step_count);
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		ranked[i] = (struct ranked){priority_of(&pipeline->steps[i], &plan->steps[i]),
			plan->steps[i].tail_ms, i};
	qsort(ranked, pipeline->step_count, sizeof *ranked, ranked_compare);
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		plan->steps[ranked[i].step].rank = i;
}
