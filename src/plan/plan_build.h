#ifndef WAVETRAIN_PLAN_PLAN_BUILD_H
#define WAVETRAIN_PLAN_PLAN_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "model/diagnostic.h"
#include "model/history.h"
#include "model/plan.h"
#include "model/run.h"

struct plan_request {
	const struct pipeline *pipeline;
	const struct history *history; /* NULL: none */
	uint32_t jobs;                 /* 0: what the pipeline says, else processors */
	uint32_t processors;           /* of this machine; at least 1 */

	/* When a run is continued: what it did, and which of its artifacts are still as recorded. */
	const struct run *previous;  /* NULL: a new run */
	const bool *artifact_intact; /* one for each of previous->artifacts */
	/* Of the first so many steps what failed or was skipped stays so, and is ACTION_SKIP. */
	uint32_t kept_count;
	/* Why each step of the pipeline is left out by a person; NULL each: it is not; itself NULL: none is. */
	const char *const *left_out;
	/* What difference_write() gave for its plan, to say what changed; NULL: not known. */
	const char *previous_definition;
	size_t previous_definition_size;

	/* For conditions: "NAME=VALUE", NULL after the last; itself NULL: nothing is set. */
	const char *const *environment;
	/* Whether a path that matches has changed; NULL: nobody knows, then everything has. */
	bool (*is_changed)(void *context, const char *glob);
	void *changed_context;

	/*
	 * Whether the result of a step is in the cache. Asked needs before dependents, and only for
	 * steps with a cache rule that would run; fingerprints and the actions of what the step
	 * needs are there. NULL: there is no cache.
	 */
	bool (*is_cached)(void *context, const struct plan *plan, uint32_t step);
	void *cache_context;
};

/*
 * Pure but for what is_changed and is_cached do. False when the pipeline cannot be planned (a
 * cycle, a need in a later wave, a step in no wave); the findings say why and name the steps. Time
 * and memory are linear in steps and edges.
 */
bool plan_build(const struct plan_request *request, struct arena *arena,
	struct diagnostics *diagnostics, struct plan *plan);

#endif
