#include "component/component.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/json_measure.h"
#include "base/text.h"
#include "component/builtin.h"
#include "component/merge.h"
#include "component/message.h"
#include "component/program.h"

struct component {
	const struct component_call *call;
	const char *properties;    /* NULL: none */
	const char *input_folder;  /* NULL: none */
	const char *output_folder; /* NULL: none */
	struct arena arena;
};

static const char *environment_value(const char *const *environment, const char *name)
{
	size_t length = strlen(name);
	for (; *environment; environment++) {
		if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=')
			return *environment + length + 1;
	}
	return NULL;
}

static int fail(int exit_status, const struct error *error)
{
	struct buffer line CLEANUP(buffer_release) = BUFFER_INIT;
	struct error ignored;
	buffer_append_text(&line, "wavetrain: ");
	text_append_visible(&line, error->text, strlen(error->text));
	if (error->hint[0])
		buffer_printf(&line, " (%s)", error->hint);
	buffer_append_byte(&line, '\n');
	descriptor_write_all(STDERR_FILENO, line.bytes, line.size, &ignored);
	return exit_status;
}

/* NAME.json, NAME or the first NAME.* that the program has made itself; NULL: none. */
static const char *own_output(struct component *component)
{
	const char *name = component->call->kept_output;
	size_t length = strlen(name);
	const char *found = NULL;
	CLEANUP(close_folder) DIR *folder = opendir(component->output_folder);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		const char *rest = entry->d_name + length;
		if (strncmp(entry->d_name, name, length) != 0 || (*rest && *rest != '.'))
			continue;
		if (!found || text_equal(rest, ".json"))
			found = path_join(
				&component->arena, component->output_folder, entry->d_name);
		if (text_equal(rest, ".json"))
			break;
	}
	return found;
}

/*
 * True: the value is what was promised. A message without a schema gets the declared one, and
 * *is_changed says so.
 */
static bool accept(const struct component_call *call, json_t *value, const char *what,
	bool *is_changed, struct error *error)
{
	*is_changed = false;
	if (!call->output_is_message)
		return true;
	if (!message_check(value, what, error))
		return false;
	if (call->schema && !message_schema(value)) {
		*is_changed = true;
		json_object_set_new(value, "schema", json_string(call->schema));
	}
	return true;
}

static bool write_value(const char *path, const json_t *value, struct error *error)
{
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	return json_text_append(value, &text, error) &&
	       file_write_atomic(path, text.bytes, text.size, error);
}

/* What the program has written itself: checked, and its schema put in where it has none. */
static bool check_own_output(struct component *component, const char *path, struct error *error)
{
	bool is_changed = false;
	if (!component->call->output_is_message && !text_ends_with(path, ".json"))
		return true;
	const char *what = arena_format(&component->arena, "'%s'", path_file_name(path));
	json_t *value = json_file_read(path, what, NULL, error);
	bool is_fine = value && accept(component->call, value, what, &is_changed, error) &&
		       (!is_changed || write_value(path, value, error));
	json_decref(value);
	return is_fine;
}

static const char *kept_path(struct component *component)
{
	return path_join(&component->arena, component->output_folder,
		arena_format(&component->arena, "%s.json", component->call->kept_output));
}

static bool keep_output(
	struct component *component, const struct program_result *result, struct error *error)
{
	const char *own = own_output(component);
	bool is_changed = false;
	if (own)
		return check_own_output(component, own, error);
	if (result->is_cut)
		return error_set(error, ERROR_FILE,
			"the program printed more than %zu MiB: a larger result goes into "
			"$WAVETRAIN_OUTPUT/%s.json",
			JSON_BYTE_LIMIT / 1024 / 1024, component->call->kept_output);
	json_t *value = json_text_read(buffer_text(&result->output), result->output.size,
		"the program's standard output", error);
	bool is_kept = value && accept(component->call, value, "the program's standard output",
					&is_changed, error);
	if (is_kept && is_changed)
		is_kept = write_value(kept_path(component), value, error);
	else if (is_kept)
		is_kept = file_write_atomic(
			kept_path(component), result->output.bytes, result->output.size, error);
	json_decref(value);
	return is_kept;
}

