#include "report/simulation_report.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "report/text_layout.h"

#define BARRIERS_SHOWN 5u
#define STAGE_COLUMNS_MOST 40
#define DURATION_COLUMNS 9

struct writer {
	const struct simulation *simulation;
	const struct text_style *style;
	struct arena *arena;
	struct buffer *buffer;
};

static void append_head(const struct writer *writer)
{
	const struct plan *plan = writer->simulation->plan;
	struct buffer *buffer = writer->buffer;
	size_t start = buffer->size;
	buffer_append_text(buffer, "Simulation: ");
	layout_phrase(buffer, plan->pipeline->name);
	buffer_append_text(buffer, " (");
	layout_count(buffer, plan->pipeline->step_count, "step");
	buffer_append_text(buffer, ", ");
	layout_count(buffer, plan->wave_count, "wave");
	buffer_append_byte(buffer, ')');
	size_t width = utf8_width(buffer->bytes + start, buffer->size - start);
	size_t most = layout_columns(writer->style);
	buffer_append_byte(buffer, '\n');
	layout_rule(buffer, width < most ? width : most);
}

/* "2 steps take no time: cached" */
static void append_free_steps(struct buffer *buffer, uint32_t count, const char *why)
{
	layout_count(buffer, count, "step");
	buffer_printf(buffer, " %s no time: %s\n", count == 1 ? "takes" : "take", why);
}

/* "Work: 3m 00s; estimates: 10 from history, 2 by default" */
static void append_work(const struct writer *writer)
{
	static const char *const words[] = {
		[ESTIMATE_HISTORY] = "from history",
		[ESTIMATE_EFFORT] = "by effort",
		[ESTIMATE_TIMEOUT] = "by timeout",
		[ESTIMATE_PIPELINE] = "like the others",
		[ESTIMATE_DEFAULT] = "by default",
	};
	const struct simulation *simulation = writer->simulation;
	struct buffer *buffer = writer->buffer;
	buffer_append_text(buffer, "Work: ");
	duration_append(buffer, simulation->work_ms);
	const char *separator = "; estimates: ";
	for (uint32_t i = 0; i < ESTIMATE_ORIGIN_COUNT; i++) {
		if (simulation->estimate_counts[i] == 0)
			continue;
		buffer_printf(
			buffer, "%s%u %s", separator, simulation->estimate_counts[i], words[i]);
		separator = ", ";
	}
	buffer_append_byte(buffer, '\n');
	if (simulation->cached_count > 0)
		append_free_steps(buffer, simulation->cached_count, "cached");
	if (simulation->omitted_count > 0)
		append_free_steps(buffer, simulation->omitted_count, "left out or done before");
	if (simulation->foreach_count > 0) {
		layout_count(buffer, simulation->foreach_count, "step");
		buffer_append_text(buffer, simulation->foreach_count == 1
						   ? " with 'foreach' counts once\n"
						   : " with 'foreach' count once each\n");
	}
	buffer_append_byte(buffer, '\n');
}

static void append_count(struct buffer *buffer, uint32_t count, int columns)
{
	buffer_printf(buffer, "%*u", columns, count);
}

/* Below 0 where waves are the shorter ones. */
static void append_cost(struct buffer *buffer, int64_t cost_ms)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (cost_ms < 0)
		buffer_append_byte(&text, '-');
	duration_append(&text, cost_ms < 0 ? -cost_ms : cost_ms);
	buffer_printf(buffer, "%*s", DURATION_COLUMNS, buffer_text(&text));
}

/* "◆    4  waves       1m 20s   62%    2m 01s    18.0 s            5     1m 02s" */
static void append_row(const struct writer *writer, const struct simulation_result *result,
	enum simulation_mode mode)
{
	const struct simulation_outcome *outcome = &result->outcomes[mode];
	struct buffer *buffer = writer->buffer;
	bool is_first = mode == SIMULATION_WAVES;
	if (writer->simulation->best_jobs[mode] == result->jobs)
		layout_paint(buffer, writer->style, "1", "◆");
	else
		buffer_append_byte(buffer, ' ');
	if (is_first)
		append_count(buffer, result->jobs, 5);
	else
		buffer_append_repeated(buffer, " ", 5);
	buffer_append_text(buffer, "  ");
	layout_name(buffer, simulation_mode_name(mode), 8);
	buffer_append_text(buffer, "  ");
	layout_duration(buffer, outcome->makespan_ms, DURATION_COLUMNS);
	buffer_printf(buffer, "  %3u%%  ", (outcome->used_per_10000 + 50) / 100);
	layout_duration(buffer, outcome->idle_ms, DURATION_COLUMNS);
	buffer_append_text(buffer, "  ");
	if (is_first)
		append_cost(buffer, result->barrier_cost_ms);
	else
		buffer_append_repeated(buffer, " ", DURATION_COLUMNS);
	buffer_append_text(buffer, "  ");
	append_count(buffer, outcome->checkpoint_count, 11);
	if (is_first) {
		buffer_append_text(buffer, "  ");
		layout_duration(buffer, result->lower_bound_ms, DURATION_COLUMNS);
	}
	buffer_append_byte(buffer, '\n');
}

