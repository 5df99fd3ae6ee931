#ifndef WAVETRAIN_CHECKPOINT_UNPUBLISHED_H
#define WAVETRAIN_CHECKPOINT_UNPUBLISHED_H

#include <stdbool.h>

#include "checkpoint/repository.h"

/* The commit that was made and never published; false: there is none, or it is not here. */
bool unpublished_find(const struct checkpointer *checkpointer, const struct checkpoint *unpublished,
	git_oid *commit);

/*
 * True when somebody has moved the target on without it, so that moving the target to it would
 * throw their commits out of the branch.
 */
bool unpublished_is_passed_by(const struct checkpointer *checkpointer,
	const struct checkpoint *unpublished, const git_oid *commit);

/*
 * Gives up a commit that was passed by, so that the next checkpoint commits its files anew: the
 * tip and the run's reference go back to the commit's parent. Refused, with no reference moved,
 * where the files are not in the work tree any more. A branch that has left the parent as well
 * is for target_follow() to refuse; then only the tip is set.
 */
bool unpublished_give_up(struct checkpointer *checkpointer, const struct checkpoint *unpublished,
	const git_oid *commit, struct error *error);

#endif
