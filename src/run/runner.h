#ifndef WAVETRAIN_RUN_RUNNER_H
#define WAVETRAIN_RUN_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/plan.h"
#include "model/run.h"
#include "model/services.h"
#include "run/breakpoints.h"

struct runner_settings {
	const struct plan *plan;
	const struct run *run;    /* ids, and what earlier attempts did when it is continued */
	const char *run_folder;   /* absolute; log/, work/, notes/ and artifacts/ are made in it */
	const char *state_folder; /* absolute; cache/ is made in it; NULL: nothing is cached */
	const char *folder_in_tree; /* the pipeline's folder counted from the repository's root */
	const char *own_program;    /* absolute path of wavetrain, for agents and components */
	const char *const *environment;      /* of this process; the base of every step's */
	const char *const *hidden_variables; /* names no step gets to see; NULL-ended */
	enum wave_failure_policy on_failure;
	bool resumed;             /* a pipeline_resumed event begins it, not a pipeline_started */
	bool expanded;            /* goes on after RUN_TO_EXPAND: no event begins it */
	const char *start_reason; /* of that event: what is not as usual; NULL: nothing */
	bool die_with_parent;     /* in CI: end when the process that started us is gone */
	int64_t started_ns;       /* of expanded: when the first of these calls began; else 0 */
	const struct run_services *services;
	struct breakpoints *breakpoints; /* of the plan's pipeline; NULL: nobody debugs */
	uint32_t *expand_step; /* out, with RUN_TO_EXPAND: the step; may be NULL without foreach */
};

enum run_outcome {
	RUN_COMPLETED,
	RUN_FAILED,
	RUN_INTERRUPTED, /* by a signal, the run's time limit, or a gate or a decision that waits */
	/*
	 * A step with foreach has its list: what ran beside it has come to its end, everything is
	 * on record, and no event ends the run. The caller expands the pipeline, plans again with
	 * the run so far, and calls again with `expanded`. Not after a failure: a new plan would
	 * begin again what has failed, so the step stays pending.
	 */
	RUN_TO_EXPAND
};

/*
 * Runs the plan: stage after stage, at most plan->jobs steps at once. Returns false only when the
 * engine itself could not go on (*error); whatever was recorded stands, no step process is left.
 * SIGINT and SIGTERM are taken over for the call: no new step starts, running ones get SIGTERM,
 * SIGKILL after 4.5 s (0.7 s for SIGTERM, at once for a second SIGINT), outcome RUN_INTERRUPTED.
 * So it is when the run's time limit is over.
 */
bool runner_run(
	const struct runner_settings *settings, enum run_outcome *outcome, struct error *error);

#endif
