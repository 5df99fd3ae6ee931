#ifndef WAVETRAIN_RUN_RUNNER_H
#define WAVETRAIN_RUN_RUNNER_H

#include <stdbool.h>

#include "base/error.h"
#include "model/contract_check.h"
#include "model/plan.h"
#include "model/run.h"
#include "model/services.h"

struct runner_settings {
	const struct plan *plan;
	const struct run *run;  /* ids, and what earlier attempts did when it is continued */
	const char *run_folder; /* absolute; log/, work/ and artifacts/ are made in it */
	const char *const *environment;      /* of this process; the base of every step's */
	const char *const *hidden_variables; /* names no step gets to see; NULL-ended */
	enum wave_failure_policy on_failure;
	bool resumed;         /* a pipeline_resumed event begins it, not a pipeline_started */
	bool die_with_parent; /* in CI: end when the process that started us is gone */
	contract_check_function *check_contract;
	const struct run_services *services;
};

enum run_outcome { RUN_COMPLETED, RUN_FAILED, RUN_INTERRUPTED };

/*
 * Runs the plan: stage after stage, at most plan->jobs steps at once. Returns false only when the
 * engine itself could not go on (*error); whatever was recorded stands, no step process is left.
 * SIGINT and SIGTERM are taken over for the call: no new step starts, running ones get SIGTERM,
 * SIGKILL after 4.5 s (0.7 s for SIGTERM, at once for a second SIGINT), outcome RUN_INTERRUPTED.
 */
bool runner_run(
	const struct runner_settings *settings, enum run_outcome *outcome, struct error *error);

#endif
