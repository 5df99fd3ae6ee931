#include "run/agent_command.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"

#define TASK_FILE "task.md"
#define SYSTEM_PROMPT_FILE "system-prompt.md"
#define RESULT_NAME "result"

enum placeholder {
	PLACEHOLDER_TASK,
	PLACEHOLDER_TASK_FILE,
	PLACEHOLDER_SYSTEM_PROMPT_FILE,
	PLACEHOLDER_WORKSPACE,
	PLACEHOLDER_MODEL,
	PLACEHOLDER_ALLOW,
	PLACEHOLDER_DENY,
	PLACEHOLDER_HANDOFFS_FILE,
	PLACEHOLDER_COUNT
};

static const char *const placeholder_names[] = {
	[PLACEHOLDER_TASK] = "task",
	[PLACEHOLDER_TASK_FILE] = "task_file",
	[PLACEHOLDER_SYSTEM_PROMPT_FILE] = "system_prompt_file",
	[PLACEHOLDER_WORKSPACE] = "workspace",
	[PLACEHOLDER_MODEL] = "model",
	[PLACEHOLDER_ALLOW] = "allow",
	[PLACEHOLDER_DENY] = "deny",
	[PLACEHOLDER_HANDOFFS_FILE] = "handoffs_file",
};
static_assert(ARRAY_LENGTH(placeholder_names) == PLACEHOLDER_COUNT, "a name for each");

/* What a command is made of. */
struct making {
	const struct agent_request *request;
	const struct adapter *adapter;
	const struct persona *persona;         /* NULL: none declared */
	const char *values[PLACEHOLDER_COUNT]; /* NULL: no value */
	struct arena *arena;
	const char **arguments;
	uint32_t argument_count;
	struct error *error;
};

/* --- adapter and persona --- */

static const struct persona *find_persona(const struct pipeline *pipeline, const struct step *step)
{
	uint32_t place = step->agent->persona;
	return place < pipeline->persona_count ? &pipeline->personas[place] : NULL;
}

static bool explain_missing_adapter(const struct agent_request *request, struct error *error)
{
	const struct pipeline *pipeline = request->pipeline;
	const struct agent_use *use = request->step->agent;
	struct nearest nearest;
	if (!use->adapter_name) {
		error_set(error, ERROR_PROCESS,
			"no adapter is declared that persona '%s' could use", use->persona_name);
	} else {
		nearest_start(&nearest, use->adapter_name);
		for (uint32_t i = 0; i < pipeline->adapter_count; i++)
			nearest_offer(&nearest, pipeline->adapters[i].name);
		error_set(error, ERROR_PROCESS,
			"adapter '%s' of persona '%s' is not declared%s%s%s", use->adapter_name,
			use->persona_name, nearest.best ? " (did you mean '" : "",
			nearest.best ? nearest.best : "", nearest.best ? "'?)" : "");
	}
	error_hint(error,
		"declare it under 'adapters:' in the pipeline file, or, for a table, in a "
		"wavetrain.yml beside it");
	return false;
}

const struct environment *agent_environment(
	const struct pipeline *pipeline, const struct step *step)
{
	const struct persona *persona = step->agent ? find_persona(pipeline, step) : NULL;
	return persona ? &persona->env : NULL;
}

/* --- values of the placeholders --- */

static bool is_denied(const struct text_list *deny, const char *text)
{
	for (uint32_t i = 0; i < deny->count; i++) {
		if (text_equal(deny->items[i].text, text))
			return true;
	}
	return false;
}

/* Without those that are in but_for; NULL when nothing is left. */
static const char *join(
	const struct making *making, const struct text_list *list, const struct text_list *but_for)
{
	const char *separator = making->adapter->separator ? making->adapter->separator : ",";
	CLEANUP(buffer_release) struct buffer joined = BUFFER_INIT;
	uint32_t count = 0;
	for (uint32_t i = 0; i < list->count; i++) {
		if (but_for && is_denied(but_for, list->items[i].text))
			continue;
		buffer_printf(&joined, "%s%s", count ? separator : "", list->items[i].text);
		count++;
	}
	return count ? arena_copy_text(making->arena, buffer_text(&joined)) : NULL;
}

static bool has_system_prompt_text(const struct persona *persona)
{
	return persona && !text_is_empty(persona->system_prompt);
}

static const char *system_prompt_path(const struct making *making)
{
	const struct persona *persona = making->persona;
	if (has_system_prompt_text(persona))
		return path_join(
			making->arena, making->request->attempt_folder, SYSTEM_PROMPT_FILE);
	if (!persona || persona->system_prompt || text_is_empty(persona->system_prompt_file))
		return NULL;
	return path_join(
		making->arena, making->request->pipeline->folder, persona->system_prompt_file);
}

