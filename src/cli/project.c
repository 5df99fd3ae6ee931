#include "cli/project.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/cache_outlook.h"
#include "cli/changed_files.h"
#include "cli/plan_checks.h"
#include "component/component.h"
#include "load/ci_context_load.h"
#include "plan/plan_build.h"

/* The nearest folder from here up that holds .git (a folder, or a file in a worktree). */
static const char *repository_root(struct arena *arena, const char *folder)
{
	for (const char *at = folder;; at = path_folder(arena, at)) {
		if (path_exists(path_join(arena, at, ".git")))
			return at;
		if (text_equal(at, "/"))
			return folder;
	}
}

bool project_find(struct cli *cli, struct project *project, struct error *error)
{
	char *folder = getcwd(NULL, 0);
	if (!folder)
		return error_set_errno(error, ERROR_FILE, "cannot tell the current folder");
	const char *root = repository_root(cli->arena, arena_copy_text(cli->arena, folder));
	free(folder);
	const char *state = getenv("WAVETRAIN_STATE_DIR");
	*project = (struct project){
		.root = root,
		.state_folder = text_is_empty(state) ? path_join(cli->arena, root, ".wavetrain")
						     : path_absolute(cli->arena, state),
	};
	return true;
}

const char *project_run_folder(struct cli *cli, const struct project *project, const char *run_id)
{
	return arena_format(cli->arena, "%s/runs/%s", project->state_folder, run_id);
}

const char *project_work_folder(struct cli *cli, const char *pipeline_path)
{
	struct arena *arena = cli->arena;
	const char *folder = path_folder(arena, path_absolute(arena, pipeline_path));
	if (text_equal(path_file_name(folder), "pipelines") &&
		text_ends_with(folder, "/.wavetrain/pipelines"))
		folder = path_folder(arena, folder);
	return text_equal(path_file_name(folder), ".wavetrain") ? path_folder(arena, folder)
								: folder;
}

/* What -p gave stands in no file. */
static bool is_of_parameters(const struct diagnostics *diagnostics)
{
	for (uint32_t i = 0; i < diagnostics->count; i++) {
		const struct finding *finding = &diagnostics->findings[i];
		if (finding->severity == SEVERITY_ERROR &&
			(finding->code != FINDING_PARAMETER || finding->where.line > 0))
			return false;
	}
	return true;
}

static bool refuse(const struct diagnostics *diagnostics, struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	diagnostics_append_text(diagnostics, &text);
	cli_print_aside(&text);
	error_set(error, ERROR_PIPELINE_INVALID, "%u error%s in '%s', nothing was run",
		diagnostics->error_count, diagnostics->error_count == 1 ? "" : "s",
		diagnostics->file);
	if (is_of_parameters(diagnostics))
		return error_hint(error, "'-p NAME=VALUE' gives a parameter another value");
	return error_hint(error, "mend the file, then 'wavetrain validate' checks it again");
}

static bool read_file(struct cli *cli, const char *path, const struct load_choices *choices,
	struct diagnostics *diagnostics, struct pipeline *pipeline, struct error *error)
{
	const struct assignment_list *parameters = choices->parameters;
	struct load_request request = {
		.path = path,
		.folder = project_work_folder(cli, path),
		.assignments = parameters ? parameters->items : NULL,
		.assignment_count = parameters ? parameters->count : 0,
		.environment = cli->environment,
		.shell = choices->shell,
		.builtin_components = component_builtin_names,
		.check_properties = component_builtin_check,
		.check_programs = true,
	};
	return pipeline_load(&request, cli->arena, diagnostics, pipeline, error);
}

bool project_read(struct cli *cli, const char *word, const struct load_choices *choices,
	struct diagnostics *diagnostics, struct pipeline *pipeline, struct error *error)
{
	const char *path;
	struct contract_checker *checker = choices->checker;
	diagnostics_init(diagnostics, cli->arena, "");
	if (!pipeline_find(path_absolute(cli->arena, "."), word, cli->arena, &path, error) ||
		!read_file(cli, path, choices, diagnostics, pipeline, error))
		return false;
	/* Also of a file with faults: all of them are told at once. */
	if (!checker)
		checker = contract_checker_new(NULL);
	pipeline_verify(cli, pipeline, checker, diagnostics);
	diagnostics_sort(diagnostics);
	if (!choices->checker)
		contract_checker_free(checker);
	return true;
}

