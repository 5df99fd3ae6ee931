/* The keys of a runbook and of its artifacts. */
#include <string.h>

#include "base/index.h"
#include "base/text.h"
#include "load/artifacts_reader.h"
#include "load/component_load.h"
#include "load/parameters.h"
#include "load/schema_reference.h"
#include "load/steps_reader.h"

static void decode_properties(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct component_reference *reference = owner;
	reference->properties_where = tree_where(decoder->tree, node);
	if (node_is_null(decoder, node))
		return;
	reference->properties = NULL;
	if (decoder->tree->nodes[node].kind == NODE_MAPPING)
		reference->properties = decode_json(decoder, field, node);
	else
		report_wrong_type(decoder, field, node);
}

static void component_reference_start(void *item)
{
	*(struct component_reference *)item = (struct component_reference){.properties = "{}"};
}

static void component_reference_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct component_reference *reference = item;
	uint32_t type = tree_find(decoder->tree, node, "type");
	reference->where = tree_where(decoder->tree, type == INDEX_NONE ? node : type);
	if (reference->properties_where.line == 0)
		reference->properties_where = reference->where;
}

static const struct yaml_field component_reference_fields[] = {
	{.key = "type",
		.kind = FIELD_TEXT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct component_reference, type),
		.description = "The component's name: one that `components` or "
			       "`.wavetrain/components.yaml` declares, or a built-in one."},
	{.key = "properties",
		.kind = FIELD_CUSTOM,
		.decode = decode_properties,
		.expected = "a mapping",
		.json_schema = "{\"type\":[\"object\",\"null\"]}",
		.shown_default = "none",
		.description =
			"What the component is given, as JSON. `${NAME}` is replaced in every "
			"value."},
};

static const struct yaml_table component_reference_table = {
	.noun = "use of a component",
	.title = "A component at work: `source`, `transform`",
	.fields = component_reference_fields,
	.field_count = ARRAY_LENGTH(component_reference_fields),
	.item_bytes = sizeof(struct component_reference),
	.start = component_reference_start,
	.finish = component_reference_finish,
};

static const char *merge_word(size_t place)
{
	return place == 0 ? "concatenate" : NULL;
}

static void decode_merge(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	size_t place;
	if (decode_word(decoder, field, node, &place))
		((struct artifact_entry *)owner)->merge = MERGE_CONCATENATE;
}

static bool is_given(struct decoder *decoder, uint32_t node, const char *key, const char *alias)
{
	uint32_t value = tree_find(decoder->tree, node, key);
	if (value == INDEX_NONE && alias)
		value = tree_find(decoder->tree, node, alias);
	return value != INDEX_NONE && !node_is_null(decoder, value);
}

/* Keys that runbooks of this kind have elsewhere, with what there is in their place. */
struct foreign_key {
	const char *key;
	const char *hint;
};

static const struct foreign_key foreign_artifact_keys[] = {
	{"reuse", "artifacts of earlier runs are not taken over; 'wavetrain resume' goes on with a "
		  "run and keeps what it has made"},
	{"child_runbook", "runbooks are not nested; write its artifacts into this file"},
	{"execute", "runbooks are not nested; write its artifacts into this file"},
};

static const struct foreign_key foreign_runbook_keys[] = {
	{"inputs", "a runbook takes no inputs of its own; use 'params', or a 'source'"},
	{"outputs", "write 'output: true' on the artifacts that are the result"},
};

static const struct foreign_key foreign_config_keys[] = {
	{"cost_limit", "there is no limit of cost; 'timeout' limits the time"},
	{"max_child_depth", "runbooks are not nested"},
	{"template_paths", "runbooks are not nested"},
};

/* Puts the hints on the findings that decode_mapping() made of these keys. */
static void explain_foreign_keys(
	struct decoder *decoder, uint32_t node, const struct foreign_key *keys, size_t count)
{
	struct diagnostics *diagnostics = decoder->diagnostics;
	for (size_t i = 0; i < count; i++) {
		if (tree_find(decoder->tree, node, keys[i].key) == INDEX_NONE)
			continue;
		struct source_position where = tree_key_where(decoder->tree, node, keys[i].key);
		for (uint32_t j = diagnostics->count; j > 0; j--) {
			struct finding *finding = &diagnostics->findings[j - 1];
			if (finding->code != FINDING_UNKNOWN_KEY ||
				finding->where.line != where.line ||
				finding->where.column != where.column)
				continue;
			finding->hint = keys[i].hint;
			break;
		}
	}
}

void report_schema_reference(struct decoder *decoder, const char *key, const char *text,
	struct source_position where, bool must_be_exact)
{
	struct schema_reference reference;
	if (!text)
		return;
	const char *fault = schema_reference_parse(text, decoder->arena, &reference);
	if (!fault && must_be_exact && !reference.is_exact)
		fault = "must name one version, such as 1.0.0";
	if (fault)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE, where, "the '%s' '%s' %s",
			key, shorten(decoder->arena, text), fault);
}

