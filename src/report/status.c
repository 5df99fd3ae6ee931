#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "report/palette.h"
#include "report/report.h"
#include "report/shown_state.h"
#include "report/stage_index.h"
#include "report/text_layout.h"
#include "report/verdict.h"

/* More stages than this fold: completed and pending neighbours become one line. */
#define STAGES_SHOWN 40
/* Lines about single steps under one wave: running, failed. */
#define STEPS_SHOWN 8
#define NAME_COLUMNS_MOST 40

struct status_writer {
	const struct run *run;
	const struct stage_index *stages;
	const struct text_style *style;
	int64_t now_ms;
	struct buffer *buffer;
};

static const char *state_glyph(enum state state)
{
	static const char *const glyphs[] = {
		[STATE_PENDING] = "⏳",
		[STATE_RUNNING] = "🔄",
		[STATE_DONE] = "✅",
		[STATE_FAILED] = "❌",
		[STATE_SKIPPED] = "⏩",
		[STATE_INTERRUPTED] = "⏳",
	};
	return glyphs[state];
}

static const char *state_remark(enum state state)
{
	static const char *const remarks[] = {
		[STATE_PENDING] = " (PENDING)",
		[STATE_RUNNING] = " (IN PROGRESS)",
		[STATE_DONE] = "",
		[STATE_FAILED] = " (FAILED)",
		[STATE_SKIPPED] = " (SKIPPED)",
		[STATE_INTERRUPTED] = " (INTERRUPTED)",
	};
	return remarks[state];
}

/* What has become of the steps of a group, a wave or the run. */
struct progress {
	uint32_t steps;
	uint32_t done;
	uint32_t cached; /* of done */
	uint32_t skipped;
};

static void progress_add(struct progress *progress, const struct run_step *step)
{
	progress->steps++;
	progress->done += step->state == STATE_DONE;
	progress->cached += step->state == STATE_DONE && step->cache_key;
	progress->skipped += step->state == STATE_SKIPPED;
}

/* "5/7 steps complete, 2 cached, 1 skipped" */
static void append_progress(const struct progress *progress, struct buffer *buffer)
{
	buffer_printf(buffer, "%u/%u steps complete", progress->done, progress->steps);
	if (progress->cached > 0)
		buffer_printf(buffer, ", %u cached", progress->cached);
	if (progress->skipped > 0)
		buffer_printf(buffer, ", %u skipped", progress->skipped);
}

static void append_group(const struct status_writer *writer, const struct run_group *group)
{
	struct progress progress = {0};
	for (uint32_t i = 0; i < group->steps.count; i++)
		progress_add(&progress, &writer->run->steps[group->steps.first + i]);
	struct shown_state shown = shown_state_of_group(writer->run, group);
	buffer_printf(writer->buffer, "  %s Group: ", state_glyph(shown.state));
	layout_phrase(writer->buffer, group->name);
	buffer_append_text(writer->buffer, " (");
	append_progress(&progress, writer->buffer);
	buffer_append_text(writer->buffer, ")\n");
}

/* One line for a step that runs or failed: what a reader of a status looks for. */
static void append_step(const struct status_writer *writer, uint32_t step, size_t name_columns)
{
	struct buffer *buffer = writer->buffer;
	const struct run_step *row = &writer->run->steps[step];
	const char *reason = verdict_step_reason(writer->run, step);
	enum step_look look = run_step_look(writer->run, step);
	buffer_append_text(buffer, "     ");
	layout_look(buffer, writer->style, look);
	buffer_append_byte(buffer, ' ');
	layout_name(buffer, row->id, name_columns);
	buffer_printf(buffer, "  %s", palette_look(look)->word);
	if (row->state == STATE_FAILED && row->is_optional)
		buffer_append_text(buffer, " (optional)");
	int64_t duration_ms = run_step_duration_ms(writer->run, step, writer->now_ms);
	if (row->started_ms != TIME_NONE) {
		buffer_append_text(buffer, row->state == STATE_RUNNING ? " for " : " after ");
		duration_append(buffer, duration_ms);
	}
	if (row->state != STATE_RUNNING && reason) {
		buffer_append_text(buffer, ": ");
		layout_phrase(buffer, reason);
	}
	buffer_append_byte(buffer, '\n');
}

