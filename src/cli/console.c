/*
 * What a run shows while it goes on. An event is turned into text at once but written only by
 * console_flush(), which is called after the record is safe: nobody is told of something that a
 * crash could undo. Finished steps print one line; GitHub's log gets each step's whole output
 * folded into a group (console_github.c); a terminal gets a block of what runs now below the
 * lines (console_live.c).
 */
#include "cli/console.h"
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "report/log_tail.h"
#include "report/palette.h"

const char *const console_format_names[] = {
	"auto", "tty", "plain", "github", "json", "github-comment", NULL};

#define HEARTBEAT_NS ((int64_t)60 * 1000000000)
#define LIVE_TICK_MS 100
#define HEARTBEAT_TICK_MS 1000
#define NAME_COLUMNS_MIN 16
#define LAST_LINE_BYTES 200
#define TAIL_LINES 40
#define TAIL_BYTES ((size_t)64 * 1024)

/* Names take a third of a window at most, so that times and remarks have room too. */
static size_t name_columns_limit(const struct console_settings *settings)
{
	size_t third = settings->style.columns / 3;
	if (settings->format != CONSOLE_TTY || third >= CONSOLE_NAME_COLUMNS)
		return CONSOLE_NAME_COLUMNS;
	return third > 12 ? third : 12;
}

static enum console_format format_resolve(const struct console_settings *settings)
{
	if (settings->format != CONSOLE_AUTO)
		return settings->format;
	if (settings->github_actions)
		return CONSOLE_GITHUB;
	const char *terminal = getenv("TERM");
	return isatty(STDOUT_FILENO) && !text_is_empty(terminal) && !text_equal(terminal, "dumb")
		       ? CONSOLE_TTY
		       : CONSOLE_PLAIN;
}

void console_init(struct console *console, const struct console_settings *settings)
{
	const struct plan *plan = settings->plan;
	*console = (struct console){.settings = *settings, .name_columns = NAME_COLUMNS_MIN};
	console->settings.format = format_resolve(settings);
	/* The style is that of stdout, where these formats show nothing to people. */
	if (console->settings.format == CONSOLE_JSON || console->settings.format == CONSOLE_COMMENT)
		console->settings.style.color = false;
	console->running = heap_allocate(plan->jobs, sizeof(*console->running));
	console->started_ns = clock_monotonic_ns();
	console->last_output_ns = console->started_ns;
	size_t limit = name_columns_limit(&console->settings);
	console->name_columns = NAME_COLUMNS_MIN < limit ? NAME_COLUMNS_MIN : limit;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		const char *id = plan->pipeline->steps[i].id;
		size_t columns = utf8_width(id, strlen(id));
		if (columns > console->name_columns)
			console->name_columns = columns < limit ? columns : limit;
		if (plan->steps[i].action == ACTION_SKIP)
			console->done++;
	}
}

void console_forget_plan(struct console *console)
{
	console->settings.plan = NULL;
	console->settings.run = NULL;
	console->running_count = 0;
}

void console_release(struct console *console)
{
	console_live_erase(console);
	for (uint32_t i = 0; i < console->failure_count; i++) {
		free(console->failures[i].name);
		free(console->failures[i].reason);
		free(console->failures[i].log_path);
	}
	free(console->failures);
	free(console->running);
	buffer_release(&console->text);
}

const char *console_step_name(const struct console *console, uint32_t step)
{
	return console->settings.plan->pipeline->steps[step].id;
}

void console_append_name(const struct console *console, uint32_t step, struct buffer *buffer)
{
	size_t start = buffer->size + 1;
	buffer_append_byte(buffer, ' ');
	text_append_shortened(buffer, console_step_name(console, step), console->name_columns);
	size_t width = utf8_width(buffer->bytes + start, buffer->size - start);
	buffer_append_repeated(
		buffer, " ", console->name_columns > width ? console->name_columns - width : 0);
}

void console_append_styled(const struct console *console, const char *style, struct buffer *buffer,
	const char *format, ...)
{
	char text[512];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (length <= 0)
		return;
	/* A line's end stays outside: some terminals colour the rest of the line otherwise. */
	size_t body = strcspn(text, "\n");
	bool styled = console->settings.style.color;
	if (styled)
		buffer_printf(buffer, "\x1b[%sm", style);
	buffer_append(buffer, text, body);
	buffer_append_text(buffer, styled ? "\x1b[0m" : "");
	buffer_append_text(buffer, text + body);
}

