#ifndef WAVETRAIN_CHECKPOINT_WORKTREE_MERGE_H
#define WAVETRAIN_CHECKPOINT_WORKTREE_MERGE_H

#include "checkpoint/repository.h"
#include "model/services.h"

/* worktree_services->merge, with the checkpointer as context. */
bool worktree_merge(void *context, const struct worktree_merge *merge, struct arena *arena,
	struct worktree_conflict **conflicts, uint32_t *conflict_count, struct error *error);

/*
 * A checkpoint has what the last merge brought: it need not be kept any longer. To be called when
 * the references have moved.
 */
bool worktree_merge_settle(struct checkpointer *checkpointer, struct error *error);

#endif
