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

static void append_resume(const struct run *run, struct buffer *text)
{
	bool ended_early = run->state == STATE_FAILED || run->state == STATE_INTERRUPTED;
	if (ended_early)
		buffer_printf(text, "resume: wavetrain resume %s\n", run->id);
}

static int status(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct run run;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (!project_read_run(cli, arguments[0], &run, error))
		return -1;
	if (chosen->format == FORMAT_JSON) {
		run_json_append(&run, &text);
	} else {
		status_append(&run, &cli->style, clock_realtime_ms(), &text);
		append_resume(&run, &text);
	}
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_status;
const struct cli_command cmd_status = {
	.name = "status",
	.arguments = "[RUN]",
	.argument_limit = 1,
	.summary = "Show how far a run is: groups, waves, steps; also while it goes on",
	.example = "wavetrain status latest",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.run = status,
};
