#ifndef WAVETRAIN_CLI_BATCH_RESUME_H
#define WAVETRAIN_CLI_BATCH_RESUME_H

#include "cli/wiring.h"

/*
 * Decides which run is continued, if any: batch->resumed, batch->run and run_folder are set then.
 * *nothing_to_do: it is finished already, and that was said.
 */
bool batch_resume_find(struct batch *batch, bool *nothing_to_do, struct error *error);

/* Loads the pipeline: the one that was asked for, or the resumed run's with its parameters. */
bool batch_load_pipeline(struct batch *batch, struct error *error);

/* Plans what is left of the run: checks which artifacts are as they were left. */
bool batch_resume_plan(struct batch *batch, struct error *error);

/* Where results of earlier runs are kept. */
const char *batch_cache_folder(const struct batch *batch);

/*
 * Plans the pipeline over what batch->run has done. intact: for each of its artifacts whether it
 * is as it was left; NULL: all are, and nothing begins again that has failed: the run goes on with
 * its present_count steps.
 */
bool batch_continue_plan(
	struct batch *batch, const bool *intact, uint32_t present_count, struct error *error);

/* Brings the record of the resumed run in line with its new plan, and batch->run with the record. */
bool batch_resume_record(struct batch *batch, struct error *error);

#endif