/* Ends as the program has ended, so that who waits for us can tell a kill from a failure. */
static int end_by_signal(int number)
{
	const struct rlimit none = {0};
	const struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t only;
	setrlimit(RLIMIT_CORE, &none);
	sigaction(number, &standard, NULL);
	sigemptyset(&only);
	sigaddset(&only, number);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	raise(number);
	return 128 + number;
}

static int run_program(struct component *component)
{
	const struct component_call *call = component->call;
	const struct program_request request = {
		.arguments = call->arguments,
		.environment = call->environment,
		.stdin_text = component->properties,
		.stdin_file = call->stdin_file,
		.is_relayed = true,
		.kept_limit = call->kept_output ? JSON_BYTE_LIMIT : 0,
	};
	struct program_result result;
	struct error error = {0};
	int status = 1;
	if (!program_run(&request, &result, &error))
		status = fail(result.exit_status, &error);
	else if (result.signal)
		status = end_by_signal(result.signal);
	else if (result.exit_status)
		status = result.exit_status;
	else if (!call->kept_output || keep_output(component, &result, &error))
		status = 0;
	else
		fail(status, &error);
	buffer_release(&result.output);
	return status;
}

/* A built-in's message into its file; without one, it is what we print. */
static bool put_message(struct component *component, const json_t *message, struct error *error)
{
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	if (!component->call->kept_output)
		return json_text_append(message, &text, error) &&
		       descriptor_write_all(STDOUT_FILENO, text.bytes, text.size, error);
	const char *own = own_output(component);
	return own ? check_own_output(component, own, error)
		   : write_value(kept_path(component), message, error);
}

static int run_builtin(struct component *component)
{
	const struct component_call *call = component->call;
	const struct builtin *builtin = builtin_find(call->type);
	struct error error = {0};
	json_t *properties = NULL;
	if (builtin)
		properties = builtin_properties(builtin, component->properties, &error);
	else
		component_builtin_check(call->type, NULL, &error);
	if (!properties)
		return fail(2, &error);
	json_t *message = message_new(call->schema, NULL);
	const struct builtin_request request = {
		.call = call,
		.properties = properties,
		.input_folder = component->input_folder,
		.message = message,
	};
	int status = builtin->run(&request, &error);
	if (status == 0 && !put_message(component, message, &error))
		status = 1;
	if (status)
		fail(status, &error);
	json_decref(message);
	json_decref(properties);
	return status;
}

/* As one more file of the inputs, which must not be called so themselves. */
static bool put_merged_inputs(struct component *component, struct error *error)
{
	const char *const *names = component->call->merged_inputs;
	if (!names || text_equal(component->call->type, "merge"))
		return true;
	if (!component->input_folder)
		return error_set(error, ERROR_USAGE,
			"inputs are to be merged, and $WAVETRAIN_INPUT is not set");
	const char *path = path_join(&component->arena, component->input_folder, MERGED_FILE);
	if (path_exists(path))
		return error_set(error, ERROR_FILE,
			"an input is called 'merged', which is the name of the merged inputs");
	json_t *merged = merge_inputs(component->input_folder, names, error);
	bool is_written = merged && write_value(path, merged, error);
	json_decref(merged);
	return is_written;
}

int component_run(const struct component_call *call)
{
	struct error error = {0};
	struct component component = {
		.call = call,
		.properties = environment_value(call->environment, "WAVETRAIN_PROPERTIES"),
		.input_folder = environment_value(call->environment, "WAVETRAIN_INPUT"),
		.output_folder = environment_value(call->environment, "WAVETRAIN_OUTPUT"),
	};
	int status = 1;
	if (call->kept_output && text_is_empty(component.output_folder)) {
		error_set(&error, ERROR_USAGE,
			"'%s' is to be kept, and $WAVETRAIN_OUTPUT is not set", call->kept_output);
		fail(status = 2, &error);
	} else if (!put_merged_inputs(&component, &error)) {
		fail(status, &error);
	} else {
		status = call->type ? run_builtin(&component) : run_program(&component);
	}
	arena_release(&component.arena);
	return status;
}
