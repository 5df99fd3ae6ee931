#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "report/palette.h"
#include "report/report.h"
#include "report/text_layout.h"
#include "report/verdict.h"

#define ID_COLUMNS_MOST 32
#define NAME_COLUMNS_MOST 32
#define STATE_COLUMNS 13
#define TIME_COLUMNS 18
#define DURATION_COLUMNS 9

struct runs_columns {
	size_t id;
	size_t name;
};

static void append_head(
	const struct runs_columns *columns, const struct text_style *style, struct buffer *buffer)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
	layout_name(&line, "Run", columns->id + 2);
	layout_name(&line, "Pipeline", columns->name + 2);
	layout_name(&line, "State", STATE_COLUMNS);
	layout_name(&line, "Started (UTC)", TIME_COLUMNS);
	buffer_append_text(&line, "     Took  Steps");
	layout_paint(buffer, style, "1", buffer_text(&line));
	buffer_append_byte(buffer, '\n');
}

static void append_run(const struct run *run, const struct runs_columns *columns,
	const struct text_style *style, int64_t now_ms, struct buffer *buffer)
{
	char started[CLOCK_TEXT_SIZE] = "–";
	CLEANUP(buffer_release) struct buffer state = BUFFER_INIT;
	if (run->started_ms != TIME_NONE)
		clock_format_as(run->started_ms, "%Y-%m-%d %H:%M", started, sizeof(started));
	layout_name(buffer, run->id, columns->id);
	buffer_append_text(buffer, "  ");
	layout_name(buffer, run->pipeline_name, columns->name);
	buffer_append_text(buffer, "  ");
	layout_name(&state, palette_state_word(run->state), STATE_COLUMNS);
	layout_paint(buffer, style, palette_look(palette_look_of_state(run->state))->sgr,
		buffer_text(&state));
	layout_name(buffer, started, TIME_COLUMNS);
	layout_duration(buffer, verdict_wall_ms(run, now_ms), DURATION_COLUMNS);
	buffer_append_text(buffer, "  ");
	verdict_counts_append(run, buffer);
	if (run->resume_count > 0)
		buffer_printf(buffer, ", resumed %u×", run->resume_count);
	buffer_append_byte(buffer, '\n');
}

void runs_append(const struct run *runs, uint32_t count, const struct text_style *style,
	int64_t now_ms, struct buffer *buffer)
{
	struct runs_columns columns = {.id = 3, .name = 8};
	size_t start = buffer->size;
	for (uint32_t i = 0; i < count; i++) {
		size_t id = layout_name_width(runs[i].id, ID_COLUMNS_MOST);
		size_t name = layout_name_width(runs[i].pipeline_name, NAME_COLUMNS_MOST);
		columns.id = id > columns.id ? id : columns.id;
		columns.name = name > columns.name ? name : columns.name;
	}
	if (count == 0) {
		buffer_append_text(buffer, "No runs on record.\n");
		return;
	}
	append_head(&columns, style, buffer);
	for (uint32_t i = 0; i < count; i++)
		append_run(&runs[i], &columns, style, now_ms, buffer);
	layout_finish(style, buffer, start);
}
