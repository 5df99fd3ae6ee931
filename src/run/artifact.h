#ifndef WAVETRAIN_RUN_ARTIFACT_H
#define WAVETRAIN_RUN_ARTIFACT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/event.h"
#include "model/pipeline.h"
#include "model/run.h"

/*
 * True when the artifact lies in the run's artifacts folder with the recorded checksum. Used for
 * every artifact of a run that is to be continued.
 */
bool artifact_is_intact(const struct run *run, const struct run_artifact *artifact);

/*
 * Keeps one declared output: finds it under the step's working directory (a path, a glob) or in
 * its output folder (path NULL: the one file NAME or NAME.*), copies it to
 * ARTIFACTS/STEP-ID/..., and fills *artifact. False with a reason a step's author understands
 * when it is missing, ambiguous, a link, or no plain file; the attempt has then failed.
 */
struct artifact_request {
	const char *step_id;
	const struct output *output;
	const char *work_folder;
	const char *output_folder;    /* NULL: the step has none */
	const char *artifacts_folder; /* absolute */
};
bool artifact_collect(const struct artifact_request *request, struct arena *arena,
	struct artifact *artifact, struct error *error);

/*
 * Puts a copy into the input folder as NAME with the artifact's extension, a folder as NAME.
 * The step may change its copy; the artifact stays as it is.
 */
bool artifact_inject(const char *artifacts_folder, const struct artifact *artifact,
	const char *input_folder, struct error *error);

/* The same for one of several instances of a step. */
struct artifact_delivery {
	const char *artifacts_folder;
	const struct artifact *artifact;
	const char *input_folder;
	const char *instance; /* NAME is a folder, and this, with the extension, is in it; NULL */
};
bool artifact_deliver(const struct artifact_delivery *delivery, struct error *error);

#endif