static void append_table(const struct writer *writer)
{
	const struct simulation *simulation = writer->simulation;
	buffer_printf(writer->buffer, " %5s  %-8s  %9s  %4s  %9s  %9s  %11s  %9s\n", "jobs", "mode",
		"makespan", "used", "idle", "barriers", "checkpoints", "at best");
	for (uint32_t i = 0; i < simulation->result_count; i++) {
		for (uint32_t mode = 0; mode < SIMULATION_MODE_COUNT; mode++)
			append_row(writer, &simulation->results[i], (enum simulation_mode)mode);
	}
	if (simulation->best_jobs[SIMULATION_WAVES] || simulation->best_jobs[SIMULATION_FRONTIER])
		buffer_append_text(
			writer->buffer, "◆ the fewest jobs with the shortest makespan of a mode\n");
	if (simulation->keeps_barriers)
		buffer_append_text(writer->buffer,
			"Groups, serial steps and declared waves are barriers in both modes\n");
}

static void append_critical_path(const struct writer *writer)
{
	const struct simulation *simulation = writer->simulation;
	uint32_t count = simulation->critical_path_count;
	if (count == 0)
		return;
	const char **names = ARENA_ARRAY(writer->arena, const char *, count);
	for (uint32_t i = 0; i < count; i++)
		names[i] = simulation->plan->pipeline->steps[simulation->critical_path[i]].id;
	buffer_append_text(writer->buffer, "\nCritical path: ");
	layout_path(writer->buffer, names, count);
	buffer_append_text(writer->buffer, " (");
	duration_append(writer->buffer, simulation->critical_path_ms);
	buffer_append_text(writer->buffer, ")\n");
}

/* --- barriers --- */

struct barrier {
	uint32_t stage;
	int64_t idle_ms;
};

static int barrier_compare(const void *left, const void *right)
{
	const struct barrier *a = left;
	const struct barrier *b = right;
	if (a->idle_ms != b->idle_ms)
		return a->idle_ms > b->idle_ms ? -1 : 1;
	return a->stage < b->stage ? -1 : a->stage > b->stage;
}

/* That of the plan's own number of jobs, where it is there; else the last. */
static const struct simulation_result *chosen_result(const struct simulation *simulation)
{
	for (uint32_t i = 0; i < simulation->result_count; i++) {
		if (simulation->results[i].jobs == simulation->plan->jobs)
			return &simulation->results[i];
	}
	return &simulation->results[simulation->result_count - 1];
}

static void append_barrier(const struct writer *writer, const struct simulation_result *result,
	const struct barrier *barrier)
{
	uint32_t stage = barrier->stage;
	int64_t start_ms = stage > 0 ? result->stage_end_ms[stage - 1] : 0;
	buffer_append_text(writer->buffer, "  ");
	layout_name(writer->buffer,
		plan_stage_title(writer->simulation->plan, stage, writer->arena),
		STAGE_COLUMNS_MOST);
	layout_duration(writer->buffer, barrier->idle_ms, DURATION_COLUMNS);
	buffer_append_text(writer->buffer, " idle in ");
	duration_append(writer->buffer, result->stage_end_ms[stage] - start_ms);
	buffer_append_byte(writer->buffer, '\n');
}

/* The last stage that takes time has nothing behind it: its idle time is the end's. */
static void append_barriers(const struct writer *writer)
{
	const struct plan *plan = writer->simulation->plan;
	if (writer->simulation->result_count == 0)
		return;
	const struct simulation_result *result = chosen_result(writer->simulation);
	struct barrier *barriers =
		ARENA_ARRAY(writer->arena, struct barrier, (size_t)plan->stage_count);
	uint32_t count = 0;
	int64_t end_ms = result->outcomes[SIMULATION_WAVES].makespan_ms;
	for (uint32_t stage = 0; stage < plan->stage_count && result->stage_end_ms[stage] < end_ms;
		stage++) {
		if (result->stage_idle_ms[stage] > 0)
			barriers[count++] = (struct barrier){stage, result->stage_idle_ms[stage]};
	}
	if (count == 0)
		return;
	qsort(barriers, count, sizeof *barriers, barrier_compare);
	buffer_append_text(writer->buffer, "\nIdle slots before a barrier, in waves with ");
	layout_count(writer->buffer, result->jobs, "job");
	buffer_append_text(writer->buffer, ":\n");
	for (uint32_t i = 0; i < count && i < BARRIERS_SHOWN; i++)
		append_barrier(writer, result, &barriers[i]);
	if (count > BARRIERS_SHOWN)
		buffer_printf(writer->buffer, "  … and %u more\n", count - BARRIERS_SHOWN);
}

void simulation_text_append(
	const struct simulation *simulation, const struct text_style *style, struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct writer writer = {
		.simulation = simulation, .style = style, .arena = &arena, .buffer = buffer};
	size_t start = buffer->size;
	append_head(&writer);
	append_work(&writer);
	append_table(&writer);
	append_critical_path(&writer);
	append_barriers(&writer);
	layout_finish(style, buffer, start);
}
