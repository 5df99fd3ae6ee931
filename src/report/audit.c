/*
 * One line an event. Its name is the upper-case twin of the event's name; what it is about
 * follows from the name's first word; the details are those that the event has.
 */
#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "report/report.h"
#include "report/text_layout.h"

#define COMMIT_DIGITS 12

struct audit_line {
	struct buffer *buffer;
	bool has_details;
};

/* Opens the bracket before the first detail, or separates; then "name=". */
static struct buffer *add_detail(struct audit_line *line, const char *name)
{
	buffer_append_text(line->buffer, line->has_details ? ", " : " (");
	line->has_details = true;
	buffer_append_text(line->buffer, name);
	buffer_append_byte(line->buffer, '=');
	return line->buffer;
}

static void add_number(struct audit_line *line, const char *name, int64_t number)
{
	buffer_append_signed(add_detail(line, name), number);
}

static void add_duration(struct audit_line *line, const char *name, int64_t duration_ms)
{
	duration_append(add_detail(line, name), duration_ms);
}

static void add_text(struct audit_line *line, const char *name, const char *text)
{
	if (!text_is_empty(text))
		layout_phrase(add_detail(line, name), text);
}

static void append_name(enum event_type type, struct buffer *buffer)
{
	for (const char *name = event_type_name(type); *name; name++)
		buffer_append_byte(buffer, (char)toupper((unsigned char)*name));
}

static void append_commit(const char *commit, struct buffer *buffer)
{
	size_t size = strlen(commit);
	text_append_visible(buffer, commit, size < COMMIT_DIGITS ? size : COMMIT_DIGITS);
}

/* What the event is about: the narrowest thing it names. */
static void append_topic(
	const struct event *event, const struct event_names *names, struct buffer *buffer)
{
	const char *name = event_type_name(event->type);
	if (event->artifact)
		layout_phrase(buffer, event->artifact->name);
	else if (event->checkpoint && event->checkpoint->commit)
		append_commit(event->checkpoint->commit, buffer);
	else if (event->checkpoint)
		buffer_append_text(buffer, "no commit, nothing changed");
	else if (text_starts_with(name, "contract_") && event->subject)
		layout_phrase(buffer, event->subject);
	else if (names->step_id)
		layout_phrase(buffer, names->step_id);
	else if (names->group_name)
		layout_phrase(buffer, names->group_name);
	else if (event->wave != INDEX_NONE)
		buffer_printf(buffer, "wave %u", event->wave + 1);
	else
		layout_phrase(buffer, names->run_id);
}

static bool ends_an_attempt(enum event_type type)
{
	return type == EVENT_STEP_COMPLETED || type == EVENT_STEP_FAILED ||
	       type == EVENT_STEP_RETRIED || type == EVENT_STEP_CANCELLED;
}

static void add_attempt(struct audit_line *line, const struct event *event)
{
	if (event->attempt > 0)
		add_number(line, "attempt", event->attempt);
	if (event->type == EVENT_STEP_STARTED && event->process_id > 0)
		add_number(line, "pid", event->process_id);
	if (event->type == EVENT_STEP_STARTED && event->queue_ms > 0)
		add_duration(line, "queued", event->queue_ms);
	if (!ends_an_attempt(event->type))
		return;
	if (event->signal != 0)
		add_number(line, "signal", event->signal);
	else if (event->exit_status > 0)
		add_number(line, "exit", event->exit_status);
	if (event->failure != FAILURE_NONE)
		add_text(line, "failure", failure_class_name(event->failure));
	if (event->type == EVENT_STEP_RETRIED)
		add_duration(line, "again_in", event->delay_ms);
}

static void add_artifact(struct audit_line *line, const struct artifact *artifact)
{
	size_append(add_detail(line, "size"), (int64_t)artifact->size_bytes);
	if (artifact->is_folder)
		add_number(line, "files", artifact->file_count);
	add_text(line, "sha256", artifact->sha256);
}

static void add_checkpoint(struct audit_line *line, const struct checkpoint *checkpoint)
{
	add_number(line, "number", checkpoint->number);
	add_text(line, "trigger", checkpoint_trigger_name(checkpoint->trigger));
	add_text(line, "reference", checkpoint->reference);
	add_number(line, "files", checkpoint->files_changed);
	if (checkpoint->partial)
		add_text(line, "partial", "yes");
}

void audit_line_append(
	const struct event *event, const struct event_names *names, struct buffer *buffer)
{
	struct audit_line line = {.buffer = buffer};
	char time[CLOCK_TEXT_SIZE];
	bool about_step =
		names->step_id &&
		(event->artifact || text_starts_with(event_type_name(event->type), "contract_"));
	clock_format_as(event->time_ms, "%Y-%m-%d %H:%M:%S", time, sizeof(time));
	buffer_printf(buffer, "[%s] ", time);
	append_name(event->type, buffer);
	buffer_append_text(buffer, ": ");
	append_topic(event, names, buffer);
	if (about_step)
		add_text(&line, "step", names->step_id);
	if (event->wave != INDEX_NONE && event->step != INDEX_NONE)
		add_number(&line, "wave", (int64_t)event->wave + 1);
	if (event->group != INDEX_NONE && event->step != INDEX_NONE)
		add_text(&line, "group", names->group_name);
	add_attempt(&line, event);
	if (event->duration_ms > 0)
		add_duration(&line, "duration", event->duration_ms);
	if (event->artifact)
		add_artifact(&line, event->artifact);
	if (event->checkpoint)
		add_checkpoint(&line, event->checkpoint);
	if (event->type == EVENT_STEP_SKIPPED)
		add_text(&line, "because_of", event->subject);
	if (event->type == EVENT_GATE_OPENED)
		add_text(&line, "by", event->subject);
	if (event->type == EVENT_STEP_EXPANDED)
		add_number(&line, "instances", event->count);
	if (event->error_count > 0)
		add_number(&line, "errors", event->count);
	add_text(&line, "key", event->key);
	add_text(&line, "reason", event->reason);
	buffer_append_text(buffer, line.has_details ? ")\n" : "\n");
}
