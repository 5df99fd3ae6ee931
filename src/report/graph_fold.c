/*
 * Every level is a partition of the nodes of the graph before it: partition[i] names the class of
 * node i, and contract() makes a node of each class. Only the last level looks at the run anew.
 */
#include "report/graph_fold.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "report/graph_reduce.h"
#include "report/palette.h"
#include "report/text_layout.h"

#define STAGE_NODES_MOST 40
#define STAGE_FAILURES_MOST 20
#define FAN_STEPS_LEAST 2

/* Stable, by one end of the edges: from where by_from, else to. Linear. */
static void sort_by_end(const struct fold_graph *graph, bool by_from, const struct fold_edge *edges,
	struct fold_edge *sorted)
{
	uint32_t *first = heap_allocate((size_t)graph->node_count + 1, sizeof *first);
	for (uint32_t i = 0; i < graph->edge_count; i++)
		first[(by_from ? edges[i].from : edges[i].to) + 1]++;
	for (uint32_t node = 0; node < graph->node_count; node++)
		first[node + 1] += first[node];
	for (uint32_t i = 0; i < graph->edge_count; i++)
		sorted[first[by_from ? edges[i].from : edges[i].to]++] = edges[i];
	free(first);
}

/* By from, then to; each edge once, none to its own node. */
static void sort_edges(struct fold_graph *graph)
{
	struct fold_edge *by_to = heap_allocate(graph->edge_count, sizeof *by_to);
	uint32_t kept = 0;
	sort_by_end(graph, false, graph->edges, by_to);
	sort_by_end(graph, true, by_to, graph->edges);
	free(by_to);
	for (uint32_t i = 0; i < graph->edge_count; i++) {
		struct fold_edge edge = graph->edges[i];
		const struct fold_edge *last = kept ? &graph->edges[kept - 1] : NULL;
		if (edge.from != edge.to &&
			(!last || last->from != edge.from || last->to != edge.to))
			graph->edges[kept++] = edge;
	}
	graph->edge_count = kept;
}

static void start_graph(
	const struct run *run, bool show_state, struct arena *arena, struct fold_graph *graph)
{
	graph->nodes = ARENA_ARRAY(arena, struct fold_node, (size_t)run->step_count + 1);
	graph->edges = ARENA_ARRAY(arena, struct fold_edge, (size_t)run->edge_count + 1);
	graph->node_count = graph->step_count = run->step_count;
	for (uint32_t i = 0; i < run->step_count; i++) {
		const struct run_step *step = &run->steps[i];
		enum step_look look = show_state ? run_step_look(run, i) : LOOK_IDLE;
		graph->nodes[i] = (struct fold_node){
			.first = i,
			.last = i,
			.count = 1,
			.stage = step->stage,
			.last_stage = step->stage,
			.group = step->group,
			.failed_count = look == LOOK_FAILED,
			.look = look == LOOK_RETRIED ? LOOK_OK : look,
			.critical = step->critical,
			.kept = look == LOOK_FAILED || look == LOOK_RUNNING || step->critical,
		};
		for (uint32_t need = 0; need < step->needs.count; need++)
			graph->edges[graph->edge_count++] =
				(struct fold_edge){run->edges[step->needs.first + need], i};
	}
	sort_edges(graph);
	graph->run_edge_count = graph->edge_count;
}

static void merge_node(struct fold_node *into, const struct fold_node *node)
{
	into->last = node->last > into->last ? node->last : into->last;
	into->first = node->first < into->first ? node->first : into->first;
	into->count += node->count;
	into->stage = node->stage < into->stage ? node->stage : into->stage;
	into->last_stage =
		node->last_stage > into->last_stage ? node->last_stage : into->last_stage;
	into->group = into->group == node->group ? into->group : INDEX_NONE;
	into->failed_count += node->failed_count;
	into->critical = into->critical || node->critical;
}

/*
 * Classes are numbered by their first node, so that the order of steps stays, and no node moves
 * to a place behind its own: the array is filled again from its start.
 */
static void contract(struct fold_graph *graph, const uint32_t *partition)
{
	CLEANUP(arena_release) struct arena arena = {0};
	uint32_t *number = ARENA_ARRAY(&arena, uint32_t, (size_t)graph->node_count + 1);
	uint32_t *node_of = ARENA_ARRAY(&arena, uint32_t, (size_t)graph->node_count + 1);
	struct fold_node *nodes = graph->nodes;
	uint32_t count = 0;
	for (uint32_t i = 0; i < graph->node_count; i++) {
		uint32_t class = partition[i];
		if (number[class] == 0) {
			nodes[count] = nodes[i];
			number[class] = ++count;
		} else {
			merge_node(&nodes[number[class] - 1], &nodes[i]);
		}
		node_of[i] = number[class] - 1;
	}
	for (uint32_t i = 0; i < graph->edge_count; i++) {
		graph->edges[i].from = node_of[graph->edges[i].from];
		graph->edges[i].to = node_of[graph->edges[i].to];
	}
	graph->node_count = count;
	sort_edges(graph);
}

