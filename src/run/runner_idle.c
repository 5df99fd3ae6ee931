/* Work for the moments in which the engine would only wait. */
#include "run/runner_internal.h"

#include "base/clock.h"

#define TIDY_ENTRIES 64u
#define LOOKED_AHEAD 64u /* ready steps */

/* The next steps in the order of the queue, which is nearly the order they start in. */
static uint32_t list_next(const struct runner *runner, struct workspace_request *requests)
{
	uint32_t steps[LOOKED_AHEAD];
	uint32_t ready_count = ready_queue_list(&runner->scheduler.ready, steps, LOOKED_AHEAD);
	uint32_t count = 0;
	for (uint32_t i = 0; i < ready_count && count < WORKSPACE_PREPARED_LIMIT; i++) {
		uint32_t step = steps[i];
		const struct step *found = &runner->plan->pipeline->steps[step];
		if (found->workspace != WORKSPACE_SHARED)
			requests[count++] = (struct workspace_request){
				.step = found, .attempt = runner->executor.numbers[step] + 1};
	}
	return count;
}

void runner_idle(struct runner *runner)
{
	struct workspaces *workspaces = &runner->executor.workspaces;
	struct workspace_request requests[WORKSPACE_PREPARED_LIMIT];
	bool may_prepare = runner->has_workspaces && !runner->scheduler.halted;
	uint32_t count = may_prepare ? list_next(runner, requests) : 0;
	bool has_more = count && workspaces_prepare_next(workspaces, requests, count);
	if (runner->executor.has_retired)
		runner->executor.has_retired = workspaces_tidy(workspaces, TIDY_ENTRIES);
	has_more |= runner->executor.has_retired;
	if (has_more && !runner->idle_timer.place)
		event_loop_set_timer(&runner->loop, &runner->idle_timer, clock_monotonic_ns());
}
