#ifndef WAVETRAIN_CLI_REPORT_MASK_H
#define WAVETRAIN_CLI_REPORT_MASK_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/mask.h"
#include "model/run.h"

/*
 * The last look for secrets at what leaves the house: whatever way one came into a run's texts, no
 * report has it. mask may be NULL everywhere.
 */

/* The texts of a run that are no facts of the engine's own; the new ones are the arena's. */
void report_mask_run(const struct mask *mask, struct run *run, struct arena *arena);

/* A text that is finished. A find of less than 8 bytes says too little to spoil it. */
void report_mask_buffer(const struct mask *mask, struct buffer *text);

/*
 * The same for all reports of a folder that are there. One that cannot be written anew is removed;
 * false: one was, or could not even be read.
 */
bool report_mask_folder(const struct mask *mask, const char *folder, struct error *error);

#endif
