#ifndef WAVETRAIN_LOAD_AGENT_FILES_H
#define WAVETRAIN_LOAD_AGENT_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "load/pipeline_load.h"
#include "model/diagnostic.h"
#include "model/pipeline.h"

/*
 * The files beside a pipeline that declare adapters and personas. Each is read when it is asked
 * for; one that is not there is no fault. Findings in them carry the file's name, as the user would
 * write it.
 */
#define AGENT_FILE_LIMIT_BYTES ((size_t)1 << 20)

struct agent_files {
	const struct pipeline *pipeline; /* its folder and parameters */
	const struct load_request *request;
	struct diagnostics *diagnostics;
};

/* The arena's. */
struct agent_declarations {
	const char *file;
	struct adapter *adapters;
	uint32_t adapter_count;
	struct persona *personas;
	uint32_t persona_count;
};

/* False: it is not there, or could not be understood, which was reported. */
bool agent_files_read_adapters(
	const struct agent_files *files, struct agent_declarations *declarations);
bool agent_files_read_persona(
	const struct agent_files *files, const char *name, struct agent_declarations *declarations);

/* `adapters` and `personas` of the wavetrain.yml in a table's folder; nothing else of it. */
bool agent_files_read_companion(
	const struct agent_files *files, struct agent_declarations *declarations);

/* The text of a file beneath the pipeline's folder. NULL: *reason is "is not there" or the like. */
const char *agent_files_read_prompt(
	const struct agent_files *files, const char *path, const char **reason);

#endif
