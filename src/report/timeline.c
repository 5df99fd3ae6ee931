/*
 * A text Gantt chart. A run that is short enough has one cell a second, and every bar begins at
 * the left, behind its start; a longer run is scaled to the width, and then every bar lies at its
 * place below an axis. `wide` always draws the axis, because the line of concurrency needs one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "report/palette.h"
#include "report/report.h"
#include "report/shown_state.h"
#include "report/text_layout.h"
#include "report/timeline_bar.h"
#include "report/verdict.h"

#define ROWS_SHOWN 60
#define NAME_COLUMNS_MOST 32
#define DURATION_COLUMNS 11 /* " (59m 59s)" and the mark of the critical path */
#define TIME_COLUMNS 6      /* "00:00 " */
#define WAVE_COLUMNS 5      /* "w12  " */
#define CELLS_LEAST 10

/* A row: a step, or where there are too many of them a wave or a group. */
struct timeline_row {
	int64_t start_ms; /* from the start of the run */
	int64_t duration_ms;
	uint32_t step; /* INDEX_NONE: of many */
	uint32_t wave;
	const char *name;
	enum step_look look;
	bool critical;
};

struct timeline {
	const struct run *run;
	const struct text_style *style;
	int64_t now_ms;
	struct timeline_row *rows;
	uint32_t count;
	bool folded;
	bool has_axis;
	size_t name_columns;
	size_t cells;
	int64_t span_ms; /* of the whole axis */
	struct arena *arena;
	struct buffer *buffer;
};

static int compare_rows(const void *left, const void *right)
{
	const struct timeline_row *a = left;
	const struct timeline_row *b = right;
	if (a->start_ms != b->start_ms)
		return a->start_ms < b->start_ms ? -1 : 1;
	return a->step < b->step ? -1 : a->step > b->step;
}

static bool is_wanted(const struct timeline *timeline, const struct run_step *step)
{
	if (step->started_ms == TIME_NONE)
		return false;
	if (timeline->style->only_failed && step->state != STATE_FAILED)
		return false;
	return !timeline->style->only_critical || step->critical;
}

static void collect_steps(struct timeline *timeline)
{
	const struct run *run = timeline->run;
	timeline->rows = ARENA_ARRAY(timeline->arena, struct timeline_row, run->step_count + 1);
	timeline->count = 0;
	for (uint32_t i = 0; i < run->step_count; i++) {
		const struct run_step *step = &run->steps[i];
		if (!is_wanted(timeline, step))
			continue;
		timeline->rows[timeline->count++] = (struct timeline_row){
			.start_ms = step->started_ms - run->started_ms,
			.duration_ms = run_step_duration_ms(run, i, timeline->now_ms),
			.step = i,
			.wave = step->wave,
			.name = step->id,
			.look = run_step_look(run, i),
			.critical = step->critical,
		};
	}
}

static void add_folded(struct timeline *timeline, const char *name, uint32_t steps, uint32_t wave,
	enum state state, const int64_t times_ms[2])
{
	CLEANUP(buffer_release) struct buffer title = BUFFER_INIT;
	int64_t ended_ms = times_ms[1] == TIME_NONE ? timeline->now_ms : times_ms[1];
	if (times_ms[0] == TIME_NONE)
		return;
	layout_phrase(&title, name);
	buffer_append_text(&title, ", ");
	layout_count(&title, steps, "step");
	timeline->rows[timeline->count++] = (struct timeline_row){
		.start_ms = times_ms[0] - timeline->run->started_ms,
		.duration_ms = ended_ms - times_ms[0],
		.step = INDEX_NONE,
		.wave = wave,
		.name = arena_copy_text(timeline->arena, buffer_text(&title)),
		.look = palette_look_of_state(state),
	};
}

