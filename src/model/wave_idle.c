/* Pauses between a stop and a resume are no waste: only the time counts in which a step ran. */
#include "model/wave_idle.h"

#include <stdlib.h>

#include "base/cleanup.h"

struct span {
	uint32_t stage;
	int64_t start_ms;
	int64_t end_ms;
};

static int compare_spans(const void *left, const void *right)
{
	const struct span *a = left;
	const struct span *b = right;
	if (a->stage != b->stage)
		return a->stage < b->stage ? -1 : 1;
	return a->start_ms < b->start_ms ? -1 : a->start_ms > b->start_ms;
}

static uint32_t collect_spans(const struct run *run, struct span *spans)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < run->attempt_count; i++) {
		const struct run_attempt *attempt = &run->attempts[i];
		uint32_t stage = run->steps[attempt->step].stage;
		if (stage >= run->stage_count || attempt->started_ms == TIME_NONE ||
			attempt->ended_ms <= attempt->started_ms)
			continue;
		spans[count++] = (struct span){stage, attempt->started_ms, attempt->ended_ms};
	}
	return count;
}

static int64_t jobs_at(const struct run *run, int64_t time_ms)
{
	uint32_t i = run->slots_count;
	while (i > 1 && run->slots[i - 1].from_ms > time_ms)
		i--;
	return i > 0 ? run->slots[i - 1].jobs : run->jobs;
}

static void sum_up(const struct run *run, const struct span *spans, uint32_t count)
{
	int64_t *idle_ms = run->stage_idle_ms;
	int64_t covered_ms = INT64_MIN; /* the stage's spans so far reach up to here */
	for (uint32_t i = 0; i < count; i++) {
		const struct span *span = &spans[i];
		if (i == 0 || spans[i - 1].stage != span->stage)
			covered_ms = INT64_MIN;
		int64_t from_ms = covered_ms > span->start_ms ? covered_ms : span->start_ms;
		if (span->end_ms > from_ms) {
			idle_ms[span->stage] += jobs_at(run, from_ms) * (span->end_ms - from_ms);
			covered_ms = span->end_ms;
		}
		idle_ms[span->stage] -= span->end_ms - span->start_ms;
	}
	/* More at once than slots: the clock was set, or a record does not know of fewer jobs. */
	for (uint32_t stage = 0; stage < run->stage_count; stage++)
		if (idle_ms[stage] < 0)
			idle_ms[stage] = 0;
}

/* Steps that are no longer in the pipeline stand behind all others, and nothing waited for them. */
static uint32_t count_barriers(const struct run *run)
{
	uint32_t last = 0;
	for (uint32_t i = 0; i < run->attempt_count; i++) {
		const struct run_step *step = &run->steps[run->attempts[i].step];
		if (run->attempts[i].started_ms != TIME_NONE && step->state != STATE_SKIPPED &&
			step->stage < run->stage_count && step->stage > last)
			last = step->stage;
	}
	return last;
}

void wave_idle_measure(struct run *run, struct arena *arena)
{
	CLEANUP(arena_release) struct arena scratch = {0};
	struct span *spans = ARENA_ARRAY(&scratch, struct span, run->attempt_count);
	uint32_t count = collect_spans(run, spans);
	run->stage_idle_ms = ARENA_ARRAY(arena, int64_t, run->stage_count);
	run->barrier_count = count_barriers(run);
	if (count > 0)
		qsort(spans, count, sizeof *spans, compare_spans);
	sum_up(run, spans, count);
	for (uint32_t i = 0; i < run->wave_count; i++) {
		uint32_t stage = run->waves[i].stage;
		run->waves[i].idle_ms = stage < run->stage_count ? run->stage_idle_ms[stage] : 0;
	}
}
