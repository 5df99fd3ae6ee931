/* Pauses between a stop and a resume are no waste: only the time counts in which a step ran. */
#include "model/wave_idle.h"

#include <stdlib.h>

struct span {
	uint32_t wave;
	int64_t start_ms;
	int64_t end_ms;
};

static int compare_spans(const void *left, const void *right)
{
	const struct span *a = left;
	const struct span *b = right;
	if (a->wave != b->wave)
		return a->wave < b->wave ? -1 : 1;
	return a->start_ms < b->start_ms ? -1 : a->start_ms > b->start_ms;
}

static uint32_t collect_spans(const struct run *run, struct span *spans)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < run->attempt_count; i++) {
		const struct run_attempt *attempt = &run->attempts[i];
		uint32_t wave = run->steps[attempt->step].wave;
		if (wave == INDEX_NONE || attempt->started_ms == TIME_NONE ||
			attempt->ended_ms <= attempt->started_ms)
			continue;
		spans[count++] = (struct span){wave, attempt->started_ms, attempt->ended_ms};
	}
	return count;
}

void wave_idle_measure(struct run *run, struct arena *scratch)
{
	struct span *spans = ARENA_ARRAY(scratch, struct span, run->attempt_count);
	uint32_t count = collect_spans(run, spans);
	for (uint32_t i = 0; i < run->wave_count; i++)
		run->waves[i].idle_ms = 0;
	if (count > 0)
		qsort(spans, count, sizeof *spans, compare_spans);
	int64_t covered_ms = INT64_MIN; /* the wave's spans so far reach up to here */
	for (uint32_t i = 0; i < count; i++) {
		const struct span *span = &spans[i];
		struct run_wave *wave = &run->waves[span->wave];
		if (i == 0 || spans[i - 1].wave != span->wave)
			covered_ms = INT64_MIN;
		int64_t from_ms = covered_ms > span->start_ms ? covered_ms : span->start_ms;
		if (span->end_ms > from_ms) {
			wave->idle_ms += (int64_t)run->jobs * (span->end_ms - from_ms);
			covered_ms = span->end_ms;
		}
		wave->idle_ms -= span->end_ms - span->start_ms;
	}
	/* More at once than slots: a run that was resumed with fewer jobs. */
	for (uint32_t i = 0; i < run->wave_count; i++)
		if (run->waves[i].idle_ms < 0)
			run->waves[i].idle_ms = 0;
}
