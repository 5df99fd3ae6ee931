#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "report/report.h"
#include "report/text_layout.h"

/* What is more than this is folded unless the style wants all. */
#define STAGES_SHOWN 40
#define STEPS_SHOWN 24
#define NAME_COLUMNS_MOST 40
#define DURATION_COLUMNS 9
#define ORIGIN_COLUMNS 9

struct plan_writer {
	const struct plan *plan;
	const struct text_style *style;
	size_t name_columns;
	struct arena *arena;
	struct buffer *buffer;
};

static const char *step_id(const struct plan *plan, uint32_t step)
{
	return plan->pipeline->steps[step].id;
}

/* A row of a table has a number for an id: what it does stands beside it. */
static const char *step_label(const struct plan *plan, uint32_t step, struct arena *arena)
{
	const struct step *row = &plan->pipeline->steps[step];
	if (plan->pipeline->format != FORMAT_TABLE || text_is_empty(row->name))
		return row->id;
	return arena_format(arena, "%s  %s", row->id, row->name);
}

/* What is special about a step, after its action and the reason of it. */
static void append_marks(const struct step *step, struct buffer *buffer)
{
	if (step->foreach)
		buffer_append_text(buffer, ", once for each item");
	if (step->is_optional)
		buffer_append_text(buffer, ", optional");
	if (step->needs_approval)
		buffer_append_text(buffer, ", then waits for approval");
}

/* ", memory 1.5 GiB (learned)": what it takes of the pool, where that is known. */
static void append_memory(const struct plan *plan, uint32_t step, struct buffer *buffer)
{
	struct step_claims claims = plan_step_claims(plan, step);
	if (claims.memory_from == MEMORY_NONE)
		return;
	buffer_append_text(buffer, ", memory ");
	size_append(buffer, (int64_t)claims.memory_bytes);
	buffer_printf(buffer, " (%s)", memory_origin_name(claims.memory_from));
}

/* "  ◆ build   2m 10s history  run: never ran before" */
static void append_step(const struct plan_writer *writer, uint32_t step)
{
	const struct plan_step *row = &writer->plan->steps[step];
	struct buffer *buffer = writer->buffer;
	bool is_run = row->action == ACTION_RUN;
	buffer_append_text(buffer, "  ");
	if (row->critical)
		layout_paint(buffer, writer->style, "1", "◆");
	else
		buffer_append_byte(buffer, ' ');
	buffer_append_byte(buffer, ' ');
	layout_name(buffer, step_label(writer->plan, step, writer->arena), writer->name_columns);
	layout_duration(buffer, row->estimate_ms, DURATION_COLUMNS);
	buffer_append_byte(buffer, ' ');
	layout_name(buffer, estimate_origin_name(row->estimate_from), ORIGIN_COLUMNS);
	layout_paint(buffer, writer->style, is_run ? "32" : "2", plan_action_name(row->action));
	buffer_append_text(buffer, ": ");
	layout_phrase(buffer, row->reason);
	if (row->action != ACTION_OMIT) {
		append_marks(&writer->plan->pipeline->steps[step], buffer);
		append_memory(writer->plan, step, buffer);
	}
	buffer_append_byte(buffer, '\n');
}

static void append_stage_head(
	const struct plan_writer *writer, uint32_t stage, const uint32_t *steps, uint32_t count)
{
	const struct plan *plan = writer->plan;
	struct buffer *buffer = writer->buffer;
	uint32_t wave = plan->stages[stage].wave;
	int64_t estimate_ms = wave == INDEX_NONE ? plan->steps[steps[0]].estimate_ms
						 : plan->waves[wave].estimate_ms;
	CLEANUP(buffer_release) struct buffer title = BUFFER_INIT;
	layout_phrase(&title, plan_stage_title(plan, stage, writer->arena));
	if (title.size > 0 && title.bytes[0] >= 'a' && title.bytes[0] <= 'z')
		title.bytes[0] = (char)(title.bytes[0] - 'a' + 'A');
	layout_paint(buffer, writer->style, "1", buffer_text(&title));
	buffer_append_text(buffer, "  ");
	if (wave != INDEX_NONE) {
		layout_count(buffer, count, "step");
		buffer_append_text(buffer, ", ");
	}
	duration_append(buffer, estimate_ms);
	if (wave != INDEX_NONE) {
		const struct plan_wave *row = &plan->waves[wave];
		buffer_printf(buffer, ", %s", wave_origin_name(row->origin));
		if (row->groups.count > 0) {
			buffer_append_text(buffer, " from ");
			layout_count(buffer, row->groups.count, "group");
		}
	}
	buffer_append_byte(buffer, '\n');
}

