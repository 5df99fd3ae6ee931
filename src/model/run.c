#include "model/run.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/mask.h"
#include "model/run_graph.h"

static void copy_step(const struct plan *plan, uint32_t index, struct arena *arena, struct run *run)
{
	const struct step *step = &plan->pipeline->steps[index];
	const struct plan_step *planned = &plan->steps[index];
	struct run_step *copy = &run->steps[index];
	*copy = (struct run_step){
		.id = step->id,
		.name = step->name ? step->name : step->id,
		.command = mask_text(plan->pipeline->mask, step_display(step, arena), arena),
		.state = STATE_PENDING,
		.reason = plan_step_is_left_out(planned) ? planned->reason : NULL,
		.wave = planned->wave,
		.group = planned->group,
		.stage = planned->stage,
		.needs = {run->edge_count, planned->needs.count},
		.estimate_ms = planned->estimate_ms,
		.critical = planned->critical,
		.started_ms = TIME_NONE,
		.ended_ms = TIME_NONE,
		.base_id = step->instance ? step->instance->base_id : NULL,
		.is_optional = step->is_optional,
	};
	for (size_t i = 0; i < sizeof copy->fingerprint; i++)
		copy->fingerprint[i] = planned->fingerprint[i];
	for (uint32_t k = 0; k < planned->needs.count; k++)
		run->edges[run->edge_count++] = plan->edges[planned->needs.first + k];
}

static void copy_steps(const struct plan *plan, struct arena *arena, struct run *run)
{
	size_t edge_count = 0;
	run->step_count = plan->pipeline->step_count;
	for (uint32_t i = 0; i < run->step_count; i++)
		edge_count += plan->steps[i].needs.count;
	run->steps = ARENA_ARRAY(arena, struct run_step, run->step_count);
	run->edges = ARENA_ARRAY(arena, uint32_t, edge_count);
	for (uint32_t i = 0; i < run->step_count; i++)
		copy_step(plan, i, arena, run);
}

static void copy_waves(const struct plan *plan, struct arena *arena, struct run *run)
{
	run->wave_count = plan->wave_count;
	run->waves = ARENA_ARRAY(arena, struct run_wave, plan->wave_count);
	for (uint32_t i = 0; i < plan->wave_count; i++)
		run->waves[i] = (struct run_wave){
			.name = plan->waves[i].name,
			.origin = plan->waves[i].origin,
			.state = STATE_PENDING,
			.started_ms = TIME_NONE,
			.ended_ms = TIME_NONE,
			.step_count = plan->waves[i].steps.count,
			.checkpoint = INDEX_NONE,
		};
	run->stage_count = plan->stage_count;
	for (uint32_t i = 0; i < plan->stage_count; i++) {
		if (plan->stages[i].wave != INDEX_NONE)
			run->waves[plan->stages[i].wave].stage = i;
	}
	run->group_count = plan->group_count;
	run->groups = ARENA_ARRAY(arena, struct run_group, plan->group_count);
	for (uint32_t i = 0; i < plan->group_count; i++)
		run->groups[i] = (struct run_group){
			.name = plan->groups[i].name,
			.wave = plan->groups[i].wave,
			.steps = plan->groups[i].steps,
			.state = STATE_PENDING,
			.started_ms = TIME_NONE,
			.ended_ms = TIME_NONE,
		};
}

void run_from_plan(const struct plan *plan, const char *id, struct arena *arena, struct run *run)
{
	*run = (struct run){
		.id = id,
		.pipeline_name = plan->pipeline->name,
		.pipeline_file = plan->pipeline->file,
		.format = plan->pipeline->format,
		.mode = plan->mode,
		.jobs = plan->jobs,
		.state = STATE_PENDING,
		.started_ms = TIME_NONE,
		.ended_ms = TIME_NONE,
		.version = WAVETRAIN_VERSION,
	};
	copy_steps(plan, arena, run);
	copy_waves(plan, arena, run);
	run_summarise(run, arena);
}

/* As a runner that was stopped leaves them, and as a continued run finds them. */
static void end_attempt(struct run_attempt *attempt, int64_t ended_ms)
{
	if (attempt->state != STATE_RUNNING)
		return;
	attempt->state = STATE_FAILED;
	attempt->failure = FAILURE_CANCELLED;
	attempt->reason = "runner ended";
	attempt->ended_ms = ended_ms > attempt->started_ms ? ended_ms : attempt->started_ms;
}

