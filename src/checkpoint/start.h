#ifndef WAVETRAIN_CHECKPOINT_START_H
#define WAVETRAIN_CHECKPOINT_START_H

#include <stdbool.h>

#include "base/error.h"
#include "checkpoint/repository.h"

/* RUN-FOLDER/baseline, which says that the run has been in a repository. */
const char *baseline_path(struct checkpointer *checkpointer);

/*
 * Target, tip, snapshot and baseline of a run that begins, of one that is resumed, and of one
 * that is resumed although its folder is lost: then whatever is not committed is the user's.
 * HEAD and the identity must have been read.
 */
bool start_first(struct checkpointer *checkpointer, const struct checkpointer_settings *settings,
	struct error *error);
bool start_again(struct checkpointer *checkpointer, const struct checkpointer_settings *settings,
	struct error *error);
bool start_without_baseline(struct checkpointer *checkpointer,
	const struct checkpointer_settings *settings, struct error *error);

#endif
