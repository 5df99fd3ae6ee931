#include "cli/batch_parameters.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

/* NAME, NUL, VALUE, NUL, … of what -p gave; of a table whose prompts are commands, SHELL_MARK. */
#define PARAMETERS_FILE "parameters"
#define SHELL_MARK "--shell" /* no parameter has such a name */
#define PARAMETERS_LIMIT_BYTES ((size_t)16 * 1024 * 1024)

static const struct assignment *find(const struct assignment_list *list, const char *name)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (text_equal(list->items[i].name, name))
			return &list->items[i];
	return NULL;
}

static struct assignment_list new_list(struct arena *arena, size_t room)
{
	return (struct assignment_list){ARENA_ARRAY(arena, struct assignment, room + 1), 0};
}

static void add_shell(struct assignment_list *list, bool is_given)
{
	if (is_given && !find(list, SHELL_MARK))
		list->items[list->count++] = (struct assignment){.name = SHELL_MARK, .value = ""};
}

/* The parameters and the mark, if it is there. */
static struct assignment_list with_mark(
	const struct assignment_list *parameters, bool shell, struct arena *arena)
{
	struct assignment_list all = new_list(arena, parameters->count + 1);
	for (uint32_t i = 0; i < parameters->count; i++)
		all.items[all.count++] = parameters->items[i];
	add_shell(&all, shell);
	return all;
}

static bool read_list(const char *run_folder, struct arena *arena, struct assignment_list *list,
	struct error *error)
{
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	const char *path = path_join(arena, run_folder, PARAMETERS_FILE);
	*list = (struct assignment_list){0};
	if (!path_exists(path))
		return true;
	if (!file_read(path, PARAMETERS_LIMIT_BYTES, &bytes, error))
		return false;
	char *copy = arena_copy_bytes(arena, buffer_text(&bytes), bytes.size);
	uint32_t words = 0;
	for (size_t i = 0; i < bytes.size; i++)
		words += copy[i] == '\0';
	*list = new_list(arena, words / 2);
	for (const char *at = copy; at < copy + bytes.size && list->count < words / 2;) {
		const char *value = at + strlen(at) + 1;
		list->items[list->count++] = (struct assignment){.name = at, .value = value};
		at = value + strlen(value) + 1;
	}
	return true;
}

static bool write_list(const char *run_folder, const struct assignment_list *list,
	struct arena *arena, struct error *error)
{
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	if (!list->count)
		return true;
	for (uint32_t i = 0; i < list->count; i++) {
		buffer_append(&bytes, list->items[i].name, strlen(list->items[i].name) + 1);
		buffer_append(&bytes, list->items[i].value, strlen(list->items[i].value) + 1);
	}
	return file_write_atomic(
		path_join(arena, run_folder, PARAMETERS_FILE), bytes.bytes, bytes.size, error);
}

static struct assignment_list join(const struct assignment_list *saved,
	const struct assignment_list *given, struct arena *arena)
{
	struct assignment_list all = new_list(arena, (size_t)saved->count + given->count);
	for (uint32_t i = 0; i < saved->count; i++)
		if (!find(given, saved->items[i].name))
			all.items[all.count++] = saved->items[i];
	for (uint32_t i = 0; i < given->count; i++)
		all.items[all.count++] = given->items[i];
	return all;
}

bool batch_join_parameters(struct batch *batch, struct error *error)
{
	struct assignment_list saved;
	if (!read_list(batch->run_folder, batch->cli->arena, &saved, error))
		return false;
	struct assignment_list all = join(&saved, &batch->choices->parameters, batch->cli->arena);
	batch->parameters = new_list(batch->cli->arena, all.count);
	for (uint32_t i = 0; i < all.count; i++) {
		if (text_equal(all.items[i].name, SHELL_MARK))
			batch->shell = true;
		else
			batch->parameters.items[batch->parameters.count++] = all.items[i];
	}
	return true;
}

bool batch_save_parameters(struct batch *batch, struct error *error)
{
	struct arena *arena = batch->cli->arena;
	struct assignment_list all = with_mark(&batch->parameters, batch->shell, arena);
	return write_list(batch->run_folder, &all, arena, error);
}

uint32_t batch_tell_parameters(
	const struct batch *batch, struct arena *arena, struct state_parameter **told)
{
	struct assignment_list all = with_mark(&batch->parameters, batch->shell, arena);
	*told = ARENA_ARRAY(arena, struct state_parameter, all.count + 1);
	for (uint32_t i = 0; i < all.count; i++)
		state_parameter_fill(
			&(*told)[i], batch->run.id, all.items[i].name, all.items[i].value);
	return all.count;
}

static bool is_value(
	const struct assignment_list *list, const char *run_id, const struct state_parameter *told)
{
	const struct assignment *assignment = find(list, told->name);
	struct state_parameter given;
	if (!assignment)
		return false;
	state_parameter_fill(&given, run_id, told->name, assignment->value);
	return text_equal(given.digest, told->digest);
}

static bool refuse_missing(
	const char *run_id, const struct buffer *words, uint32_t count, struct error *error)
{
	error_set(error, ERROR_USAGE,
		"run '%s' was begun with %s that %s not given here, and no commit tells values: %s",
		run_id, count == 1 ? "a parameter" : "parameters", count == 1 ? "is" : "are",
		buffer_text(words) + 1);
	return error_hint(error, "'wavetrain resume %s%s' goes on, with the same %s", run_id,
		buffer_text(words), count == 1 ? "value" : "values");
}

bool batch_adopt_parameters(struct batch *batch, const char *run_id,
	const struct state_parameter *told, uint32_t told_count, struct error *error)
{
	CLEANUP(buffer_release) struct buffer missing = BUFFER_INIT;
	struct arena *arena = batch->cli->arena;
	const char *folder = project_run_folder(batch->cli, &batch->project, run_id);
	struct assignment_list given =
		with_mark(&batch->choices->parameters, batch->choices->shell, arena);
	struct assignment_list saved;
	uint32_t missing_count = 0;
	if (!read_list(folder, arena, &saved, error))
		return false;
	for (uint32_t i = 0; i < told_count; i++) {
		if (is_value(&saved, run_id, &told[i]) || is_value(&given, run_id, &told[i]))
			continue;
		missing_count++;
		if (text_equal(told[i].name, SHELL_MARK))
			buffer_append_text(&missing, " " SHELL_MARK);
		else
			buffer_printf(&missing, " -p %s=VALUE", told[i].name);
	}
	if (missing_count > 0)
		return refuse_missing(run_id, &missing, missing_count, error);
	struct assignment_list all = join(&saved, &given, arena);
	return all.count == 0 ||
	       (folder_make(folder, error) && write_list(folder, &all, arena, error));
}
