#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "cli/plan_why.h"
#include "cli/project.h"

struct options {
	uint32_t format;
	uint32_t jobs;
	bool all;
	bool shell;
	const char *why;
	struct assignment_list parameters;
};

enum plan_format { PLAN_TEXT, PLAN_JSON, PLAN_MERMAID, PLAN_DOT };
static const char *const formats[] = {"text", "json", "mermaid", "dot", NULL};

static const struct option options[] = {
	{.name = "format",
		.kind = OPTION_CHOICE,
		.offset = offsetof(struct options, format),
		.value_name = "FORMAT",
		.choices = formats,
		.help = "What to print"},
	{.name = "jobs",
		.letter = 'j',
		.kind = OPTION_COUNT,
		.offset = offsetof(struct options, jobs),
		.value_name = "N",
		.limit = 4096,
		.help = "Plan for N steps at once"},
	{.name = "all",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct options, all),
		.help = "Fold nothing, however many steps a wave has"},
	{.name = "why",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, why),
		.value_name = "STEP",
		.help = "Say why a step would run, and what differs from the last run first"},
	OPTION_SHELL(offsetof(struct options, shell)),
	OPTION_PARAMETERS(offsetof(struct options, parameters)),
};

static void append(
	struct cli *cli, const struct plan *plan, const struct options *chosen, struct buffer *text)
{
	struct run run;
	struct text_style style = cli->style;
	style.all = chosen->all;
	switch ((enum plan_format)(chosen->format ? chosen->format - 1 : PLAN_TEXT)) {
	case PLAN_TEXT:
		plan_text_append(plan, &style, text);
		break;
	case PLAN_JSON:
		plan_json_append(plan, text);
		break;
	case PLAN_MERMAID:
		plan_graph_run(plan, cli->arena, &run);
		mermaid_append(&run, false, text);
		break;
	case PLAN_DOT:
		plan_graph_run(plan, cli->arena, &run);
		dot_append(&run, false, text);
		break;
	}
}

static int plan_command(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct project project;
	struct pipeline pipeline = {0};
	struct plan plan = {0};
	struct record *record = NULL;
	struct error no_record;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	struct load_choices loading = {.parameters = &chosen->parameters, .shell = chosen->shell};
	if (chosen->why && chosen->format) {
		error_set(error, ERROR_USAGE, "'--why' answers in words, not in a '--format'");
		return error_hint(error, "'--format json' gives the reason of every step"), -1;
	}
	if (!project_find(cli, &project, error) ||
		!project_load(cli, arguments[0], &loading, &pipeline, error))
		return -1;
	struct plan_choices choices = {
		.jobs = chosen->jobs,
		.cache_folder = path_join(cli->arena, project.state_folder, "cache"),
	};
	/* Without a record, or with one that cannot be read, there is just no history. */
	if (!record_open(project.state_folder, RECORD_READ, &record, &no_record))
		record = NULL;
	choices.record = record;
	struct why_request why = {
		.project = &project, .plan = &plan, .record = record, .step_id = chosen->why};
	bool done = project_plan(cli, &pipeline, &choices, &plan, error) &&
		    (!chosen->why || plan_why_append(cli, &why, &text, error));
	record_close(record);
	if (!done)
		return -1;
	if (!chosen->why)
		append(cli, &plan, chosen, &text);
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_plan;
const struct cli_command cmd_plan = {
	.name = "plan",
	.arguments = "[PIPELINE]",
	.argument_limit = 1,
	.summary = "Show waves, order, estimates and the critical path; run nothing",
	.description =
		"Estimates come from earlier runs on record where there are some. The JSON form is\n"
		"described in docs/reference/plan-json.md.",
	.example = "wavetrain plan --format mermaid",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.takes_parameters = true,
	.parameters_offset = offsetof(struct options, parameters),
	.run = plan_command,
};