static bool is_notable(const struct run_step *step)
{
	return step->state == STATE_RUNNING || step->state == STATE_FAILED;
}

/* Steps are not sorted by wave: members lists them so. */
static void append_notable_steps(
	const struct status_writer *writer, const uint32_t *members, uint32_t count)
{
	size_t columns = 0;
	uint32_t notable = 0;
	for (uint32_t i = 0; i < count; i++) {
		const struct run_step *step = &writer->run->steps[members[i]];
		if (!is_notable(step))
			continue;
		size_t width = layout_name_width(step->id, NAME_COLUMNS_MOST);
		columns = width > columns ? width : columns;
		notable++;
	}
	uint32_t limit = writer->style->all ? notable : STEPS_SHOWN;
	for (uint32_t i = 0, shown = 0; i < count && shown < limit; i++)
		if (is_notable(&writer->run->steps[members[i]])) {
			append_step(writer, members[i], columns);
			shown++;
		}
	if (notable > limit)
		buffer_printf(
			writer->buffer, "     … and %u more running or failed\n", notable - limit);
}

static void append_wave(
	const struct status_writer *writer, uint32_t index, const uint32_t *members, uint32_t count)
{
	const struct run *run = writer->run;
	const struct run_wave *wave = &run->waves[index];
	struct shown_state shown = shown_state_of_wave(run, writer->stages, index);
	struct progress progress = {0};
	uint32_t groups = 0;
	buffer_printf(writer->buffer, "Wave %u", index + 1);
	if (wave->name) {
		buffer_append_text(writer->buffer, ": ");
		layout_phrase(writer->buffer, wave->name);
	}
	buffer_printf(writer->buffer, "%s\n",
		shown.is_incomplete ? " (INCOMPLETE)" : state_remark(wave->state));
	for (uint32_t group = 0; group < run->group_count; group++)
		if (run->groups[group].wave == index) {
			append_group(writer, &run->groups[group]);
			groups++;
		}
	for (uint32_t i = 0; i < count; i++)
		progress_add(&progress, &run->steps[members[i]]);
	if (groups == 0) {
		buffer_printf(writer->buffer, "  %s ", state_glyph(shown.state));
		append_progress(&progress, writer->buffer);
		buffer_append_byte(writer->buffer, '\n');
	}
	append_notable_steps(writer, members, count);
}

static void append_serial(const struct status_writer *writer, uint32_t step)
{
	const struct run_step *row = &writer->run->steps[step];
	buffer_append_text(writer->buffer, "Step: ");
	layout_phrase(writer->buffer, row->id);
	buffer_printf(writer->buffer, "%s\n", state_remark(row->state));
	if (row->state == STATE_DONE)
		buffer_printf(writer->buffer, "  %s complete%s\n", state_glyph(row->state),
			row->cache_key ? ", cached" : "");
	else if (is_notable(row))
		append_step(writer, step, layout_name_width(row->id, NAME_COLUMNS_MOST));
}

static void append_header(const struct status_writer *writer)
{
	struct buffer *buffer = writer->buffer;
	size_t start = buffer->size;
	buffer_append_text(buffer, "Pipeline Status  ");
	layout_phrase(buffer, writer->run->id);
	size_t width = utf8_width(buffer->bytes + start, buffer->size - start);
	buffer_append_byte(buffer, '\n');
	layout_rule(buffer, width);
	buffer_append_text(buffer, "Pipeline: ");
	layout_phrase(buffer, writer->run->pipeline_name);
	buffer_append_byte(buffer, '\n');
	verdict_append(writer->run, writer->now_ms, buffer);
	buffer_append_text(buffer, "\n\n");
}

