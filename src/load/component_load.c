#include "load/component_load.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "load/artifacts_reader.h"
#include "load/pipeline_check.h"

static void decode_program(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct yaml_field command = *field;
	command.kind = FIELD_COMMAND;
	if (decoder->tree->nodes[node].kind == NODE_SEQUENCE)
		decode_value(decoder, &command, node, owner);
	else
		report_wrong_type(decoder, field, node);
}

static void component_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct component *component = item;
	uint32_t output = tree_find(decoder->tree, node, "output_schema");
	report_schema_reference(decoder, "output_schema", component->output_schema,
		tree_where(decoder->tree, output == INDEX_NONE ? node : output), true);
	report_schema_list(decoder, "input_schemas", &component->input_schemas);
	check_environment_names(&component->env, decoder->diagnostics);
}

static const struct yaml_field component_fields[] = {
	{.key = "description",
		.kind = FIELD_TEXT,
		.flags = FIELD_LITERAL,
		.offset = offsetof(struct component, description),
		.description = "What it does, in words."},
	{.key = "run",
		.kind = FIELD_CUSTOM,
		.flags = FIELD_REQUIRED,
		.decode = decode_program,
		.offset = offsetof(struct component, command),
		.expected = "a list of texts: a program and its arguments",
		.json_schema =
			"{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":[\"string\",\"number\",\"boolean\"]}}",
		.description = "The program, from the pipeline file's folder or `$PATH`."},
	{.key = "input_schemas",
		.alias = "input_schema",
		.kind = FIELD_TEXT_LIST,
		.offset = offsetof(struct component, input_schemas),
		.shown_default = "any",
		.description =
			"The schemas it takes: `name:1.0.0`, or a range such as `name:^1.0`, "
			"`name:1.x` or `name:>=1.0 <2.1`."},
	{.key = "output_schema",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct component, output_schema),
		.shown_default = "not known",
		.description = "The schema of what it makes: `name:1.0.0`."},
	{.key = "timeout",
		.kind = FIELD_DURATION,
		.minimum = 1,
		.maximum = YEAR_MS,
		.offset = offsetof(struct component, timeout_ms),
		.shown_default = "none",
		.description = "How long one attempt may take."},
	{.key = "env",
		.kind = FIELD_ENVIRONMENT,
		.offset = offsetof(struct component, env),
		.description = "Environment variables of the program."},
};

const struct yaml_table component_table = {
	.noun = "component",
	.title = "A component: `components.NAME`",
	.fields = component_fields,
	.field_count = ARRAY_LENGTH(component_fields),
	.item_bytes = sizeof(struct component),
	.finish = component_finish,
};

static const struct yaml_field components_field = {
	.key = "components", .kind = FIELD_CUSTOM, .expected = "a mapping of names to components"};

/* Makes room for all of the mapping behind those that are there. */
static void grow_components(struct decoder *decoder, struct pipeline *pipeline, uint32_t more)
{
	struct component *all = ARENA_ARRAY(
		decoder->arena, struct component, (size_t)pipeline->component_count + more);
	if (pipeline->component_count)
		memcpy(all, pipeline->components,
			pipeline->component_count * sizeof *pipeline->components);
	pipeline->components = all;
}

static void read_components(struct component_set *set, struct decoder *decoder, uint32_t node,
	const char *file, struct pipeline *pipeline)
{
	const struct yaml_tree *tree = decoder->tree;
	if (node_is_null(decoder, node))
		return;
	if (tree->nodes[node].kind != NODE_MAPPING) {
		report_wrong_type(decoder, &components_field, node);
		return;
	}
	grow_components(decoder, pipeline, tree->nodes[node].count);
	for (uint32_t i = 0; i < tree->nodes[node].count; i++) {
		uint32_t key = tree_child(tree, node, 2 * i);
		struct component component = {.file = file, .where = tree_where(tree, key)};
		component.name = decode_key(decoder, key);
		if (!component.name)
			continue;
		if (!id_is_valid(component.name))
			diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE, component.where,
				"'%s' cannot name a component: letters, digits, '.', '_' and '-' "
				"can, beginning with a letter or digit",
				shorten(decoder->arena, component.name));
		decode_mapping(
			decoder, &component_table, tree_child(tree, node, 2 * i + 1), &component);
		if (map_add(&set->by_name, component.name, pipeline->component_count))
			pipeline->components[pipeline->component_count++] = component;
	}
}

/* What another file's faults are in this one's diagnostics. */
static void hand_over(struct diagnostics *diagnostics, const struct diagnostics *others)
{
	for (uint32_t i = 0; i < others->count; i++) {
		const struct finding *other = &others->findings[i];
		struct finding *finding = diagnostics_add(
			diagnostics, other->code, other->where, "%s", other->message);
		finding->hint = other->hint;
		finding->file = others->file;
	}
}

static void read_components_text(struct component_set *set, struct decoder *decoder,
	const struct buffer *source, const char *file, struct pipeline *pipeline)
{
	CLEANUP(yaml_tree_release) struct yaml_tree tree = {0};
	CLEANUP(diagnostics_release) struct diagnostics diagnostics;
	diagnostics_init(&diagnostics, decoder->arena, file);
	struct decoder inner = *decoder;
	inner.tree = &tree;
	inner.diagnostics = &diagnostics;
	decoder->substitution->diagnostics = &diagnostics;
	if (yaml_tree_read(&tree, buffer_text(source), source->size, &diagnostics)) {
		uint32_t named = tree.nodes[tree.root].count == 1
					 ? tree_find(&tree, tree.root, "components")
					 : INDEX_NONE;
		read_components(
			set, &inner, named == INDEX_NONE ? tree.root : named, file, pipeline);
	}
	decoder->substitution->diagnostics = decoder->diagnostics;
	hand_over(decoder->diagnostics, &diagnostics);
}

