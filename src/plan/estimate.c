#include "plan/estimate.h"

#include <stdlib.h>

static int duration_compare(const void *left, const void *right)
{
	const int64_t *a = left;
	const int64_t *b = right;
	return *a < *b ? -1 : *a > *b;
}

/* True when something is known of the step itself. */
static bool estimate_step(
	const struct step *step, const struct history *history, struct plan_step *planned)
{
	uint32_t place = history ? map_find(&history->by_id, step->id) : INDEX_NONE;
	if (place != INDEX_NONE) {
		planned->estimate_ms = history->entries[place].median_ms;
		planned->estimate_from = ESTIMATE_HISTORY;
		return true;
	}
	if (step->timeout_ms > 0) {
		planned->estimate_ms = step->timeout_ms;
		planned->estimate_from = ESTIMATE_TIMEOUT;
		return true;
	}
	return false;
}

void estimate_steps(struct plan *plan, const struct history *history, struct arena *scratch)
{
	uint32_t step_count = plan->pipeline->step_count;
	int64_t *known_ms = ARENA_ARRAY(scratch, int64_t, step_count);
	bool *is_known = ARENA_ARRAY(scratch, bool, step_count);
	uint32_t known_count = 0;
	for (uint32_t i = 0; i < step_count; i++) {
		is_known[i] = estimate_step(&plan->pipeline->steps[i], history, &plan->steps[i]);
		/* A timeout says how long one step may take, not how long others do. */
		if (is_known[i] && plan->steps[i].estimate_from == ESTIMATE_HISTORY)
			known_ms[known_count++] = plan->steps[i].estimate_ms;
	}
	int64_t rest_ms = ESTIMATE_DEFAULT_MS;
	if (known_count > 0) {
		qsort(known_ms, known_count, sizeof *known_ms, duration_compare);
		rest_ms = known_ms[(known_count - 1) / 2];
	}
	for (uint32_t i = 0; i < step_count; i++) {
		if (is_known[i])
			continue;
		plan->steps[i].estimate_ms = rest_ms;
		plan->steps[i].estimate_from =
			known_count > 0 ? ESTIMATE_PIPELINE : ESTIMATE_DEFAULT;
	}
}

void estimate_waves(struct plan *plan)
{
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		if (step->group != INDEX_NONE &&
			step->estimate_ms > plan->groups[step->group].estimate_ms)
			plan->groups[step->group].estimate_ms = step->estimate_ms;
		if (step->wave != INDEX_NONE &&
			step->estimate_ms > plan->waves[step->wave].estimate_ms)
			plan->waves[step->wave].estimate_ms = step->estimate_ms;
	}
}
