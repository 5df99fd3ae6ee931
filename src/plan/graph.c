/*
 * Edges are two arrays in one: first what each step needs, then what depends on it. Dependents
 * are appended while steps are walked upwards, needs while dependents are: both come out
 * ascending without a sort.
 */
#include "plan/graph.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "plan/graph_references.h"
#include "plan/heap.h"

/* A cycle longer than this is printed with its middle left out. */
#define SHOWN_CYCLE_STEPS 16

/* Who visits the edges, and what it needs for that. */
struct edge_walk {
	struct plan *plan;
	uint32_t *seen;         /* for each step: 1 + the last one that was found to need it */
	uint32_t *check_before; /* see find_checks(); NULL: no wave has checks */
	bool has_soft;          /* some need is */
};

typedef void edge_visitor(struct plan *plan, uint32_t step, uint32_t need);

static void visit_once(struct edge_walk *walk, uint32_t step, uint32_t need, edge_visitor *visit)
{
	if (need >= walk->plan->pipeline->step_count || walk->seen[need] == step + 1)
		return;
	walk->seen[need] = step + 1;
	visit(walk->plan, step, need);
}

/* The first check of a wave names itself as the one before it. */
static void visit_check_edges(struct edge_walk *walk, uint32_t step, edge_visitor *visit)
{
	const struct plan *plan = walk->plan;
	uint32_t before = walk->check_before[step];
	if (before != step && before != INDEX_NONE)
		visit_once(walk, step, before, visit);
	if (before != step)
		return;
	const struct plan_wave *wave = &plan->waves[plan->steps[step].wave];
	for (uint32_t k = 0; k + wave->check_count < wave->steps.count; k++)
		visit_once(walk, step, plan->wave_steps[wave->steps.first + k], visit);
}

/* Calls visit for every edge once. */
static void visit_edges(struct edge_walk *walk, edge_visitor *visit)
{
	const struct pipeline *pipeline = walk->plan->pipeline;
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		walk->seen[i] = 0;
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct step *step = &pipeline->steps[i];
		for (uint32_t k = 0; k < step->need_count; k++) {
			walk->has_soft |= step->needs[k].soft;
			visit_once(walk, i, step->needs[k].step, visit);
		}
		for (uint32_t k = 0; k < step->input_count; k++)
			visit_once(walk, i, step->inputs[k].step, visit);
		if (step->foreach)
			visit_once(walk, i, step->foreach->from.step, visit);
		if (walk->check_before)
			visit_check_edges(walk, i, visit);
	}
}