bool project_load(struct cli *cli, const char *word, const struct load_choices *choices,
	struct pipeline *pipeline, struct error *error)
{
	CLEANUP(diagnostics_release) struct diagnostics diagnostics = {0};
	return project_read(cli, word, choices, &diagnostics, pipeline, error) &&
	       (diagnostics.error_count == 0 || refuse(&diagnostics, error));
}

static bool has_conditions(const struct pipeline *pipeline)
{
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		if (pipeline->steps[i].condition)
			return true;
	return false;
}

/* What changed() compares with; nobody looks it up for pipelines that do not ask. */
static const char *find_base(
	struct cli *cli, const struct pipeline *pipeline, struct record *record)
{
	struct ci_context ci;
	const char *ignored;
	if (!has_conditions(pipeline))
		return NULL;
	ci_context_load(cli->environment, cli->arena, &ci, &ignored);
	return ci.base_sha ? ci.base_sha : last_finished_base(record, pipeline->name, cli->arena);
}

bool project_plan(struct cli *cli, const struct pipeline *pipeline,
	const struct plan_choices *choices, struct plan *plan, struct error *error)
{
	CLEANUP(diagnostics_release) struct diagnostics diagnostics;
	struct history history = {0};
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct changed_files changed = {.folder = pipeline->folder,
		.base = find_base(cli, pipeline, choices->record),
		.arena = cli->arena};
	CLEANUP(cache_outlook_close)
	struct cache_outlook outlook = {.folder = choices->cache_folder,
		.previous = choices->previous,
		.arena = cli->arena};
	diagnostics_init(&diagnostics, cli->arena, pipeline->file);
	if (choices->record &&
		!record_read_history(choices->record, pipeline->name, cli->arena, &history, error))
		return false;
	struct plan_request request = {
		.pipeline = pipeline,
		.history = choices->record ? &history : NULL,
		.jobs = choices->jobs,
		.processors = processors > 0 ? (uint32_t)processors : 1,
		.previous = choices->previous,
		.artifact_intact = choices->artifact_intact,
		.kept_count = choices->kept_count,
		.left_out = left_out_reasons(
			pipeline, &choices->left_out, choices->previous, cli->arena),
		.previous_definition = choices->previous_definition.bytes,
		.previous_definition_size = choices->previous_definition.size,
		.environment = cli->environment,
		.is_changed = changed_files_match,
		.changed_context = &changed,
		.is_cached = choices->cache_folder ? cache_outlook_knows : NULL,
		.cache_context = &outlook,
	};
	bool planned = plan_build(&request, cli->arena, &diagnostics, plan);
	map_release(&history.by_id);
	return planned || refuse(&diagnostics, error);
}

bool project_open_record(
	struct cli *cli, struct project *project, struct record **record, struct error *error)
{
	return project_find(cli, project, error) &&
	       record_open(project->state_folder, RECORD_READ, record, error);
}

bool project_read_run_from(struct cli *cli, const struct project *project, struct record *record,
	const char *word, struct run *run, struct error *error)
{
	const char *id;
	if (!record_find_run(record, word, cli->arena, &id, error) ||
		!record_read_run(record, id, cli->arena, run, error) ||
		!record_read_flaky(record, cli->arena, run, error))
		return false;
	run->folder = project_run_folder(cli, project, id);
	return true;
}

bool project_read_run(struct cli *cli, const char *word, struct run *run, struct error *error)
{
	struct project project;
	struct record *record = NULL;
	if (!project_open_record(cli, &project, &record, error))
		return false;
	bool read = project_read_run_from(cli, &project, record, word, run, error);
	record_close(record);
	return read;
}
