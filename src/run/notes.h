#ifndef WAVETRAIN_RUN_NOTES_H
#define WAVETRAIN_RUN_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/mask.h"

/*
 * What steps write for people and for later steps, in RUN_FOLDER/notes: STEP-ID.ATTEMPT.summary.md
 * and STEP-ID.ATTEMPT.handoff.md, whose paths a step finds as WAVETRAIN_SUMMARY and
 * WAVETRAIN_HANDOFF (the folder is there, the files are not), and handoffs.md, the handoffs of all
 * steps that are done, which later steps find as WAVETRAIN_HANDOFFS.
 */
struct notes {
	char *path;                           /* heap: absolute, of the folder */
	int folder;                           /* its descriptor */
	const struct mask *mask;              /* what is taken out; not owned; NULL: nothing */
	struct buffer handoffs;               /* handoffs.md as it is or is to be */
	char handoffs_sha256[HASH_TEXT_SIZE]; /* of handoffs.md; "": there is none of this run */
	bool is_cut;                          /* it is full, and says so */
};

/* A handoff file counts up to this; the rest is left out, and a line says so. */
#define NOTES_FILE_LIMIT_BYTES (1u << 20)

/* All of handoffs.md; what would come after is left out, and a line says so. */
#define NOTES_HANDOFFS_LIMIT_BYTES (16u << 20)

/*
 * Makes the folder. A handoffs.md that is there does not count until it is rebuilt. mask outlives
 * the notes; it may be NULL.
 */
bool notes_open(
	struct notes *notes, const char *run_folder, const struct mask *mask, struct error *error);
void notes_close(struct notes *notes); /* also when the opening failed, or of zeroed memory */

/* Values of the environment variables; the arena's. No look at the disk. */
const char *notes_summary_path(
	const struct notes *notes, const char *step_id, uint32_t attempt, struct arena *arena);
const char *notes_handoff_path(
	const struct notes *notes, const char *step_id, uint32_t attempt, struct arena *arena);

/* Before an attempt: what a runner that was killed has left under its number is not its own. */
void notes_forget(const struct notes *notes, const char *step_id, uint32_t attempt);

/*
 * Takes secrets out of what an attempt has written, before anybody reads it; what is longer than
 * NOTES_FILE_LIMIT_BYTES is cut, and has no more with the line that says so. What cannot be written
 * anew is removed. Without a mask nothing happens.
 */
void notes_mask(const struct notes *notes, const char *step_id, uint32_t attempt);

/*
 * The same for everything in the folder, handoffs.md too. While no step runs: what was appended
 * after its attempt had ended, or was left by a runner that was killed.
 */
void notes_mask_all(const struct notes *notes);

/* Absolute path of handoffs.md; NULL: no step has handed anything on. */
const char *notes_handoffs_path(const struct notes *notes, struct arena *arena);

/* A step that is done, and the attempt that did it. */
struct note_source {
	const char *step_id;
	const char *step_name;
	uint32_t attempt;
};

/*
 * A stage's end: adds the handoffs of these to handoffs.md, in this order, each as
 *
 *   ## STEP NAME
 *
 *   what the step wrote
 *
 * and replaces the file in one step; nothing is written when none has left one (no file, an empty
 * one). Secrets are taken out. Bytes that are no UTF-8, and NULs, become U+FFFD. What is no plain file (a link, a FIFO)
 * is not read, and a line says so. False: handoffs.md is as it was before.
 */
bool notes_merge(struct notes *notes, const struct note_source *sources, uint32_t count,
	struct error *error);

/* On resume: the same from nothing, with all steps of the stages that are over, in order. */
bool notes_rebuild(struct notes *notes, const struct note_source *sources, uint32_t count,
	struct error *error);

#endif
