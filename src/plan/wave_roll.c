#include "plan/list_schedule.h"
#include "plan/wave.h"

/* Where the file makes waves of its own, and with which word; false: it makes none. */
static bool find_own_waves(
	const struct pipeline *pipeline, struct source_position *where, const char **word)
{
	if (pipeline->format == FORMAT_TABLE) {
		*word = "the order of the rows";
		*where = pipeline->steps[0].where;
		return true;
	}
	if (pipeline->wave_count > 0) {
		*word = "'waves'";
		*where = pipeline->waves[0].where;
		return true;
	}
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		if (!pipeline->steps[i].group)
			continue;
		*word = "'group'";
		*where = pipeline->steps[i].where;
		return true;
	}
	return false;
}

static bool is_held_up(const struct plan *plan, struct diagnostics *diagnostics)
{
	struct source_position where;
	const char *word;
	if (!find_own_waves(plan->pipeline, &where, &word))
		return false;
	diagnostics_add(diagnostics, FINDING_BAD_VALUE, where,
		"mode frontier starts a step as soon as what it needs has ended, but %s of this "
		"pipeline makes waves that wait for each other",
		word)
		->hint = plan->pipeline->format == FORMAT_TABLE
				 ? "take mode waves, or write the pipeline with 'steps' and 'needs'"
				 : "take mode waves, or say with 'needs' what must come first";
	return true;
}

/* What needs it waits for the end of its wave: for an approval there, or for its changes. */
static bool holds_up(const struct step *step)
{
	return step->needs_approval || step->workspace == WORKSPACE_WORKTREE;
}

static uint32_t assign_waves(struct plan *plan)
{
	uint32_t wave_count = 0;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		struct plan_step *step = &plan->steps[plan->order[i]];
		step->wave = 0;
		for (uint32_t k = 0; k < step->needs.count; k++) {
			uint32_t need = plan->edges[step->needs.first + k];
			uint32_t above =
				plan->steps[need].wave + holds_up(&plan->pipeline->steps[need]);
			step->wave = above > step->wave ? above : step->wave;
		}
		wave_count = step->wave >= wave_count ? step->wave + 1 : wave_count;
	}
	return wave_count;
}

bool wave_roll(struct plan *plan, struct arena *arena, struct diagnostics *diagnostics)
{
	if (is_held_up(plan, diagnostics))
		return false;
	wave_fill(plan, assign_waves(plan), WAVE_ROLLING, arena);
	for (uint32_t i = 0; i < plan->wave_count; i++)
		plan->waves[i].name =
			i == 0 ? "frontier" : arena_format(arena, "frontier, part %u", i + 1);
	return true;
}

void wave_roll_estimate(struct plan *plan, struct arena *scratch)
{
	struct list_schedule schedule = {
		.plan = plan,
		.jobs = plan->jobs,
		.has_barriers = true,
		.stage_ends_ms = ARENA_ARRAY(scratch, int64_t, plan->stage_count),
	};
	int64_t start_ms = 0;
	list_schedule_run(&schedule, scratch);
	for (uint32_t i = 0; i < plan->wave_count; i++) {
		plan->waves[i].estimate_ms = schedule.stage_ends_ms[i] - start_ms;
		start_ms = schedule.stage_ends_ms[i];
	}
}
