/*
 * Totals of a run. Stage barriers that mean something count as edges of the critical path; the
 * same rules as in the plan, with measured durations in place of estimates.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "model/run.h"
#include "model/run_graph.h"
#include "model/wave_idle.h"

static int time_compare(const void *left, const void *right)
{
	const int64_t *a = left;
	const int64_t *b = right;
	return *a < *b ? -1 : *a > *b;
}

/* What lost its end when the runner was killed counts as ended at once. */
static int64_t attempt_end_ms(const struct run *run, const struct run_attempt *attempt)
{
	if (attempt->ended_ms != TIME_NONE)
		return attempt->ended_ms;
	bool runs = attempt->state == STATE_RUNNING && run->state == STATE_RUNNING;
	return runs ? INT64_MAX : attempt->started_ms;
}

/* Sweeps over starts and ends in order of time; what ends at a moment makes room for a start. */
static uint32_t peak_concurrency(const struct run *run, struct arena *scratch)
{
	int64_t *starts = ARENA_ARRAY(scratch, int64_t, run->attempt_count);
	int64_t *ends = ARENA_ARRAY(scratch, int64_t, run->attempt_count);
	uint32_t count = 0;
	for (uint32_t i = 0; i < run->attempt_count; i++) {
		if (run->attempts[i].started_ms == TIME_NONE)
			continue;
		starts[count] = run->attempts[i].started_ms;
		ends[count++] = attempt_end_ms(run, &run->attempts[i]);
	}
	if (count == 0)
		return 0;
	qsort(starts, count, sizeof *starts, time_compare);
	qsort(ends, count, sizeof *ends, time_compare);
	uint32_t peak = 1;
	uint32_t ended = 0;
	for (uint32_t started = 0; started < count; started++) {
		while (ended < started && ends[ended] <= starts[started])
			ended++;
		if (started + 1 - ended > peak)
			peak = started + 1 - ended;
	}
	return peak;
}

/* The last moment the record knows of. */
static int64_t last_moment_ms(const struct run *run)
{
	if (run->ended_ms != TIME_NONE)
		return run->ended_ms;
	int64_t last_ms = run->started_ms;
	for (uint32_t i = 0; i < run->attempt_count; i++) {
		const struct run_attempt *attempt = &run->attempts[i];
		if (attempt->started_ms > last_ms)
			last_ms = attempt->started_ms;
		if (attempt->ended_ms > last_ms)
			last_ms = attempt->ended_ms;
	}
	return last_ms;
}

static void count_totals(struct run *run, struct arena *scratch)
{
	struct run_totals *totals = &run->totals;
	*totals = (struct run_totals){0};
	for (uint32_t i = 0; i < run->step_count; i++) {
		totals->by_state[run->steps[i].state]++;
		totals->retried += run->steps[i].attempts.count > 1;
		totals->cached += run->steps[i].cache_key != NULL;
		totals->undecided += run_step_is_undecided(run, i);
	}
	for (uint32_t i = 0; i < run->attempt_count; i++) {
		const struct run_attempt *attempt = &run->attempts[i];
		if (attempt->started_ms != TIME_NONE && attempt->ended_ms > attempt->started_ms)
			totals->work_ms += attempt->ended_ms - attempt->started_ms;
	}
	totals->peak_concurrency = peak_concurrency(run, scratch);
	if (run->started_ms == TIME_NONE)
		return;
	totals->wall_ms = last_moment_ms(run) - run->started_ms - run->paused_ms;
	if (totals->wall_ms < 0)
		totals->wall_ms = 0;
}

struct paths {
	const struct run *run;
	struct run_graph graph;
	bool barriers;
	int64_t *weights_ms;
	int64_t *tails_ms; /* the longest path from the step's start to the end */
};

/* Then estimates stand for what was measured; a step from the cache was, and took no time. */
static bool nothing_has_run(const struct run *run)
{
	return run->attempt_count == 0 && run->totals.cached == 0;
}