void report_schema_list(struct decoder *decoder, const char *key, struct text_list *list)
{
	if (list->count > SCHEMA_LIST_LIMIT) {
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			list->items[SCHEMA_LIST_LIMIT].where,
			"'%s' names %u schemas; at most %u can be listed, and ranges such as ^1.0",
			key, list->count, SCHEMA_LIST_LIMIT);
		list->count = SCHEMA_LIST_LIMIT;
	}
	for (uint32_t i = 0; i < list->count; i++)
		report_schema_reference(
			decoder, key, list->items[i].text, list->items[i].where, false);
}

static struct source_position value_where(struct decoder *decoder, uint32_t node, const char *key)
{
	uint32_t value = tree_find(decoder->tree, node, key);
	return tree_where(decoder->tree, value == INDEX_NONE ? node : value);
}

static void artifact_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct artifact_entry *artifact = item;
	artifact->has_source = is_given(decoder, node, "source", NULL);
	artifact->has_inputs = is_given(decoder, node, "inputs", "from");
	artifact->has_transform = is_given(decoder, node, "transform", "process");
	report_schema_reference(decoder, "output_schema", artifact->output_schema,
		value_where(decoder, node, "output_schema"), true);
	report_schema_list(decoder, "input_schema", &artifact->input_schemas);
	explain_foreign_keys(
		decoder, node, foreign_artifact_keys, ARRAY_LENGTH(foreign_artifact_keys));
}

static const struct yaml_field artifact_fields[] = {
	{.key = "name",
		.kind = FIELD_TEXT,
		.flags = FIELD_PARAMETERS,
		.offset = offsetof(struct artifact_entry, name),
		.shown_default = "its key",
		.description = "What people read in reports."},
	{.key = "description",
		.kind = FIELD_TEXT,
		.flags = FIELD_LITERAL | FIELD_PARAMETERS,
		.offset = offsetof(struct artifact_entry, description),
		.description = "What it holds, in words."},
	{.key = "contact",
		.kind = FIELD_TEXT,
		.flags = FIELD_LITERAL,
		.offset = offsetof(struct artifact_entry, contact),
		.description = "Who answers for it."},
	{.key = "source",
		.kind = FIELD_MAPPING,
		.table = &component_reference_table,
		.offset = offsetof(struct artifact_entry, source),
		.expected = "a mapping with the key 'type'",
		.description = "The component that brings it in from outside. Either this or "
			       "`inputs`."},
	{.key = "inputs",
		.alias = "from",
		.kind = FIELD_TEXT_LIST,
		.offset = offsetof(struct artifact_entry, inputs),
		.expected = "an artifact's name or a list of names",
		.description = "The artifacts it is made from, in order."},
	{.key = "transform",
		.alias = "process",
		.kind = FIELD_MAPPING,
		.table = &component_reference_table,
		.offset = offsetof(struct artifact_entry, transform),
		.expected = "a mapping with the key 'type'",
		.shown_default = "the inputs as they are",
		.description =
			"The component that makes it from its `inputs`. On a `source` it runs "
			"after it; the source alone is then the artifact `NAME.source`."},
	{.key = "merge",
		.kind = FIELD_CUSTOM,
		.decode = decode_merge,
		.word = merge_word,
		.shown_default = "concatenate",
		.description = "How several inputs become one: the contents one after another."},
	{.key = "output",
		.kind = FIELD_BOOLEAN,
		.offset = offsetof(struct artifact_entry, is_exported),
		.shown_default = "false",
		.description = "Whether it is a result: copied to the report folder."},
	{.key = "optional",
		.kind = FIELD_BOOLEAN,
		.offset = offsetof(struct artifact_entry, is_optional),
		.shown_default = "false",
		.description = "Whether the run succeeds without it. What is made from it is "
			       "skipped."},
	{.key = "input_schema",
		.alias = "input_schemas",
		.kind = FIELD_TEXT_LIST,
		.offset = offsetof(struct artifact_entry, input_schemas),
		.shown_default = "the component's",
		.description =
			"The schemas that its inputs may have: `name:1.0.0`, or a range such "
			"as `name:^1.0`."},
	{.key = "output_schema",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct artifact_entry, output_schema),
		.shown_default = "the component's",
		.description =
			"The schema that its content has: `name:1.0.0`. With a file "
			"`.wavetrain/schemas/NAME/VERSION/NAME.json` the content is checked."},
};

const struct yaml_table artifact_table = {
	.noun = "runbook artifact",
	.title = "An artifact: `artifacts.NAME`",
	.fields = artifact_fields,
	.field_count = ARRAY_LENGTH(artifact_fields),
	.item_bytes = sizeof(struct artifact_entry),
	.finish = artifact_finish,
};

static void config_finish(struct decoder *decoder, uint32_t node, void *item)
{
	(void)item;
	explain_foreign_keys(decoder, node, foreign_config_keys, ARRAY_LENGTH(foreign_config_keys));
}