void run_end_lost(struct run *run, enum state state, const char *reason, int64_t ended_ms)
{
	run->state = state;
	run->reason = reason;
	run->ended_ms = ended_ms;
	for (uint32_t i = 0; i < run->attempt_count; i++)
		end_attempt(&run->attempts[i], ended_ms);
	for (uint32_t i = 0; run->steps && i < run->step_count; i++)
		if (run->steps[i].state == STATE_RUNNING)
			run->steps[i].state = STATE_PENDING;
	run->totals.by_state[STATE_PENDING] += run->totals.by_state[STATE_RUNNING];
	run->totals.by_state[STATE_RUNNING] = 0;
}

enum step_look run_step_look(const struct run *run, uint32_t step)
{
	const struct run_step *found = &run->steps[step];
	switch (found->state) {
	case STATE_DONE:
		if (found->cache_key)
			return LOOK_CACHED;
		return found->attempts.count > 1 ? LOOK_RETRIED : LOOK_OK;
	case STATE_FAILED:
		return LOOK_FAILED;
	case STATE_RUNNING:
		return LOOK_RUNNING;
	case STATE_SKIPPED:
		return LOOK_SKIPPED;
	case STATE_PENDING:
	case STATE_INTERRUPTED:
	case STATE_COUNT:
		break;
	}
	return LOOK_IDLE;
}

const struct run_attempt *run_last_attempt(const struct run *run, uint32_t step)
{
	struct index_range attempts = run->steps[step].attempts;
	if (attempts.count == 0)
		return NULL;
	return &run->attempts[attempts.first + attempts.count - 1];
}

bool run_step_is_undecided(const struct run *run, uint32_t step)
{
	const struct run_attempt *last = run_last_attempt(run, step);
	return last && run->steps[step].state == STATE_PENDING && last->state == STATE_FAILED &&
	       last->failure == FAILURE_UNKNOWN;
}

int64_t run_step_duration_ms(const struct run *run, uint32_t step, int64_t now_ms)
{
	struct index_range attempts = run->steps[step].attempts;
	int64_t total_ms = 0;
	for (uint32_t k = 0; k < attempts.count; k++) {
		const struct run_attempt *attempt = &run->attempts[attempts.first + k];
		int64_t ended_ms = attempt->ended_ms;
		if (ended_ms == TIME_NONE && attempt->state == STATE_RUNNING)
			ended_ms = now_ms;
		if (attempt->started_ms != TIME_NONE && ended_ms > attempt->started_ms)
			total_ms += ended_ms - attempt->started_ms;
	}
	return total_ms;
}

struct failed_step {
	bool is_optional;
	int64_t ended_ms;
	uint32_t step;
};

static int failed_step_compare(const void *left, const void *right)
{
	const struct failed_step *a = left;
	const struct failed_step *b = right;
	if (a->is_optional != b->is_optional)
		return a->is_optional ? 1 : -1;
	if (a->ended_ms != b->ended_ms)
		return a->ended_ms < b->ended_ms ? -1 : 1;
	return a->step < b->step ? -1 : a->step > b->step;
}

uint32_t run_failures(const struct run *run, uint32_t *steps, uint32_t capacity)
{
	struct failed_step *failed = NULL;
	size_t count = 0;
	size_t room = 0;
	for (uint32_t i = 0; i < run->step_count; i++) {
		if (run->steps[i].state != STATE_FAILED)
			continue;
		GROW(failed, count, room);
		failed[count++] =
			(struct failed_step){run->steps[i].is_optional, run->steps[i].ended_ms, i};
	}
	if (count > 1)
		qsort(failed, count, sizeof *failed, failed_step_compare);
	for (size_t i = 0; i < count && i < capacity; i++)
		steps[i] = failed[i].step;
	free(failed);
	return (uint32_t)count;
}

uint32_t run_blocked_by(const struct run *run, uint32_t step, struct arena *arena)
{
	struct run_graph graph;
	run_graph_build(run, arena, &graph);
	return run_graph_blocked_by(run, &graph, step, arena);
}
