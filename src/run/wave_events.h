#ifndef WAVETRAIN_RUN_WAVE_EVENTS_H
#define WAVETRAIN_RUN_WAVE_EVENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "run/journal.h"
#include "run/scheduler.h"

struct group_tally {
	bool is_started;
	uint32_t open;   /* steps that have not ended */
	uint32_t broken; /* steps that ended otherwise than done */
	int64_t started_ns;
};

/* When waves and groups begin and end, by what their steps do. */
struct wave_events {
	const struct plan *plan;
	struct journal *journal;
	const struct scheduler *scheduler;
	struct group_tally *groups; /* of each group of the plan */
	int64_t stage_started_ns;
	bool is_interrupted; /* what is not done then neither completes nor fails */
	bool has_undecided;  /* the same of what waits for a decision */
};

struct stage_count {
	uint32_t total;
	uint32_t fine; /* done, omitted, or failed in a way that nobody minds */
	uint32_t to_run;
	uint32_t failed; /* the others that failed */
};

void wave_events_init(
	struct wave_events *events, const struct scheduler *scheduler, struct journal *journal);
void wave_events_release(struct wave_events *events);

struct stage_count wave_events_count(const struct wave_events *events, uint32_t stage);
void wave_events_start(struct wave_events *events, uint32_t wave);
/* After the scheduler was told. */
void wave_events_step_ended(struct wave_events *events, uint32_t step);
/* flaw: why the wave has failed besides its steps; NULL: nothing of the kind. */
struct wave_end {
	uint32_t wave;
	struct stage_count count;
	const char *flaw;
};
void wave_events_end(struct wave_events *events, const struct wave_end *end);

#endif
