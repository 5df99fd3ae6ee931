#ifndef WAVETRAIN_MODEL_CONTRACT_CHECK_H
#define WAVETRAIN_MODEL_CONTRACT_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/event.h"
#include "model/pipeline.h"

/* A step's outputs as they were collected, for a contract that names them. */
struct contract_subject {
	const struct step *step;
	const char *work_folder;          /* absolute: the step's working directory */
	const char *artifacts_folder;     /* absolute: the run's artifacts */
	const struct artifact *artifacts; /* one for each of step->outputs */
	uint32_t artifact_count;
};

/*
 * Checks one contract that needs no process of its own. True: it holds. False: reason gets one
 * sentence for every rule that does not, joined by "; ", each with what was expected and found.
 */
typedef bool contract_check_function(const struct contract_subject *subject,
	const struct contract *contract, struct buffer *reason);

#endif
