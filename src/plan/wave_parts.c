#include "plan/wave_parts.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "plan/graph_references.h"

void wave_checks_move_last(struct plan *plan)
{
	CLEANUP(arena_release) struct arena scratch = {0};
	uint32_t *checks = NULL;
	for (uint32_t i = 0; i < plan->wave_count; i++) {
		struct plan_wave *wave = &plan->waves[i];
		uint32_t *steps = &plan->wave_steps[wave->steps.first];
		if (wave->check_count > 0 && !checks)
			checks = ARENA_ARRAY(&scratch, uint32_t, plan->pipeline->step_count);
		uint32_t check_count = 0;
		uint32_t other_count = 0;
		for (uint32_t k = 0; wave->check_count > 0 && k < wave->steps.count; k++) {
			if (plan->pipeline->steps[steps[k]].is_check)
				checks[check_count++] = steps[k];
			else
				steps[other_count++] = steps[k];
		}
		for (uint32_t k = 0; k < check_count; k++)
			steps[other_count + k] = checks[k];
	}
}

void wave_name_after_groups(struct plan *plan, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer name = BUFFER_INIT;
	for (uint32_t i = 0; i < plan->wave_count; i++) {
		struct index_range groups = plan->waves[i].groups;
		if (plan->waves[i].name || groups.count == 0)
			continue;
		buffer_clear(&name);
		for (uint32_t k = 0; k < groups.count; k++) {
			buffer_append_text(&name, k > 0 ? " + " : "");
			buffer_append_text(&name, plan->groups[groups.first + k].name);
		}
		plan->waves[i].name = arena_copy_text(arena, buffer_text(&name));
	}
}

bool wave_check_is_late(
	const struct plan *plan, uint32_t index, uint32_t need, struct diagnostics *diagnostics)
{
	const struct step *step = &plan->pipeline->steps[index];
	const struct step *check = &plan->pipeline->steps[need];
	bool is_of_wave = plan->steps[index].wave != INDEX_NONE &&
			  plan->steps[index].wave == plan->steps[need].wave;
	if (!is_of_wave || !check->is_check || (step->is_check && need < index))
		return false;
	diagnostics_add(diagnostics, FINDING_WAVE_ORDER, reference_where(step, need),
		"step '%s' of %s needs the check '%s', which runs at the end of that wave",
		step->id, plan_stage_title(plan, plan->steps[index].stage, diagnostics->arena),
		check->id);
	return true;
}
