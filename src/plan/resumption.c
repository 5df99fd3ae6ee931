#include "plan/resumption.h"

#include <string.h>

#include "base/cleanup.h"

/* Why the step's own state keeps it from being taken over; NULL: it was done. */
static const char *unfinished_reason(const struct run_step *before)
{
	switch (before->state) {
	case STATE_DONE:
		return NULL;
	case STATE_FAILED:
		return "failed before";
	case STATE_SKIPPED:
		return "skipped before";
	case STATE_RUNNING:
	case STATE_INTERRUPTED:
		return "did not finish";
	case STATE_PENDING:
	case STATE_COUNT:
		break;
	}
	return before->attempts.count > 0 ? "did not finish" : "not started before";
}

static const char *broken_artifact(
	const struct plan_request *request, const struct run_step *before)
{
	for (uint32_t k = 0; k < before->artifacts.count; k++) {
		uint32_t place = before->artifacts.first + k;
		if (!request->artifact_intact || !request->artifact_intact[place])
			return request->previous->artifacts[place].artifact.name;
	}
	return NULL;
}

static const char *need_that_runs(const struct plan *plan, const struct plan_step *step)
{
	for (uint32_t k = 0; k < step->needs.count; k++) {
		uint32_t need = plan->edges[step->needs.first + k];
		if (plan->steps[need].action == ACTION_RUN)
			return plan->pipeline->steps[need].id;
	}
	return NULL;
}

/* NULL: the step is done and stays so. */
static const char *reason_to_run(const struct plan_request *request, const struct plan *plan,
	const struct plan_step *step, const struct run_step *before, struct arena *arena)
{
	if (!before)
		return "new in the pipeline";
	const char *unfinished = unfinished_reason(before);
	if (unfinished)
		return unfinished;
	if (strcmp(before->fingerprint, step->fingerprint) != 0)
		return "its definition changed";
	const char *artifact = broken_artifact(request, before);
	if (artifact)
		return arena_format(arena, "artifact '%s' is missing or changed", artifact);
	const char *need = need_that_runs(plan, step);
	if (need)
		return arena_format(arena, "its need '%s' runs again", need);
	return NULL;
}

static void decide_new(struct plan *plan)
{
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		plan->steps[i].action = ACTION_RUN;
		plan->steps[i].reason = "new run";
	}
}

void resumption_decide(const struct plan_request *request, struct arena *arena, struct plan *plan)
{
	const struct run *previous = request->previous;
	if (!previous) {
		decide_new(plan);
		return;
	}
	CLEANUP(map_release) struct map by_id = {0};
	map_reserve(&by_id, previous->step_count);
	for (uint32_t i = 0; i < previous->step_count; i++)
		map_add(&by_id, previous->steps[i].id, i);
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		uint32_t index = plan->order[i];
		struct plan_step *step = &plan->steps[index];
		uint32_t place = map_find(&by_id, plan->pipeline->steps[index].id);
		const struct run_step *before =
			place == INDEX_NONE ? NULL : &previous->steps[place];
		const char *reason = reason_to_run(request, plan, step, before, arena);
		step->action = reason ? ACTION_RUN : ACTION_SKIP;
		step->reason = reason ? reason : "done in this run";
	}
}
