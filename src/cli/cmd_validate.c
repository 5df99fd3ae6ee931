#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/project.h"
#include "plan/plan_build.h"

struct options {
	uint32_t format;
	struct assignment_list parameters;
};

static const struct option options[] = {
	OPTION_TEXT_OR_JSON(offsetof(struct options, format)),
	OPTION_PARAMETERS(offsetof(struct options, parameters)),
};

/* Everything that can be said without running: the file's own faults, then the plan's. */
static bool check(struct cli *cli, const struct load_request *request,
	struct diagnostics *diagnostics, struct pipeline *pipeline, struct error *error)
{
	struct plan plan;
	if (!pipeline_load(request, cli->arena, diagnostics, pipeline, error))
		return false;
	if (diagnostics->error_count == 0) {
		struct plan_request planned = {.pipeline = pipeline, .processors = 1};
		plan_build(&planned, cli->arena, diagnostics, &plan);
	}
	return true;
}

static bool report(const struct diagnostics *diagnostics, const struct pipeline *pipeline,
	bool json, struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (json)
		diagnostics_append_json(diagnostics, &text);
	else if (diagnostics->error_count == 0)
		buffer_printf(&text, "%s: ok, %u step%s\n", diagnostics->file, pipeline->step_count,
			pipeline->step_count == 1 ? "" : "s");
	else
		diagnostics_append_text(diagnostics, &text);
	return cli_print(&text, error);
}

static int validate(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct project project;
	struct pipeline pipeline = {0};
	const char *path;
	CLEANUP(diagnostics_release) struct diagnostics diagnostics;
	diagnostics_init(&diagnostics, cli->arena, "");
	if (!project_find(cli, &project, error) || !pipeline_find(path_absolute(cli->arena, "."),
							   arguments[0], cli->arena, &path, error))
		return -1;
	diagnostics.file = path;
	struct load_request request = {.path = path,
		.folder = project_work_folder(cli, path),
		.assignments = chosen->parameters.items,
		.assignment_count = chosen->parameters.count,
		.environment = cli->environment};
	if (!check(cli, &request, &diagnostics, &pipeline, error) ||
		!report(&diagnostics, &pipeline, chosen->format == FORMAT_JSON, error))
		return -1;
	return diagnostics.error_count ? error_code_exit_status(ERROR_PIPELINE_INVALID) : 0;
}

extern const struct cli_command cmd_validate;
const struct cli_command cmd_validate = {
	.name = "validate",
	.arguments = "[PIPELINE]",
	.argument_limit = 1,
	.summary = "Report every fault of a pipeline at once; run nothing",
	.description =
		"Each finding is 'file:line:column: error: text' with the line and a caret under it.\n"
		"Exit code 3 when there is one.",
	.example = "wavetrain validate",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.takes_parameters = true,
	.parameters_offset = offsetof(struct options, parameters),
	.run = validate,
};