/* For each step the check before it in its wave; INDEX_NONE: not a check; itself: the first. */
static uint32_t *find_checks(const struct plan *plan, struct arena *scratch)
{
	uint32_t *check_before = NULL;
	for (uint32_t i = 0; i < plan->wave_count; i++) {
		const struct plan_wave *wave = &plan->waves[i];
		uint32_t end = wave->steps.first + wave->steps.count;
		if (wave->check_count > 0 && !check_before) {
			uint32_t step_count = plan->pipeline->step_count;
			check_before = ARENA_ARRAY(scratch, uint32_t, step_count);
			for (uint32_t step = 0; step < step_count; step++)
				check_before[step] = INDEX_NONE;
		}
		for (uint32_t k = end - wave->check_count; k < end; k++) {
			bool is_first = k == end - wave->check_count;
			uint32_t check = plan->wave_steps[k];
			check_before[check] = is_first ? check : plan->wave_steps[k - 1];
		}
	}
	return check_before;
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

/* Sets seen[need] to 1 + step for what the step cannot do without. */
static void mark_hard(const struct edge_walk *walk, uint32_t index)
{
	const struct step *step = &walk->plan->pipeline->steps[index];
	for (uint32_t place = 0; place < reference_count(step); place++) {
		uint32_t need = reference_target(step, place);
		bool is_soft = place < step->need_count && step->needs[place].soft;
		if (!is_soft && need < walk->plan->pipeline->step_count)
			walk->seen[need] = index + 1;
	}
}

/* An edge that is also a hard one, or one of a check, is not soft. */
static void mark_soft_edges(struct edge_walk *walk, struct arena *arena)
{
	struct plan *plan = walk->plan;
	uint32_t step_count = plan->pipeline->step_count;
	CLEANUP(arena_release) struct arena scratch = {0};
	uint32_t *marked_dependents = ARENA_ARRAY(&scratch, uint32_t, step_count);
	plan->edge_is_soft = ARENA_ARRAY(arena, bool, plan->edge_count);
	for (uint32_t i = 0; i < step_count; i++)
		walk->seen[i] = 0;
	for (uint32_t i = 0; i < step_count; i++) {
		struct index_range needs = plan->steps[i].needs;
		bool is_check = walk->check_before && walk->check_before[i] != INDEX_NONE;
		mark_hard(walk, i);
		for (uint32_t k = 0; k < needs.count; k++) {
			uint32_t need = plan->edges[needs.first + k];
			bool is_of_wave = is_check && plan->steps[need].wave == plan->steps[i].wave;
			bool is_soft = walk->seen[need] != i + 1 && !is_of_wave;
			uint32_t place =
				plan->steps[need].dependents.first + marked_dependents[need]++;
			plan->edge_is_soft[needs.first + k] = is_soft;
			plan->edge_is_soft[place] = is_soft;
		}
	}
}

/* From counts to places: first is set, and count begins again at 0. */
static uint32_t place_edges(struct plan *plan)
{
	uint32_t first = 0;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		struct index_range *needs = &plan->steps[i].needs;
		needs->first = first;
		first += needs->count;
		needs->count = 0;
	}
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		struct index_range *dependents = &plan->steps[i].dependents;
		dependents->first = first;
		first += dependents->count;
		dependents->count = 0;
	}
	return first;
}

void graph_build(struct plan *plan, struct arena *arena)
{
	uint32_t step_count = plan->pipeline->step_count;
	CLEANUP(arena_release) struct arena scratch = {0};
	struct edge_walk walk = {.plan = plan,
		.seen = ARENA_ARRAY(&scratch, uint32_t, step_count),
		.check_before = find_checks(plan, &scratch)};
	for (uint32_t i = 0; plan->edges && i < step_count; i++) {
		plan->steps[i].needs = (struct index_range){0, 0};
		plan->steps[i].dependents = (struct index_range){0, 0};
	}
	visit_edges(&walk, count_edge);
	plan->edge_count = place_edges(plan);
	plan->edges = ARENA_ARRAY(arena, uint32_t, plan->edge_count);
	visit_edges(&walk, add_dependent);
	add_needs(plan);
	if (walk.has_soft)
		mark_soft_edges(&walk, arena);
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

static int64_t order_key(const struct plan *plan, enum graph_order_by by, uint32_t step)
{
	int64_t stage = by == ORDER_BY_STAGE ? plan->steps[step].stage : 0;
	return stage << 32 | step;
}

bool graph_order(struct plan *plan, enum graph_order_by by, struct arena *arena,
	struct diagnostics *diagnostics)
{
	CLEANUP(arena_release) struct arena scratch = {0};
	uint32_t step_count = plan->pipeline->step_count;
	uint32_t *waiting = ARENA_ARRAY(&scratch, uint32_t, step_count);
	struct heap ready;
	heap_init(&ready, &scratch, step_count);
	if (!plan->order)
		plan->order = ARENA_ARRAY(arena, uint32_t, step_count);
	for (uint32_t i = 0; i < step_count; i++) {
		waiting[i] = plan->steps[i].needs.count;
		if (waiting[i] == 0)
			heap_push(&ready, order_key(plan, by, i), i);
	}
	uint32_t count = 0;
	while (ready.count > 0) {
		uint32_t step = heap_pop(&ready).value;
		plan->order[count++] = step;
		struct index_range dependents = plan->steps[step].dependents;
		for (uint32_t k = 0; k < dependents.count; k++) {
			uint32_t next = plan->edges[dependents.first + k];
			if (--waiting[next] == 0)
				heap_push(&ready, order_key(plan, by, next), next);
		}
	}
	if (count == step_count)
		return true;
	report_cycle(plan, waiting, &scratch, diagnostics);
	return false;
}
