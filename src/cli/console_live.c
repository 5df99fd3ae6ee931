/*
 * The block below the scrolling lines: one line of totals, then a line for each step that runs.
 * Each frame is one write, wrapped in a synchronized update (CSI ? 2026), never wider nor higher
 * than the window, so that a resize cannot smear it.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/console.h"
#include "report/palette.h"

#define BLOCK_LINES_MAX 10
#define COLUMNS_LEAST 20 /* nothing is said in less */

/* DECSC and DECRC. */
#define SAVE_CURSOR "\x1b\x37"
#define RESTORE_CURSOR "\x1b\x38"

struct window {
	uint32_t columns;
	uint32_t rows;
};

static struct window window_size(void)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		return (struct window){80, 24};
	/* 0 is what a terminal says that does not know. */
	return (struct window){
		size.ws_col ? size.ws_col : 80,
		size.ws_row ? size.ws_row : 24,
	};
}

/*
 * The cursor rests at the block's start: a terminal that wraps the block anew when it is resized
 * moves the cursor with it. The first line is erased on its own because some terminals keep a
 * copy of a whole screen that is erased in their history.
 */
static void append_erasure(struct console *console, struct buffer *frame)
{
	if (console->block_lines)
		buffer_append_text(frame, "\r\x1b[2K" SAVE_CURSOR "\x1b[B\x1b[J" RESTORE_CURSOR);
	console->block_lines = 0;
}

void console_live_erase(struct console *console)
{
	CLEANUP(buffer_release) struct buffer frame = BUFFER_INIT;
	append_erasure(console, &frame);
	console_put(console, &frame);
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
		/* Unknown, or overdue: a guess would be worse than none. */
		if (step->estimate_from != ESTIMATE_HISTORY || rest <= 0)
			return -1;
		longest = rest > longest ? rest : longest;
	}
	return longest;
}

/* Whole seconds: parts of them would flicker ten times a second. */
static void append_whole(struct buffer *buffer, int64_t duration_ms)
{
	if (duration_ms >= 0 && duration_ms < 60000)
		buffer_printf(buffer, "%d s", (int)(duration_ms / 1000));
	else
		duration_append(buffer, duration_ms);
}

static void append_totals(const struct console *console, int64_t now_ns, struct buffer *frame)
{
	uint32_t total = console->settings.plan->pipeline->step_count;
	uint32_t ended = console->done + console->failed + console->skipped;
	buffer_printf(frame, "[%u/%u %u %%] %u running", ended, total,
		total ? ended * 100 / total : 100, console->running_count);
	if (console->is_stopping)
		buffer_append_text(frame, " · stopping, Ctrl-C again ends at once");
	if (console->retried)
		buffer_printf(frame, " · %u retried", console->retried);
	if (console->cached)
		buffer_printf(frame, " · %u cached", console->cached);
	if (console->failed)
		buffer_printf(frame, " · %u failed", console->failed);
	if (console->skipped)
		buffer_printf(frame, " · %u skipped", console->skipped);
	buffer_append_text(frame, " · elapsed ");
	append_whole(frame, (now_ns - console->started_ns) / 1000000);
	buffer_append_text(frame, " · left ");
	append_whole(frame, remaining_ms(console, now_ns));
}

static void append_running(const struct console *console, const struct console_running *running,
	int64_t now_ns, struct buffer *line)
{
	const struct plan_step *step = &console->settings.plan->steps[running->step];
	CLEANUP(buffer_release) struct buffer age = BUFFER_INIT;
	append_whole(&age, (now_ns - running->started_ns) / 1000000);
	if (step->estimate_from == ESTIMATE_HISTORY) {
		buffer_append_text(&age, " of ");
		append_whole(&age, step->estimate_ms);
	}
	console_append_name(console, running->step, line);
	buffer_printf(line, " %9s", buffer_text(&age));
	if (running->last_line[0])
		buffer_printf(line, "   %s", running->last_line);
}

static void append_block(struct console *console, struct buffer *frame)
{
	if (console->settings.format != CONSOLE_TTY || console->settings.quiet ||
		!console->running_count)
		return;
	struct window window = window_size();
	if (window.rows < 2 || window.columns < COLUMNS_LEAST)
		return;
	int64_t now_ns = clock_monotonic_ns();
	uint32_t limit = window.rows - 1 < BLOCK_LINES_MAX ? window.rows - 1 : BLOCK_LINES_MAX;
	uint32_t shown = console->running_count < limit - 1 ? console->running_count : limit - 1;
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
	buffer_append_text(frame, "\x1b[?7l");
	append_totals(console, now_ns, &line);
	if (shown < console->running_count)
		buffer_printf(&line, " · %u more run", console->running_count - shown);
	text_append_cut(frame, buffer_text(&line), window.columns - 1);
	buffer_append_byte(frame, '\n');
	for (uint32_t i = 0; i < shown; i++) {
		buffer_append_text(frame, "  ");
		console_append_look(console, LOOK_RUNNING, frame);
		buffer_clear(&line);
		append_running(console, &console->running[i], now_ns, &line);
		text_append_cut(frame, buffer_text(&line), window.columns - 4);
		buffer_append_byte(frame, '\n');
	}
	buffer_printf(frame, "\x1b[?7h\x1b[%uA", shown + 1);
	console->block_lines = shown + 1;
}

void console_live_repaint(struct console *console)
{
	bool live = console->settings.format == CONSOLE_TTY;
	CLEANUP(buffer_release) struct buffer frame = BUFFER_INIT;
	buffer_append_text(&frame, live ? "\x1b[?2026h" : "");
	append_erasure(console, &frame);
	buffer_append(&frame, buffer_text(&console->text), console->text.size);
	buffer_clear(&console->text);
	append_block(console, &frame);
	buffer_append_text(&frame, live ? "\x1b[?2026l" : "");
	console_put(console, &frame);
}
