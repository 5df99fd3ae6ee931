#include "run/component_command.h"

#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "run/agent_command.h"

#define SHELL_WORD_LIMIT 64u

struct making {
	const char **arguments; /* room for room, and a NULL */
	uint32_t count;
	uint32_t room;
};

static void add(struct making *making, const char *argument)
{
	if (making->count < making->room)
		making->arguments[making->count++] = argument;
}

static void add_option(struct making *making, const char *name, const char *value)
{
	if (!value)
		return;
	add(making, name);
	add(making, value);
}

/* The name that an input has in $WAVETRAIN_INPUT. */
static const char *input_name(const struct pipeline *pipeline, const struct input *input)
{
	if (input->step < pipeline->step_count &&
		input->output < pipeline->steps[input->step].output_count)
		return pipeline->steps[input->step].outputs[input->output].name;
	return input->reference;
}

static const char *input_names(const struct component_request *request, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer names = BUFFER_INIT;
	for (uint32_t i = 0; i < request->step->input_count; i++)
		buffer_printf(&names, "%s%s", i ? "," : "",
			input_name(request->pipeline, &request->step->inputs[i]));
	return arena_copy_text(arena, buffer_text(&names));
}

static void add_protocol(
	struct making *making, const struct component_request *request, struct arena *arena)
{
	const struct step *step = request->step;
	add_option(making, "--keep", step->output_count ? step->outputs[0].name : NULL);
	add(making, "--message");
	add_option(making, "--schema", step->component->output_schema);
	if (step->component->merges_inputs && step->input_count)
		add_option(making, "--merge", input_names(request, arena));
}

/* "bash -u" and a text: bash -u -e -c TEXT. */
static void add_script(struct making *making, const struct command *program, struct arena *arena)
{
	const char *shell = text_is_empty(program->shell) ? "sh" : program->shell;
	char *rest = arena_copy_text(arena, shell);
	uint32_t first = making->count;
	for (char *word = strtok_r(rest, " \t\n", &rest);
		word && making->count - first < SHELL_WORD_LIMIT;
		word = strtok_r(NULL, " \t\n", &rest))
		add(making, word);
	if (making->count == first)
		add(making, "sh");
	add(making, "-e");
	add(making, "-c");
	add(making, program->script);
}

static void add_program(struct making *making, const struct command *program, struct arena *arena)
{
	add(making, "--");
	if (program->script) {
		add_script(making, program, arena);
		return;
	}
	for (uint32_t i = 0; i < program->argument_count; i++)
		add(making, program->arguments[i]);
}

bool component_command_make(const struct component_request *request, struct arena *arena,
	struct command *command, struct error *error)
{
	const struct step *step = request->step;
	const struct component_use *use = step->component;
	struct making making = {.room = 16 + SHELL_WORD_LIMIT + step->command.argument_count};
	if (!use->is_builtin && !step->command.script && !step->command.argument_count)
		return error_set(error, ERROR_PROCESS, "component '%s' has no program", use->type);
	making.arguments = ARENA_ARRAY(arena, const char *, making.room + 1);
	add(&making, request->own_program);
	add(&making, "component");
	add(&making, use->is_builtin ? use->type : "run");
	add_protocol(&making, request, arena);
	if (!use->is_builtin)
		add_program(&making, &step->command, arena);
	*command = (struct command){.arguments = making.arguments,
		.argument_count = making.count,
		.where = step->command.where};
	return true;
}

const char *component_properties_variable(
	const struct step *step, struct arena *arena, struct error *error)
{
	const char *properties = step->component->properties ? step->component->properties : "{}";
	const char *variable = arena_format(arena, "WAVETRAIN_PROPERTIES=%s", properties);
	size_t limit = AGENT_ARGUMENT_LIMIT_PAGES * (size_t)sysconf(_SC_PAGESIZE) - 1;
	if (strlen(variable) <= limit)
		return variable;
	error_set(error, ERROR_PROCESS,
		"the properties of component '%s' have %zu bytes, and the system takes %zu in one "
		"environment variable: put the larger part into a file or an input",
		step->component->type, strlen(properties),
		limit - (strlen(variable) - strlen(properties)));
	return NULL;
}
