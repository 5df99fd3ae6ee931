#ifndef WAVETRAIN_PLAN_PLAN_BUILD_H
#define WAVETRAIN_PLAN_PLAN_BUILD_H

#include <stdbool.h>

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
};

/*
 * Pure: no process, no file, no network. False when the pipeline cannot be planned (a cycle, a
 * need in a later wave); the findings say why and name the steps. Time and memory are linear in
 * steps and edges.
 */
bool plan_build(const struct plan_request *request, struct arena *arena,
	struct diagnostics *diagnostics, struct plan *plan);

#endif
