#include "model/run_graph.h"

static void turn_round(const struct run *run, struct arena *arena, struct run_graph *graph)
{
	graph->dependents = ARENA_ARRAY(arena, struct index_range, run->step_count);
	graph->edges = ARENA_ARRAY(arena, uint32_t, run->edge_count);
	for (uint32_t i = 0; i < run->step_count; i++) {
		struct index_range needs = run->steps[i].needs;
		for (uint32_t k = 0; k < needs.count; k++)
			graph->dependents[run->edges[needs.first + k]].count++;
	}
	uint32_t first = 0;
	for (uint32_t i = 0; i < run->step_count; i++) {
		graph->dependents[i].first = first;
		first += graph->dependents[i].count;
		graph->dependents[i].count = 0;
	}
	for (uint32_t i = 0; i < run->step_count; i++) {
		struct index_range needs = run->steps[i].needs;
		for (uint32_t k = 0; k < needs.count; k++) {
			struct index_range *dependents =
				&graph->dependents[run->edges[needs.first + k]];
			graph->edges[dependents->first + dependents->count++] = i;
		}
	}
}

/* Kahn's order; returns how many steps could be placed. */
static uint32_t order_topologically(
	const struct run *run, const struct run_graph *graph, struct arena *arena, uint32_t *order)
{
	uint32_t *waiting = ARENA_ARRAY(arena, uint32_t, run->step_count);
	uint32_t count = 0;
	for (uint32_t i = 0; i < run->step_count; i++) {
		waiting[i] = run->steps[i].needs.count;
		if (waiting[i] == 0)
			order[count++] = i;
	}
	for (uint32_t done = 0; done < count; done++) {
		struct index_range dependents = graph->dependents[order[done]];
		for (uint32_t k = 0; k < dependents.count; k++) {
			uint32_t step = graph->edges[dependents.first + k];
			if (--waiting[step] == 0)
				order[count++] = step;
		}
	}
	return count;
}

static uint32_t stage_of(const struct run *run, uint32_t step)
{
	uint32_t stage = run->steps[step].stage;
	return stage < run->stage_count ? stage : run->stage_count;
}

/* Stable by stage: no step needs one of a later stage, so the order stays topological. */
static void sort_by_stage(const struct run *run, struct arena *arena, const uint32_t *unsorted,
	struct run_graph *graph)
{
	uint32_t *first = ARENA_ARRAY(arena, uint32_t, (size_t)run->stage_count + 2);
	for (uint32_t i = 0; i < graph->order_count; i++)
		first[stage_of(run, unsorted[i]) + 1]++;
	for (uint32_t stage = 0; stage <= run->stage_count; stage++)
		first[stage + 1] += first[stage];
	for (uint32_t i = 0; i < graph->order_count; i++)
		graph->order[first[stage_of(run, unsorted[i])]++] = unsorted[i];
}

void run_graph_build(const struct run *run, struct arena *arena, struct run_graph *graph)
{
	turn_round(run, arena, graph);
	uint32_t *unsorted = ARENA_ARRAY(arena, uint32_t, run->step_count);
	graph->order = ARENA_ARRAY(arena, uint32_t, run->step_count);
	graph->order_count = order_topologically(run, graph, arena, unsorted);
	sort_by_stage(run, arena, unsorted, graph);
}

uint32_t run_graph_blocked_by(
	const struct run *run, const struct run_graph *graph, uint32_t step, struct arena *scratch)
{
	bool *reached = ARENA_ARRAY(scratch, bool, run->step_count);
	uint32_t *queue = ARENA_ARRAY(scratch, uint32_t, (size_t)run->step_count + 1);
	uint32_t count = 0;
	queue[count++] = step;
	reached[step] = true;
	for (uint32_t done = 0; done < count; done++) {
		struct index_range dependents = graph->dependents[queue[done]];
		for (uint32_t k = 0; k < dependents.count; k++) {
			uint32_t next = graph->edges[dependents.first + k];
			if (reached[next] || run->steps[next].state != STATE_SKIPPED)
				continue;
			reached[next] = true;
			queue[count++] = next;
		}
	}
	return count - 1;
}

bool run_has_barriers(const struct run *run)
{
	return run->stage_count > 0 &&
	       (run->wave_count == 0 || run->waves[0].origin != WAVE_DERIVED);
}
