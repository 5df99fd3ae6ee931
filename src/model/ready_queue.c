#include "model/ready_queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/index.h"

/* --- classes --- */

/* Class 0 asks for nothing. */
static uint32_t find_class(struct ready_queue *queue, uint32_t step)
{
	struct step_claims claims = plan_step_claims(queue->plan, step);
	for (uint32_t i = 0; i < queue->class_count; i++) {
		const struct ready_class *class = &queue->classes[i];
		if (resource_claims_equal(
			    claims.items, claims.count, class->claims, class->claim_count))
			return i;
	}
	GROW(queue->classes, queue->class_count, queue->class_capacity);
	queue->classes[queue->class_count] =
		(struct ready_class){.claims = claims.items, .claim_count = claims.count};
	return queue->class_count++;
}

static void sort_into_classes(struct ready_queue *queue)
{
	const struct pipeline *pipeline = queue->plan->pipeline;
	uint32_t first = 0;
	queue->class_of = heap_allocate(pipeline->step_count, sizeof *queue->class_of);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		queue->class_of[i] = find_class(queue, i);
		queue->classes[queue->class_of[i]].count++;
	}
	for (uint32_t i = 0; i < queue->class_count; i++) {
		queue->classes[i].first = first;
		first += queue->classes[i].count;
		queue->classes[i].count = 0;
	}
}

void ready_queue_init(struct ready_queue *queue, const struct plan *plan)
{
	const struct pipeline *pipeline = plan->pipeline;
	*queue = (struct ready_queue){
		.plan = plan,
		.items = heap_allocate((size_t)pipeline->step_count + 1, sizeof *queue->items),
		.classes = heap_allocate(1, sizeof *queue->classes),
		.class_count = 1,
		.class_capacity = 1,
		.free = heap_allocate(
			(size_t)pipeline->execution.pool_count + 1, sizeof *queue->free),
		.passed = INDEX_NONE,
	};
	for (uint32_t i = 0; i < pipeline->execution.pool_count; i++)
		queue->free[i] = pipeline->execution.pools[i].amount;
	if (pipeline->execution.pool_count)
		sort_into_classes(queue);
}

void ready_queue_release(struct ready_queue *queue)
{
	free(queue->items);
	free(queue->classes);
	free(queue->class_of);
	free(queue->free);
	free(queue->must_be_alone);
	*queue = (struct ready_queue){0};
}

static struct ready_class *class_of(const struct ready_queue *queue, uint32_t step)
{
	return &queue->classes[queue->class_of ? queue->class_of[step] : 0];
}

static bool must_be_alone(const struct ready_queue *queue, uint32_t step)
{
	return queue->must_be_alone && queue->must_be_alone[step];
}

void ready_queue_require_alone(struct ready_queue *queue, uint32_t step)
{
	uint32_t step_count = queue->plan->pipeline->step_count;
	if (!queue->must_be_alone) {
		queue->must_be_alone = heap_allocate(step_count, sizeof *queue->must_be_alone);
		queue->items = heap_grow(queue->items, (size_t)step_count + 1,
			2 * (size_t)step_count + 1, sizeof *queue->items);
		queue->alone.first = step_count;
	}
	queue->must_be_alone[step] = 1;
}

/* --- the heap of a class --- */

static bool comes_before(const struct plan *plan, uint32_t left, uint32_t right)
{
	int64_t left_key = plan_step_key(plan, left);
	int64_t right_key = plan_step_key(plan, right);
	return left_key != right_key ? left_key < right_key : left < right;
}