static const char *value_or_none(const char *text)
{
	return text_is_empty(text) ? NULL : text;
}

static const char *task_of(const struct step *step)
{
	return step->agent->task ? step->agent->task : "";
}

static void set_values(struct making *making)
{
	const struct agent_request *request = making->request;
	const struct persona *persona = making->persona;
	making->values[PLACEHOLDER_TASK] = task_of(request->step);
	making->values[PLACEHOLDER_TASK_FILE] =
		path_join(making->arena, request->attempt_folder, TASK_FILE);
	making->values[PLACEHOLDER_SYSTEM_PROMPT_FILE] = system_prompt_path(making);
	making->values[PLACEHOLDER_WORKSPACE] = request->work_folder;
	making->values[PLACEHOLDER_HANDOFFS_FILE] = value_or_none(request->handoffs_file);
	if (!persona)
		return;
	making->values[PLACEHOLDER_MODEL] = value_or_none(persona->model);
	making->values[PLACEHOLDER_ALLOW] = join(making, &persona->allow, &persona->deny);
	making->values[PLACEHOLDER_DENY] = join(making, &persona->deny, NULL);
}

/* --- the adapter's arguments --- */

/* The placeholder that text begins with, and its length; PLACEHOLDER_COUNT: none. */
static enum placeholder placeholder_at(const char *text, size_t *length)
{
	for (uint32_t i = 0; *text == '{' && i < PLACEHOLDER_COUNT; i++) {
		*length = strlen(placeholder_names[i]) + 2;
		if (strncmp(text + 1, placeholder_names[i], *length - 2) == 0 &&
			text[*length - 1] == '}')
			return (enum placeholder)i;
	}
	*length = 1;
	return PLACEHOLDER_COUNT;
}

/* Bits 1u << enum placeholder of those in an argument. */
static uint32_t placeholders_in(const char *text)
{
	uint32_t found = 0;
	for (size_t length; *text; text += length)
		found |= 1u << placeholder_at(text, &length);
	return found & ~(1u << PLACEHOLDER_COUNT);
}

static uint32_t placeholders_of_part(const struct adapter_part *part)
{
	uint32_t found = 0;
	for (uint32_t i = 0; i < part->argument_count; i++)
		found |= placeholders_in(part->arguments[i]);
	return found;
}

static bool is_left_out(const struct making *making, const struct adapter_part *part)
{
	uint32_t found = part->is_optional ? placeholders_of_part(part) : 0;
	for (uint32_t i = 0; i < PLACEHOLDER_COUNT; i++) {
		if ((found & 1u << i) && !making->values[i])
			return true;
	}
	return false;
}

/* Those of all parts that are not left out. */
static uint32_t placeholders_in_use(const struct making *making)
{
	uint32_t found = 0;
	for (uint32_t i = 0; i < making->adapter->part_count; i++) {
		if (!is_left_out(making, &making->adapter->parts[i]))
			found |= placeholders_of_part(&making->adapter->parts[i]);
	}
	return found;
}

static size_t argument_limit(void)
{
	return AGENT_ARGUMENT_LIMIT_PAGES * (size_t)sysconf(_SC_PAGESIZE) - 1;
}

static bool check_length(const struct making *making, const char *pattern, size_t size)
{
	size_t limit = argument_limit();
	if (size <= limit)
		return true;
	if (!(placeholders_in(pattern) & 1u << PLACEHOLDER_TASK))
		return error_set(making->error, ERROR_PROCESS,
			"an argument of adapter '%s' has %zu bytes, %zu more than the system takes",
			making->adapter->name, size, size - limit);
	error_set(making->error, ERROR_PROCESS,
		"the task has %zu bytes, and the system takes %zu in one argument: adapter '%s' "
		"must have {task_file} instead of {task}, or 'stdin: task'",
		strlen(making->values[PLACEHOLDER_TASK]), limit, making->adapter->name);
	return false;
}

static void add_argument(struct making *making, const char *argument)
{
	making->arguments[making->argument_count++] = argument;
}

static bool add_replaced(struct making *making, const char *pattern)
{
	CLEANUP(buffer_release) struct buffer argument = BUFFER_INIT;
	size_t length;
	for (const char *at = pattern; *at; at += length) {
		enum placeholder placeholder = placeholder_at(at, &length);
		if (placeholder == PLACEHOLDER_COUNT)
			buffer_append_byte(&argument, *at);
		else if (making->values[placeholder])
			buffer_append_text(&argument, making->values[placeholder]);
	}
	if (!check_length(making, pattern, argument.size))
		return false;
	add_argument(making, arena_copy_text(making->arena, buffer_text(&argument)));
	return true;
}

