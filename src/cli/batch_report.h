#ifndef WAVETRAIN_CLI_BATCH_REPORT_H
#define WAVETRAIN_CLI_BATCH_REPORT_H

#include "cli/wiring.h"
#include "run/runner.h"

/*
 * Reads the run back from the record and tells everybody: the console, the report folder, the
 * job's summary and outputs, GitHub. Whatever of it fails costs one line; the result stands.
 * engine_error: why the engine could not go on (went false), else NULL.
 */
void batch_report(
	struct batch *batch, bool went, enum run_outcome outcome, const struct error *engine_error);

/* A run that was killed after its last event is complete, and its reports are not: they are written.
 */
void batch_report_missing(struct batch *batch);

/* The values of --report-dir and --templates, NULL where not given, before anything is run. */
bool batch_report_check(const char *folder, const char *templates, struct error *error);

/* Makes the folder, with a .gitignore of its own: no report is ever committed, wherever it lies. */
bool batch_report_folder(const char *folder, struct arena *arena, struct error *error);

/* The run before this one of the same pipeline, for comparisons; false: there is none. */
bool batch_previous_run(
	struct cli *cli, struct record *record, const struct run *run, struct run *previous);

#endif
