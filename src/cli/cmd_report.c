#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "cli/batch_report.h"

struct options {
	const char *folder;
	const char *templates;
	const char *name;
};

static const struct option options[] = {
	{.name = "report-dir",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, folder),
		.value_name = "DIR",
		.help = "Write to DIR instead of the run's own folder"},
	{.name = "report-name",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, name),
		.value_name = "NAME",
		.help = "Name of the artifact the reports are uploaded as, for links"},
	{.name = "templates",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, templates),
		.value_name = "DIR",
		.help = "Take report templates from DIR where it has them"},
};

static bool read_runs(struct cli *cli, const char *word, struct run *run, struct run *previous,
	bool *compared, struct error *error)
{
	struct project project;
	struct record *record = NULL;
	if (!project_open_record(cli, &project, &record, error))
		return false;
	bool read = project_read_run_from(cli, &project, record, word, run, error);
	*compared = read && batch_previous_run(cli, record, run, previous);
	record_close(record);
	return read;
}

static int report(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct run run, previous;
	bool compared;
	if (!batch_report_check(chosen->folder, chosen->templates, error) ||
		!read_runs(cli, arguments[0], &run, &previous, &compared, error))
		return -1;
	const char *folder = chosen->folder ? path_absolute(cli->arena, chosen->folder)
					    : path_join(cli->arena, run.folder, "report");
	struct report_settings settings = {
		.folder = folder,
		.templates = chosen->templates,
		.markdown = {.report_name = chosen->name},
		.previous = compared ? &previous : NULL,
	};
	if (run.state != STATE_DONE)
		settings.markdown.resume_command =
			arena_format(cli->arena, "wavetrain resume %s", run.id);
	if (!batch_report_folder(folder, cli->arena, error) ||
		!report_write(&run, &settings, error))
		return -1;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	buffer_printf(&text, "%s/report.html\n", folder);
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_report;
const struct cli_command cmd_report = {
	.name = "report",
	.arguments = "[RUN]",
	.argument_limit = 1,
	.summary = "Write every report of a run again, from the record",
	.description =
		"report.html, dag.mmd, dag.dot, timeline.txt, summary.md, report.json and junit.xml.",
	.example = "wavetrain report latest --report-dir out",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.run = report,
};