void ready_queue_push(struct ready_queue *queue, uint32_t step)
{
	struct ready_class *class =
		must_be_alone(queue, step) ? &queue->alone : class_of(queue, step);
	uint32_t *heap = queue->items + class->first;
	uint32_t at = class->count++;
	while (at && comes_before(queue->plan, step, heap[(at - 1) / 2])) {
		heap[at] = heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	heap[at] = step;
	queue->count++;
}

static uint32_t pop(struct ready_queue *queue, struct ready_class *class)
{
	uint32_t *heap = queue->items + class->first;
	uint32_t best = heap[0];
	uint32_t last = heap[--class->count];
	uint32_t at = 0;
	while (2 * at + 1 < class->count) {
		uint32_t below = 2 * at + 1;
		if (below + 1 < class->count &&
			comes_before(queue->plan, heap[below + 1], heap[below]))
			below++;
		if (!comes_before(queue->plan, heap[below], last))
			break;
		heap[at] = heap[below];
		at = below;
	}
	heap[at] = last;
	queue->count--;
	return best;
}

/* --- resources --- */

static bool fits(const struct ready_queue *queue, const struct ready_class *class)
{
	for (uint32_t i = 0; i < class->claim_count; i++) {
		if (class->claims[i].amount > queue->free[class->claims[i].pool])
			return false;
	}
	return true;
}

static bool share_a_pool(const struct ready_class *left, const struct ready_class *right)
{
	for (uint32_t i = 0; i < left->claim_count; i++) {
		for (uint32_t k = 0; k < right->claim_count; k++) {
			if (left->claims[i].pool == right->claims[k].pool)
				return true;
		}
	}
	return false;
}

/* The class with the best step, of those that fit, or of all; INDEX_NONE: there is none. */
static uint32_t best_class(
	const struct ready_queue *queue, bool must_fit, const struct ready_class *reserved)
{
	uint32_t best = INDEX_NONE;
	for (uint32_t i = 0; i < queue->class_count; i++) {
		const struct ready_class *class = &queue->classes[i];
		bool is_held = reserved && class != reserved && share_a_pool(class, reserved);
		if (!class->count || is_held || (must_fit && !fits(queue, class)))
			continue;
		if (best == INDEX_NONE || comes_before(queue->plan, queue->items[class->first],
						  queue->items[queue->classes[best].first]))
			best = i;
	}
	return best;
}

/* Notes that the best step of all is passed by another one. */
static void note_pass(struct ready_queue *queue, uint32_t best_of_all, uint32_t taken)
{
	if (best_of_all == taken) {
		queue->passed = INDEX_NONE;
		queue->pass_count = 0;
		return;
	}
	queue->pass_count = queue->passed == best_of_all ? queue->pass_count + 1 : 1;
	queue->passed = best_of_all;
}

/* The best of the others that fits; INDEX_NONE: none does, or one is kept room for. */
static uint32_t find_class_to_take(struct ready_queue *queue, uint32_t *best_of_all)
{
	*best_of_all = best_class(queue, false, NULL);
	if (*best_of_all == INDEX_NONE)
		return INDEX_NONE;
	bool is_reserved = queue->passed == *best_of_all && queue->pass_count >= READY_PASS_LIMIT;
	return best_class(queue, true, is_reserved ? &queue->classes[*best_of_all] : NULL);
}

/* Some step waits to run alone, and nothing may start before it. */
static bool is_kept_free(const struct ready_queue *queue)
{
	return queue->alone.count && queue->alone_pass_count >= READY_PASS_LIMIT;
}

/* Nothing runs: is it the turn of a step that must then be alone? taken: INDEX_NONE: of no other. */
static bool is_turn_of_alone(const struct ready_queue *queue, uint32_t taken)
{
	if (!queue->alone.count || queue->running_count)
		return false;
	return is_kept_free(queue) || taken == INDEX_NONE ||
	       comes_before(queue->plan, queue->items[queue->alone.first],
		       queue->items[queue->classes[taken].first]);
}

static uint32_t take(struct ready_queue *queue, struct ready_class *class)
{
	uint32_t step = pop(queue, class);
	const struct ready_class *claims = class_of(queue, step);
	for (uint32_t i = 0; i < claims->claim_count; i++)
		queue->free[claims->claims[i].pool] -= claims->claims[i].amount;
	queue->running_count++;
	return step;
}

bool ready_queue_take(struct ready_queue *queue, uint32_t *step)
{
	uint32_t best_of_all;
	if (!queue->count || queue->is_alone || (queue->running_count && is_kept_free(queue)))
		return false;
	uint32_t taken = find_class_to_take(queue, &best_of_all);
	if (is_turn_of_alone(queue, taken)) {
		*step = take(queue, &queue->alone);
		queue->is_alone = true;
		queue->alone_pass_count = 0;
		return true;
	}
	if (taken == INDEX_NONE)
		return false;
	note_pass(queue, best_of_all, taken);
	*step = take(queue, &queue->classes[taken]);
	queue->alone_pass_count += queue->alone.count > 0;
	return true;
}

void ready_queue_give_back(struct ready_queue *queue, uint32_t step)
{
	const struct ready_class *class = class_of(queue, step);
	for (uint32_t i = 0; i < class->claim_count; i++)
		queue->free[class->claims[i].pool] += class->claims[i].amount;
	queue->running_count--;
	queue->is_alone = false;
}

static uint32_t list_class(const struct ready_queue *queue, const struct ready_class *class,
	uint32_t *steps, uint32_t limit)
{
	uint32_t count = class->count < limit ? class->count : limit;
	for (uint32_t i = 0; i < count; i++)
		steps[i] = queue->items[class->first + i];
	return count;
}

uint32_t ready_queue_list(const struct ready_queue *queue, uint32_t *steps, uint32_t limit)
{
	uint32_t count = list_class(queue, &queue->alone, steps, limit);
	for (uint32_t i = 0; i < queue->class_count; i++)
		count += list_class(queue, &queue->classes[i], steps + count, limit - count);
	return count;
}

void ready_queue_drain(struct ready_queue *queue, uint32_t *steps)
{
	ready_queue_list(queue, steps, queue->count);
	for (uint32_t i = 0; i < queue->class_count; i++)
		queue->classes[i].count = 0;
	queue->alone.count = 0;
	queue->count = 0;
}
