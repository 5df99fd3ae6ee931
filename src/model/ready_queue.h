#ifndef WAVETRAIN_MODEL_READY_QUEUE_H
#define WAVETRAIN_MODEL_READY_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/plan.h"

/*
 * Steps that are ready, and the resources they share (execution.resources). Given out is the best by
 * plan_step_key() of those that fit into what is free: smaller ones pass larger ones, so that nothing
 * idles while a step fits (backfilling). A step that was passed READY_PASS_LIMIT times while it was
 * the best of all is kept room for: nothing that asks for a pool of its is given out before it.
 *
 * A step that must run alone is given out only when nothing else is, and nothing is while it runs. It
 * is the turn of others as long as they come before it or something still runs, but of no more than
 * READY_PASS_LIMIT of them once it is ready.
 *
 * Steps that ask for the same amounts are one class with a heap of its own, so giving one out costs
 * log(ready) and a look at each class. There are RESOURCE_KIND_LIMIT of those that are written, times
 * the few amounts of memory that are learned (plan/learned_memory.h).
 */
#define READY_PASS_LIMIT 8u

struct ready_class {
	const struct resource_claim *claims;
	uint32_t claim_count;
	uint32_t first; /* in items: room for all its steps */
	uint32_t count; /* of them ready: a heap, the best first */
};

struct ready_queue {
	const struct plan *plan;
	uint32_t count; /* ready steps of all classes */
	uint32_t *items;
	struct ready_class *classes;
	uint32_t class_count;
	uint32_t class_capacity;
	uint32_t *class_of;       /* of each step; NULL: there is one class */
	uint64_t *free;           /* of each of execution.pools */
	uint32_t passed;          /* the class of the step that was passed last; INDEX_NONE: none */
	uint32_t pass_count;      /* how often, one after another */
	uint32_t running_count;   /* given out and not given back */
	uint8_t *must_be_alone;   /* of each step, 0 or 1; NULL: none must */
	struct ready_class alone; /* those of them that are ready; what they claim is not in it */
	uint32_t alone_pass_count; /* others that were given out while one of them was ready */
	bool is_alone;             /* one of them runs */
};

/* Ends with ready_queue_release(). */
void ready_queue_init(struct ready_queue *queue, const struct plan *plan);
void ready_queue_release(struct ready_queue *queue);

/* The step is not in it. */
void ready_queue_push(struct ready_queue *queue, uint32_t step);

/* The next step, whose claims are then taken; false: none fits, or none is there. */
bool ready_queue_take(struct ready_queue *queue, uint32_t *step);

/* A step that was given out runs no longer. */
void ready_queue_give_back(struct ready_queue *queue, uint32_t step);

/* From its next turn on the step runs alone. It is not in the queue. */
void ready_queue_require_alone(struct ready_queue *queue, uint32_t step);

/* At most limit of the steps that are ready, the best of each class first. Returns how many. */
uint32_t ready_queue_list(const struct ready_queue *queue, uint32_t *steps, uint32_t limit);

/* Takes all out, in no order; steps has room for count of them. */
void ready_queue_drain(struct ready_queue *queue, uint32_t *steps);

#endif
