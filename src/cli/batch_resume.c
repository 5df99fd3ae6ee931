#include "cli/batch_resume.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/batch_expand.h"
#include "cli/plan_why.h"
#include "run/artifact.h"

/* NAME, NUL, VALUE, NUL, … of what -p gave; of a table whose prompts are commands, SHELL_MARK. */
#define PARAMETERS_FILE "parameters"
#define SHELL_MARK "--shell" /* no parameter has such a name */
#define PARAMETERS_LIMIT_BYTES ((size_t)16 * 1024 * 1024)

static bool is_unfinished(const struct run *run)
{
	return run->state != STATE_DONE;
}

/* On record a file below the project's root is named from there: it holds in another clone too. */
static const char *recorded_name(const struct batch *batch, const char *path)
{
	const char *absolute = path_absolute(batch->cli->arena, path);
	size_t length = strlen(batch->project.root);
	bool beneath = text_starts_with(absolute, batch->project.root) && absolute[length] == '/';
	return beneath ? absolute + length + 1 : absolute;
}

/* The newest run, of the asked-for pipeline file if one was named. */
static bool find_last_run(struct batch *batch, const char **id, struct error *error)
{
	struct run *runs;
	uint32_t count;
	const char *path = NULL;
	*id = NULL;
	if (!pipeline_find(path_absolute(batch->cli->arena, "."), batch->choices->pipeline,
		    batch->cli->arena, &path, error) ||
		!record_list_runs(batch->record, batch->cli->arena, &runs, &count, error))
		return false;
	const char *file = recorded_name(batch, path);
	for (uint32_t i = 0; i < count && !*id; i++)
		if (text_equal(runs[i].pipeline_file, file))
			*id = is_unfinished(&runs[i]) ? runs[i].id : "";
	if (text_is_empty(*id))
		*id = NULL;
	return true;
}

static bool adopt_run(struct batch *batch, const char *id, bool *nothing_to_do, struct error *error)
{
	if (!record_read_run(batch->record, id, &batch->planning_arena, &batch->run, error))
		return false;
	batch->run_folder = project_run_folder(batch->cli, &batch->project, id);
	batch->run.folder = batch->run_folder;
	batch->run_id = id;
	batch->resumed = true;
	batch->on_record = true;
	if (is_unfinished(&batch->run))
		return true;
	cli_print_note(batch->cli, "run '%s' is complete: nothing to do", id);
	*nothing_to_do = true;
	return true;
}

bool batch_resume_find(struct batch *batch, bool *nothing_to_do, struct error *error)
{
	const char *id = NULL;
	uint32_t choice = batch->choices->resume;
	if (batch->choices->must_resume) {
		if (!record_find_run(
			    batch->record, batch->choices->run, batch->cli->arena, &id, error))
			return false;
		return adopt_run(batch, id, nothing_to_do, error);
	}
	if (choice != RESUME_AUTO && choice != RESUME_REQUIRE)
		return true;
	if (!find_last_run(batch, &id, error))
		return false;
	if (id)
		return adopt_run(batch, id, nothing_to_do, error);
	if (choice == RESUME_AUTO)
		return true;
	error_set(
		error, ERROR_RUN_UNKNOWN, "there is no unfinished run of this pipeline to resume");
	return error_hint(error,
		"'wavetrain runs' lists what is on record; 'wavetrain run' begins a new one");
}

static bool read_parameters(struct batch *batch, struct assignment_list *list, struct error *error)
{
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	const char *path = path_join(batch->cli->arena, batch->run_folder, PARAMETERS_FILE);
	*list = (struct assignment_list){0};
	if (!path_exists(path))
		return true;
	if (!file_read(path, PARAMETERS_LIMIT_BYTES, &bytes, error))
		return false;
	char *copy = arena_copy_bytes(batch->cli->arena, buffer_text(&bytes), bytes.size);
	uint32_t words = 0;
	for (size_t i = 0; i < bytes.size; i++)
		words += copy[i] == '\0';
	list->items = ARENA_ARRAY(batch->cli->arena, struct assignment, words / 2 + 1);
	for (const char *at = copy; at < copy + bytes.size;) {
		const char *value = at + strlen(at) + 1;
		if (text_equal(at, SHELL_MARK))
			batch->shell = true;
		else
			list->items[list->count++] =
				(struct assignment){.name = at, .value = value};
		at = value + strlen(value) + 1;
	}
	return true;
}