static int64_t step_weight_ms(const struct run *run, uint32_t step)
{
	if (nothing_has_run(run))
		return run->steps[step].estimate_ms;
	return run_step_duration_ms(run, step, TIME_NONE);
}

/* Backwards through the order; a stage with a barrier after it waits for the longest tail there. */
static void measure_tails(struct paths *paths)
{
	const struct run *run = paths->run;
	int64_t longest_ms = 0;
	int64_t after_barrier_ms = 0;
	uint32_t stage = INDEX_NONE;
	for (uint32_t left = paths->graph.order_count; left > 0; left--) {
		uint32_t step = paths->graph.order[left - 1];
		if (paths->barriers && run->steps[step].stage != stage) {
			stage = run->steps[step].stage;
			after_barrier_ms = longest_ms;
		}
		int64_t rest_ms = after_barrier_ms;
		struct index_range dependents = paths->graph.dependents[step];
		for (uint32_t k = 0; k < dependents.count; k++) {
			int64_t tail_ms = paths->tails_ms[paths->graph.edges[dependents.first + k]];
			rest_ms = tail_ms > rest_ms ? tail_ms : rest_ms;
		}
		paths->tails_ms[step] = paths->weights_ms[step] + rest_ms;
		if (paths->tails_ms[step] > longest_ms)
			longest_ms = paths->tails_ms[step];
	}
}

/* The one of the two with the longer tail, then with the smaller id. */
static uint32_t better(const struct paths *paths, uint32_t best, uint32_t other)
{
	if (best == INDEX_NONE)
		return other;
	if (paths->tails_ms[other] != paths->tails_ms[best])
		return paths->tails_ms[other] > paths->tails_ms[best] ? other : best;
	const struct run_step *steps = paths->run->steps;
	return strcmp(steps[other].id, steps[best].id) < 0 ? other : best;
}

/* False for steps that have not run, and lead to none that has, in a run where some have. */
static bool takes_part(const struct paths *paths, uint32_t step)
{
	return paths->tails_ms[step] > 0 || nothing_has_run(paths->run) ||
	       paths->run->steps[step].attempts.count > 0;
}

/* The best step without needs in the order from *place on: of all, or of one stage. */
static uint32_t best_source(const struct paths *paths, uint32_t *place)
{
	const struct run_step *steps = paths->run->steps;
	const uint32_t *order = paths->graph.order;
	uint32_t best = INDEX_NONE;
	if (*place >= paths->graph.order_count)
		return best;
	uint32_t stage = steps[order[*place]].stage;
	for (; *place < paths->graph.order_count; (*place)++) {
		uint32_t step = order[*place];
		if (paths->barriers && steps[step].stage != stage)
			break;
		if ((paths->barriers || steps[step].needs.count == 0) && takes_part(paths, step))
			best = better(paths, best, step);
	}
	return best;
}

static uint32_t next_on_path(const struct paths *paths, uint32_t step, uint32_t *place)
{
	int64_t rest_ms = paths->tails_ms[step] - paths->weights_ms[step];
	struct index_range dependents = paths->graph.dependents[step];
	uint32_t best = INDEX_NONE;
	for (uint32_t k = 0; k < dependents.count; k++) {
		uint32_t dependent = paths->graph.edges[dependents.first + k];
		if (takes_part(paths, dependent))
			best = better(paths, best, dependent);
	}
	if (best != INDEX_NONE && paths->tails_ms[best] == rest_ms)
		return best;
	while (paths->barriers && *place < paths->graph.order_count) {
		uint32_t stage = paths->run->steps[paths->graph.order[*place]].stage;
		best = best_source(paths, place);
		if (stage > paths->run->steps[step].stage)
			return best;
	}
	return INDEX_NONE;
}

