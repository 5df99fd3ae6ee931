#ifndef WAVETRAIN_CHECKPOINT_TRANSITION_H
#define WAVETRAIN_CHECKPOINT_TRANSITION_H

#include "checkpoint/repository.h"
#include "checkpoint/restoration.h"

/*
 * Changes the work tree from one commit's files to another's, only where the two differ, and so
 * that a kill at any moment loses nothing. While it is at work the reference `pending` points to a
 * commit X, and what that says is: the work tree is to go from X to its first parent. A merge
 * that was cut short is taken back by that, a roll-back is completed. The index stays.
 */
struct transition {
	git_oid from;
	git_oid to;
	git_oid pending;  /* X */
	bool all_or_none; /* a path that stands in the way is an error */
	const char *done; /* a reference that points to X from the end on; NULL: none */
};

/*
 * What stands in the way: paths that are neither as in `from` nor as in `to`. Reads only. The
 * caller releases the restoration, whose from and to refer to the transition.
 */
bool transition_compare(struct checkpointer *checkpointer, const struct transition *transition,
	struct restoration *restoration, struct error *error);

/* Unless it is all or none, such paths stay as they are; what was done before an error stays. */
bool transition_run(struct checkpointer *checkpointer, const struct transition *transition,
	struct error *error);

/* Of a killed predecessor. */
bool transition_recover(struct checkpointer *checkpointer, struct error *error);

#endif