/* For every node the only one before and the only one after it, or INDEX_NONE. */
struct neighbours {
	uint32_t *before;
	uint32_t *after;
};

static struct neighbours find_neighbours(const struct fold_graph *graph, struct arena *arena)
{
	struct neighbours only = {
		ARENA_ARRAY(arena, uint32_t, (size_t)graph->node_count + 1),
		ARENA_ARRAY(arena, uint32_t, (size_t)graph->node_count + 1),
	};
	uint32_t *in = ARENA_ARRAY(arena, uint32_t, (size_t)graph->node_count + 1);
	uint32_t *out = ARENA_ARRAY(arena, uint32_t, (size_t)graph->node_count + 1);
	for (uint32_t i = 0; i < graph->edge_count; i++) {
		const struct fold_edge *edge = &graph->edges[i];
		only.before[edge->to] = in[edge->to]++ == 0 ? edge->from : INDEX_NONE;
		only.after[edge->from] = out[edge->from]++ == 0 ? edge->to : INDEX_NONE;
	}
	for (uint32_t i = 0; i < graph->node_count; i++) {
		only.before[i] = in[i] == 0 ? INDEX_NONE : only.before[i];
		only.after[i] = out[i] == 0 ? INDEX_NONE : only.after[i];
	}
	return only;
}

static void fold_chains(struct fold_graph *graph)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct neighbours only = find_neighbours(graph, &arena);
	uint32_t *partition = ARENA_ARRAY(&arena, uint32_t, (size_t)graph->node_count + 1);
	for (uint32_t i = 0; i < graph->node_count; i++)
		partition[i] = INDEX_NONE;
	for (uint32_t i = 0; i < graph->node_count; i++) {
		const struct fold_node *node = &graph->nodes[i];
		if (partition[i] != INDEX_NONE)
			continue;
		partition[i] = i;
		/* Forward from the first node of a chain; declaration order may be another one. */
		uint32_t before = only.before[i];
		if (node->kept || (before != INDEX_NONE && only.after[before] == i &&
					  !graph->nodes[before].kept &&
					  graph->nodes[before].look == node->look &&
					  partition[before] == INDEX_NONE))
			continue;
		for (uint32_t next = only.after[i];
			next != INDEX_NONE && only.before[next] != INDEX_NONE;
			next = only.after[next]) {
			if (graph->nodes[next].kept || graph->nodes[next].look != node->look ||
				next == i)
				break;
			partition[next] = i;
		}
	}
	contract(graph, partition);
}

struct fan_key {
	uint32_t stage;
	uint32_t group;
	uint32_t look;
	uint32_t node;
};

static int compare_keys(const void *left, const void *right)
{
	const struct fan_key *a = left;
	const struct fan_key *b = right;
	if (a->stage != b->stage)
		return a->stage < b->stage ? -1 : 1;
	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->look != b->look)
		return a->look < b->look ? -1 : 1;
	return a->node < b->node ? -1 : a->node > b->node;
}

static void fold_fans(struct fold_graph *graph)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct fan_key *keys = ARENA_ARRAY(&arena, struct fan_key, (size_t)graph->node_count + 1);
	uint32_t *partition = ARENA_ARRAY(&arena, uint32_t, (size_t)graph->node_count + 1);
	uint32_t count = 0;
	for (uint32_t i = 0; i < graph->node_count; i++) {
		const struct fold_node *node = &graph->nodes[i];
		partition[i] = i;
		if (!node->kept)
			keys[count++] = (struct fan_key){node->stage, node->group, node->look, i};
	}
	qsort(keys, count, sizeof *keys, compare_keys);
	for (uint32_t i = 0, first = 0; i < count; i++) {
		if (keys[i].stage != keys[first].stage || keys[i].group != keys[first].group ||
			keys[i].look != keys[first].look)
			first = i;
		partition[keys[i].node] = keys[first].node;
	}
	contract(graph, partition);
}

static void keep_failures_only(struct fold_graph *graph)
{
	for (uint32_t i = 0; i < graph->node_count; i++)
		graph->nodes[i].kept =
			graph->nodes[i].look == LOOK_FAILED || graph->nodes[i].look == LOOK_RUNNING;
}

/* The worst look of two, for a node of many: failed, running, not done, done. */
static enum step_look worse(enum step_look a, enum step_look b)
{
	static const unsigned char rank[] = {
		[LOOK_OK] = 0,
		[LOOK_RETRIED] = 0,
		[LOOK_CACHED] = 0,
		[LOOK_IDLE] = 1,
		[LOOK_SKIPPED] = 2,
		[LOOK_RUNNING] = 3,
		[LOOK_FAILED] = 4,
	};
	return rank[a] >= rank[b] ? a : b;
}