/* Before the first step of a group: "  backend:2-3" in a table, else "  group backend". */
static void append_group(const struct plan_writer *writer, uint32_t group)
{
	const struct plan_group *row = &writer->plan->groups[group];
	struct buffer *buffer = writer->buffer;
	bool is_table = writer->plan->pipeline->format == FORMAT_TABLE;
	buffer_append_text(buffer, is_table ? "  " : "  group ");
	layout_phrase(buffer, row->name);
	if (is_table)
		buffer_printf(buffer, ":%u-%u", row->steps.first + 1,
			row->steps.first + row->steps.count);
	buffer_append_byte(buffer, '\n');
}

/* What the step at this place of a stage is headed by, where the one before it was not. */
static void append_heading(const struct plan_writer *writer, const uint32_t *steps, uint32_t place,
	uint32_t first_check)
{
	const struct plan_step *rows = writer->plan->steps;
	uint32_t group = rows[steps[place]].group;
	if (place == first_check)
		buffer_append_text(writer->buffer, "  checks, one after the other\n");
	else if (place < first_check && group != INDEX_NONE &&
		 (place == 0 || rows[steps[place - 1]].group != group))
		append_group(writer, group);
}

static void append_stage(const struct plan_writer *writer, uint32_t stage)
{
	uint32_t count;
	const uint32_t *steps = plan_stage_steps(writer->plan, stage, &count);
	uint32_t shown = 0;
	uint32_t hidden_runs = 0;
	uint32_t wave = writer->plan->stages[stage].wave;
	uint32_t check_count = wave == INDEX_NONE ? 0 : writer->plan->waves[wave].check_count;
	append_stage_head(writer, stage, steps, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct plan_step *step = &writer->plan->steps[steps[i]];
		/* What lies on the critical path is shown even after the fold. */
		if (writer->style->all || shown < STEPS_SHOWN ||
			(step->critical && shown < 2 * STEPS_SHOWN)) {
			append_heading(writer, steps, i, count - check_count);
			append_step(writer, steps[i]);
			shown++;
		} else {
			hidden_runs += step->action == ACTION_RUN;
		}
	}
	if (shown < count)
		buffer_printf(writer->buffer, "    … and %u more: %u run, %u skipped\n",
			count - shown, hidden_runs, count - shown - hidden_runs);
}

/* The first ones and the last one; what lies between is one line. */
static void append_stages(const struct plan_writer *writer)
{
	uint32_t stage_count = writer->plan->stage_count;
	bool folds = !writer->style->all && stage_count > STAGES_SHOWN;
	uint32_t first_hidden = folds ? STAGES_SHOWN - 1 : stage_count;
	for (uint32_t stage = 0; stage < stage_count; stage++) {
		if (folds && stage == first_hidden) {
			uint32_t hidden = stage_count - STAGES_SHOWN;
			uint32_t steps = 0;
			for (uint32_t i = 0; i < hidden; i++) {
				uint32_t count;
				plan_stage_steps(writer->plan, stage + i, &count);
				steps += count;
			}
			buffer_printf(writer->buffer, "… and %u more stages with %u steps\n\n",
				hidden, steps);
			stage += hidden;
		}
		append_stage(writer, stage);
		buffer_append_byte(writer->buffer, '\n');
	}
}

static void append_action_count(
	const struct plan *plan, enum plan_action action, const char *word, struct buffer *buffer)
{
	uint32_t count = 0;
	for (uint32_t step = 0; step < plan->pipeline->step_count; step++)
		count += plan->steps[step].action == action;
	if (count > 0)
		buffer_printf(buffer, ", %u %s", count, word);
}

