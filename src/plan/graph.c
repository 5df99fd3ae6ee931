/*
 * Edges are two arrays in one: first what each step needs, then what depends on it. Dependents
 * are appended while steps are walked upwards, needs while dependents are: both come out
 * ascending without a sort.
 */
#include "plan/graph.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "plan/heap.h"

/* A cycle longer than this is printed with its middle left out. */
#define SHOWN_CYCLE_STEPS 16

static uint32_t reference_count(const struct step *step)
{
	return step->need_count + step->input_count;
}

/* The step that the reference at this place leads to: needs first, then inputs. */
static uint32_t reference_target(const struct step *step, uint32_t place)
{
	if (place < step->need_count)
		return step->needs[place].step;
	return step->inputs[place - step->need_count].step;
}

typedef void edge_visitor(struct plan *plan, uint32_t step, uint32_t need);

/* Calls visit for every edge once. seen[need] is 1 + the last step that was found to need it. */
static void visit_edges(struct plan *plan, uint32_t *seen, edge_visitor *visit)
{
	const struct pipeline *pipeline = plan->pipeline;
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		seen[i] = 0;
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct step *step = &pipeline->steps[i];
		for (uint32_t place = 0; place < reference_count(step); place++) {
			uint32_t need = reference_target(step, place);
			if (need >= pipeline->step_count || seen[need] == i + 1)
				continue;
			seen[need] = i + 1;
			visit(plan, i, need);
		}
	}
}

static void count_edge(struct plan *plan, uint32_t step, uint32_t need)
{
	plan->steps[step].needs.count++;
	plan->steps[need].dependents.count++;
}

static void add_dependent(struct plan *plan, uint32_t step, uint32_t need)
{
	struct index_range *dependents = &plan->steps[need].dependents;
	plan->edges[dependents->first + dependents->count++] = step;
}

static void add_needs(struct plan *plan)
{
	for (uint32_t need = 0; need < plan->pipeline->step_count; need++) {
		struct index_range dependents = plan->steps[need].dependents;
		for (uint32_t k = 0; k < dependents.count; k++) {
			uint32_t step = plan->edges[dependents.first + k];
			struct index_range *needs = &plan->steps[step].needs;
			plan->edges[needs->first + needs->count++] = need;
		}
	}
}

void graph_build(struct plan *plan, struct arena *arena)
{
	uint32_t step_count = plan->pipeline->step_count;
	CLEANUP(arena_release) struct arena scratch = {0};
	uint32_t *seen = ARENA_ARRAY(&scratch, uint32_t, step_count);
	visit_edges(plan, seen, count_edge);
	uint32_t first = 0;
	for (uint32_t i = 0; i < step_count; i++) {
		struct index_range *needs = &plan->steps[i].needs;
		needs->first = first;
		first += needs->count;
		needs->count = 0;
	}
	for (uint32_t i = 0; i < step_count; i++) {
		struct index_range *dependents = &plan->steps[i].dependents;
		dependents->first = first;
		first += dependents->count;
		dependents->count = 0;
	}
	plan->edge_count = first;
	plan->edges = ARENA_ARRAY(arena, uint32_t, first);
	visit_edges(plan, seen, add_dependent);
	add_needs(plan);
}

/* A need of the step that could not be ordered either; every unordered step has one. */
static uint32_t unordered_need(const struct plan *plan, const uint32_t *waiting, uint32_t step)
{
	struct index_range needs = plan->steps[step].needs;
	for (uint32_t k = 0; k < needs.count; k++) {
		uint32_t need = plan->edges[needs.first + k];
		if (waiting[need] > 0)
			return need;
	}
	return INDEX_NONE;
}

/* A step on a cycle: from the first unordered one along its needs until one comes again. */
static uint32_t find_cycle(const struct plan *plan, const uint32_t *waiting, bool *seen)
{
	uint32_t step = 0;
	while (waiting[step] == 0)
		step++;
	while (!seen[step]) {
		seen[step] = true;
		step = unordered_need(plan, waiting, step);
	}
	uint32_t first = step;
	for (uint32_t next = unordered_need(plan, waiting, step); next != step;
		next = unordered_need(plan, waiting, next))
		first = next < first ? next : first;
	return first;
}

static void report_cycle(const struct plan *plan, const uint32_t *waiting, struct arena *scratch,
	struct diagnostics *diagnostics)
{
	const struct step *steps = plan->pipeline->steps;
	bool *seen = ARENA_ARRAY(scratch, bool, plan->pipeline->step_count);
	uint32_t first = find_cycle(plan, waiting, seen);
	CLEANUP(buffer_release) struct buffer path = BUFFER_INIT;
	uint32_t count = 0;
	uint32_t step = first;
	do {
		if (count < SHOWN_CYCLE_STEPS)
			buffer_printf(&path, "%s -> ", steps[step].id);
		count++;
		step = unordered_need(plan, waiting, step);
	} while (step != first);
	if (count > SHOWN_CYCLE_STEPS)
		buffer_printf(&path, "(%u more) -> ", count - SHOWN_CYCLE_STEPS);
	diagnostics_add(diagnostics, FINDING_CYCLE, steps[first].where,
		count == 1 ? "the step needs itself: %s%s"
			   : "steps need each other in a circle: %s%s",
		buffer_text(&path), steps[first].id);
}

bool graph_order(struct plan *plan, struct arena *arena, struct arena *scratch,
	struct diagnostics *diagnostics)
{
	uint32_t step_count = plan->pipeline->step_count;
	uint32_t *waiting = ARENA_ARRAY(scratch, uint32_t, step_count);
	struct heap ready;
	heap_init(&ready, scratch, step_count);
	plan->order = ARENA_ARRAY(arena, uint32_t, step_count);
	for (uint32_t i = 0; i < step_count; i++) {
		waiting[i] = plan->steps[i].needs.count;
		if (waiting[i] == 0)
			heap_push(&ready, i, i);
	}
	uint32_t count = 0;
	while (ready.count > 0) {
		uint32_t step = heap_pop(&ready).value;
		plan->order[count++] = step;
		struct index_range dependents = plan->steps[step].dependents;
		for (uint32_t k = 0; k < dependents.count; k++) {
			uint32_t next = plan->edges[dependents.first + k];
			if (--waiting[next] == 0)
				heap_push(&ready, next, next);
		}
	}
	if (count == step_count)
		return true;
	report_cycle(plan, waiting, scratch, diagnostics);
	return false;
}
