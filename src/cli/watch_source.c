#include "cli/watch_source.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "cli/project.h"
#include "component/component.h"
#include "load/pipeline_load.h"

static bool read_pipeline(struct watch_source *source, const char *path, struct arena *arena,
	struct pipeline *pipeline, bool *has_faults)
{
	CLEANUP(diagnostics_release) struct diagnostics diagnostics = {0};
	const struct batch_choices *choices = source->choices;
	struct cli cli = *source->cli;
	struct error ignored;
	cli.arena = arena;
	struct load_request request = {
		.path = path,
		.folder = project_work_folder(&cli, path),
		.assignments = choices->parameters.items,
		.assignment_count = choices->parameters.count,
		.environment = cli.environment,
		.shell = choices->shell,
		.builtin_components = component_builtin_names,
	};
	bool is_read = pipeline_load(&request, arena, &diagnostics, pipeline, &ignored);
	*has_faults = !is_read || diagnostics.error_count > 0;
	return is_read;
}

/* False: there is no pipeline file. */
static bool update_inputs(struct watch_source *source, struct error *error)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct pipeline pipeline;
	struct watch_inputs inputs;
	const char *path;
	bool has_faults;
	if (!pipeline_find(source->current_folder, source->choices->pipeline, &arena, &path, error))
		return false;
	if (!read_pipeline(source, path, &arena, &pipeline, &has_faults) ||
		(has_faults && source->has_inputs))
		return true;
	watch_inputs_collect(&pipeline, path_absolute(&arena, path), &inputs);
	if (source->choices->report_folder)
		watch_inputs_add_written(&inputs, source->choices->report_folder);
	watch_inputs_release(&source->inputs);
	source->inputs = inputs;
	source->has_inputs = !has_faults;
	return true;
}

static bool look(struct watch_source *source, struct watch_snapshot *snapshot, struct error *error)
{
	struct snapshot_request request = {.rules = &source->inputs.read,
		.state_folder = source->state_folder,
		.previous = &source->seen,
		.inotify = source->inotify};
	return watch_snapshot_take(&request, snapshot, error);
}

static void accept(struct watch_source *source, struct watch_snapshot *snapshot)
{
	watch_snapshot_release(&source->seen);
	source->seen = *snapshot;
	*snapshot = (struct watch_snapshot){0};
}

/* A pipe would be read to its end by us, and be empty for the run. */
static bool check_pipeline(const struct watch_source *source, struct error *error)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct stat facts;
	const char *path;
	if (!pipeline_find(source->current_folder, source->choices->pipeline, &arena, &path, error))
		return false;
	if (stat(path, &facts) < 0)
		return error_set_errno(error, ERROR_FILE, "cannot look at '%s'", path);
	return S_ISREG(facts.st_mode) ||
	       error_set(error, ERROR_USAGE, "'%s' is no plain file, so '--watch' cannot watch it",
		       path);
}

bool watch_source_open(struct watch_source *source, struct cli *cli,
	const struct batch_choices *choices, struct error *error)
{
	struct project project;
	*source = (struct watch_source){.cli = cli, .choices = choices, .inotify = -1};
	if (!project_find(cli, &project, error))
		return false;
	source->state_folder = project.state_folder;
	source->current_folder = path_absolute(cli->arena, ".");
	if (!check_pipeline(source, error))
		return false;
	source->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	return source->inotify >= 0 || error_set_errno(error, ERROR_PROCESS, "cannot watch files");
}

void watch_source_close(struct watch_source *source)
{
	close_descriptor(&source->inotify);
	watch_snapshot_release(&source->seen);
	watch_inputs_release(&source->inputs);
}

bool watch_source_begin(struct watch_source *source, struct error *error)
{
	struct watch_snapshot snapshot;
	struct error no_pipeline;
	/* One that is gone is the run's to complain about. */
	update_inputs(source, &no_pipeline);
	bool is_known = look(source, &snapshot, error);
	accept(source, &snapshot);
	return is_known;
}

bool watch_source_changes(struct watch_source *source, struct arena *arena,
	struct file_changes *changes, struct error *error)
{
	struct watch_snapshot snapshot;
	bool is_known = look(source, &snapshot, error);
	if (is_known)
		watch_snapshot_compare(&source->seen, &snapshot, arena, changes);
	accept(source, &snapshot);
	return is_known;
}
