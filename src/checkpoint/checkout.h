#ifndef WAVETRAIN_CHECKPOINT_CHECKOUT_H
#define WAVETRAIN_CHECKPOINT_CHECKOUT_H

#include "checkpoint/kept_commit.h"
#include "checkpoint/repository.h"

/*
 * A checkout of a step's own. It has a whole git folder of its own (.git), which borrows the
 * repository's objects and has none of its references, remotes or hooks: git works in it, also
 * `git commit`, and nothing a git does there reaches the repository. HEAD is the base, on a branch
 * named as the repository's.
 */
struct checkout {
	const char *folder; /* absolute; made, with those above it */
	git_oid base;       /* the commit it begins with */
	/*
	 * The base's entries. Where what stat(2) said of the user's file still holds, that file is
	 * cloned or copied; all others are written from their blobs.
	 */
	git_index *index;
};

bool checkout_make(
	struct checkpointer *checkpointer, const struct checkout *checkout, struct error *error);

/*
 * A checkpointer whose work tree is the checkout and whose tip is the base, for
 * change_set_collect(): the repository's own settings, ignore rules and attributes hold, whatever
 * a step has done to the checkout's .git. Released also on failure.
 */
bool checkout_view(const struct checkpointer *checkpointer, const struct checkout *checkout,
	struct checkpointer *view, struct error *error);
void checkout_view_release(struct checkpointer *view);

#endif
