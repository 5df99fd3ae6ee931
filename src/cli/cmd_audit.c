#include "base/cleanup.h"
#include "base/index.h"
#include "cli/project.h"

struct options {
	uint32_t format;
};

static const struct option options[] = {
	OPTION_TEXT_OR_JSON(offsetof(struct options, format)),
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

/* On stderr, so that what is printed are the events alone. */
static void say_intact(const struct cli *cli, const struct run_verdict *verdict)
{
	if (verdict->unsealed_count == verdict->event_count && verdict->event_count > 0)
		cli_print_note(cli, "not sealed: all %llu events are of an older version",
			(unsigned long long)verdict->event_count);
	else if (verdict->unsealed_count > 0)
		cli_print_note(cli,
			"sealed, intact: %llu events; the %llu before them are of an older version "
			"and not sealed",
			(unsigned long long)(verdict->event_count - verdict->unsealed_count),
			(unsigned long long)verdict->unsealed_count);
	else
		cli_print_note(cli, "sealed, intact: %llu events",
			(unsigned long long)verdict->event_count);
}

static int audit(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct project project;
	struct record *record = NULL;
	struct run run;
	struct run_verdict verdict;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (!project_open_record(cli, &project, &record, error))
		return -1;
	struct listing listing = {
		.run = &run, .json = chosen->format == FORMAT_JSON, .text = &text};
	bool read = project_read_run_from(cli, &project, record, arguments[0], &run, error) &&
		    record_read_events(record, run.id, append_event, &listing, error) &&
		    cli_print(&text, error) && record_check_run(record, run.id, &verdict, error) &&
		    run_verdict_require(record, run.id, &verdict, error);
	record_close(record);
	if (read)
		say_intact(cli, &verdict);
	return read ? 0 : -1;
}

extern const struct cli_command cmd_audit;
const struct cli_command cmd_audit = {
	.name = "audit",
	.arguments = "[RUN]",
	.argument_limit = 1,
	.summary = "Show every event of a run, one line each, from the record alone",
	.description =
		"Checks as well that the events are those that were written, and says so on stderr; where one\n"
		"was changed since, it is named, with exit code 4.",
	.example = "wavetrain audit latest",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.run = audit,
};