void console_append_look(const struct console *console, enum step_look look, struct buffer *buffer)
{
	const struct look *row = palette_look(look);
	const char *glyph = console->settings.style.ascii ? row->ascii : row->glyph;
	if (console->settings.style.color)
		buffer_printf(buffer, "\x1b[%sm%s\x1b[0m", row->sgr, glyph);
	else
		buffer_append_text(buffer, glyph);
}

void console_event(
	struct console *console, const struct event *event, const struct event_names *names)
{
	if (console->settings.format == CONSOLE_JSON) {
		event_append_json(event, names, &console->text);
		buffer_append_byte(&console->text, '\n');
	} else if (console->settings.format != CONSOLE_COMMENT) {
		console_show(console, event);
	}
}

void console_flush(struct console *console)
{
	if (!console->text.size)
		return;
	if (console->settings.format == CONSOLE_GITHUB)
		console_github_disarm(&console->text);
	console_live_repaint(console);
	console->last_output_ns = clock_monotonic_ns();
}

void console_output(struct console *console, uint32_t step, const char *line, size_t size)
{
	static const struct log_tail_limits limits = {.lines = 1, .line_bytes = LAST_LINE_BYTES};
	CLEANUP(buffer_release) struct buffer plain = BUFFER_INIT;
	for (uint32_t i = 0; i < console->running_count; i++) {
		struct console_running *running = &console->running[i];
		if (running->step != step)
			continue;
		log_text_append(line, size, &limits, &plain);
		size_t length = strcspn(buffer_text(&plain), "\n");
		size_t cut = utf8_cut(buffer_text(&plain), length, sizeof(running->last_line) - 1);
		memcpy(running->last_line, buffer_text(&plain), cut);
		running->last_line[cut] = '\0';
	}
}

static void heartbeat(struct console *console, int64_t now_ns)
{
	struct buffer *text = &console->text;
	buffer_append_text(text, "… 60 s: running ");
	for (uint32_t i = 0; i < console->running_count && i < 8; i++) {
		const struct console_running *running = &console->running[i];
		buffer_printf(
			text, "%s%s (", i ? ", " : "", console_step_name(console, running->step));
		duration_append(text, (now_ns - running->started_ns) / 1000000);
		if (console->settings.plan->steps[running->step].estimate_from ==
			ESTIMATE_HISTORY) {
			buffer_append_text(text, ", usually ");
			duration_append(
				text, console->settings.plan->steps[running->step].estimate_ms);
		}
		buffer_append_byte(text, ')');
	}
	buffer_append_byte(text, '\n');
	console_flush(console);
}

void console_stopping(struct console *console)
{
	/* Shown at the next tick: nothing that may wait for a reader is written here. */
	console->is_stopping = true;
}

void console_tick(struct console *console)
{
	int64_t now_ns = clock_monotonic_ns();
	/* What is held waits for the record; the flush that follows repaints. */
	if (console->text.size)
		return;
	if (console->settings.format == CONSOLE_TTY)
		console_live_repaint(console);
	else if (console->running_count && now_ns - console->last_output_ns >= HEARTBEAT_NS)
		heartbeat(console, now_ns);
}

uint32_t console_tick_ms(const struct console *console)
{
	switch (console->settings.format) {
	case CONSOLE_TTY:
		return LIVE_TICK_MS;
	case CONSOLE_PLAIN:
	case CONSOLE_GITHUB:
		return console->settings.quiet ? 0 : HEARTBEAT_TICK_MS;
	case CONSOLE_AUTO:
	case CONSOLE_JSON:
	case CONSOLE_COMMENT:
	case CONSOLE_FORMAT_COUNT:
		break;
	}
	return 0;
}

/* The path as one would type it here. */
static const char *path_from_here(const char *path)
{
	char here[4096];
	size_t length;
	if (!getcwd(here, sizeof(here)) || !text_starts_with(path, here))
		return path;
	length = strlen(here);
	return path[length] == '/' ? path + length + 1 : path;
}

