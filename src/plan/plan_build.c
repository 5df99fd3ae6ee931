#include "plan/plan_build.h"

#include "base/cleanup.h"
#include "plan/critical_path.h"
#include "plan/estimate.h"
#include "plan/fingerprint.h"
#include "plan/graph.h"
#include "plan/resumption.h"
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

static bool arrange(struct plan *plan, struct arena *arena, struct arena *scratch,
	struct diagnostics *diagnostics)
{
	graph_build(plan, arena);
	if (!graph_order(plan, arena, scratch, diagnostics))
		return false;
	if (wave_has_groups(plan->pipeline))
		return wave_detect(plan, arena, diagnostics);
	wave_derive(plan, arena);
	return true;
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
	if (!arrange(plan, arena, &scratch, diagnostics))
		return false;
	estimate_steps(plan, request->history, &scratch);
	estimate_waves(plan);
	critical_path_find(plan, arena);
	totals_compute(plan, &scratch);
	fingerprint_steps(plan);
	resumption_decide(request, arena, plan);
	return true;
}
