#include "base/cleanup.h"
#include "base/index.h"
#include "cli/project.h"

struct options {
	uint32_t format;
};

static const char *const formats[] = {"text", "json", NULL};

static const struct option options[] = {
	{.name = "format",
		.kind = OPTION_CHOICE,
		.offset = offsetof(struct options, format),
		.value_name = "FORMAT",
		.choices = formats,
		.help = "What to print; json is one event a line"},
};

struct listing {
	const struct run *run;
	bool json;
	struct buffer *text;
};

static bool append_event(void *context, const struct event *event, const char *json)
{
	const struct listing *listing = context;
	const struct run *run = listing->run;
	struct event_names names = {
		.run_id = run->id,
		.step_id = event->step < run->step_count ? run->steps[event->step].id : NULL,
		.group_name =
			event->group < run->group_count ? run->groups[event->group].name : NULL,
	};
	if (listing->json)
		buffer_printf(listing->text, "%s\n", json);
	else
		audit_line_append(event, &names, listing->text);
	return true;
}

static int audit(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct project project;
	struct record *record = NULL;
	struct run run;
	const char *id;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (!project_find(cli, &project, error) ||
		!record_open(project.state_folder, RECORD_READ, &record, error))
		return -1;
	struct listing listing = {.run = &run, .json = chosen->format == 2, .text = &text};
	bool read = record_find_run(record, arguments[0], cli->arena, &id, error) &&
		    record_read_run(record, id, cli->arena, &run, error) &&
		    record_read_events(record, id, append_event, &listing, error);
	record_close(record);
	return read && print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_audit;
const struct cli_command cmd_audit = {
	.name = "audit",
	.arguments = "[RUN]",
	.argument_limit = 1,
	.summary = "Show every event of a run, one line each, from the record alone",
	.example = "wavetrain audit latest",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.run = audit,
};
