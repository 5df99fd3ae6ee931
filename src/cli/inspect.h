#ifndef WAVETRAIN_CLI_INSPECT_H
#define WAVETRAIN_CLI_INSPECT_H

#include "cli/command.h"
#include "model/run.h"

/* What `wavetrain inspect RUN WORD` prints; without a word the list. False: *error says why. */
bool inspect_append(struct cli *cli, const struct run *run, const char *word, struct buffer *text,
	struct error *error);

#endif
