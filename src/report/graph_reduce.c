/*
 * Aho, Garey, Ullman 1972: in an acyclic graph the reduction is unique. Nodes are taken from the
 * last to the first in topological order; reach[n] holds all that can be got to from n. A
 * successor that is already in reach[n] when its turn comes, nearest first, is implied.
 */
#include "report/graph_reduce.h"

#include <stdlib.h>

struct reduction {
	const struct fold_graph *graph;
	uint32_t *first; /* node n has edges first[n] up to but without first[n + 1] */
	uint32_t *order; /* topological */
	uint32_t *place; /* of a node in order */
	uint64_t *reach; /* one row of words for each node */
	size_t words;
};

static bool sort_topologically(struct reduction *reduction, struct arena *arena)
{
	const struct fold_graph *graph = reduction->graph;
	uint32_t *waiting = ARENA_ARRAY(arena, uint32_t, (size_t)graph->node_count + 1);
	uint32_t count = 0;
	for (uint32_t i = 0; i < graph->edge_count; i++)
		waiting[graph->edges[i].to]++;
	for (uint32_t node = 0; node < graph->node_count; node++)
		if (waiting[node] == 0)
			reduction->order[count++] = node;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t node = reduction->order[i];
		reduction->place[node] = i;
		for (uint32_t e = reduction->first[node]; e < reduction->first[node + 1]; e++)
			if (--waiting[graph->edges[e].to] == 0)
				reduction->order[count++] = graph->edges[e].to;
	}
	return count == graph->node_count;
}

static bool reaches(const struct reduction *reduction, uint32_t from, uint32_t to)
{
	return reduction->reach[from * reduction->words + to / 64] >> (to % 64) & 1;
}

static void reach_all_of(struct reduction *reduction, uint32_t from, uint32_t to)
{
	uint64_t *row = reduction->reach + from * reduction->words;
	const uint64_t *other = reduction->reach + to * reduction->words;
	for (size_t i = 0; i < reduction->words; i++)
		row[i] |= other[i];
	row[to / 64] |= 1ull << (to % 64);
}

struct successor {
	uint32_t place;
	uint32_t edge;
};

static int compare_successors(const void *left, const void *right)
{
	const struct successor *a = left;
	const struct successor *b = right;
	return a->place < b->place ? -1 : a->place > b->place;
}

/* Says of each edge from node whether another way implies it. */
static void mark_implied(
	struct reduction *reduction, uint32_t node, struct successor *successors, bool *implied)
{
	const struct fold_edge *edges = reduction->graph->edges;
	uint32_t count = reduction->first[node + 1] - reduction->first[node];
	for (uint32_t i = 0; i < count; i++) {
		uint32_t edge = reduction->first[node] + i;
		successors[i] = (struct successor){reduction->place[edges[edge].to], edge};
	}
	qsort(successors, count, sizeof *successors, compare_successors);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t to = edges[successors[i].edge].to;
		implied[successors[i].edge] = reaches(reduction, node, to);
		if (!implied[successors[i].edge])
			reach_all_of(reduction, node, to);
	}
}

void graph_reduce(struct fold_graph *graph, struct arena *arena)
{
	uint32_t count = graph->node_count;
	uint32_t kept = 0;
	if (count > GRAPH_REDUCE_NODES_MOST || count == 0)
		return;
	struct reduction reduction = {.graph = graph, .words = (count + 63) / 64};
	reduction.first = ARENA_ARRAY(arena, uint32_t, (size_t)count + 2);
	reduction.order = ARENA_ARRAY(arena, uint32_t, count);
	reduction.place = ARENA_ARRAY(arena, uint32_t, count);
	reduction.reach = ARENA_ARRAY(arena, uint64_t, count * reduction.words);
	struct successor *successors =
		ARENA_ARRAY(arena, struct successor, (size_t)graph->edge_count + 1);
	bool *implied = ARENA_ARRAY(arena, bool, (size_t)graph->edge_count + 1);
	for (uint32_t i = 0; i < graph->edge_count; i++)
		reduction.first[graph->edges[i].from + 1]++;
	for (uint32_t node = 0; node < count; node++)
		reduction.first[node + 1] += reduction.first[node];
	if (!sort_topologically(&reduction, arena))
		return;
	for (uint32_t i = count; i-- > 0;)
		mark_implied(&reduction, reduction.order[i], successors, implied);
	for (uint32_t i = 0; i < graph->edge_count; i++)
		if (!implied[i])
			graph->edges[kept++] = graph->edges[i];
	graph->edge_count = kept;
}
