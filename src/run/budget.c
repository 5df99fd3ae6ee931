#include "run/budget.h"

#include "base/cleanup.h"
#include "base/text.h"

#define NS_PER_MS 1000000

void budget_init(struct budget *budget, const struct plan *plan, int64_t start_ns)
{
	int64_t budget_ms = plan->pipeline->execution.budget_ms;
	*budget = (struct budget){.plan = plan,
		.end_ns = budget_ms ? start_ns + budget_ms * NS_PER_MS : 0,
		.step = INDEX_NONE};
}

bool budget_allows(struct budget *budget, uint32_t step, int64_t now_ns)
{
	int64_t needed_ns = budget->plan->steps[step].ninth_decile_ms * NS_PER_MS;
	if (!budget->end_ns || now_ns + needed_ns < budget->end_ns)
		return true;
	if (budget->step == INDEX_NONE)
		budget->step = step;
	return false;
}

const char *budget_reason(const struct budget *budget, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	int64_t budget_ms = budget->plan->pipeline->execution.budget_ms;
	int64_t needed_ms = budget->plan->steps[budget->step].ninth_decile_ms;
	bool never_fits = needed_ms >= budget_ms;
	buffer_printf(&text, "step %s takes ", budget->plan->pipeline->steps[budget->step].id);
	duration_append(&text, needed_ms);
	buffer_append_text(&text, never_fits ? ", which is more than the whole budget of "
					     : " and would not end within the budget of ");
	duration_append(&text, budget_ms);
	return arena_copy_text(arena, buffer_text(&text));
}
