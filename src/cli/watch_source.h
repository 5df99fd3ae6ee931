#ifndef WAVETRAIN_CLI_WATCH_SOURCE_H
#define WAVETRAIN_CLI_WATCH_SOURCE_H

#include "cli/batch.h"
#include "cli/watch_files.h"
#include "cli/watch_inputs.h"

/* The pipeline on disk, what it declares, and how those files were when it was last run. */
struct watch_source {
	struct cli *cli;
	const struct batch_choices *choices;
	const char *current_folder;
	const char *state_folder;
	int inotify; /* readable after anything near those files has happened; never blocks */
	struct watch_inputs inputs;
	bool has_inputs; /* of a pipeline without faults */
	struct watch_snapshot seen;
};

/*
 * ERROR_NO_PIPELINE, or ERROR_USAGE where the pipeline is a pipe, which nobody can read twice. To
 * be closed also on failure, and also when its inotify is just -1.
 */
bool watch_source_open(struct watch_source *source, struct cli *cli,
	const struct batch_choices *choices, struct error *error);
void watch_source_close(struct watch_source *source);

/*
 * To be called before a run: reads the pipeline anew and notes how its files are. Of one with
 * faults little can be understood: once there was a better one, its inputs stay until it is mended.
 */
bool watch_source_begin(struct watch_source *source, struct error *error);

/* What has changed since the last call of either; texts are the arena's. */
bool watch_source_changes(struct watch_source *source, struct arena *arena,
	struct file_changes *changes, struct error *error);

#endif
