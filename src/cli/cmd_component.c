#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/command.h"
#include "component/component.h"
#include "run/namespace.h"

struct options {
	const char *stdin_file;
	const char *keep;
	bool is_message;
	const char *schema;
	const char *merge;
};

static const struct option options[] = {
	{.name = "stdin",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, stdin_file),
		.value_name = "FILE",
		.help = "Standard input of the program instead of the properties"},
	{.name = "keep",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, keep),
		.value_name = "NAME",
		.help = "Keep what it prints, JSON, as NAME.json of $WAVETRAIN_OUTPUT, unless it has written that itself"},
	{.name = "message",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct options, is_message),
		.help = "What is kept must be a message: schema, content, metadata"},
	{.name = "schema",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, schema),
		.value_name = "NAME:VERSION",
		.help = "The schema of a message that says none"},
	{.name = "merge",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, merge),
		.value_name = "NAME,NAME",
		.help = "Put these inputs, one after another, into merged.json of $WAVETRAIN_INPUT first"},
};

/* NULL: none are asked for. */
static const char *const *split_names(const char *list, struct arena *arena)
{
	if (text_is_empty(list))
		return NULL;
	char *rest = arena_copy_text(arena, list);
	const char **names = ARENA_ARRAY(arena, const char *, strlen(list) / 2 + 2);
	size_t count = 0;
	for (char *name = strtok_r(rest, ",", &rest); name; name = strtok_r(NULL, ",", &rest))
		names[count++] = name;
	return names;
}

static int component(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct component_call call = {
		.environment = cli->environment,
		.stdin_file = chosen->stdin_file,
		.kept_output = chosen->keep,
		.output_is_message = chosen->is_message,
		.schema = chosen->schema,
		.merged_inputs = split_names(chosen->merge, cli->arena),
	};
	if (!arguments[0]) {
		error_set(error, ERROR_USAGE, "component takes 'run' or the name of a built-in");
		return -1;
	}
	if (text_equal(arguments[0], "hold")) {
		namespace_hold(&arguments[1], cli->environment);
		error_set(error, ERROR_USAGE, "component hold is for wavetrain itself");
		return -1;
	}
	if (!text_equal(arguments[0], "run")) {
		call.type = arguments[0];
		if (!arguments[1])
			return component_run(&call);
		error_set(error, ERROR_USAGE, "component %s takes no argument '%s'", arguments[0],
			arguments[1]);
		return -1;
	}
	if (!arguments[1]) {
		error_set(error, ERROR_USAGE, "component run takes a program after '--'");
		return -1;
	}
	call.arguments = &arguments[1];
	return component_run(&call);
}

extern const struct cli_command cmd_component;
const struct cli_command cmd_component = {
	.name = "component",
	.arguments = "TYPE | run -- PROGRAM [ARGUMENT]... | hold",
	.argument_limit = UINT32_MAX,
	.summary = "Run a component or an agent's program inside a step, for the program itself",
	.is_internal = true,
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.run = component,
};
