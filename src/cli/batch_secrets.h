#ifndef WAVETRAIN_CLI_BATCH_SECRETS_H
#define WAVETRAIN_CLI_BATCH_SECRETS_H

#include "cli/wiring.h"

/*
 * Makes batch->mask of what the loaded pipeline names under `secrets` and of the job's own tokens,
 * as they are in our environment or in the `env` of the pipeline or the step, and hands it to the
 * pipeline. Notes tell of names without a value and of values that cannot be masked. In a GitHub
 * job the runner is told to mask them as well.
 */
void batch_secrets_find(struct batch *batch);

/* The event without secrets: itself, or a copy whose texts last until batch->masked is reset. */
const struct event *batch_secrets_mask(struct batch *batch, const struct event *event);

/* At the very end; takes them out of the error that is still to be printed, if there is one. */
void batch_secrets_forget(struct batch *batch, struct error *error);

#endif
