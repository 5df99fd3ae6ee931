#ifndef WAVETRAIN_CLI_PLAN_WHY_H
#define WAVETRAIN_CLI_PLAN_WHY_H

#include "cli/project.h"

/* In a run's folder: what its steps were defined as. */
#define DEFINITION_FILE "definition"

/*
 * Keeps the definition of the pipeline's steps with the run, for the next one to compare with;
 * beside it that of the pipeline as written, where lists have become steps since.
 */
bool definition_save(struct cli *cli, const struct pipeline *pipeline,
	const struct pipeline *written, const char *run_folder, struct error *error);

/* What definition_save() kept, both (difference.h); zeroed where there is none. Bytes are the cli's arena's. */
struct definition definition_load(struct cli *cli, const char *run_folder);

struct why_request {
	const struct project *project;
	const struct plan *plan;
	struct record *record; /* NULL: no run is on record */
	const char *step_id;
};

/*
 * Says what the plan does with the step and why, and the first thing that is not as in the
 * pipeline's last run. False: there is no such step; *error has the nearest.
 */
bool plan_why_append(struct cli *cli, const struct why_request *request, struct buffer *text,
	struct error *error);

#endif
