#include "plan/scope_check.h"

bool scope_contracts_check(const struct plan *plan, struct diagnostics *diagnostics)
{
	bool is_sound = true;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		const struct step *step = &plan->pipeline->steps[i];
		for (uint32_t k = 0; k < step->contract_count; k++) {
			uint32_t count = 1;
			if (step->contracts[k].kind != CONTRACT_DIFF_SCOPE ||
				step->workspace == WORKSPACE_WORKTREE)
				continue;
			const uint32_t *others =
				plan_stage_steps(plan, plan->steps[i].stage, &count);
			if (count == 1)
				continue;
			uint32_t other = others[0] == i ? others[1] : others[0];
			is_sound = false;
			diagnostics_add(diagnostics, FINDING_BAD_VALUE, step->contracts[k].where,
				"the contract diff_scope of step '%s' cannot tell its changes from "
				"those of '%s', which is in the same wave",
				step->id, plan->pipeline->steps[other].id)
				->hint = "give the step 'workspace: worktree'";
		}
	}
	return is_sound;
}
