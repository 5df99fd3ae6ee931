#ifndef WAVETRAIN_RUN_BUDGET_H
#define WAVETRAIN_RUN_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/plan.h"

/*
 * The time that a start of the runner has (execution.budget). A step that nine times in ten would
 * not end within it is not started; one that has never run is. Pure.
 */
struct budget {
	const struct plan *plan;
	int64_t end_ns; /* clock_monotonic_ns(); 0: there is no limit */
	uint32_t step;  /* the first that was not started for it; INDEX_NONE: none */
};

void budget_init(struct budget *budget, const struct plan *plan, int64_t start_ns);

/* False: there is too little time left for it. */
bool budget_allows(struct budget *budget, uint32_t step, int64_t now_ns);

/* Why the run stops, once a step was not allowed; the arena's. */
const char *budget_reason(const struct budget *budget, struct arena *arena);

#endif
