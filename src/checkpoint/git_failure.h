#ifndef WAVETRAIN_CHECKPOINT_GIT_FAILURE_H
#define WAVETRAIN_CHECKPOINT_GIT_FAILURE_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Turns what libgit2 returned, and its own last message, into one sentence: "WHAT: why". Known
 * causes (owner, lock, full disk, an index it cannot read) get their code and the command to run.
 * Returns false.
 */
bool git_failure(struct error *error, int result, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
