/* The built-in components that are a few lines each: json, command, merge. */
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/json_measure.h"
#include "component/builtin.h"
#include "component/merge.h"
#include "component/message.h"
#include "component/program.h"

int json_run(const struct builtin_request *request, struct error *error)
{
	const char *path = property_text(request->properties, "path");
	if (!path) {
		json_object_set(
			request->message, "content", json_object_get(request->properties, "value"));
		return 0;
	}
	struct arena arena CLEANUP(arena_release) = {0};
	json_t *content = json_file_read(path, arena_format(&arena, "'%s'", path), NULL, error);
	if (!content)
		return 1;
	json_object_set_new(request->message, "content", content);
	return 0;
}

/* What a command printed, as $(…) would have it when it is not JSON. */
static json_t *content_of(const struct buffer *output, struct error *error)
{
	bool is_json;
	json_t *content = json_text_try(
		buffer_text(output), output->size, "the standard output", &is_json, error);
	if (content || is_json)
		return content;
	size_t size = output->size;
	while (size && output->bytes[size - 1] == '\n')
		size--;
	content = json_stringn(buffer_text(output), size);
	if (!content)
		error_set(error, ERROR_FILE,
			"the standard output of the command is neither JSON nor text in UTF-8");
	return content;
}

static const char *const *command_arguments(const json_t *properties, struct arena *arena)
{
	const json_t *run = json_object_get(properties, "run");
	size_t count = json_is_array(run) ? json_array_size(run) : 4;
	const char **arguments = ARENA_ARRAY(arena, const char *, count + 1);
	if (!json_is_array(run)) {
		arguments[0] = "sh";
		arguments[1] = "-e";
		arguments[2] = "-c";
		arguments[3] = json_string_value(run);
		return arguments;
	}
	for (size_t i = 0; i < count; i++)
		arguments[i] = property_item(properties, "run", i);
	return arguments;
}

int command_run(const struct builtin_request *request, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	struct program_result result;
	const struct program_request program = {
		.arguments = command_arguments(request->properties, &arena),
		.environment = request->call->environment,
		/* Without a kept file the message itself is what is printed. */
		.is_relayed = request->call->kept_output != NULL,
		.kept_limit = JSON_BYTE_LIMIT,
	};
	int status = 1;
	json_t *content = NULL;
	if (!program_run(&program, &result, error))
		status = result.exit_status;
	else if (result.signal)
		error_set(error, ERROR_STEP_FAILED, "the command was ended by signal %d",
			result.signal);
	else if (result.exit_status)
		error_set(error, ERROR_STEP_FAILED, "the command ended with exit status %d",
			status = result.exit_status);
	else if (result.is_cut)
		error_set(error, ERROR_FILE, "the command printed more than %zu MiB",
			JSON_BYTE_LIMIT / 1024 / 1024);
	else if ((content = content_of(&result.output, error)) != NULL)
		status = json_object_set_new(request->message, "content", content);
	buffer_release(&result.output);
	return status;
}

static const char *const *names_of(const json_t *properties, struct arena *arena)
{
	size_t count = 0;
	while (property_item(properties, "inputs", count))
		count++;
	if (!count)
		return NULL;
	const char **names = ARENA_ARRAY(arena, const char *, count + 1);
	for (size_t i = 0; i < count; i++)
		names[i] = property_item(properties, "inputs", i);
	return names;
}

int merge_run(const struct builtin_request *request, struct error *error)
{
	struct arena arena CLEANUP(arena_release) = {0};
	const char *const *names = names_of(request->properties, &arena);
	if (!names)
		names = request->call->merged_inputs;
	if (!request->input_folder) {
		error_set(error, ERROR_USAGE, "'merge' needs inputs, and there are none");
		return 1;
	}
	json_t *merged = merge_inputs(request->input_folder, names, error);
	if (!merged)
		return 1;
	/* The one that all inputs have comes before the declared one: a difference is to be seen. */
	if (!message_schema(merged))
		json_object_del(merged, "schema");
	json_object_update(request->message, merged);
	json_decref(merged);
	return 0;
}
