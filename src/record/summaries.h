#ifndef WAVETRAIN_RECORD_SUMMARIES_H
#define WAVETRAIN_RECORD_SUMMARIES_H

#include "base/arena.h"
#include "model/run.h"

/*
 * Fills the steps' summary from RUN_FOLDER/notes/STEP-ID.ATTEMPT.summary.md, of the last attempt
 * that wrote one. What is no plain file is left out, what is longer than a limit is cut; there is
 * no failure: a summary is for show.
 */
#define SUMMARY_LIMIT_BYTES (64u << 10)  /* of one step */
#define SUMMARIES_LIMIT_BYTES (4u << 20) /* of a run */
void summaries_read(struct run *run, struct arena *arena);

#endif
