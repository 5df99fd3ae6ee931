/* A plan's graph is drawn as a run in which nothing has happened; its names say what is planned. */
#include "base/cleanup.h"
#include "report/report.h"

static const char *planned_name(
	const struct plan *plan, uint32_t index, const char *name, struct arena *arena)
{
	const struct step *step = &plan->pipeline->steps[index];
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	buffer_append_text(&text, name);
	if (step->foreach)
		buffer_append_text(&text, " ×N");
	if (plan->steps[index].action == ACTION_OMIT)
		buffer_append_text(&text, ", left out");
	else if (step->needs_approval)
		buffer_append_text(&text, ", then approval");
	return arena_copy_text(arena, buffer_text(&text));
}

void plan_graph_run(const struct plan *plan, struct arena *arena, struct run *run)
{
	run_from_plan(plan, "plan", arena, run);
	for (uint32_t i = 0; i < run->step_count; i++) {
		const struct step *step = &plan->pipeline->steps[i];
		bool is_marked = step->foreach || step->needs_approval ||
				 plan->steps[i].action == ACTION_OMIT;
		if (is_marked)
			run->steps[i].name = planned_name(plan, i, run->steps[i].name, arena);
	}
}
