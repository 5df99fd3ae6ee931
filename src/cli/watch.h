#ifndef WAVETRAIN_CLI_WATCH_H
#define WAVETRAIN_CLI_WATCH_H

#include "cli/batch.h"

/*
 * `run --watch`: a run, and another one whenever what the pipeline declares has changed; which
 * files those are says watch_inputs.h, what starts one watch_decision.h.
 *
 * Each run is a child process, `/proc/self/exe run …` without --watch. So it is a plain run in
 * everything: its state, its record, the lock on the state folder (free while we wait, so that
 * `approve`, `resume` and other runs find what they always find), its signals and its memory, of
 * which nothing is left over for the next. And what ends it, a crash too, does not end the
 * watching.
 *
 * While a run goes on nothing is looked at: when it has ended, what differs from its start is what
 * has changed, so that any number of changes are one more run. Every run is a new one; with
 * --resume only the first may continue another.
 *
 * Ends by SIGINT, SIGTERM or SIGHUP. One that comes during a run is the run's too. Returns the
 * exit status of the last run; -1 with *error when nothing can be watched, in a GitHub job and
 * with --dry-run (ERROR_USAGE).
 */
int watch_run(struct cli *cli, const struct batch_choices *choices, struct error *error);

#endif
