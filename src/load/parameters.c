#include "load/parameters.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "load/value_pattern.h"

static const struct yaml_field parameter_fields[] = {
	{.key = "default",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct parameter, default_value),
		.description = "The value when none is given on the command line."},
	{.key = "description",
		.kind = FIELD_TEXT,
		.flags = FIELD_LITERAL,
		.offset = offsetof(struct parameter, description),
		.description = "What the parameter is for, in words."},
	{.key = "required",
		.kind = FIELD_BOOLEAN,
		.offset = offsetof(struct parameter, required),
		.shown_default = "false",
		.description = "Whether a run without a value for it is refused."},
	{.key = "enum",
		.kind = FIELD_TEXT_LIST,
		.offset = offsetof(struct parameter, choices),
		.shown_default = "anything",
		.description = "The values that are allowed."},
	{.key = "pattern",
		.kind = FIELD_TEXT,
		.flags = FIELD_LITERAL,
		.offset = offsetof(struct parameter, pattern),
		.shown_default = "anything",
		.description = "A POSIX extended regular expression that the whole value must "
			       "match."},
};

const struct yaml_table parameter_table = {
	.noun = "parameter",
	.title = "A parameter: `params.NAME`",
	.fields = parameter_fields,
	.field_count = ARRAY_LENGTH(parameter_fields),
	.item_bytes = sizeof(struct parameter),
	.short_key = "default",
};

static const struct yaml_field params_field = {
	.key = "params", .kind = FIELD_CUSTOM, .expected = "a mapping of names to parameters"};

static void decode_parameters(struct decoder *decoder, uint32_t node, struct pipeline *pipeline)
{
	const struct tree_node *mapping = &decoder->tree->nodes[node];
	if (node_is_null(decoder, node))
		return;
	if (mapping->kind != NODE_MAPPING) {
		report_wrong_type(decoder, &params_field, node);
		return;
	}
	pipeline->parameters = ARENA_ARRAY(decoder->arena, struct parameter, mapping->count);
	for (uint32_t i = 0; i < mapping->count; i++) {
		uint32_t key = tree_child(decoder->tree, node, 2 * i);
		uint32_t value = tree_child(decoder->tree, node, 2 * i + 1);
		struct parameter *parameter = &pipeline->parameters[pipeline->parameter_count];
		const char *name = decode_key(decoder, key);
		if (!name)
			continue;
		if (!variable_name_is_valid(name)) {
			diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
				tree_where(decoder->tree, key),
				"'%s' cannot name a parameter: letters, digits, '_' and '-' can, "
				"after a letter or '_'",
				shorten(decoder->arena, name));
			continue;
		}
		if (!node_is_null(decoder, value))
			decode_mapping(decoder, &parameter_table, value, parameter);
		parameter->name = name;
		parameter->where = tree_where(decoder->tree, key);
		pipeline->parameter_count++;
	}
}

/* The values; a name that is not declared is a finding. The last of several wins. */
static void assign(struct decoder *decoder, const struct load_request *request,
	const struct map *names, struct pipeline *pipeline, bool *is_assigned)
{
	for (uint32_t i = 0; i < request->assignment_count; i++) {
		const struct assignment *assignment = &request->assignments[i];
		uint32_t place = map_find(names, assignment->name);
		if (place != INDEX_NONE) {
			pipeline->parameters[place].value =
				arena_copy_text(decoder->arena, assignment->value);
			is_assigned[place] = true;
			continue;
		}
		struct nearest nearest;
		nearest_start(&nearest, assignment->name);
		for (uint32_t j = 0; j < pipeline->parameter_count; j++)
			nearest_offer(&nearest, pipeline->parameters[j].name);
		diagnostics_add_near(decoder->diagnostics, FINDING_PARAMETER,
			(struct source_position){0, 0}, nearest.best,
			"the pipeline has no parameter '%s'",
			shorten(decoder->arena, assignment->name));
	}
}

static void check_choices(
	struct decoder *decoder, const struct parameter *parameter, struct source_position where)
{
	const struct text_list *choices = &parameter->choices;
	CLEANUP(buffer_release) struct buffer words = BUFFER_INIT;
	struct nearest nearest;
	nearest_start(&nearest, parameter->value);
	for (uint32_t i = 0; i < choices->count; i++) {
		if (text_equal(parameter->value, choices->items[i].text))
			return;
		nearest_offer(&nearest, choices->items[i].text);
		if (i < 10)
			buffer_printf(&words, "%s%s", i ? ", " : "",
				shorten(decoder->arena, choices->items[i].text));
	}
	if (choices->count > 10)
		buffer_append_text(&words, ", …");
	diagnostics_add_near(decoder->diagnostics, FINDING_PARAMETER, where, nearest.best,
		"the parameter '%s' must be one of %s, not '%s'", parameter->name,
		buffer_text(&words), shorten(decoder->arena, parameter->value));
}

static void check_pattern(
	struct decoder *decoder, const struct parameter *parameter, struct source_position where)
{
	char reason[160];
	const char *value = parameter->value ? parameter->value : "";
	switch (value_pattern_match(parameter->pattern, value, reason, sizeof reason)) {
	case PATTERN_MATCHES:
		return;
	case PATTERN_DIFFERS:
		if (!parameter->value)
			return;
		diagnostics_add(decoder->diagnostics, FINDING_PARAMETER, where,
			"the parameter '%s' must match the pattern %s, and '%s' does not",
			parameter->name, shorten(decoder->arena, parameter->pattern),
			shorten(decoder->arena, parameter->value));
		return;
	case PATTERN_INVALID:
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE, parameter->where,
			"the pattern of the parameter '%s' cannot be used: %s", parameter->name,
			reason);
		return;
	}
}

static void check_value(
	struct decoder *decoder, const struct parameter *parameter, bool is_assigned)
{
	struct source_position where =
		is_assigned ? (struct source_position){0, 0} : parameter->where;
	if (parameter->value && parameter->choices.count > 0)
		check_choices(decoder, parameter, where);
	if (parameter->pattern)
		check_pattern(decoder, parameter, where);
	if (!parameter->value && parameter->required)
		diagnostics_add(decoder->diagnostics, FINDING_PARAMETER, parameter->where,
			"the parameter '%s' needs a value", parameter->name)
			->hint =
			arena_format(decoder->arena, "give it with -p %s=VALUE", parameter->name);
}

void parameters_read(struct decoder *decoder, uint32_t node, const struct load_request *request,
	struct pipeline *pipeline)
{
	CLEANUP(map_release) struct map names = {0};
	if (node != INDEX_NONE)
		decode_parameters(decoder, node, pipeline);
	for (uint32_t i = 0; i < pipeline->parameter_count; i++) {
		struct parameter *parameter = &pipeline->parameters[i];
		map_add(&names, parameter->name, i);
		parameter->value = parameter->default_value;
	}
	bool *is_assigned =
		ARENA_ARRAY(decoder->arena, bool, (size_t)pipeline->parameter_count + 1);
	assign(decoder, request, &names, pipeline, is_assigned);
	for (uint32_t i = 0; i < pipeline->parameter_count; i++)
		check_value(decoder, &pipeline->parameters[i], is_assigned[i]);
	substitution_set_parameters(
		decoder->substitution, pipeline->parameters, pipeline->parameter_count);
}
