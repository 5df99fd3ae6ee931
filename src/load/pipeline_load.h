#ifndef WAVETRAIN_LOAD_PIPELINE_LOAD_H
#define WAVETRAIN_LOAD_PIPELINE_LOAD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/diagnostic.h"
#include "model/pipeline.h"

struct assignment {
	const char *name;
	const char *value;
};

struct load_request {
	const char *path;                     /* of the file, as the user named it */
	const char *folder;                   /* absolute; becomes pipeline->folder */
	const struct assignment *assignments; /* parameters from the command line */
	uint32_t assignment_count;
	const char *const *environment; /* "NAME=VALUE", NULL after the last: for ${VAR} */
	/* Components that need no declaration, NULL after the last; NULL: there are none. */
	const char *const *builtin_components;
	/* Whether a built-in takes these properties, a JSON object; NULL: they are not looked at. */
	bool (*check_properties)(const char *type, const char *properties, struct error *error);
	bool check_programs; /* a component whose program is not there is a finding */
	bool shell;          /* of a table: every PROMPT is a command for the shell */
};

/*
 * Finds the pipeline file. word is a path, or a name looked up in .wavetrain/pipelines/, or NULL:
 * then wavetrain.yml, wavetrain.yaml or .wavetrain/pipeline.yml from folder up to the
 * repository's root (the folder that holds .git) is taken. Nothing there: ERROR_NO_PIPELINE with
 * every place that was tried, and the nearest name when a name was given.
 */
bool pipeline_find(const char *folder, const char *word, struct arena *arena, const char **path,
	struct error *error);

/*
 * Reads, decodes, substitutes and checks. False only when the file could not be read (*error).
 * Faults of the file's content are in *diagnostics; *pipeline is then complete as far as it
 * could be understood and must not be planned when diagnostics->error_count > 0.
 */
bool pipeline_load(const struct load_request *request, struct arena *arena,
	struct diagnostics *diagnostics, struct pipeline *pipeline, struct error *error);

/* The reference page of the file format, Markdown, from the decoder's own tables. */
void pipeline_reference_append(struct buffer *buffer);

#endif
