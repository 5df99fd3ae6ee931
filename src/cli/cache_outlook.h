#ifndef WAVETRAIN_CLI_CACHE_OUTLOOK_H
#define WAVETRAIN_CLI_CACHE_OUTLOOK_H

#include "base/arena.h"
#include "contract/contract_checker.h"
#include "model/plan.h"
#include "model/run.h"
#include "run/result_cache.h"

/*
 * Which steps of a plan are in the cache, as far as it can be told before anything runs: what a
 * step takes must be known, from this run or from the cache itself. What earlier steps will hand on
 * is never known: where they do, no step is found. The upper fields are set, the rest zeroed before.
 */
struct cache_outlook {
	const char *folder;         /* of the cache, absolute; NULL: there is none */
	const struct run *previous; /* what this run has done before; NULL: nothing */
	struct arena *arena;
	bool is_open;
	struct result_cache cache;
	struct contract_checker *checker; /* owned: for the schemas of contracts */
	struct artifact **artifacts; /* by step: its outputs, where they are known; the arena's */
};

void cache_outlook_close(struct cache_outlook *outlook);

/* plan_request.is_cached; context is the struct. */
bool cache_outlook_knows(void *context, const struct plan *plan, uint32_t step);

/* The ingredients of the step's key as result_cache.h has them, without inputs not known yet. */
void cache_outlook_ingredients(struct cache_outlook *outlook, const struct plan *plan,
	uint32_t step, struct buffer *lines);

#endif
