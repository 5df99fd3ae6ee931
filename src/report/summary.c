/* The step summary: GitHub refuses more than 1 MiB; the budget leaves room for other steps' text. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "report/markdown.h"
#include "report/mermaid.h"
#include "report/palette.h"
#include "report/report.h"
#include "report/sections.h"
#include "report/shown_state.h"
#include "report/text_layout.h"

#define SUMMARY_BUDGET_BYTES 900000
#define WAVES_SHOWN 200
#define SLOWEST_SHOWN 10
#define COMMIT_DIGITS 7

static const struct failure_limits summary_failures = {
	.failures = 10, .log_lines = 40, .log_line_bytes = 400};
static const struct mermaid_limits summary_graph = {.nodes = 150, .edges = 250, .bytes = 20000};

static void append_cell_duration(struct buffer *buffer, int64_t duration_ms)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	duration_append(&text, duration_ms);
	markdown_append_text(buffer, buffer_text(&text));
}

static void append_counts_table(const struct run *run, struct buffer *buffer)
{
	const struct run_totals *totals = &run->totals;
	const uint32_t *by_state = totals->by_state;
	buffer_append_text(buffer,
		"\n| Steps | Done | Cached | Failed | Skipped | Not run | Retried "
		"| Took | Critical path | Work | At once |\n"
		"|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
	buffer_printf(buffer, "| %u | %u | %u | %u | %u | %u | %u | ", run->step_count,
		by_state[STATE_DONE], totals->cached, by_state[STATE_FAILED],
		by_state[STATE_SKIPPED], by_state[STATE_PENDING] + by_state[STATE_RUNNING],
		totals->retried);
	append_cell_duration(buffer, totals->wall_ms);
	buffer_append_text(buffer, " | ");
	append_cell_duration(buffer, totals->critical_path_ms);
	buffer_append_text(buffer, " | ");
	append_cell_duration(buffer, totals->work_ms);
	buffer_printf(buffer, " | %u |\n", totals->peak_concurrency);
}

static void append_wave(const struct run *run, const struct stage_index *stages, uint32_t index,
	struct buffer *buffer)
{
	const struct run_wave *wave = &run->waves[index];
	const char *commit =
		wave->checkpoint == INDEX_NONE ? NULL : run->checkpoints[wave->checkpoint].commit;
	struct shown_state shown = shown_state_of_wave(run, stages, index);
	bool has_ended = wave->started_ms != TIME_NONE && wave->ended_ms != TIME_NONE;
	buffer_printf(buffer, "| %u", index + 1);
	if (wave->name) {
		buffer_append_byte(buffer, ' ');
		markdown_append_text(buffer, wave->name);
	}
	buffer_printf(buffer, " | %s %s | %u | ",
		palette_look(palette_look_of_state(shown.state))->glyph, shown.word,
		wave->step_count);
	append_cell_duration(buffer, has_ended ? wave->ended_ms - wave->started_ms : -1);
	buffer_append_text(buffer, " | ");
	for (size_t i = 0; commit && commit[i] && i < COMMIT_DIGITS; i++)
		buffer_append_byte(buffer, commit[i]);
	buffer_append_text(buffer, commit ? " |\n" : "– |\n");
}

static void append_waves(const struct run *run, struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena arena = {0};
	uint32_t shown = run->wave_count < WAVES_SHOWN ? run->wave_count : WAVES_SHOWN;
	if (run->wave_count == 0)
		return;
	struct stage_index stages = stage_index_build(run, &arena);
	buffer_append_text(buffer, "#### Waves\n\n| Wave | State | Steps | Took | Commit |\n"
				   "|:--|:--|--:|--:|:--|\n");
	for (uint32_t i = 0; i < shown; i++)
		append_wave(run, &stages, i, buffer);
	if (shown < run->wave_count)
		buffer_printf(buffer, "\nand %u more; the report has them all.\n",
			run->wave_count - shown);
}

static void append_graph(const struct run *run, struct buffer *buffer)
{
	CLEANUP(buffer_release) struct buffer graph = BUFFER_INIT;
	mermaid_append_within(run, true, &summary_graph, &graph);
	if (run->step_count == 0 || graph.size > summary_graph.bytes)
		return;
	/* A label holds no line end and no back-tick, so that nothing in it ends the fence. */
	buffer_append_text(buffer, "#### Graph\n\n```mermaid\n");
	buffer_append(buffer, graph.bytes, graph.size);
	buffer_append_text(buffer, "```\n");
}

struct slow_step {
	uint32_t step;
	int64_t duration_ms;
};

static int compare_slow(const void *left, const void *right)
{
	const struct slow_step *a = left;
	const struct slow_step *b = right;
	if (a->duration_ms != b->duration_ms)
		return a->duration_ms > b->duration_ms ? -1 : 1;
	return a->step < b->step ? -1 : a->step > b->step;
}

static void append_slowest(const struct run *run, struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct slow_step *slow = ARENA_ARRAY(&arena, struct slow_step, (size_t)run->step_count + 1);
	uint32_t count = 0;
	for (uint32_t step = 0; step < run->step_count; step++)
		if (run->steps[step].ended_ms != TIME_NONE &&
			run->steps[step].started_ms != TIME_NONE)
			slow[count++] = (struct slow_step){
				step, run_step_duration_ms(run, step, run->steps[step].ended_ms)};
	qsort(slow, count, sizeof *slow, compare_slow);
	if (count < 2)
		return;
	buffer_append_text(buffer, "#### Slowest steps\n\n| Step | Took | Expected | Attempts | "
				   "On the critical path |\n|:--|--:|--:|--:|:--|\n");
	for (uint32_t i = 0; i < count && i < SLOWEST_SHOWN; i++) {
		const struct run_step *step = &run->steps[slow[i].step];
		buffer_append_text(buffer, "| ");
		markdown_append_text(buffer, step->id);
		buffer_append_text(buffer, " | ");
		append_cell_duration(buffer, slow[i].duration_ms);
		buffer_append_text(buffer, " | ");
		append_cell_duration(buffer, step->estimate_ms);
		buffer_printf(buffer, " | %u | %s |\n", step->attempts.count,
			step->critical ? "yes" : "no");
	}
}

void summary_append(
	const struct run *run, const struct markdown_context *context, struct buffer *buffer)
{
	CLEANUP(section_list_release) struct section_list list = {0};
	struct buffer *verdict = section_add(&list, "the verdict");
	section_verdict(run, verdict);
	append_counts_table(run, verdict);
	section_failures(run, &summary_failures, section_add(&list, "what failed"));
	section_flaky(run, section_add(&list, "what is flaky"));
	section_gates(run, section_add(&list, "what waits for approval"));
	section_summaries(run, 50, 16 << 10, section_add(&list, "what steps say"));
	append_waves(run, section_add(&list, "the waves"));
	append_graph(run, section_add(&list, "the graph"));
	append_slowest(run, section_add(&list, "the slowest steps"));
	section_resume(run, context, section_add(&list, "how to resume"));
	section_report_link(context, section_add(&list, "the link to the report"));
	sections_join(&list, SUMMARY_BUDGET_BYTES, buffer);
}
