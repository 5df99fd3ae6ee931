#ifndef WAVETRAIN_CLI_DRY_RUN_H
#define WAVETRAIN_CLI_DRY_RUN_H

#include "cli/batch.h"

/*
 * `run --dry-run`: everything is loaded, checked and planned; for every declared schema a document
 * that satisfies it is made and goes through the contracts; the plan and the flow of data are
 * printed. Starts no process, touches no reference, sends nothing, and writes nothing outside
 * STATE/runs/dry_TIME/. Returns the exit status, or -1 with *error.
 */
int dry_run(struct cli *cli, const struct batch_choices *choices, struct error *error);

#endif
