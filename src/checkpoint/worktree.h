#ifndef WAVETRAIN_CHECKPOINT_WORKTREE_H
#define WAVETRAIN_CHECKPOINT_WORKTREE_H

#include "checkpoint/checkpoint_save.h"
#include "model/services.h"

/*
 * Own checkouts for steps (`workspace: worktree`). They begin with what the work tree would
 * commit now, and what a step changed in its own is merged by tree at the stage's end. The
 * functions have the shape of struct worktree_services, with the checkpointer as context.
 */
extern const struct worktree_services checkpointer_worktrees;

/*
 * The run is complete: nothing of its worktrees is kept from `git gc` any longer. Not to be called
 * for a run that can be resumed.
 */
bool checkpointer_forget_worktrees(struct checkpointer *checkpointer, struct error *error);

/* Which runs are complete, in the record of this state folder. */
struct finished_runs {
	bool (*is_finished)(void *context, const char *run_id);
	void *context;
};

/*
 * The same, and that their names are taken, for runs that were killed after they had been recorded
 * as complete. folder: the repository's, or one beneath it; where it is none, nothing happens.
 */
void checkpointer_forget_finished(const char *folder, const struct finished_runs *runs);

/* services->roll_back: the work tree as it was at the run's last checkpoint, or at its start. */
bool checkpointer_roll_back(void *context, struct error *error);

/* services->changed_paths */
bool checkpointer_changed_paths(void *context, struct arena *arena, const char *const **paths,
	uint32_t *count, struct error *error);

#endif
