#ifndef WAVETRAIN_LOAD_CI_CONTEXT_LOAD_H
#define WAVETRAIN_LOAD_CI_CONTEXT_LOAD_H

#include "base/arena.h"
#include "base/error.h"
#include "model/ci_context.h"

/*
 * Reads the job's variables and its event file (at most 25 MiB). A missing or broken event file
 * is not an error: what is not known stays NULL or 0 and *warning says so (NULL: nothing to say).
 * The token comes from WAVETRAIN_TOKEN, else GITHUB_TOKEN, else INPUT_TOKEN.
 */
void ci_context_load(const char *const *environment, struct arena *arena,
	struct ci_context *context, const char **warning);

/* The variables that carry a token and are taken from every child's environment; NULL-ended. */
extern const char *const ci_token_variables[];

#endif
