/* The keys of adapters and personas. */
#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "load/agents.h"
#include "load/pipeline_check.h"
#include "load/steps_reader.h"
#include "load/yaml_decode.h"

static const char *const placeholders[] = {"task", "task_file", "system_prompt_file", "workspace",
	"model", "allow", "deny", "handoffs_file"};

static const char placeholder_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";

static bool is_placeholder(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(placeholders); i++) {
		if (text_equal(name, placeholders[i]))
			return true;
	}
	return false;
}

/* Braces around anything but one word are left alone: an argument may be JSON. */
static void check_placeholders(
	struct decoder *decoder, const char *argument, struct source_position where)
{
	for (const char *at = strchr(argument, '{'); at; at = strchr(at + 1, '{')) {
		size_t length = strspn(at + 1, placeholder_bytes);
		if (length == 0 || at[1 + length] != '}')
			continue;
		const char *name = arena_copy_bytes(decoder->arena, at + 1, length);
		if (!is_placeholder(name))
			diagnostics_add_near(decoder->diagnostics, FINDING_UNKNOWN_REFERENCE, where,
				text_nearest(name, placeholders, ARRAY_LENGTH(placeholders)),
				"an adapter's command has no placeholder '{%s}'",
				shorten(decoder->arena, name));
	}
}

static const char *decode_argument(struct decoder *decoder, uint32_t node)
{
	static const struct yaml_field field = {
		.key = "an element of a command", .kind = FIELD_TEXT};
	const char *argument = decode_text(decoder, &field, node);
	if (argument)
		check_placeholders(decoder, argument, tree_where(decoder->tree, node));
	return argument;
}

/* A text is a part of one argument; a list is one that may be left out. */
static void decode_part(struct decoder *decoder, uint32_t node, struct adapter_part *part)
{
	bool is_list = decoder->tree->nodes[node].kind == NODE_SEQUENCE;
	uint32_t count = is_list ? decoder->tree->nodes[node].count : 1;
	const char **arguments = ARENA_ARRAY(decoder->arena, const char *, (size_t)count + 1);
	for (uint32_t i = 0; i < count; i++) {
		const char *argument = decode_argument(decoder, decode_item(decoder, node, i));
		if (argument)
			arguments[part->argument_count++] = argument;
	}
	part->arguments = arguments;
	part->is_optional = is_list;
}

static void decode_adapter_command(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct adapter *adapter = owner;
	const struct tree_node *list = &decoder->tree->nodes[node];
	if (list->kind != NODE_SEQUENCE || list->count == 0) {
		report_wrong_type(decoder, field, node);
		return;
	}
	uint32_t program = tree_child(decoder->tree, node, 0);
	adapter->parts = ARENA_ARRAY(decoder->arena, struct adapter_part, list->count);
	for (uint32_t i = 0; i < list->count; i++)
		decode_part(decoder, tree_child(decoder->tree, node, i), &adapter->parts[i]);
	adapter->part_count = list->count;
	if (decoder->tree->nodes[program].kind == NODE_SEQUENCE)
		diagnostics_add(decoder->diagnostics, FINDING_WRONG_TYPE,
			tree_where(decoder->tree, program),
			"a command begins with its program, not with a part that may be left out");
	else if (adapter->parts[0].argument_count > 0 &&
		 text_is_empty(adapter->parts[0].arguments[0]))
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_where(decoder->tree, program), "the program of 'command' is empty");
}

static const char *stdin_word(size_t place)
{
	return place < ADAPTER_STDIN_COUNT ? adapter_stdin_name((enum adapter_stdin)place) : NULL;
}

static const char *result_word(size_t place)
{
	return place < ADAPTER_RESULT_COUNT ? adapter_result_name((enum adapter_result)place)
					    : NULL;
}

static void adapter_start(void *item)
{
	*(struct adapter *)item = (struct adapter){.separator = ","};
}

static void adapter_finish(struct decoder *decoder, uint32_t node, void *item)
{
	((struct adapter *)item)->where = tree_where(decoder->tree, node);
}

