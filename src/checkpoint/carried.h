#ifndef WAVETRAIN_CHECKPOINT_CARRIED_H
#define WAVETRAIN_CHECKPOINT_CARRIED_H

#include <stdbool.h>

#include "base/error.h"
#include "checkpoint/repository.h"

/*
 * A run's record can be carried to another clone, whose HEAD is where the run once began: what
 * CI checks out for a re-run. There the run's reference is missing, or older than the record,
 * and the files of the waves that are done are missing too.
 *
 * Then *adopted becomes true: the files are brought to the work tree, both references and the
 * index are moved on, and whatever else differs in this work tree is the user's from now on (the
 * baseline is made anew). With *adopted false nothing was done; this is the clone the run was in.
 * The run's reference and the target must have been looked up. Refused, with everything left as
 * it was: a commit that is not in this clone, references that have gone another way, local
 * changes in the way.
 */
bool carried_adopt(struct checkpointer *checkpointer, const struct checkpointer_settings *settings,
	bool *adopted, struct error *error);

#endif
