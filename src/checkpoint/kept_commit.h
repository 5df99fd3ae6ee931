#ifndef WAVETRAIN_CHECKPOINT_KEPT_COMMIT_H
#define WAVETRAIN_CHECKPOINT_KEPT_COMMIT_H

#include "checkpoint/change_set.h"
#include "checkpoint/repository.h"

/*
 * Trees that must not be lost although no branch has them: commits of our own, each kept from
 * `git gc` by a reference.
 *
 *   refs/wavetrain/worktrees/RUN-ID/checkouts/NAME  what a step's checkout began with
 *   refs/wavetrain/worktrees/RUN-ID/changes/NAME    what the step made of it; parent: that
 *   refs/wavetrain/worktrees/RUN-ID/merged          what a stage's merge made of the work tree;
 *                                                   parents: the work tree before, the changes
 *   refs/wavetrain/worktrees/RUN-ID/pending         see transition.h
 *   refs/wavetrain/backup/RUN-ID/N                  what a roll-back has taken away
 */
struct kept_commit {
	const git_oid *tree;
	const git_oid **parents; /* borrowed */
	size_t parent_count;
	const char *message;
};

bool kept_commit_write(const struct checkpointer *checkpointer, struct object_store *store,
	const struct kept_commit *commit, git_oid *id, struct error *error);

/* The full name of a reference among the run's worktrees; the arena's. */
const char *kept_name(
	const struct checkpointer *checkpointer, struct arena *arena, const char *suffix);

/* Nobody but this run moves them: a lock that is in the way is a killed predecessor's. */
bool kept_reference_set(const struct checkpointer *checkpointer, const char *name,
	const git_oid *id, struct error *error);
bool kept_reference_drop(
	const struct checkpointer *checkpointer, const char *name, struct error *error);
/* All in a folder of references (with its '/'), or those that point to id. */
bool kept_reference_drop_all(const struct checkpointer *checkpointer, const char *folder,
	const git_oid *id, struct error *error);
bool kept_reference_find(const struct checkpointer *checkpointer, const char *name, git_oid *id,
	bool *found, struct error *error);

/*
 * The work tree as it is now, also with files that a checkpoint would refuse: what is made of it
 * stays in this clone. Zeroed before use, also on failure released.
 */
struct present {
	struct arena arena;
	struct change_set set;      /* against the tip */
	struct object_store *store; /* holds what is new: for object_store_finish() */
	git_oid tree;
};
bool present_open(struct checkpointer *checkpointer, struct present *present, struct error *error);
void present_release(struct present *present);

/* The tree that a set makes of the tip's. */
bool present_write_tree(const struct checkpointer *checkpointer, const struct change_set *set,
	struct object_store *store, git_oid *tree, struct error *error);

#endif