/* Rows of stages one after another; the first failures hang beside theirs. */
static void fold_stages(const struct run *run, struct fold_graph *graph, struct arena *arena)
{
	uint32_t stages = run->stage_count > 0 ? run->stage_count : 1;
	uint32_t per_node = (stages + STAGE_NODES_MOST - 1) / STAGE_NODES_MOST;
	uint32_t rows = (stages + per_node - 1) / per_node;
	struct fold_node *nodes =
		ARENA_ARRAY(arena, struct fold_node, rows + STAGE_FAILURES_MOST + 1);
	struct fold_edge *edges =
		ARENA_ARRAY(arena, struct fold_edge, rows + STAGE_FAILURES_MOST + 1);
	uint32_t failures = 0;
	uint32_t edge_count = 0;
	for (uint32_t i = 0; i < graph->node_count; i++) {
		const struct fold_node *node = &graph->nodes[i];
		uint32_t row = node->stage / per_node;
		if (nodes[row].count == 0)
			nodes[row] = *node;
		else {
			enum step_look look = worse(nodes[row].look, node->look);
			merge_node(&nodes[row], node);
			nodes[row].look = look;
		}
		if (node->look == LOOK_FAILED && failures < STAGE_FAILURES_MOST) {
			nodes[rows + failures] = *node;
			edges[edge_count++] = (struct fold_edge){row, rows + failures++};
		}
	}
	for (uint32_t row = 1; row < rows; row++)
		edges[edge_count++] = (struct fold_edge){row - 1, row};
	graph->nodes = nodes;
	graph->node_count = rows + failures;
	graph->edges = edges;
	graph->edge_count = edge_count;
	sort_edges(graph);
}

void graph_fold(const struct run *run, bool show_state, enum fold_level level, struct arena *arena,
	struct fold_graph *graph)
{
	*graph = (struct fold_graph){.level = level};
	start_graph(run, show_state, arena, graph);
	if (level == FOLD_NONE || graph->node_count == 0)
		return;
	if (level == FOLD_STAGES) {
		fold_stages(run, graph, arena);
		return;
	}
	graph_reduce(graph, arena);
	if (level == FOLD_EDGES)
		return;
	if (level == FOLD_PATH)
		keep_failures_only(graph);
	if (level >= FOLD_FANS)
		fold_fans(graph);
	fold_chains(graph);
	graph_reduce(graph, arena);
	/* Edges that are gone may have kept a chain apart. */
	fold_chains(graph);
}

void graph_fold_explain(const struct fold_graph *graph, struct buffer *buffer)
{
	static const char *const what[] = {
		[FOLD_NONE] = "",
		[FOLD_EDGES] = "edges that others imply are left out",
		[FOLD_CHAINS] = "steps of one state that follow one another are one node",
		[FOLD_FANS] = "steps of one wave, group and state are one node",
		[FOLD_PATH] = "steps of one wave, group and state are one node, critical ones too",
		[FOLD_STAGES] = "a node stands for whole waves, the first failures beside it",
	};
	if (graph->level == FOLD_NONE)
		return;
	buffer_append_text(buffer, "folded: ");
	layout_count(buffer, graph->step_count, "step");
	buffer_append_text(buffer, " and ");
	layout_count(buffer, graph->run_edge_count, "edge");
	buffer_append_text(buffer, " as ");
	layout_count(buffer, graph->node_count, "node");
	buffer_append_text(buffer, " and ");
	layout_count(buffer, graph->edge_count, "edge");
	buffer_printf(buffer, "; %s", what[graph->level]);
}

static void append_stages(
	const struct run *run, const struct fold_node *node, struct buffer *buffer)
{
	uint32_t first = run->steps[node->first].wave;
	if (node->stage != node->last_stage)
		buffer_printf(buffer, "%s %u to %u",
			run->stage_count == run->wave_count ? "waves" : "stages", node->stage + 1,
			node->last_stage + 1);
	else if (first != INDEX_NONE)
		buffer_printf(buffer, "wave %u", first + 1);
	else
		buffer_append_text(buffer, "serial");
}

/* What the colour of a step alone does not say. */
static void append_marks(const struct run *run, const struct fold_node *node, struct buffer *buffer)
{
	if (node->look == LOOK_CACHED)
		buffer_append_text(buffer, ", cached");
	if (node->look == LOOK_FAILED && run->steps[node->first].is_optional)
		buffer_append_text(buffer, ", optional");
	for (uint32_t i = 0; i < run->gate_count; i++)
		if (run->gates[i].step == node->first && !run->gates[i].is_open)
			buffer_append_text(buffer, ", waits for approval");
}

void graph_fold_label(const struct fold_graph *graph, const struct run *run,
	const struct fold_node *node, struct buffer *buffer)
{
	if (node->count == 1) {
		buffer_append_text(buffer, run->steps[node->first].name);
		append_marks(run, node, buffer);
		return;
	}
	if (graph->level == FOLD_STAGES || node->stage == node->last_stage) {
		append_stages(run, node, buffer);
		if (node->group != INDEX_NONE)
			buffer_printf(buffer, ", %s", run->groups[node->group].name);
		buffer_printf(buffer, ", %u steps", node->count);
	} else {
		buffer_printf(buffer, "%s … %s (%u steps)", run->steps[node->first].name,
			run->steps[node->last].name, node->count);
	}
	if (node->failed_count > 0)
		buffer_printf(buffer, ", %u failed", node->failed_count);
	else if (node->look == LOOK_CACHED)
		buffer_append_text(buffer, ", cached");
}
