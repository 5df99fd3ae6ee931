/*
 * The block below the scrolling lines: one line of totals, then a line for each step that runs.
 * Each frame is one write, wrapped in a synchronized update (CSI ? 2026), never wider nor higher
 * than the window, so that a resize cannot smear it.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "cli/console.h"
#include "report/palette.h"

#define BLOCK_LINES_MAX 10

struct window {
	uint32_t columns;
	uint32_t rows;
};

static struct window window_size(void)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20 || size.ws_row < 3)
		return (struct window){80, 24};
	return (struct window){size.ws_col, size.ws_row};
}

void console_live_erase(struct console *console)
{
	if (!console->block_lines)
		return;
	printf("\x1b[%uA\x1b[J", console->block_lines);
	console->block_lines = 0;
}

/* What is still to come: the running steps' rest and the stages after them, by the estimates. */
static int64_t remaining_ms(const struct console *console, int64_t now_ns)
{
	const struct plan *plan = console->settings.plan;
	int64_t longest = 0;
	for (uint32_t i = 0; i < console->running_count; i++) {
		const struct plan_step *step = &plan->steps[console->running[i].step];
		int64_t age_ms = (now_ns - console->running[i].started_ns) / 1000000;
		int64_t rest = step->tail_ms - age_ms;
		if (step->estimate_from != ESTIMATE_HISTORY)
			return -1;
		longest = rest > longest ? rest : longest;
	}
	return longest;
}

static void append_totals(const struct console *console, int64_t now_ns, struct buffer *frame)
{
	uint32_t total = console->settings.plan->pipeline->step_count;
	uint32_t ended = console->done + console->failed + console->skipped;
	buffer_printf(frame, "[%u/%u %u %%] %u running", ended, total,
		total ? ended * 100 / total : 100, console->running_count);
	if (console->retried)
		buffer_printf(frame, " · %u retried", console->retried);
	if (console->failed)
		buffer_printf(frame, " · %u failed", console->failed);
	buffer_append_text(frame, " · elapsed ");
	duration_append(frame, (now_ns - console->started_ns) / 1000000);
	buffer_append_text(frame, " · left ");
	duration_append(frame, remaining_ms(console, now_ns));
}

static void append_running(const struct console *console, const struct console_running *running,
	int64_t now_ns, struct buffer *line)
{
	const struct plan_step *step = &console->settings.plan->steps[running->step];
	CLEANUP(buffer_release) struct buffer name = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer age = BUFFER_INIT;
	text_append_shortened(
		&name, console_step_name(console, running->step), console->name_columns);
	duration_append(&age, (now_ns - running->started_ns) / 1000000);
	size_t width = utf8_width(name.bytes, name.size);
	buffer_printf(line, " %s", name.bytes);
	buffer_append_repeated(
		line, " ", console->name_columns > width ? console->name_columns - width : 0);
	buffer_printf(line, " %9s", buffer_text(&age));
	if (step->estimate_from == ESTIMATE_HISTORY) {
		buffer_append_text(line, " of ");
		duration_append(line, step->estimate_ms);
	}
	if (running->last_line[0])
		buffer_printf(line, "  %s", running->last_line);
}

static void console_live_draw(struct console *console)
{
	if (console->settings.format != CONSOLE_TTY || console->settings.quiet ||
		!console->running_count)
		return;
	struct window window = window_size();
	int64_t now_ns = clock_monotonic_ns();
	uint32_t limit = window.rows - 1 < BLOCK_LINES_MAX ? window.rows - 1 : BLOCK_LINES_MAX;
	uint32_t shown = console->running_count < limit - 1 ? console->running_count : limit - 1;
	CLEANUP(buffer_release) struct buffer frame = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
	append_totals(console, now_ns, &line);
	text_append_cut(&frame, buffer_text(&line), window.columns - 1);
	buffer_append_byte(&frame, '\n');
	for (uint32_t i = 0; i < shown; i++) {
		buffer_append_text(&frame, " ");
		console_append_look(console, LOOK_RUNNING, &frame);
		buffer_clear(&line);
		append_running(console, &console->running[i], now_ns, &line);
		text_append_cut(&frame, buffer_text(&line), window.columns - 3);
		buffer_append_byte(&frame, '\n');
	}
	fwrite(frame.bytes, 1, frame.size, stdout);
	console->block_lines = shown + 1;
}

void console_live_repaint(struct console *console)
{
	if (console->settings.format == CONSOLE_TTY)
		fputs("\x1b[?2026h", stdout);
	console_live_erase(console);
	fwrite(buffer_text(&console->text), 1, console->text.size, stdout);
	buffer_clear(&console->text);
	console_live_draw(console);
	if (console->settings.format == CONSOLE_TTY)
		fputs("\x1b[?2026l", stdout);
	fflush(stdout);
}
