#ifndef WAVETRAIN_CHECKPOINT_PUBLISH_H
#define WAVETRAIN_CHECKPOINT_PUBLISH_H

#include "checkpoint/change_set.h"
#include "checkpoint/repository.h"

/* Moves the run's reference and the target to the commit, each from the value it is known to have. */
bool references_move(struct checkpointer *checkpointer, const git_oid *commit, const char *subject,
	struct error *error);

/* Waits up to a second for another git's index.lock; then names it. */
bool user_index_await(struct checkpointer *checkpointer, struct error *error);

/* Writes the set's entries into the user's index, so that `git status` is clean of them. */
bool user_index_follow(
	struct checkpointer *checkpointer, const struct change_set *set, struct error *error);

/*
 * After a crash between the branch and the index: entries that differ from HEAD although the
 * file is what HEAD says are rewritten. What the user has staged otherwise stays.
 */
bool user_index_heal(struct checkpointer *checkpointer, struct error *error);

/*
 * A killed predecessor may leave the lock file of a reference or of the index, which would stop
 * every later update. publish_begin() leaves a mark in the run's folder while locks can be
 * taken; locks_clear_stale() removes those of our own namespace, and of the target and the index
 * when they were made within seconds of the mark and nobody has taken them away for a second.
 */
bool publish_begin(const struct checkpointer *checkpointer, struct error *error);
void publish_end(const struct checkpointer *checkpointer);
bool locks_clear_stale(const struct checkpointer *checkpointer, struct error *error);

/* Sleeps a little; false when the second that began at *started_ns is over. */
bool lock_wait(int64_t *started_ns);

#endif
