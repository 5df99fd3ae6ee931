#ifndef WAVETRAIN_PLAN_SIMULATION_H
#define WAVETRAIN_PLAN_SIMULATION_H

#include "base/arena.h"
#include "model/simulation.h"

/*
 * Runs the plan in thought, once in waves and once as a frontier for each number of jobs. jobs:
 * ascending, each at least 1 and there once. What the simulation points to is the arena's or the
 * plan's. In waves every stage is a barrier; as a frontier only those stages are that mean one
 * (groups, serial steps, declared waves: see plan_has_barriers()).
 *
 * Steps that were done before or never run are settled at the start; those that run only after a
 * failure, or whose input nobody makes, are left out when their turn comes; what is in the cache
 * takes no time when its turn comes.
 */
void simulation_build(const struct plan *plan, const uint32_t *jobs, uint32_t jobs_count,
	struct arena *arena, struct simulation *simulation);

/* No schedule is shorter: max(critical path, work / jobs), rounded up. */
int64_t simulation_lower_bound_ms(int64_t critical_path_ms, int64_t work_ms, uint32_t jobs);

#endif
