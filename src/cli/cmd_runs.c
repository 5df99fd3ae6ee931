#include "base/cleanup.h"
#include "base/clock.h"
#include "base/index.h"
#include "cli/project.h"

struct options {
	uint32_t format;
};

static const struct option options[] = {
	OPTION_TEXT_OR_JSON(offsetof(struct options, format)),
};

static int runs_command(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct project project;
	struct record *record = NULL;
	struct run *runs;
	uint32_t count;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	(void)arguments;
	if (!project_open_record(cli, &project, &record, error))
		return -1;
	bool read = record_list_runs(record, cli->arena, &runs, &count, error);
	record_close(record);
	if (!read)
		return -1;
	if (chosen->format == FORMAT_JSON)
		runs_json_append(runs, count, &text);
	else
		runs_append(runs, count, &cli->style, clock_realtime_ms(), &text);
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_runs;
const struct cli_command cmd_runs = {
	.name = "runs",
	.arguments = "",
	.summary = "List the runs on record, the newest first",
	.example = "wavetrain runs",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.run = runs_command,
};
