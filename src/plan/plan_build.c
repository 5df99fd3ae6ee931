#include "plan/plan_build.h"

#include "base/cleanup.h"
#include "plan/critical_path.h"
#include "plan/estimate.h"
#include "plan/fingerprint.h"
#include "plan/graph.h"
#include "plan/learned_memory.h"
#include "plan/rank.h"
#include "plan/resumption.h"
#include "plan/scope_check.h"
#include "plan/totals.h"
#include "plan/wave.h"

static uint32_t jobs_of(const struct plan_request *request)
{
	uint32_t jobs = request->jobs;
	if (jobs == 0)
		jobs = request->pipeline->execution.jobs;
	if (jobs == 0)
		jobs = request->processors;
	return jobs > 0 ? jobs : 1;
}

static bool has_checks(const struct plan *plan)
{
	for (uint32_t i = 0; i < plan->wave_count; i++) {
		if (plan->waves[i].check_count > 0)
			return true;
	}
	return false;
}

static bool make_waves(struct plan *plan, struct arena *arena, struct diagnostics *diagnostics)
{
	if (plan->mode == MODE_FRONTIER)
		return wave_roll(plan, arena, diagnostics);
	if (plan->pipeline->wave_count > 0)
		return wave_declare(plan, arena, diagnostics);
	if (wave_is_detected(plan->pipeline))
		return wave_detect(plan, arena, diagnostics);
	wave_derive(plan, arena);
	if (plan->pipeline->execution.has_balance)
		wave_balance(plan, arena);
	return true;
}

/* The edges of checks, and stage after stage, are only known when the waves are. */
static bool arrange(struct plan *plan, struct arena *arena, struct diagnostics *diagnostics)
{
	graph_build(plan, arena);
	if (!graph_order(plan, ORDER_BY_DECLARATION, arena, diagnostics) ||
		!make_waves(plan, arena, diagnostics) || !scope_contracts_check(plan, diagnostics))
		return false;
	bool is_complete = !has_checks(plan);
	if (!is_complete)
		graph_build(plan, arena);
	if (is_complete && plan->pipeline->wave_count == 0 && plan->mode == MODE_WAVES)
		return true;
	return graph_order(plan, ORDER_BY_STAGE, arena, diagnostics);
}

bool plan_build(const struct plan_request *request, struct arena *arena,
	struct diagnostics *diagnostics, struct plan *plan)
{
	CLEANUP(arena_release) struct arena scratch = {0};
	*plan = (struct plan){
		.pipeline = request->pipeline,
		.mode = request->pipeline->execution.mode,
		.jobs = jobs_of(request),
		.steps = ARENA_ARRAY(arena, struct plan_step, request->pipeline->step_count),
	};
	estimate_steps(plan, request->history, &scratch);
	learned_memory_claim(plan, request->history, arena);
	if (!arrange(plan, arena, diagnostics))
		return false;
	estimate_waves(plan);
	critical_path_find(plan, arena);
	rank_steps(plan, &scratch);
	if (plan->mode == MODE_FRONTIER)
		wave_roll_estimate(plan, &scratch);
	totals_compute(plan, &scratch);
	fingerprint_steps(plan);
	resumption_decide(request, arena, plan);
	return true;
}