/* Groups where there are some, waves else, serial steps as they are. */
static void collect_folded(struct timeline *timeline)
{
	const struct run *run = timeline->run;
	uint32_t kept = 0;
	for (uint32_t i = 0; i < timeline->count; i++)
		if (timeline->rows[i].wave == INDEX_NONE)
			timeline->rows[kept++] = timeline->rows[i];
	struct timeline_row *serial = timeline->rows;
	timeline->rows = ARENA_ARRAY(timeline->arena, struct timeline_row,
		(size_t)kept + run->wave_count + run->group_count + 1);
	memcpy(timeline->rows, serial, kept * sizeof *serial);
	timeline->count = kept;
	timeline->folded = true;
	struct stage_index stages = stage_index_build(run, timeline->arena);
	for (uint32_t i = 0; i < run->group_count; i++) {
		const struct run_group *group = &run->groups[i];
		add_folded(timeline, group->name, group->steps.count, group->wave,
			shown_state_of_group(run, group).state,
			(int64_t[]){group->started_ms, group->ended_ms});
	}
	for (uint32_t i = 0; i < run->wave_count && run->group_count == 0; i++) {
		const struct run_wave *wave = &run->waves[i];
		add_folded(timeline, arena_format(timeline->arena, "wave %u", i + 1),
			wave->step_count, i, shown_state_of_wave(run, &stages, i).state,
			(int64_t[]){wave->started_ms, wave->ended_ms});
	}
}

/* Thousands of waves fold once more: rows that would not fit are left out at the end. */
static uint32_t rows_shown(const struct timeline *timeline)
{
	return timeline->folded && timeline->count > ROWS_SHOWN ? ROWS_SHOWN : timeline->count;
}

static void measure(struct timeline *timeline)
{
	size_t columns = layout_columns(timeline->style);
	int64_t span_ms = 1;
	for (uint32_t i = 0; i < timeline->count; i++) {
		const struct timeline_row *row = &timeline->rows[i];
		size_t width = layout_name_width(row->name, NAME_COLUMNS_MOST);
		int64_t end_ms = row->start_ms + row->duration_ms;
		timeline->name_columns =
			width > timeline->name_columns ? width : timeline->name_columns;
		span_ms = end_ms > span_ms ? end_ms : span_ms;
	}
	size_t taken = TIME_COLUMNS + DURATION_COLUMNS + 1 + timeline->name_columns +
		       (timeline->style->wide ? WAVE_COLUMNS : 0);
	size_t room = columns > taken + CELLS_LEAST ? columns - taken : CELLS_LEAST;
	int64_t seconds = (span_ms + 999) / 1000;
	timeline->has_axis = timeline->style->wide || seconds > (int64_t)room;
	timeline->cells = timeline->has_axis ? room : (size_t)seconds;
	timeline->span_ms = timeline->has_axis ? span_ms : seconds * 1000;
}

static void append_clock(struct buffer *buffer, int64_t time_ms)
{
	int64_t seconds = time_ms > 0 ? time_ms / 1000 : 0;
	if (seconds < 6000)
		buffer_printf(buffer, "%02d:%02d", (int)(seconds / 60), (int)(seconds % 60));
	else
		buffer_printf(buffer, "%dh%02d", (int)(seconds / 3600), (int)(seconds / 60 % 60));
}

static void append_row(const struct timeline *timeline, const struct timeline_row *row)
{
	struct buffer *buffer = timeline->buffer;
	struct bar_scale scale = {.span_ms = timeline->span_ms,
		.cells = timeline->cells,
		.origin_ms = timeline->run->started_ms,
		.now_ms = timeline->now_ms,
		.placed = timeline->has_axis};
	size_t start = buffer->size;
	append_clock(buffer, row->start_ms);
	layout_pad(buffer, start, TIME_COLUMNS);
	if (timeline->style->wide) {
		start = buffer->size;
		if (row->wave == INDEX_NONE)
			buffer_append_text(buffer, "–");
		else
			buffer_printf(buffer, "w%u", row->wave + 1);
		layout_pad(buffer, start, WAVE_COLUMNS);
	}
	CLEANUP(buffer_release) struct buffer bar = BUFFER_INIT;
	if (row->step == INDEX_NONE)
		bar_append_span(&bar, &scale, row->start_ms, row->duration_ms);
	else
		bar_append_step(&bar, &scale, timeline->run, row->step);
	layout_paint(buffer, timeline->style, palette_look(row->look)->sgr, buffer_text(&bar));
	buffer_append_byte(buffer, ' ');
	layout_name(buffer, row->name, layout_name_width(row->name, NAME_COLUMNS_MOST));
	buffer_append_text(buffer, " (");
	if (row->look == LOOK_CACHED && row->duration_ms == 0)
		buffer_append_text(buffer, palette_look(row->look)->word);
	else
		duration_append(buffer, row->duration_ms);
	buffer_append_byte(buffer, ')');
	if (row->look == LOOK_FAILED || row->look == LOOK_RUNNING) {
		buffer_append_byte(buffer, ' ');
		layout_look(buffer, timeline->style, row->look);
	}
	buffer_append_text(buffer, timeline->style->wide && row->critical ? " ◆\n" : "\n");
}

