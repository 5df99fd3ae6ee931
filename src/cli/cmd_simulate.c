#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "cli/jobs_list.h"
#include "cli/project.h"
#include "plan/simulation.h"
#include "report/simulation_report.h"

struct options {
	uint32_t format;
	const char *jobs;
	bool shell;
	struct assignment_list parameters;
};

static const struct option options[] = {
	OPTION_TEXT_OR_JSON(offsetof(struct options, format)),
	{.name = "jobs",
		.letter = 'j',
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, jobs),
		.value_name = "LIST",
		.help = "Simulate N steps at once: 4, a list 1,2,4 or a range 1-8"},
	OPTION_SHELL(offsetof(struct options, shell)),
	OPTION_PARAMETERS(offsetof(struct options, parameters)),
};

static bool make_plan(struct cli *cli, const struct options *chosen, const char *word,
	struct pipeline *pipeline, struct plan *plan, struct error *error)
{
	struct project project;
	struct record *record = NULL;
	struct error no_record;
	struct load_choices loading = {.parameters = &chosen->parameters, .shell = chosen->shell};
	if (!project_find(cli, &project, error) ||
		!project_load(cli, word, &loading, pipeline, error))
		return false;
	/* Without a record, or with one that cannot be read, there is just no history. */
	if (!record_open(project.state_folder, RECORD_READ, &record, &no_record))
		record = NULL;
	/* Both modes are told of, whichever the pipeline takes. */
	pipeline->execution.mode = MODE_WAVES;
	struct plan_choices choices = {
		.record = record,
		.cache_folder = path_join(cli->arena, project.state_folder, "cache"),
	};
	bool done = project_plan(cli, pipeline, &choices, plan, error);
	record_close(record);
	return done;
}

static int simulate(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct jobs_list jobs = {0};
	struct pipeline pipeline = {0};
	struct plan plan = {0};
	struct simulation simulation;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (chosen->jobs && !jobs_list_parse(chosen->jobs, cli->arena, &jobs, error))
		return -1;
	if (!make_plan(cli, chosen, arguments[0], &pipeline, &plan, error))
		return -1;
	if (!chosen->jobs)
		jobs = (struct jobs_list){.numbers = &plan.jobs, .count = 1};
	simulation_build(&plan, jobs.numbers, jobs.count, cli->arena, &simulation);
	if (chosen->format == FORMAT_JSON)
		simulation_json_append(&simulation, &text);
	else
		simulation_text_append(&simulation, &cli->style, &text);
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_simulate;
const struct cli_command cmd_simulate = {
	.name = "simulate",
	.arguments = "[PIPELINE]",
	.argument_limit = 1,
	.summary = "Compare waves with a rolling frontier for several numbers of jobs; run nothing",
	.description =
		"Every step is taken to succeed within its estimate, which comes from earlier runs on\n"
		"record where there are some. What is cached or left out takes no time; a step with\n"
		"'foreach' counts once. The JSON form is described in\n"
		"docs/reference/simulate-json.md.",
	.example = "wavetrain simulate -j 1,2,4",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.takes_parameters = true,
	.parameters_offset = offsetof(struct options, parameters),
	.run = simulate,
};