static void append_head(const struct plan_writer *writer)
{
	const struct plan *plan = writer->plan;
	struct buffer *buffer = writer->buffer;
	size_t start = buffer->size;
	buffer_append_text(buffer, "Plan: ");
	layout_phrase(buffer, plan->pipeline->name);
	buffer_append_text(buffer, " (");
	layout_count(buffer, plan->pipeline->step_count, "step");
	buffer_append_text(buffer, ", ");
	layout_count(buffer, plan->wave_count, "wave");
	buffer_append_text(buffer, ", ");
	layout_count(buffer, plan->jobs, "job");
	append_action_count(plan, ACTION_SKIP, "done before", buffer);
	append_action_count(plan, ACTION_OMIT, "left out by their 'if'", buffer);
	append_action_count(plan, ACTION_CACHED, "cached", buffer);
	buffer_append_byte(buffer, ')');
	size_t width = utf8_width(buffer->bytes + start, buffer->size - start);
	size_t most = layout_columns(writer->style);
	buffer_append_byte(buffer, '\n');
	layout_rule(buffer, width < most ? width : most);
	buffer_append_byte(buffer, '\n');
}

static void append_critical_path(const struct plan_writer *writer)
{
	const struct plan *plan = writer->plan;
	uint32_t count = plan->critical_path_count;
	const char **names = ARENA_ARRAY(writer->arena, const char *, (size_t)count + 1);
	if (count == 0)
		return;
	for (uint32_t i = 0; i < count; i++)
		names[i] = step_id(plan, plan->critical_path[i]);
	buffer_append_text(writer->buffer, "Critical path: ");
	layout_path(writer->buffer, names, count);
	buffer_append_text(writer->buffer, " (");
	duration_append(writer->buffer, plan->critical_path_ms);
	buffer_append_text(writer->buffer, "), marked ◆\n");
}

/* Those that take the plan's jobs into account say how many these are. */
static void append_totals(const struct plan_writer *writer)
{
	const struct plan_totals *totals = &writer->plan->totals;
	uint32_t jobs = writer->plan->jobs;
	const char *with_jobs = arena_format(writer->arena, "%u job%s", jobs, jobs == 1 ? "" : "s");
	const struct {
		const char *label;
		const char *addition;
		int64_t duration_ms;
		bool shown;
	} rows[] = {
		{"step after step", NULL, totals->steps_serial_ms, true},
		{"group after group", NULL, totals->groups_serial_ms,
			writer->plan->group_count > 0},
		{"in waves", "enough jobs", totals->waves_ms, true},
		{"without barriers", with_jobs, totals->frontier_ms, true},
		{"at best", with_jobs, totals->lower_bound_ms, true},
	};
	buffer_append_text(writer->buffer, "Estimated time:\n");
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const char *addition = rows[i].addition;
		if (!rows[i].shown)
			continue;
		buffer_append_text(writer->buffer, "  ");
		layout_name(writer->buffer,
			arena_format(writer->arena, "%s%s%s", rows[i].label, addition ? ", " : "",
				addition ? addition : ""),
			28);
		layout_duration(writer->buffer, rows[i].duration_ms, DURATION_COLUMNS);
		buffer_append_byte(writer->buffer, '\n');
	}
}

void plan_text_append(
	const struct plan *plan, const struct text_style *style, struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct plan_writer writer = {
		.plan = plan, .style = style, .arena = &arena, .buffer = buffer};
	size_t start = buffer->size;
	for (uint32_t step = 0; step < plan->pipeline->step_count; step++) {
		size_t width = layout_name_width(step_label(plan, step, &arena), NAME_COLUMNS_MOST);
		writer.name_columns = width > writer.name_columns ? width : writer.name_columns;
	}
	append_head(&writer);
	append_stages(&writer);
	append_critical_path(&writer);
	append_totals(&writer);
	layout_finish(style, buffer, start);
}
