#include "report/timeline_bar.h"

#include <string.h>

#include "base/text.h"
#include "report/verdict.h"

#define TICK_CELLS_LEAST 10
#define BAR_CELLS_MOST 4096 /* more than a terminal has; a guard against a wrong clock */

enum bar_cell { CELL_BLANK, CELL_WAITING, CELL_CACHED, CELL_RETRIED, CELL_WORK };
static const char *const cell_texts[] = {" ", "·", "≡", "▒", "█"};

/* A row of cells that is filled from low to high importance, then written. */
struct bar {
	unsigned char cells[BAR_CELLS_MOST];
	size_t count; /* all there are */
	size_t used;  /* the last one that is not blank, and one more */
};

static size_t cell_at(const struct bar_scale *scale, int64_t time_ms)
{
	if (time_ms <= 0)
		return 0;
	if (time_ms >= scale->span_ms)
		return scale->cells;
	return (size_t)((double)time_ms * (double)scale->cells / (double)scale->span_ms);
}

static size_t cells_within(const struct bar_scale *scale)
{
	return scale->cells < BAR_CELLS_MOST ? scale->cells : BAR_CELLS_MOST;
}

/* Work takes at least one cell. A cell keeps the more important of what falls into it. */
static void bar_fill(struct bar *bar, size_t from, size_t to, enum bar_cell cell)
{
	if (to <= from && cell > CELL_WAITING)
		to = from + 1;
	if (to > bar->count) {
		to = bar->count;
		from = from < to || to == 0 ? from : to - 1;
	}
	for (size_t i = from; i < to; i++)
		if (bar->cells[i] < cell)
			bar->cells[i] = (unsigned char)cell;
	if (to > bar->used)
		bar->used = to;
}

static void bar_write(const struct bar *bar, const struct bar_scale *scale, struct buffer *buffer)
{
	size_t first = 0;
	size_t last = scale->placed ? bar->count : bar->used;
	while (!scale->placed && first < last && bar->cells[first] == CELL_BLANK)
		first++;
	for (size_t i = first; i < last; i++)
		buffer_append_text(buffer, cell_texts[bar->cells[i]]);
}

void bar_append_span(
	struct buffer *buffer, const struct bar_scale *scale, int64_t start_ms, int64_t duration_ms)
{
	struct bar bar = {.count = cells_within(scale)};
	int64_t from_ms = scale->placed ? start_ms : 0;
	bar_fill(&bar, cell_at(scale, from_ms), cell_at(scale, from_ms + duration_ms), CELL_WORK);
	bar_write(&bar, scale, buffer);
}

void bar_append_step(
	struct buffer *buffer, const struct bar_scale *scale, const struct run *run, uint32_t step)
{
	struct bar bar = {.count = cells_within(scale)};
	struct index_range attempts = run->steps[step].attempts;
	int64_t origin_ms = scale->origin_ms;
	int64_t waiting_from_ms = TIME_NONE;
	if (attempts.count > 0 && !scale->placed)
		origin_ms = run->attempts[attempts.first].started_ms -
			    run->attempts[attempts.first].queue_ms;
	/* What came from the cache took no time, and has its place all the same. */
	if (attempts.count == 0 && run->steps[step].cache_key) {
		size_t at =
			scale->placed ? cell_at(scale, run->steps[step].started_ms - origin_ms) : 0;
		bar_fill(&bar, at, at, CELL_CACHED);
	}
	for (uint32_t i = 0; i < attempts.count; i++) {
		const struct run_attempt *attempt = &run->attempts[attempts.first + i];
		int64_t start_ms = attempt->started_ms - origin_ms;
		int64_t end_ms = verdict_attempt_end_ms(run, attempt, scale->now_ms) - origin_ms;
		int64_t ready_ms = start_ms - attempt->queue_ms;
		if (waiting_from_ms != TIME_NONE && waiting_from_ms < ready_ms)
			ready_ms = waiting_from_ms;
		bar_fill(&bar, cell_at(scale, ready_ms), cell_at(scale, start_ms), CELL_WAITING);
		bar_fill(&bar, cell_at(scale, start_ms), cell_at(scale, end_ms),
			i + 1 < attempts.count ? CELL_RETRIED : CELL_WORK);
		waiting_from_ms = end_ms;
	}
	bar_write(&bar, scale, buffer);
}