static void append_head(const struct timeline *timeline)
{
	const struct run *run = timeline->run;
	struct buffer *buffer = timeline->buffer;
	int64_t wall_ms = verdict_wall_ms(run, timeline->now_ms);
	int64_t work_ms = verdict_work_ms(run, timeline->now_ms);
	uint32_t peak = run->totals.peak_concurrency > 0 ? run->totals.peak_concurrency : 1;
	buffer_append_text(buffer, "Execution Timeline (");
	layout_phrase(buffer, run->id);
	buffer_append_text(buffer, ")\nTotal: ");
	duration_append(buffer, wall_ms);
	if (wall_ms > 0) {
		double speed_up = (double)work_ms / (double)wall_ms;
		buffer_printf(buffer, " | Parallel efficiency: %d%% | Speed-up: %.2f",
			(int)(speed_up / peak * 100), speed_up);
	}
	buffer_append_text(buffer, "\n\n");
}

static void append_critical_path(const struct timeline *timeline)
{
	const struct run *run = timeline->run;
	const char **names =
		ARENA_ARRAY(timeline->arena, const char *, run->critical_path_count + 1);
	if (run->critical_path_count == 0)
		return;
	for (uint32_t i = 0; i < run->critical_path_count; i++)
		names[i] = run->steps[run->critical_path[i]].id;
	buffer_append_text(timeline->buffer, "\nCritical path: ");
	layout_path(timeline->buffer, names, run->critical_path_count);
	buffer_append_text(timeline->buffer, " (");
	duration_append(timeline->buffer, run->totals.critical_path_ms);
	buffer_append_text(timeline->buffer, ")\n");
}

static void append_barriers(const struct timeline *timeline)
{
	CLEANUP(buffer_release) struct buffer idle = BUFFER_INIT;
	if (barriers_append(timeline->run, 1, &idle))
		buffer_printf(timeline->buffer, "Idle at barriers: %s\n", buffer_text(&idle));
}

static void append_axis(const struct timeline *timeline)
{
	size_t indent = TIME_COLUMNS + (timeline->style->wide ? WAVE_COLUMNS : 0);
	if (!timeline->has_axis)
		return;
	if (timeline->style->wide) {
		struct bar_scale scale = {.span_ms = timeline->span_ms,
			.cells = timeline->cells,
			.origin_ms = timeline->run->started_ms,
			.now_ms = timeline->now_ms};
		buffer_append_repeated(timeline->buffer, " ", indent);
		bar_append_concurrency(timeline->buffer, &scale, timeline->run,
			timeline->style->ascii, timeline->arena);
		buffer_printf(timeline->buffer, " steps at once, at most %u\n",
			timeline->run->totals.peak_concurrency);
	}
	bar_append_axis(timeline->buffer, indent, timeline->cells, timeline->span_ms);
}

static void append_rows(const struct timeline *timeline)
{
	struct buffer *buffer = timeline->buffer;
	uint32_t shown = rows_shown(timeline);
	append_axis(timeline);
	for (uint32_t i = 0; i < shown; i++)
		append_row(timeline, &timeline->rows[i]);
	if (shown < timeline->count)
		buffer_printf(buffer, "… and %u more rows (--all shows every step)\n",
			timeline->count - shown);
	else if (timeline->folded)
		buffer_printf(buffer,
			"%u steps in %u rows (--all, --critical or --failed show steps)\n",
			timeline->run->step_count, timeline->count);
	if (timeline->count == 0)
		buffer_append_text(buffer, timeline->style->only_failed ? "No step failed.\n"
									: "No step has started.\n");
}

void timeline_append(const struct run *run, const struct text_style *style, int64_t now_ms,
	struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct timeline timeline = {
		.run = run, .style = style, .now_ms = now_ms, .arena = &arena, .buffer = buffer};
	size_t start = buffer->size;
	collect_steps(&timeline);
	if (timeline.count > ROWS_SHOWN && !style->all && !style->only_critical &&
		!style->only_failed)
		collect_folded(&timeline);
	qsort(timeline.rows, timeline.count, sizeof *timeline.rows, compare_rows);
	measure(&timeline);
	append_head(&timeline);
	append_rows(&timeline);
	append_critical_path(&timeline);
	append_barriers(&timeline);
	layout_finish(style, buffer, start);
}