static void walk_critical_path(const struct paths *paths, struct arena *arena, struct run *run)
{
	uint32_t *path = ARENA_ARRAY(arena, uint32_t, run->step_count);
	uint32_t place = 0;
	uint32_t count = 0;
	uint32_t step = best_source(paths, &place);
	run->totals.critical_path_ms = step == INDEX_NONE ? 0 : paths->tails_ms[step];
	while (step != INDEX_NONE && count < run->step_count) {
		path[count++] = step;
		step = next_on_path(paths, step, &place);
	}
	run->critical_path = path;
	run->critical_path_count = count;
}

/* Once something has run, what was measured counts and no longer the plan's estimates. */
static void mark_critical_steps(struct run *run)
{
	if (nothing_has_run(run))
		return;
	for (uint32_t i = 0; i < run->step_count; i++)
		run->steps[i].critical = false;
	for (uint32_t i = 0; i < run->critical_path_count; i++)
		run->steps[run->critical_path[i]].critical = true;
}

/* What has become of the steps of a wave or a group. */
struct outcome {
	uint32_t done;
	uint32_t skipped;
	int64_t ended_ms; /* of the last one that is done */
};

static void count_outcome(struct outcome *outcome, const struct run_step *step)
{
	outcome->skipped += step->state == STATE_SKIPPED;
	outcome->done += step->state == STATE_DONE;
	if (step->state == STATE_DONE && step->ended_ms > outcome->ended_ms)
		outcome->ended_ms = step->ended_ms;
}

/*
 * Nothing goes on in a run that has ended. What has begun nothing since the run was last continued
 * is over all the same when its steps were skipped, those that were not done before.
 */
static void end_part(
	const struct outcome *outcome, uint32_t step_count, enum state *state, int64_t *ended_ms)
{
	if (*state == STATE_RUNNING)
		*state = STATE_INTERRUPTED;
	if (*state != STATE_PENDING || step_count == 0 ||
		outcome->done + outcome->skipped != step_count)
		return;
	*state = outcome->done > 0 ? STATE_DONE : STATE_SKIPPED;
	if (outcome->done > 0)
		*ended_ms = outcome->ended_ms;
}

static void mark_ended_parts(struct run *run, struct arena *scratch)
{
	struct outcome *waves = ARENA_ARRAY(scratch, struct outcome, run->wave_count);
	struct outcome *groups = ARENA_ARRAY(scratch, struct outcome, run->group_count);
	if (run->state == STATE_PENDING || run->state == STATE_RUNNING)
		return;
	for (uint32_t i = 0; i < run->step_count; i++) {
		const struct run_step *step = &run->steps[i];
		if (step->wave < run->wave_count)
			count_outcome(&waves[step->wave], step);
		if (step->group < run->group_count)
			count_outcome(&groups[step->group], step);
	}
	for (uint32_t i = 0; i < run->wave_count; i++)
		end_part(&waves[i], run->waves[i].step_count, &run->waves[i].state,
			&run->waves[i].ended_ms);
	for (uint32_t i = 0; i < run->group_count; i++)
		end_part(&groups[i], run->groups[i].steps.count, &run->groups[i].state,
			&run->groups[i].ended_ms);
}

void run_summarise(struct run *run, struct arena *arena)
{
	CLEANUP(arena_release) struct arena scratch = {0};
	mark_ended_parts(run, &scratch);
	count_totals(run, &scratch);
	wave_idle_measure(run, arena);
	struct paths paths = {
		.run = run,
		.barriers = run_has_barriers(run),
		.weights_ms = ARENA_ARRAY(&scratch, int64_t, run->step_count),
		.tails_ms = ARENA_ARRAY(&scratch, int64_t, run->step_count),
	};
	run_graph_build(run, &scratch, &paths.graph);
	for (uint32_t i = 0; i < run->step_count; i++)
		paths.weights_ms[i] = step_weight_ms(run, i);
	measure_tails(&paths);
	walk_critical_path(&paths, arena, run);
	mark_critical_steps(run);
}