static bool add_parts(struct making *making)
{
	for (uint32_t i = 0; i < making->adapter->part_count; i++) {
		const struct adapter_part *part = &making->adapter->parts[i];
		if (is_left_out(making, part))
			continue;
		for (uint32_t j = 0; j < part->argument_count; j++) {
			if (!add_replaced(making, part->arguments[j]))
				return false;
		}
	}
	return true;
}

/* --- what goes around it --- */

static bool is_wrapped(const struct adapter *adapter)
{
	return adapter->input == ADAPTER_STDIN_TASK || adapter->result == ADAPTER_RESULT_JSON;
}

static void add_wrapper(struct making *making)
{
	const struct adapter *adapter = making->adapter;
	if (!is_wrapped(adapter))
		return;
	add_argument(making, making->request->own_program);
	add_argument(making, "component");
	add_argument(making, "run");
	if (adapter->result == ADAPTER_RESULT_JSON) {
		add_argument(making, "--keep");
		add_argument(making, RESULT_NAME);
	}
	if (adapter->input == ADAPTER_STDIN_TASK) {
		add_argument(making, "--stdin");
		add_argument(making, making->values[PLACEHOLDER_TASK_FILE]);
	}
	add_argument(making, "--");
}

#define WRAPPER_ARGUMENTS 8u

static void reserve_arguments(struct making *making)
{
	uint32_t count = WRAPPER_ARGUMENTS + 1;
	for (uint32_t i = 0; i < making->adapter->part_count; i++)
		count += making->adapter->parts[i].argument_count;
	making->arguments = ARENA_ARRAY(making->arena, const char *, count);
}

/* --- files --- */

static bool write_file(const struct making *making, const char *name, const char *text)
{
	const char *path = making->request->attempt_folder;
	CLEANUP(close_descriptor)
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (folder < 0)
		return error_set_errno(making->error, ERROR_FILE, "cannot open '%s'", path);
	if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
		return error_set_errno(
			making->error, ERROR_FILE, "cannot replace '%s/%s'", path, name);
	CLEANUP(close_descriptor)
	int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (file < 0)
		return error_set_errno(
			making->error, ERROR_FILE, "cannot write '%s/%s'", path, name);
	return descriptor_write_all(file, text, strlen(text), making->error) ||
	       error_context(making->error, "'%s/%s'", path, name);
}

static bool needs_task_file(const struct making *making)
{
	return making->adapter->input == ADAPTER_STDIN_TASK ||
	       (placeholders_in_use(making) & 1u << PLACEHOLDER_TASK_FILE);
}

static bool needs_system_prompt_file(const struct making *making)
{
	return has_system_prompt_text(making->persona) &&
	       (placeholders_in_use(making) & 1u << PLACEHOLDER_SYSTEM_PROMPT_FILE);
}

static bool write_files(const struct making *making)
{
	return (!needs_task_file(making) ||
		       write_file(making, TASK_FILE, making->values[PLACEHOLDER_TASK])) &&
	       (!needs_system_prompt_file(making) ||
		       write_file(making, SYSTEM_PROMPT_FILE, making->persona->system_prompt));
}

/* --- all of it --- */

/* False: there is no adapter. */
static bool begin(struct making *making, const struct agent_request *request, struct arena *arena)
{
	const struct pipeline *pipeline = request->pipeline;
	uint32_t place = request->step->agent->adapter;
	*making = (struct making){.request = request, .arena = arena};
	if (place >= pipeline->adapter_count)
		return false;
	making->adapter = &pipeline->adapters[place];
	making->persona = find_persona(pipeline, request->step);
	set_values(making);
	return true;
}

bool agent_command_needs_folder(const struct agent_request *request)
{
	struct arena arena CLEANUP(arena_release) = {0};
	struct making making;
	return begin(&making, request, &arena) &&
	       (needs_task_file(&making) || needs_system_prompt_file(&making));
}

bool agent_command_make(const struct agent_request *request, struct arena *arena,
	struct command *command, struct error *error)
{
	struct making making;
	if (!begin(&making, request, arena))
		return explain_missing_adapter(request, error);
	making.error = error;
	reserve_arguments(&making);
	add_wrapper(&making);
	if (!add_parts(&making) || !write_files(&making))
		return false;
	*command = (struct command){.arguments = making.arguments,
		.argument_count = making.argument_count,
		.where = making.adapter->where};
	return true;
}

const char *agent_task_variable(const struct step *step, struct arena *arena)
{
	const char *variable = arena_format(arena, "WAVETRAIN_TASK=%s", task_of(step));
	return strlen(variable) <= argument_limit() ? variable : NULL;
}
