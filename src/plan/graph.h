#ifndef WAVETRAIN_PLAN_GRAPH_H
#define WAVETRAIN_PLAN_GRAPH_H

#include <stdbool.h>

#include "base/arena.h"
#include "model/diagnostic.h"
#include "model/plan.h"

/*
 * Fills plan->edges and every step's needs and dependents from plan->pipeline: what is written
 * under `needs` and what inputs imply, each edge once, and which edges are soft. plan->steps must
 * be allocated. Once the waves are there, the edges of their checks are added when it is called
 * again: the first check of a wave needs all its other steps, each further one the check before.
 */
void graph_build(struct plan *plan, struct arena *arena);

enum graph_order_by {
	ORDER_BY_DECLARATION,
	ORDER_BY_STAGE /* then by declaration; stages must be there */
};

/*
 * Fills plan->order: of the steps that could come next always the first one. False when steps
 * need each other in a circle; the finding names them by path.
 */
bool graph_order(struct plan *plan, enum graph_order_by by, struct arena *arena,
	struct diagnostics *diagnostics);

#endif
