#ifndef WAVETRAIN_RECORD_RUN_STATE_H
#define WAVETRAIN_RECORD_RUN_STATE_H

#include "record/record.h"

/*
 * What a commit of a run says of the run's state, as lines of words that a space parts; in a word
 * "%XX" stands for a byte, "-" for nothing.
 *
 *   state 1 RUN-ID PREVIOUS RECORD               PREVIOUS: the commit that holds what was before
 *   run PIPELINE FILE FORMAT MODE JOBS STARTED BASE BRANCH STEPS      where PREVIOUS is "-"
 *   parameter NAME DIGEST                        the same; one that was given
 *   checkpoint NUMBER TRIGGER WAVE PARTIAL
 *   done STEP FINGERPRINT STARTED ENDED          a step that is done since PREVIOUS
 *   undone STEP                                  one that is not any more
 *   artifact NAME PATH FILES FOLDER BYTES SHA256 of the step of the line before
 */
#define STATE_WORD "state"
#define STATE_FORM "1"

#define STATE_WORDS_AT_MOST 12

/* Splits a line, which is changed; the words after the first are decoded, NULL for "-". */
uint32_t state_words(char *line, char *words[STATE_WORDS_AT_MOST]);

#endif