const char *companion_shown_path(
	const struct load_request *request, const char *name, struct arena *arena)
{
	const char *folder = path_folder(arena, request->path ? request->path : "");
	if (text_ends_with(folder, ".wavetrain/pipelines"))
		folder = path_folder(arena, folder);
	if (text_equal(path_file_name(folder), ".wavetrain"))
		folder = path_folder(arena, folder);
	return path_join(arena, folder, name);
}

static void read_components_file(
	struct component_set *set, struct decoder *decoder, struct pipeline *pipeline)
{
	static const char *const files[] = {COMPONENTS_FILE, ".wavetrain/components.yml"};
	for (size_t i = 0; set->request->folder && i < ARRAY_LENGTH(files); i++) {
		CLEANUP(buffer_release) struct buffer source = BUFFER_INIT;
		struct error error;
		const char *path = path_join(decoder->arena, set->request->folder, files[i]);
		const char *shown = companion_shown_path(set->request, files[i], decoder->arena);
		if (file_read(path, TREE_FILE_LIMIT_BYTES, &source, &error)) {
			read_components_text(set, decoder, &source, shown, pipeline);
			return;
		}
		if (error.number == ENOENT || error.number == ENOTDIR)
			continue;
		diagnostics_add(decoder->diagnostics, FINDING_PARSE, (struct source_position){0, 0},
			"%s", error.text)
			->file = shown;
		return;
	}
}

void component_set_init(struct component_set *set, struct decoder *decoder, uint32_t node,
	const struct load_request *request, struct pipeline *pipeline)
{
	*set = (struct component_set){
		.request = request, .pipeline = pipeline, .comparisons_left = COMPARISON_LIMIT};
	if (node != INDEX_NONE)
		read_components(set, decoder, node, NULL, pipeline);
	read_components_file(set, decoder, pipeline);
}

void component_set_release(struct component_set *set)
{
	map_release(&set->by_name);
}

static bool is_builtin(const struct component_set *set, const char *type)
{
	const char *const *names = set->request->builtin_components;
	for (; names && *names; names++) {
		if (text_equal(*names, type))
			return true;
	}
	return false;
}

static void report_unknown(struct component_set *set, struct diagnostics *diagnostics,
	const char *type, struct source_position where)
{
	const struct pipeline *pipeline = set->pipeline;
	const char *const *names = set->request->builtin_components;
	struct nearest nearest;
	nearest_start(&nearest, type);
	if (set->comparisons_left >= pipeline->component_count &&
		diagnostics->count < DIAGNOSTICS_LIMIT) {
		set->comparisons_left -= pipeline->component_count;
		for (uint32_t i = 0; i < pipeline->component_count; i++)
			nearest_offer(&nearest, pipeline->components[i].name);
		for (; names && *names; names++)
			nearest_offer(&nearest, *names);
	}
	struct finding *finding = diagnostics_add_near(diagnostics, FINDING_COMPONENT, where,
		nearest.best, "no component '%s' is declared or built in",
		shorten(diagnostics->arena, type));
	if (!nearest.best)
		finding->hint = "declare it under 'components', or in " COMPONENTS_FILE;
	else
		finding->hint = arena_format(diagnostics->arena,
			"did you mean '%s'? else declare it under 'components', or "
			"in " COMPONENTS_FILE,
			nearest.best);
}

static bool is_program(const char *path)
{
	return !path_is_folder(path) && access(path, X_OK) == 0;
}

static bool program_is_there(
	const struct load_request *request, const char *program, struct arena *arena)
{
	const char *path = NULL;
	if (strchr(program, '/'))
		return is_program(path_join(arena, request->folder, program));
	for (const char *const *at = request->environment; at && *at; at++) {
		if (text_starts_with(*at, "PATH="))
			path = *at + 5;
	}
	for (; path; path = strchr(path, ':') ? strchr(path, ':') + 1 : NULL) {
		const char *folder = arena_copy_bytes(arena, path, strcspn(path, ":"));
		if (is_program(path_join(arena, *folder ? folder : request->folder, program)))
			return true;
	}
	return false;
}

static void check_program(struct component_set *set, struct diagnostics *diagnostics,
	const struct component *component, struct source_position where)
{
	const char *const *arguments = component->command.arguments;
	CLEANUP(arena_release) struct arena scratch = {0};
	if (!set->request->check_programs || !arguments ||
		program_is_there(set->request, arguments[0], &scratch))
		return;
	diagnostics_add(diagnostics, FINDING_COMPONENT, where,
		"the component '%s' runs the program '%s', which is not there", component->name,
		shorten(diagnostics->arena, arguments[0]));
}

struct component_choice component_set_find(struct component_set *set,
	struct diagnostics *diagnostics, const char *type, struct source_position where)
{
	uint32_t place = map_find(&set->by_name, type);
	if (place != INDEX_NONE) {
		const struct component *component = &set->pipeline->components[place];
		check_program(set, diagnostics, component, where);
		return (struct component_choice){component, true};
	}
	if (is_builtin(set, type))
		return (struct component_choice){NULL, true};
	report_unknown(set, diagnostics, type, where);
	return (struct component_choice){NULL, false};
}