static const struct yaml_field adapter_fields[] = {
	{.key = "command",
		.kind = FIELD_CUSTOM,
		.flags = FIELD_REQUIRED,
		.decode = decode_adapter_command,
		.expected = "a list: the program, then its arguments",
		.json_schema =
			"{\"type\":\"array\",\"minItems\":1,\"items\":{\"anyOf\":[{\"type\":"
			"\"string\"},{\"type\":\"array\",\"items\":{\"type\":\"string\"}}]}}",
		.description = "What is executed, without a shell. Replaced within an argument, "
			       "which stays one: `{task}`, `{task_file}`, `{system_prompt_file}`, "
			       "`{workspace}`, `{model}`, `{allow}`, `{deny}`, `{handoffs_file}`. "
			       "A list within the list is left out as a whole when something in it "
			       "has no value: `[\"--model\", \"{model}\"]`."},
	{.key = "stdin",
		.kind = FIELD_ENUM,
		.word = stdin_word,
		.offset = offsetof(struct adapter, input),
		.shown_default = "none",
		.description = "`task`: the program reads the task from standard input."},
	{.key = "result",
		.kind = FIELD_ENUM,
		.word = result_word,
		.offset = offsetof(struct adapter, result),
		.shown_default = "none",
		.description = "`json`: what the program writes to standard output must be a JSON "
			       "value; it becomes the step's output `result`."},
	{.key = "separator",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct adapter, separator),
		.shown_default = "`,`",
		.description = "What stands between the items of `{allow}` and `{deny}`."},
};

const struct yaml_table adapter_table = {
	.noun = "adapter",
	.title = "How an agent is called: `adapters.NAME`",
	.fields = adapter_fields,
	.field_count = ARRAY_LENGTH(adapter_fields),
	.item_bytes = sizeof(struct adapter),
	.name_offset = offsetof(struct adapter, name),
	.start = adapter_start,
	.finish = adapter_finish,
};

/* Both lists stand in the persona itself. */
static const struct yaml_field permission_fields[] = {
	{.key = "allow",
		.kind = FIELD_TEXT_LIST,
		.offset = offsetof(struct persona, allow),
		.description = "What it may use, in its program's own words."},
	{.key = "deny",
		.kind = FIELD_TEXT_LIST,
		.offset = offsetof(struct persona, deny),
		.description = "What it must not use; taken out of `allow`."},
};

const struct yaml_table permission_table = {
	.noun = "section 'permissions'",
	.title = "What an agent may do: `personas.NAME.permissions`",
	.fields = permission_fields,
	.field_count = ARRAY_LENGTH(permission_fields),
	.item_bytes = sizeof(struct persona),
};

static void persona_start(void *item)
{
	((struct persona *)item)->adapter_index = INDEX_NONE;
}

/* Deny wins. */
static void persona_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct persona *persona = item;
	uint32_t kept = 0;
	CLEANUP(map_release) struct map denied = {0};
	persona->where = tree_where(decoder->tree, node);
	for (uint32_t i = 0; i < persona->deny.count; i++)
		map_add(&denied, persona->deny.items[i].text, i);
	for (uint32_t i = 0; i < persona->allow.count; i++) {
		if (map_find(&denied, persona->allow.items[i].text) == INDEX_NONE)
			persona->allow.items[kept++] = persona->allow.items[i];
	}
	persona->allow.count = kept;
	check_environment_names(&persona->env, decoder->diagnostics);
	if (persona->system_prompt && persona->system_prompt_file)
		diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
			tree_key_where(decoder->tree, node, "system_prompt_file"),
			"a persona has either 'system_prompt' or 'system_prompt_file', not both");
}

static const struct yaml_field persona_fields[] = {
	{.key = "adapter",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct persona, adapter),
		.shown_default = "the only one, else the one called `default`",
		.description = "The adapter that calls it."},
	{.key = "description",
		.kind = FIELD_TEXT,
		.flags = FIELD_LITERAL,
		.offset = offsetof(struct persona, description),
		.description = "Who it is, in words."},
	{.key = "system_prompt",
		.kind = FIELD_TEXT,
		.flags = FIELD_LITERAL,
		.offset = offsetof(struct persona, system_prompt),
		.description = "What it is told before every task."},
	{.key = "system_prompt_file",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct persona, system_prompt_file),
		.description = "The same from a file, from the pipeline file's folder; at most "
			       "1 MiB."},
	{.key = "model",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct persona, model),
		.shown_default = "the program's own",
		.description = "The model that the program is asked to use."},
	{.key = "permissions",
		.kind = FIELD_MAPPING,
		.table = &permission_table,
		.offset = 0,
		.description = "What it may and must not use."},
	{.key = "env",
		.kind = FIELD_ENVIRONMENT,
		.offset = offsetof(struct persona, env),
		.description = "Environment variables of its steps; a step's own win over them."},
};

const struct yaml_table persona_table = {
	.noun = "persona",
	.title = "Who does a task: `personas.NAME`",
	.fields = persona_fields,
	.field_count = ARRAY_LENGTH(persona_fields),
	.item_bytes = sizeof(struct persona),
	.name_offset = offsetof(struct persona, name),
	.start = persona_start,
	.finish = persona_finish,
};
