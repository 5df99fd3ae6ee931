#ifndef WAVETRAIN_CLI_WATCH_INPUTS_H
#define WAVETRAIN_CLI_WATCH_INPUTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "component/input_files.h"
#include "model/pipeline.h"

/* A place that a pipeline names: files that its steps read, or that they write. */
struct watch_rule {
	const char *folder;   /* absolute */
	const char *path;     /* from there: a file, a folder for all beneath it, or a glob */
	bool is_file;         /* one file, wherever links lead; path may be absolute */
	bool is_of_component; /* files says what is taken; path may be absolute or have ".." */
	struct input_files files;
};

struct watch_rules {
	struct watch_rule *items; /* heap */
	uint32_t count;
	uint32_t capacity;
	struct map known; /* places that are in it; keys are the arena's */
};

/*
 * What a pipeline declares, without looking at a file. Read: the pipeline's file; what it takes
 * from files beside it (.wavetrain/adapters.yaml, components.yaml, personas/, a table's
 * wavetrain.yml, system prompts, schemas with the .json files of a folder of their own); programs
 * named by a path; `cache.key`; `changed()` in an `if`; files of the built-in components. Written:
 * paths of outputs, `cache.paths`, what a diff_scope allows.
 */
struct watch_inputs {
	struct watch_rules read;
	struct watch_rules written;
	struct arena arena; /* of the rules, not of the pipeline */
};

/* pipeline: as loaded, also with faults; it may go afterwards. file: absolute, the pipeline's. */
void watch_inputs_collect(
	const struct pipeline *pipeline, const char *file, struct watch_inputs *inputs);
void watch_inputs_release(struct watch_inputs *inputs); /* also of zeroed memory */

/* One more place that runs write to: a folder, from the current one or absolute. */
void watch_inputs_add_written(struct watch_inputs *inputs, const char *folder);

/* Whether the pipeline says that its steps write the file (absolute). */
bool watch_inputs_is_written(const struct watch_inputs *inputs, const char *path);

#endif