/* What a person has to do before the run can go on. */
static void append_gates(const struct status_writer *writer)
{
	const struct run *run = writer->run;
	struct buffer *buffer = writer->buffer;
	uint32_t waiting;
	const struct run_gate *first = verdict_gate(run, &waiting);
	if (!first)
		return;
	buffer_append_text(
		buffer, waiting ? "\nWaiting for approval:\n" : "\nApproved, continue with:\n");
	for (uint32_t i = 0; i < run->gate_count; i++) {
		if (run->gates[i].is_open)
			continue;
		CLEANUP(buffer_release) struct buffer id = BUFFER_INIT;
		shell_quote_append(&id, run->steps[run->gates[i].step].id);
		buffer_printf(buffer, "  wavetrain approve %s ", run->id);
		layout_phrase(buffer, buffer_text(&id));
		buffer_append_byte(buffer, '\n');
	}
	if (!waiting)
		buffer_printf(buffer, "  wavetrain resume %s\n", run->id);
}

/* "Overall: 11/16 steps complete (68%)"; where there are groups it counts grouped steps. */
static void append_overall(const struct status_writer *writer)
{
	const struct run *run = writer->run;
	uint32_t serial = 0;
	uint32_t serial_done = 0;
	for (uint32_t step = 0; step < run->step_count; step++)
		if (run->group_count > 0 && run->steps[step].group == INDEX_NONE) {
			serial++;
			serial_done += run->steps[step].state == STATE_DONE;
		}
	uint32_t total = run->step_count - serial;
	uint32_t done = run->totals.by_state[STATE_DONE] - serial_done;
	uint64_t percent = total > 0 ? (uint64_t)done * 100 / total : 100;
	buffer_printf(writer->buffer, "\nOverall: %u/%u steps complete (%u%%)", done, total,
		(unsigned)percent);
	if (serial > 0)
		buffer_printf(writer->buffer, ", %u/%u serial", serial_done, serial);
	if (run->totals.cached > 0)
		buffer_printf(writer->buffer, ", %u cached", run->totals.cached);
	buffer_append_byte(writer->buffer, '\n');
}

/* How many stages from this one on are one line: 1 where it is worth lines of its own. */
static uint32_t count_alike(
	const struct status_writer *writer, const struct stage_index *index, uint32_t stage)
{
	const struct run *run = writer->run;
	enum state state = stage_index_state(index, run, stage);
	uint32_t alike = 1;
	if (writer->style->all || run->stage_count <= STAGES_SHOWN ||
		(state != STATE_DONE && state != STATE_PENDING && state != STATE_SKIPPED))
		return 1;
	while (stage + alike < run->stage_count &&
		stage_index_state(index, run, stage + alike) == state)
		alike++;
	return alike;
}

static void append_folded(const struct status_writer *writer, const struct stage_index *index,
	uint32_t stage, uint32_t count)
{
	struct buffer *buffer = writer->buffer;
	enum state state = stage_index_state(index, writer->run, stage);
	uint32_t steps = index->first[stage + count] - index->first[stage];
	CLEANUP(buffer_release) struct buffer title = BUFFER_INIT;
	stage_index_title(index, writer->run, stage, &title);
	buffer_append_text(&title, " to ");
	stage_index_title(index, writer->run, stage + count - 1, &title);
	buffer_printf(buffer, "%s ", state_glyph(state));
	layout_phrase(buffer, buffer_text(&title));
	buffer_printf(buffer, ": %s, ", palette_state_word(state));
	layout_count(buffer, steps, "step");
	buffer_append_byte(buffer, '\n');
}

void status_append(const struct run *run, const struct text_style *style, int64_t now_ms,
	struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct stage_index index = stage_index_build(run, &arena);
	struct status_writer writer = {run, &index, style, now_ms, buffer};
	size_t start = buffer->size;
	append_header(&writer);
	for (uint32_t stage = 0; stage < run->stage_count;) {
		uint32_t count;
		uint32_t alike = count_alike(&writer, &index, stage);
		const uint32_t *steps = stage_index_steps(&index, stage, &count);
		uint32_t wave = stage_index_wave(&index, run, stage);
		if (alike > 1)
			append_folded(&writer, &index, stage, alike);
		else if (wave != INDEX_NONE)
			append_wave(&writer, wave, steps, count);
		else if (count > 0)
			append_serial(&writer, steps[0]);
		stage += alike;
	}
	append_gates(&writer);
	append_overall(&writer);
	layout_finish(style, buffer, start);
}
