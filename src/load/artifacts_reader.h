#ifndef WAVETRAIN_LOAD_ARTIFACTS_READER_H
#define WAVETRAIN_LOAD_ARTIFACTS_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "load/pipeline_load.h"
#include "load/yaml_decode.h"
#include "model/pipeline.h"

/*
 * Format B, `artifacts:`. Fills *pipeline (file, folder and what a pipeline starts with are the
 * caller's) from the mapping root: parameters first, then components, then each artifact as a
 * step with one output of its name. A `transform` on a `source` makes two steps, "NAME.source" and
 * "NAME". Inputs are resolved here, schemas compared, contracts added for schemas that have a
 * file. pipeline_check() follows.
 */
void artifacts_read(struct decoder *decoder, const struct load_request *request, uint32_t root,
	struct pipeline *pipeline);

#define ARTIFACTS_DEFAULT_JOBS 10u
#define ARTIFACT_SOURCE_SUFFIX ".source"
#define COMPONENT_MERGE "merge" /* the built-in of artifacts without `transform` */

/* The tables of the format in the order of the reference page, NULL after the last. */
extern const struct yaml_table *const artifacts_tables[];
extern const struct yaml_table runbook_table;
extern const struct yaml_table artifact_table;

/* The row of the steps format that a key is shared with; NULL: it is the format's own. */
const struct yaml_field *runbook_field_shared(const struct yaml_field *field);

/* A finding for a text that is no schema reference; text NULL: nothing to look at. */
void report_schema_reference(struct decoder *decoder, const char *key, const char *text,
	struct source_position where, bool must_be_exact);

/* The same for all of a list, which is cut to SCHEMA_LIST_LIMIT with a finding. */
void report_schema_list(struct decoder *decoder, const char *key, struct text_list *list);
#define SCHEMA_LIST_LIMIT 64u /* each is compared with each input of each artifact */

enum merge_strategy { MERGE_NONE, MERGE_CONCATENATE, MERGE_COUNT };

struct component_reference {
	const char *type;
	const char *properties;       /* a JSON object; NULL: could not be read */
	struct source_position where; /* of the type */
	struct source_position properties_where;
};

/* An artifact as it is written. */
struct artifact_entry {
	const char *id;
	const char *name;
	const char *description;
	const char *contact;
	struct component_reference source;
	struct component_reference transform;
	struct text_list inputs;
	enum merge_strategy merge;
	const char *output_schema;
	struct text_list input_schemas;
	bool is_exported;
	bool is_optional;
	bool has_source, has_inputs, has_transform;
	struct source_position where;
};

#endif
