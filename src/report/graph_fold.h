#ifndef WAVETRAIN_REPORT_GRAPH_FOLD_H
#define WAVETRAIN_REPORT_GRAPH_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "model/run.h"

/*
 * A run's graph made smaller, level by level, always the same for the same run. Each level holds
 * what the one before did. What failed, runs or is critical keeps a node of its own as long as
 * the level says so. Pure.
 */
enum fold_level {
	FOLD_NONE,
	FOLD_EDGES,  /* edges that others imply are left out (transitive reduction) */
	FOLD_CHAINS, /* steps of one state that follow one another are one node */
	FOLD_FANS,   /* so are steps of one wave, group and state */
	FOLD_PATH,   /* the critical path is folded like the rest */
	FOLD_STAGES, /* a bounded number of nodes, each for a row of stages; failures beside them */
	FOLD_LEVEL_COUNT
};

struct fold_node {
	uint32_t first; /* the first of its steps, in the run */
	uint32_t last;
	uint32_t count; /* how many steps it stands for */
	uint32_t stage;
	uint32_t last_stage;
	uint32_t group; /* INDEX_NONE: none, or several */
	uint32_t failed_count;
	enum step_look look;
	bool critical;
	bool kept; /* never part of another node */
};

struct fold_edge {
	uint32_t from;
	uint32_t to;
};

struct fold_graph {
	enum fold_level level;
	struct fold_node *nodes; /* by their first step */
	uint32_t node_count;
	struct fold_edge *edges; /* by from, then to; each once, none to itself */
	uint32_t edge_count;
	uint32_t step_count;     /* of the run */
	uint32_t run_edge_count; /* of the run */
};

/*
 * The graph at a level; in the arena. show_state: steps are told apart by how they ended; else all
 * count as not run, and only the critical ones are kept.
 */
void graph_fold(const struct run *run, bool show_state, enum fold_level level, struct arena *arena,
	struct fold_graph *graph);

/* One sentence without a full stop on what the graph leaves out. Nothing at FOLD_NONE. */
void graph_fold_explain(const struct fold_graph *graph, struct buffer *buffer);

/* What a node is called: a step's name, or "lint … test (12 steps)". As it is, not escaped. */
void graph_fold_label(const struct fold_graph *graph, const struct run *run,
	const struct fold_node *node, struct buffer *buffer);

#endif
