#ifndef WAVETRAIN_PLAN_GRAPH_H
#define WAVETRAIN_PLAN_GRAPH_H

#include <stdbool.h>

#include "base/arena.h"
#include "model/diagnostic.h"
#include "model/plan.h"

/*
 * Fills plan->edges and every step's needs and dependents from plan->pipeline: what is written
 * under `needs` and what inputs imply, each edge once. plan->steps must be allocated.
 */
void graph_build(struct plan *plan, struct arena *arena);

/*
 * Fills plan->order: of the steps that could come next always the one declared first. False when
 * steps need each other in a circle; the finding names them by path. scratch is for the call.
 */
bool graph_order(struct plan *plan, struct arena *arena, struct arena *scratch,
	struct diagnostics *diagnostics);

#endif
