#ifndef WAVETRAIN_CHECKPOINT_LEFT_BEHIND_H
#define WAVETRAIN_CHECKPOINT_LEFT_BEHIND_H

#include <stdbool.h>

#include "base/error.h"
#include "checkpoint/repository.h"

/*
 * The work tree as a run that failed or was interrupted left it, in RUN-FOLDER/left: a baseline
 * of its own. What is otherwise when the run is resumed, somebody has changed by hand.
 */

/*
 * Takes what was changed by hand into the baseline as the user's. Nothing happens where there is
 * no such file: after kill -9 the run's half-done work and a user's cannot be told apart. The
 * snapshot must be open. The file stays: left_behind_forget() when the run goes on.
 */
bool left_behind_compare(struct checkpointer *checkpointer, struct error *error);

/* From now on steps may change the work tree. */
bool left_behind_forget(struct checkpointer *checkpointer, struct error *error);

#endif
