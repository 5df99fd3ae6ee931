#ifndef WAVETRAIN_REPORT_GRAPH_REDUCE_H
#define WAVETRAIN_REPORT_GRAPH_REDUCE_H

#include "base/arena.h"
#include "report/graph_fold.h"

/*
 * Leaves out every edge that a longer way implies (transitive reduction). Graphs of more than
 * GRAPH_REDUCE_NODES_MOST nodes, and such as have a cycle after folding, stay as they are.
 */
#define GRAPH_REDUCE_NODES_MOST 4096u
void graph_reduce(struct fold_graph *graph, struct arena *arena);

#endif
