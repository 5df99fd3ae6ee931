#ifndef WAVETRAIN_LOAD_COMPONENT_LOAD_H
#define WAVETRAIN_LOAD_COMPONENT_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/map.h"
#include "load/pipeline_load.h"
#include "load/yaml_decode.h"
#include "model/pipeline.h"

#define COMPONENTS_FILE ".wavetrain/components.yaml"

/* The keys of one component. */
extern const struct yaml_table component_table;

/* What artifacts can be made with. */
struct component_set {
	const struct load_request *request;
	const struct pipeline *pipeline; /* ->components are filled */
	struct map by_name;              /* owned; to the place in them */
	uint64_t comparisons_left;       /* for hints: bounded in all */
};

/*
 * Reads `components` (node INDEX_NONE: there is none), then FOLDER/.wavetrain/components.yaml (or
 * .yml), which may hold them under a key `components` or at its top. The pipeline's own win over
 * those of the file. Faults of that file are findings that name it.
 */
void component_set_init(struct component_set *set, struct decoder *decoder, uint32_t node,
	const struct load_request *request, struct pipeline *pipeline);
void component_set_release(struct component_set *set);

struct component_choice {
	const struct component *component; /* NULL: a built-in */
	bool is_known;
};

/*
 * How a file beneath the pipeline's folder is named to the user: from where the pipeline file was
 * named; those in .wavetrain/ belong to the folder above it. The arena's.
 */
const char *companion_shown_path(
	const struct load_request *request, const char *name, struct arena *arena);

/* The declared one, else the built-in; a finding when there is none of that type. */
struct component_choice component_set_find(struct component_set *set,
	struct diagnostics *diagnostics, const char *type, struct source_position where);

#endif