static const struct yaml_field config_fields[] = {
	{.key = "timeout",
		.kind = FIELD_DURATION,
		.minimum = 1,
		.maximum = YEAR_MS,
		.offset = offsetof(struct execution, time_limit_ms),
		.shown_default = "none",
		.description =
			"How long the whole run may take; then it stops and can be resumed."},
	{.key = "max_concurrency",
		.kind = FIELD_UNSIGNED,
		.minimum = 1,
		.maximum = 4096,
		.offset = offsetof(struct execution, jobs),
		.shown_default = "10",
		.description = "How many artifacts are made at the same time."},
};

static const struct yaml_table config_table = {
	.noun = "section 'config'",
	.title = "How it runs: `config`",
	.fields = config_fields,
	.field_count = ARRAY_LENGTH(config_fields),
	.item_bytes = sizeof(struct execution),
	.finish = config_finish,
};

/* Only for readers of the file. */
static void decode_label(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	(void)owner;
	decode_text(decoder, field, node);
}

static void decode_shared(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	const struct yaml_field *shared = runbook_field_shared(field);
	if (shared)
		decode_value(decoder, shared, node, owner);
}

const struct yaml_field *runbook_field_shared(const struct yaml_field *field)
{
	const struct yaml_table *table = steps_tables[0];
	for (uint32_t i = 0; field->decode == decode_shared && i < table->field_count; i++) {
		if (text_equal(table->fields[i].key, field->key))
			return &table->fields[i];
	}
	return NULL;
}

/* Two words for one thing in two sections. */
static void forbid_both(
	struct decoder *decoder, uint32_t root, const char *config_key, const char *execution_key)
{
	const struct yaml_tree *tree = decoder->tree;
	uint32_t config = tree_find(tree, root, "config");
	uint32_t execution = tree_find(tree, root, "execution");
	if (config == INDEX_NONE || execution == INDEX_NONE ||
		tree_find(tree, config, config_key) == INDEX_NONE ||
		tree_find(tree, execution, execution_key) == INDEX_NONE)
		return;
	diagnostics_add(decoder->diagnostics, FINDING_DUPLICATE_KEY,
		tree_key_where(tree, config, config_key),
		"'config.%s' and 'execution.%s' mean the same and only one of them can be given",
		config_key, execution_key);
}

static void runbook_finish(struct decoder *decoder, uint32_t node, void *item)
{
	(void)item;
	forbid_both(decoder, node, "max_concurrency", "jobs");
	forbid_both(decoder, node, "timeout", "timeout");
	explain_foreign_keys(
		decoder, node, foreign_runbook_keys, ARRAY_LENGTH(foreign_runbook_keys));
}

#define SHARED_FIELD(name, what)                                                                   \
	{                                                                                          \
		.key = (name), .kind = FIELD_CUSTOM, .decode = decode_shared, .expected = (what),  \
		.description = "As in a pipeline of `steps`."                                      \
	}

static const struct yaml_field runbook_fields[] = {
	SHARED_FIELD("name", "text"),
	SHARED_FIELD("description", "text"),
	{.key = "contact",
		.kind = FIELD_TEXT,
		.flags = FIELD_LITERAL,
		.offset = offsetof(struct pipeline, contact),
		.description = "Who answers for it."},
	{.key = "framework",
		.kind = FIELD_CUSTOM,
		.decode = decode_label,
		.expected = "text",
		.json_schema = "{\"type\":\"string\"}",
		.description = "A label for readers of the file, such as the rules it is about."},
	{.key = "config",
		.kind = FIELD_MAPPING,
		.table = &config_table,
		.offset = offsetof(struct pipeline, execution),
		.description = "How the artifacts are made."},
	SHARED_FIELD("params", "a mapping of names to parameters"),
	SHARED_FIELD("env", "a mapping of names to values"),
	SHARED_FIELD("secrets", "the name of an environment variable or a list of names"),
	SHARED_FIELD("execution", "a mapping"),
	SHARED_FIELD("checkpoint", "a mapping"),
	{.key = "components",
		.kind = FIELD_CUSTOM,
		.decode = decode_elsewhere,
		.table = &component_table,
		.expected = "a mapping of names to components",
		.description = "The programs that make artifacts; also those of "
			       "`.wavetrain/components.yaml`."},
	{.key = "artifacts",
		.kind = FIELD_CUSTOM,
		.flags = FIELD_REQUIRED,
		.decode = decode_elsewhere,
		.table = &artifact_table,
		.expected = "a mapping of names to artifacts",
		.description = "The artifacts, in any order."},
};

const struct yaml_table runbook_table = {
	.noun = "runbook",
	.title = "A runbook: `artifacts`",
	.fields = runbook_fields,
	.field_count = ARRAY_LENGTH(runbook_fields),
	.item_bytes = sizeof(struct pipeline),
	.finish = runbook_finish,
};

const struct yaml_table *const artifacts_tables[] = {
	&runbook_table,
	&config_table,
	&artifact_table,
	&component_reference_table,
	&component_table,
	NULL,
};
