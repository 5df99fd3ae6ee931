#ifndef WAVETRAIN_MODEL_RUN_GRAPH_H
#define WAVETRAIN_MODEL_RUN_GRAPH_H

#include "base/arena.h"
#include "model/run.h"

/* The needs of a run's steps turned round, for walks towards the end. Linear to make. */
struct run_graph {
	struct index_range *dependents; /* one for each step, in edges */
	uint32_t *edges;
	uint32_t *order;      /* needs before dependents, stage after stage */
	uint32_t order_count; /* less than step_count only where a record holds a cycle */
};

/* Everything belongs to the arena. */
void run_graph_build(const struct run *run, struct arena *arena, struct run_graph *graph);

/* run_blocked_by() where it is asked for many steps. scratch is only for its own use. */
uint32_t run_graph_blocked_by(
	const struct run *run, const struct run_graph *graph, uint32_t step, struct arena *scratch);

/*
 * True when stages wait for each other by what they mean (groups and serial steps), not only
 * because the waves were derived from the needs.
 */
bool run_has_barriers(const struct run *run);

#endif
