#ifndef WAVETRAIN_CHECKPOINT_RUN_CLAIM_H
#define WAVETRAIN_CHECKPOINT_RUN_CLAIM_H

#include <stdbool.h>

#include "base/error.h"
#include "checkpoint/repository.h"

/*
 * Work trees of one repository have records of their own and name runs by the second, but share
 * their references. From its start to its end a run has an empty file of its name in the
 * repository's common git folder; from its first commit on its reference says the same.
 */

/* Refused, before anything runs, when another run of that name has begun or has committed. */
bool run_claim_take(struct checkpointer *checkpointer, struct error *error);

/* Also removes what a killed start of the run has left. */
void run_claim_drop(struct checkpointer *checkpointer);

#endif
