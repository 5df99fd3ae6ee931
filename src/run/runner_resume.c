/* What a run that goes on takes from its record before its first stage. */
#include "run/runner_internal.h"

#include "base/map.h"
#include "base/text.h"

/* A run that goes on after an expansion: what is settled is so for good. */
static void adopt_settled(struct runner *runner)
{
	const struct run *run = runner->settings->run;
	const struct pipeline *pipeline = runner->plan->pipeline;
	struct arena *scratch = &runner->executor.scratch;
	enum state *states = ARENA_ARRAY(scratch, enum state, pipeline->step_count);
	struct map places = {0};
	map_reserve(&places, run->step_count);
	for (uint32_t i = 0; i < run->step_count; i++)
		map_add(&places, run->steps[i].id, i);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		uint32_t place = map_find(&places, pipeline->steps[i].id);
		states[i] = place == INDEX_NONE ? STATE_PENDING : run->steps[place].state;
	}
	map_release(&places);
	scheduler_adopt(&runner->scheduler, states);
	arena_reset(scratch);
}

/* Its last attempt that was not ended by us; class and reason are as attempt_verdict.c has them. */
static bool lacked_memory(const struct run *run, const struct run_step *step)
{
	for (uint32_t i = step->attempts.count; step->state != STATE_DONE && i-- > 0;) {
		const struct run_attempt *attempt = &run->attempts[step->attempts.first + i];
		if (attempt->failure != FAILURE_CANCELLED)
			return attempt->failure == FAILURE_RESOURCE && attempt->reason &&
			       text_starts_with(attempt->reason, REASON_NO_MEMORY);
	}
	return false;
}

static void adopt_lacks(struct runner *runner)
{
	const struct run *run = runner->settings->run;
	for (uint32_t i = 0; run->attempts && i < run->step_count; i++) {
		if (!lacked_memory(run, &run->steps[i]))
			continue;
		uint32_t step = pipeline_find_step(runner->plan->pipeline, run->steps[i].id);
		if (step != INDEX_NONE && runner->scheduler.progress[step] == PROGRESS_PENDING)
			scheduler_require_alone(&runner->scheduler, step);
	}
}

void runner_adopt_record(struct runner *runner)
{
	if (runner->settings->expanded)
		adopt_settled(runner);
	adopt_lacks(runner);
}
