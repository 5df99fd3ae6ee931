#include "base/cleanup.h"
#include "base/clock.h"
#include "base/index.h"
#include "cli/project.h"

struct options {
	uint32_t format;
	bool ascii;
	bool wide;
	bool all;
	bool critical;
	bool failed;
};

static const struct option options[] = {
	OPTION_TEXT_OR_JSON(offsetof(struct options, format)),
	{.name = "ascii",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct options, ascii),
		.help = "Draw with ASCII characters only"},
	{.name = "wide",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct options, wide),
		.help = "Add wave, critical mark and a line of concurrency"},
	{.name = "all",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct options, all),
		.help = "Show every step, however many there are"},
	{.name = "critical",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct options, critical),
		.help = "Show only the critical path"},
	{.name = "failed",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct options, failed),
		.help = "Show only failed steps"},
};

static int timeline(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct run run;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (!project_read_run(cli, arguments[0], &run, error))
		return -1;
	struct text_style style = cli->style;
	style.ascii = style.ascii || chosen->ascii;
	style.wide = chosen->wide;
	style.all = chosen->all;
	style.only_critical = chosen->critical;
	style.only_failed = chosen->failed;
	if (chosen->format == FORMAT_JSON)
		run_json_append(&run, &text);
	else
		timeline_append(&run, &style, clock_realtime_ms(), &text);
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_timeline;
const struct cli_command cmd_timeline = {
	.name = "timeline",
	.arguments = "[RUN]",
	.argument_limit = 1,
	.summary = "Show a run as a text Gantt chart with its efficiency and critical path",
	.example = "wavetrain timeline latest",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.run = timeline,
};
