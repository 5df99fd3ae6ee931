#ifndef WAVETRAIN_MODEL_CONTRACT_CHECK_H
#define WAVETRAIN_MODEL_CONTRACT_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/event.h"
#include "model/pipeline.h"

/* A step's outputs as they were collected, for a contract that names them. */
struct contract_subject {
	const struct step *step;
	const char *pipeline_folder;      /* absolute: schemas count from it */
	const char *work_folder;          /* absolute: what its paths count from */
	const char *artifacts_folder;     /* absolute: the run's artifacts */
	const struct artifact *artifacts; /* one for each of step->outputs */
	uint32_t artifact_count;
	/* CONTRACT_DIFF_SCOPE: what the step changed, relative to the pipeline's folder. */
	const char *const *changed_paths;
	uint32_t changed_count;
};

/* Texts and errors are the arena's that was given. */
struct contract_result {
	bool is_kept;
	bool was_known; /* the same content has passed the same contract before: not checked again */
	struct contract_error *errors; /* at most CONTRACT_ERROR_LIMIT; model/event.h */
	uint32_t error_count;
	uint32_t error_total; /* with those beyond the limit */
	const char *reason;   /* of one that is not kept: one sentence that sums it up */
};
#define CONTRACT_ERROR_LIMIT 200u

/* Checks one contract that needs no process of its own. context: whoever does the checking. */
typedef void contract_check_function(void *context, const struct contract_subject *subject,
	const struct contract *contract, struct arena *arena, struct contract_result *result);

#endif
