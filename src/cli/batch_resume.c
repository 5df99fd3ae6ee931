#include "cli/batch_resume.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/batch_expand.h"
#include "cli/batch_parameters.h"
#include "cli/plan_why.h"
#include "run/artifact.h"

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

bool batch_load_pipeline(struct batch *batch, struct error *error)
{
	const char *word = batch->choices->pipeline;
	batch->parameters = batch->choices->parameters;
	batch->shell = batch->choices->shell;
	if (batch->resumed) {
		word = path_join(batch->cli->arena, batch->project.root, batch->run.pipeline_file);
		if (!batch_join_parameters(batch, error))
			return false;
	}
	struct load_choices choices = {
		.parameters = &batch->parameters, .shell = batch->shell, .checker = batch->checker};
	if (!project_load(&batch->planning, word, &choices, &batch->pipeline, error)) {
		if (batch->resumed && error->code == ERROR_NO_PIPELINE)
			error_hint(error,
				"bring the file of run '%s' back, or begin anew with "
				"'wavetrain run PIPELINE'",
				batch->run_id);
		return false;
	}
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
		.left_out = {&batch->choices->left_out, &batch->choices->taken_back},
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
