#include "base/cleanup.h"
#include "base/index.h"
#include "cli/project.h"
#include "plan/plan_build.h"

struct options {
	uint32_t format;
	bool shell;
	struct assignment_list parameters;
};

static const struct option options[] = {
	OPTION_TEXT_OR_JSON(offsetof(struct options, format)),
	OPTION_SHELL(offsetof(struct options, shell)),
	OPTION_PARAMETERS(offsetof(struct options, parameters)),
};

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

/* Everything that can be said without running: the file's own faults, then the plan's. */
static int validate(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct load_choices choices = {.parameters = &chosen->parameters, .shell = chosen->shell};
	struct pipeline pipeline = {0};
	struct plan plan;
	CLEANUP(diagnostics_release) struct diagnostics diagnostics = {0};
	if (!project_read(cli, arguments[0], &choices, &diagnostics, &pipeline, error))
		return -1;
	if (diagnostics.error_count == 0) {
		struct plan_request request = {.pipeline = &pipeline, .processors = 1};
		plan_build(&request, cli->arena, &diagnostics, &plan);
	}
	if (!report(&diagnostics, &pipeline, chosen->format == FORMAT_JSON, error))
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
