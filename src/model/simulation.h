#ifndef WAVETRAIN_MODEL_SIMULATION_H
#define WAVETRAIN_MODEL_SIMULATION_H

#include <stdbool.h>
#include <stdint.h>

#include "model/plan.h"

/*
 * What a plan would take when every step succeeds and takes as long as estimated, for one or more
 * numbers of jobs, with and without barriers between its stages. Made by plan/, read by report/.
 */

enum simulation_mode { SIMULATION_WAVES, SIMULATION_FRONTIER, SIMULATION_MODE_COUNT };
const char *simulation_mode_name(enum simulation_mode mode);

/* What is taken for checkpoints of the frontier: at each of so many parts of the steps, and so often. */
#define SIMULATION_CHECKPOINT_PARTS 4u
#define SIMULATION_CHECKPOINT_INTERVAL_MS ((int64_t)30 * 60 * 1000)

struct simulation_outcome {
	int64_t makespan_ms;
	int64_t idle_ms;           /* jobs x makespan - work; INT64_MAX when it is more than that */
	uint32_t used_per_10000;   /* work / (jobs x makespan); 0 when nothing takes time */
	uint32_t checkpoint_count; /* 0 where the pipeline makes none */
};

struct simulation_result {
	uint32_t jobs;
	struct simulation_outcome outcomes[SIMULATION_MODE_COUNT];
	int64_t barrier_cost_ms; /* waves - frontier; may be negative: list schedules have
				    anomalies (Graham, 1969) */
	int64_t lower_bound_ms;  /* max(critical path, work / jobs) */
	int64_t *stage_end_ms;   /* in waves, of each of plan->stages; it starts where the one
				    before it ends */
	int64_t *stage_idle_ms;  /* slot time that its barrier leaves unused */
};

struct simulation {
	const struct plan *plan;
	int64_t work_ms;         /* of all steps that run */
	uint32_t *critical_path; /* steps that run, from first to last */
	uint32_t critical_path_count;
	int64_t critical_path_ms;
	bool keeps_barriers;   /* stages wait for each other by what they mean, in both modes */
	uint32_t run_count;    /* steps that take time */
	uint32_t cached_count; /* steps that take none: their results are in the cache */
	uint32_t
		omitted_count; /* steps that take none: done before, or they run only after a failure or never */
	uint32_t foreach_count; /* of run_count: counted once, however many items there will be */
	uint32_t estimate_counts[ESTIMATE_ORIGIN_COUNT]; /* of run_count */
	struct simulation_result *results;               /* by jobs, ascending */
	uint32_t result_count;
	/*
	 * The fewest jobs with the shortest makespan of the mode. 0 where that would say nothing:
	 * one number of jobs alone, the largest is still the shortest and more might be shorter
	 * still, or nothing is known of any duration.
	 */
	uint32_t best_jobs[SIMULATION_MODE_COUNT];
};

#endif
