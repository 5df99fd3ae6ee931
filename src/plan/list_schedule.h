#ifndef WAVETRAIN_PLAN_LIST_SCHEDULE_H
#define WAVETRAIN_PLAN_LIST_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/plan.h"

/*
 * The schedule that a runner would make: whenever a slot is free the ready step with the longest
 * remaining path (plan_step_key()) starts, ties by place in the file. No slot is idle while a
 * step is ready (Graham, 1969: at most 2 - 1/jobs times the best possible). Costs log(ready) for
 * each step, and each edge once.
 */

enum step_load {
	LOAD_RUNS,
	LOAD_PASSES, /* when its turn comes it is left out: takes neither time nor slot */
	LOAD_SETTLED /* was done or left out before the start: nothing waits for it */
};

struct list_schedule {
	const struct plan *plan;
	const int64_t *durations_ms; /* of each step, not negative; NULL: the estimates */
	const uint8_t *loads;        /* enum step_load of each step; NULL: all run */
	uint32_t jobs;               /* at least 1 */
	bool has_barriers;           /* a stage starts when the one before it has ended */

	/* What is told besides; the caller's arrays, NULL: not wanted. */
	int64_t *starts_ms;     /* of each step; not touched where it is LOAD_SETTLED */
	int64_t *stage_ends_ms; /* of each stage; only with has_barriers */
	uint32_t *ended;        /* the steps that ran, in the order of their ends */
	uint32_t ended_count;
};

/* Returns the makespan. All estimates and tails must be there. */
int64_t list_schedule_run(struct list_schedule *schedule, struct arena *scratch);

#endif