/* The log's end as plain text: it can command neither a terminal nor a CI host. */
static void append_tail(struct console *console, const struct console_failure *failure)
{
	static const struct log_tail_limits limits = {.lines = TAIL_LINES, .line_bytes = 4096};
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer log = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer tail = BUFFER_INIT;
	struct error ignored;
	if (!failure->log_path)
		return;
	const char *path = path_join(&arena, console->settings.run_folder, failure->log_path);
	if (!file_read_tail(path, TAIL_BYTES, &log, &ignored) || !log.size)
		return;
	log_text_append(log.bytes, log.size, &limits, &tail);
	buffer_printf(&console->text, "%s %s: last lines (all: %s)\n",
		console->settings.style.ascii ? ">" : "▸", failure->name, path_from_here(path));
	for (const char *line = buffer_text(&tail); *line;) {
		size_t length = strcspn(line, "\n");
		buffer_append_text(&console->text, console->settings.style.ascii ? "  | " : "  │ ");
		buffer_append(&console->text, line, length);
		buffer_append_byte(&console->text, '\n');
		line += length + (line[length] == '\n');
	}
}

static void append_failures(struct console *console)
{
	for (uint32_t i = 0; i < console->failure_count && i < 10; i++)
		append_tail(console, &console->failures[i]);
	if (console->failure_count > 10)
		buffer_printf(&console->text, "… and %u more failed steps, all in the report\n",
			console->failure_count - 10);
}

#define IDLE_SHOWN_MS 1000

/* Below the verdict, where it is more than a moment. */
static void append_barriers(struct console *console, const struct run *run)
{
	CLEANUP(buffer_release) struct buffer idle = BUFFER_INIT;
	if (!console->settings.quiet && barriers_append(run, IDLE_SHOWN_MS, &idle))
		buffer_printf(&console->text, "  idle at barriers: %s\n", buffer_text(&idle));
}

/* The line that counts: bold, in the colour of its state. */
static void append_verdict(struct console *console, const struct run *run)
{
	char style[16];
	CLEANUP(buffer_release) struct buffer verdict = BUFFER_INIT;
	verdict_append(run, clock_realtime_ms(), &verdict);
	const struct look *look = palette_look(palette_look_of_state(run->state));
	snprintf(style, sizeof(style), SGR_BOLD ";%s", look->sgr);
	console_append_styled(console, style, &console->text, "%s\n", buffer_text(&verdict));
}

/* Where nothing has failed the verdict itself asks what is to follow. */
static void append_undecided(struct console *console, const struct run *run)
{
	uint32_t left = run->state == STATE_FAILED ? 10 : 0;
	for (uint32_t i = 0; run->totals.undecided && left && i < run->step_count; i++) {
		if (!run_step_is_undecided(run, i))
			continue;
		const char *reason = run_last_attempt(run, i)->reason;
		reason = reason ? reason : "killed";
		buffer_printf(&console->text, "  %s: undecided, ", run->steps[i].id);
		text_append_visible(&console->text, reason, strlen(reason));
		buffer_append_byte(&console->text, '\n');
		left--;
	}
}

void console_end(struct console *console, const struct console_ending *ending)
{
	struct buffer *text = &console->text;
	/* What is still held is not on record: a write of it failed. */
	buffer_clear(text);
	console_live_erase(console);
	if (console->settings.format == CONSOLE_GITHUB)
		console_github_end(console);
	append_failures(console);
	append_verdict(console, ending->run);
	append_barriers(console, ending->run);
	if (!console->settings.quiet)
		flaky_append(ending->run, text);
	for (uint32_t i = 0; i < console->failure_count && i < 10; i++) {
		const struct console_failure *failure = &console->failures[i];
		buffer_printf(text, "  %s: ", failure->name);
		text_append_visible(text, failure->reason ? failure->reason : "failed",
			strlen(failure->reason ? failure->reason : "failed"));
		buffer_append_byte(text, '\n');
	}
	append_undecided(console, ending->run);
	if (ending->push_message)
		buffer_printf(text, "  push: %s\n", ending->push_message);
	if (ending->resume_command)
		buffer_printf(text, "  resume: %s\n", ending->resume_command);
	if (ending->report_path)
		buffer_printf(text, "  report: %s\n", path_from_here(ending->report_path));
	if (console->settings.format == CONSOLE_GITHUB)
		console_github_disarm(text);
	bool aside = console->settings.format == CONSOLE_JSON ||
		     console->settings.format == CONSOLE_COMMENT;
	if (aside)
		cli_print_aside(text);
	else
		console_put(console, text);
	buffer_clear(text);
}
