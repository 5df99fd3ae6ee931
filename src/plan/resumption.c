#include "plan/resumption.h"

#include <string.h>

#include "base/cleanup.h"
#include "model/condition.h"
#include "plan/difference.h"

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

/* A soft need only orders: what it does again changes nothing for the step. */
static const char *need_that_runs(const struct plan *plan, const struct plan_step *step)
{
	for (uint32_t k = 0; k < step->needs.count; k++) {
		uint32_t place = step->needs.first + k;
		uint32_t need = plan->edges[place];
		enum plan_action action = plan->steps[need].action;
		bool is_soft = plan->edge_is_soft && plan->edge_is_soft[place];
		if (!is_soft && (action == ACTION_RUN || action == ACTION_CACHED))
			return plan->pipeline->steps[need].id;
	}
	return NULL;
}

static const char *changed_reason(const struct plan_request *request, const struct plan *plan,
	const struct plan_step *step, struct arena *arena)
{
	const char *difference = difference_explain(plan, (uint32_t)(step - plan->steps),
		&(struct definition){
			request->previous_definition, request->previous_definition_size},
		arena);
	return difference ? difference : "its definition changed";
}

static bool is_kept(const struct plan_request *request, const struct run_step *before)
{
	bool is_settled = before->state == STATE_FAILED || before->state == STATE_SKIPPED;
	return is_settled && before < request->previous->steps + request->kept_count;
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
		return changed_reason(request, plan, step, arena);
	const char *artifact = broken_artifact(request, before);
	if (artifact)
		return arena_format(arena, "artifact '%s' is missing or changed", artifact);
	const char *need = need_that_runs(plan, step);
	if (need)
		return arena_format(arena, "its need '%s' runs again", need);
	return NULL;
}

/* The input of the step that nobody makes; NULL: none. */
static const char *missing_input(const struct plan *plan, const struct step *step)
{
	for (uint32_t k = 0; k < step->input_count; k++) {
		uint32_t producer = step->inputs[k].step;
		if (producer < plan->pipeline->step_count &&
			plan->steps[producer].action == ACTION_OMIT)
			return step->inputs[k].reference;
	}
	if (step->foreach && step->foreach->from.step < plan->pipeline->step_count &&
		plan->steps[step->foreach->from.step].action == ACTION_OMIT)
		return step->foreach->from.reference;
	return NULL;
}

/* Its reason says why when it is 0. */
static uint8_t decide_condition(const struct plan_request *request, struct arena *arena,
	const struct step *step, const char **reason)
{
	const struct condition_facts facts = {.pipeline = request->pipeline,
		.step = step,
		.environment = request->environment,
		.is_changed = request->is_changed,
		.context = request->changed_context};
	return condition_decide(step->condition, &facts, arena, reason);
}

/* What happens to a step that is not done; reason: why it is not. */
static void decide_undone(const struct plan_request *request, struct arena *arena,
	struct plan *plan, uint32_t index, const char *reason)
{
	const struct step *written = &plan->pipeline->steps[index];
	struct plan_step *step = &plan->steps[index];
	if (request->left_out && request->left_out[index]) {
		step->action = ACTION_OMIT;
		step->reason = request->left_out[index];
		return;
	}
	step->action = ACTION_RUN;
	step->run_if = RUN_IF_SUCCESS;
	if (written->condition)
		step->run_if = decide_condition(request, arena, written, &step->reason);
	if (step->run_if == 0) {
		step->action = ACTION_OMIT;
		return;
	}
	const char *input = missing_input(plan, written);
	step->reason = step->run_if == RUN_IF_FAILURE ? "runs only after a failure" : reason;
	if (input) {
		step->run_if = 0;
		step->action = ACTION_OMIT;
		step->reason = arena_format(arena, "its input '%s' is not made", input);
	} else if (written->cache && request->is_cached &&
		   request->is_cached(request->cache_context, plan, index)) {
		step->action = ACTION_CACHED;
		step->reason = "its result is in the cache";
	}
}

static void decide_new(const struct plan_request *request, struct arena *arena, struct plan *plan)
{
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++)
		decide_undone(request, arena, plan, plan->order[i], "new run");
}

void resumption_decide(const struct plan_request *request, struct arena *arena, struct plan *plan)
{
	const struct run *previous = request->previous;
	if (!previous) {
		decide_new(request, arena, plan);
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
		if (before && is_kept(request, before)) {
			step->action = ACTION_SKIP;
			step->reason = "settled in this run";
			step->run_if = RUN_IF_SUCCESS;
			continue;
		}
		const char *reason = reason_to_run(request, plan, step, before, arena);
		if (reason) {
			decide_undone(request, arena, plan, index, reason);
			continue;
		}
		/* What was done stays, also when its condition no longer holds. */
		step->action = ACTION_SKIP;
		step->reason = "done in this run";
		step->run_if = RUN_IF_SUCCESS;
	}
}