bool batch_save_parameters(struct batch *batch, struct error *error)
{
	const struct assignment_list *list = &batch->parameters;
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	if (!list->count && !batch->shell)
		return true;
	if (batch->shell)
		buffer_append(&bytes, SHELL_MARK "\0", sizeof SHELL_MARK + 1);
	for (uint32_t i = 0; i < list->count; i++) {
		buffer_append(&bytes, list->items[i].name, strlen(list->items[i].name) + 1);
		buffer_append(&bytes, list->items[i].value, strlen(list->items[i].value) + 1);
	}
	const char *path = path_join(batch->cli->arena, batch->run_folder, PARAMETERS_FILE);
	return file_write_atomic(path, bytes.bytes, bytes.size, error);
}

static bool is_given(const struct assignment_list *given, const char *name)
{
	for (uint32_t i = 0; i < given->count; i++)
		if (text_equal(given->items[i].name, name))
			return true;
	return false;
}

/* What the run was begun with, with what is given now in its place. */
static bool join_parameters(struct batch *batch, struct error *error)
{
	const struct assignment_list *given = &batch->choices->parameters;
	struct assignment_list saved, *all = &batch->parameters;
	if (!read_parameters(batch, &saved, error))
		return false;
	all->items =
		ARENA_ARRAY(batch->cli->arena, struct assignment, saved.count + given->count + 1);
	for (uint32_t i = 0; i < saved.count; i++)
		if (!is_given(given, saved.items[i].name))
			all->items[all->count++] = saved.items[i];
	for (uint32_t i = 0; i < given->count; i++)
		all->items[all->count++] = given->items[i];
	return true;
}

bool batch_load_pipeline(struct batch *batch, struct error *error)
{
	const char *word = batch->choices->pipeline;
	batch->parameters = batch->choices->parameters;
	batch->shell = batch->choices->shell;
	if (batch->resumed) {
		word = path_join(batch->cli->arena, batch->project.root, batch->run.pipeline_file);
		batch->parameters = (struct assignment_list){0};
		if (!join_parameters(batch, error))
			return false;
	}
	struct load_choices choices = {
		.parameters = &batch->parameters, .shell = batch->shell, .checker = batch->checker};
	if (!project_load(&batch->planning, word, &choices, &batch->pipeline, error))
		return false;
	batch->pipeline.file = recorded_name(batch, batch->pipeline.file);
	if (batch->resumed)
		batch->pipeline.execution.mode = batch->run.mode;
	batch->written = batch->pipeline;
	return true;
}

const char *batch_cache_folder(const struct batch *batch)
{
	return path_join(batch->cli->arena, batch->project.state_folder, "cache");
}

bool batch_continue_plan(
	struct batch *batch, const bool *intact, uint32_t present_count, struct error *error)
{
	const struct run *run = &batch->run;
	bool *all = NULL;
	if (!intact) {
		all = ARENA_ARRAY(&batch->planning_arena, bool, run->artifact_count + 1);
		for (uint32_t i = 0; i < run->artifact_count; i++)
			all[i] = true;
	}
	struct plan_choices choices = {
		.jobs = batch->choices->jobs ? batch->choices->jobs : run->jobs,
		.previous = run,
		.artifact_intact = intact ? intact : all,
		.kept_count = intact ? 0 : present_count,
		.previous_definition = definition_load(&batch->planning, batch->run_folder),
		.record = batch->record,
		.cache_folder = batch_cache_folder(batch),
		.left_out = &batch->choices->left_out,
	};
	return project_plan(&batch->planning, &batch->pipeline, &choices, &batch->plan, error);
}

bool batch_resume_plan(struct batch *batch, struct error *error)
{
	const struct run *run = &batch->run;
	bool *intact = ARENA_ARRAY(batch->cli->arena, bool, run->artifact_count + 1);
	bool changed = true;
	for (uint32_t i = 0; i < run->artifact_count; i++)
		intact[i] = artifact_is_intact(run, &run->artifacts[i]);
	while (changed)
		if (!batch_continue_plan(batch, intact, 0, error) ||
			!batch_expand_known(batch, &changed, error))
			return false;
	return true;
}

bool batch_resume_record(struct batch *batch, struct error *error)
{
	const char *id = batch->run.id;
	if (!record_continue_run(batch->record, &batch->run, &batch->plan, error) ||
		!record_read_run(batch->record, id, &batch->planning_arena, &batch->run, error))
		return false;
	batch->run.folder = batch->run_folder;
	return batch_save_parameters(batch, error) &&
	       definition_save(
		       batch->cli, &batch->pipeline, &batch->written, batch->run_folder, error);
}
