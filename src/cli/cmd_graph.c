#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/project.h"

struct options {
	uint32_t format;
	const char *run;
	struct assignment_list parameters;
};

static const char *const formats[] = {"mermaid", "dot", NULL};

static const struct option options[] = {
	{.name = "format",
		.kind = OPTION_CHOICE,
		.offset = offsetof(struct options, format),
		.value_name = "FORMAT",
		.choices = formats,
		.help = "What to print"},
	{.name = "run",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, run),
		.value_name = "RUN",
		.implied = "latest",
		.help = "Draw this run, with the state of each step as its colour"},
	OPTION_PARAMETERS(offsetof(struct options, parameters)),
};

static bool read_plan(struct cli *cli, const char *word, const struct options *chosen,
	struct run *run, struct error *error)
{
	struct project project;
	struct pipeline *pipeline = ARENA_NEW(cli->arena, struct pipeline);
	struct plan *plan = ARENA_NEW(cli->arena, struct plan);
	struct load_choices loading = {.parameters = &chosen->parameters};
	struct plan_choices choices = {0};
	if (!project_find(cli, &project, error) ||
		!project_load(cli, word, &loading, pipeline, error) ||
		!project_plan(cli, pipeline, &choices, plan, error))
		return false;
	plan_graph_run(plan, cli->arena, run);
	return true;
}

/* `--run RUN` is written as often as `--run=RUN`, and means it. */
static const char *run_word(const struct options *chosen, const char *argument, struct error *error)
{
	if (!argument)
		return chosen->run;
	if (text_equal(chosen->run, "latest"))
		return argument;
	error_set(error, ERROR_USAGE, "'graph' draws the run '%s' or the pipeline '%s', not both",
		chosen->run, argument);
	return NULL;
}

static bool read_recorded(struct cli *cli, const struct options *chosen, const char *argument,
	struct run *run, struct error *error)
{
	const char *word = run_word(chosen, argument, error);
	return word && project_read_run(cli, word, run, error);
}

static int graph(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct run run;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	bool read = chosen->run ? read_recorded(cli, chosen, arguments[0], &run, error)
				: read_plan(cli, arguments[0], chosen, &run, error);
	if (!read)
		return -1;
	if (chosen->format == 2)
		dot_append(&run, chosen->run != NULL, &text);
	else
		mermaid_append(&run, chosen->run != NULL, &text);
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_graph;
const struct cli_command cmd_graph = {
	.name = "graph",
	.alias = "visualise",
	.arguments = "[PIPELINE]",
	.argument_limit = 1,
	.summary = "Draw the steps and what they need as Mermaid or DOT",
	.example = "wavetrain graph --run latest --format dot",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.takes_parameters = true,
	.parameters_offset = offsetof(struct options, parameters),
	.run = graph,
};