/* The smallest step of a clock that leaves room for its labels. */
static int64_t choose_tick_ms(size_t cells, int64_t span_ms)
{
	static const int64_t seconds[] = {1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600,
		7200, 14400, 21600, 43200, 86400};
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
		if ((double)seconds[i] * 1000 * (double)cells / (double)span_ms >= TICK_CELLS_LEAST)
			return seconds[i] * 1000;
	return 7 * 86400000LL;
}

static void append_tick_label(struct buffer *buffer, int64_t time_ms)
{
	int64_t seconds = time_ms / 1000;
	if (seconds < 6000)
		buffer_printf(buffer, "%02d:%02d", (int)(seconds / 60), (int)(seconds % 60));
	else
		buffer_printf(buffer, "%dh%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60));
}

void bar_append_axis(struct buffer *buffer, size_t indent, size_t cells, int64_t span_ms)
{
	struct bar_scale scale = {.span_ms = span_ms, .cells = cells};
	int64_t tick_ms = choose_tick_ms(cells, span_ms);
	size_t width = 0;
	buffer_append_repeated(buffer, " ", indent);
	for (int64_t time_ms = 0; time_ms < span_ms; time_ms += tick_ms) {
		size_t at = cell_at(&scale, time_ms);
		size_t start = buffer->size;
		buffer_append_repeated(buffer, " ", at > width ? at - width : 0);
		append_tick_label(buffer, time_ms);
		width += buffer->size - start;
	}
	buffer_append_byte(buffer, '\n');
	buffer_append_repeated(buffer, " ", indent);
	width = 0;
	for (int64_t time_ms = 0; time_ms < span_ms; time_ms += tick_ms) {
		size_t at = cell_at(&scale, time_ms);
		buffer_append_repeated(buffer, "─", at > width ? at - width : 0);
		buffer_append_text(buffer, "┬");
		width = at + 1;
	}
	buffer_append_repeated(buffer, "─", cells > width ? cells - width : 0);
	buffer_append_byte(buffer, '\n');
}

struct load {
	double *level; /* by cell: how many attempts ran, on average */
	double *slope; /* by cell: how many more ran from here on, whole cells */
	double cell_ms;
	double cells;
};

static double cell_place(const struct load *load, int64_t time_ms)
{
	double place = (double)time_ms / load->cell_ms;
	return place < 0 ? 0 : place > load->cells ? load->cells : place;
}

/* The cells at both ends take their share; those between are a step up and a step down. */
static void load_add(struct load *load, int64_t start_ms, int64_t end_ms)
{
	double from = cell_place(load, start_ms);
	double to = cell_place(load, end_ms);
	size_t first = (size_t)from;
	size_t last = (size_t)to;
	if (to <= from)
		return;
	if (first == last) {
		load->level[first] += to - from;
		return;
	}
	load->level[first] += (double)(first + 1) - from;
	load->level[last] += to - (double)last;
	load->slope[first + 1] += 1;
	load->slope[last] -= 1;
}

static void append_level(struct buffer *buffer, double share, bool ascii)
{
	static const char *const blocks[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	double height = share * (ascii ? 9 : 8);
	size_t level = (size_t)height + (height > (double)(size_t)height + 1e-9);
	if (!ascii)
		buffer_append_text(buffer, blocks[level > 8 ? 8 : level]);
	else
		buffer_append_byte(
			buffer, level == 0 ? ' ' : (char)('0' + (level > 9 ? 9 : level)));
}

void bar_append_concurrency(struct buffer *buffer, const struct bar_scale *scale,
	const struct run *run, bool ascii, struct arena *arena)
{
	struct load load = {.level = ARENA_ARRAY(arena, double, scale->cells + 1),
		.slope = ARENA_ARRAY(arena, double, scale->cells + 2),
		.cell_ms = (double)scale->span_ms / (double)scale->cells,
		.cells = (double)scale->cells};
	double running = 0;
	double peak = 1;
	for (uint32_t i = 0; i < run->attempt_count; i++) {
		const struct run_attempt *attempt = &run->attempts[i];
		if (attempt->started_ms != TIME_NONE)
			load_add(&load, attempt->started_ms - scale->origin_ms,
				verdict_attempt_end_ms(run, attempt, scale->now_ms) -
					scale->origin_ms);
	}
	for (size_t i = 0; i < scale->cells; i++) {
		running += load.slope[i];
		load.level[i] += running;
		peak = load.level[i] > peak ? load.level[i] : peak;
	}
	for (size_t i = 0; i < scale->cells; i++)
		append_level(buffer, load.level[i] / peak, ascii);
}
