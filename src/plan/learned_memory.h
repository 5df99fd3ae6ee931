#ifndef WAVETRAIN_PLAN_LEARNED_MEMORY_H
#define WAVETRAIN_PLAN_LEARNED_MEMORY_H

#include "base/arena.h"
#include "model/history.h"
#include "model/plan.h"

/* The pool that this is about, in bytes. One of less than MEMORY_LEAST_BYTES counts something else. */
#define MEMORY_POOL_NAME "memory"
#define MEMORY_LEAST_BYTES (UINT64_C(1) << 20)

/* No amount that is learned is smaller than this part of the pool. */
#define MEMORY_LEAST_PART 1024u

/*
 * Where execution.resources has the pool, a step that does not say what it needs of it claims the
 * most that its last successful attempts used (of an instance that never ran: that its like used),
 * a quarter more, rounded up to one of four amounts between each two powers of 2 and never more
 * than there is. So steps fall into few classes (model/ready_queue.h). Without history it claims
 * none. Sets plan->claims, which is the arena's. history may be NULL.
 */
void learned_memory_claim(struct plan *plan, const struct history *history, struct arena *arena);

/* The amount for a peak above 0, of a pool of so much. */
uint64_t learned_memory_amount(uint64_t peak_bytes, uint64_t pool_bytes);

#endif
