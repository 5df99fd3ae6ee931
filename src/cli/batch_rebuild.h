#ifndef WAVETRAIN_CLI_BATCH_REBUILD_H
#define WAVETRAIN_CLI_BATCH_REBUILD_H

#include "checkpoint/commit_text.h"
#include "cli/wiring.h"

/* Said to people also when they asked for quiet. */
void batch_say(const struct batch *batch, const char *sentence);

/* Puts a run that was lost on record anew from its commits, of which last is the newest, and says so. */
bool batch_rebuild_run(struct batch *batch, struct commit_reader *reader, const char *run_id,
	const struct commit_words *last, struct error *error);

/*
 * The same of batch->run, which another record has gone on with up to last. Refused with
 * ERROR_RUN_DIVERGED when this one has gone on with it as well; nothing is changed then.
 */
bool batch_rebuild_elsewhere(struct batch *batch, struct commit_reader *reader,
	const struct commit_words *last, struct error *error);

#endif
