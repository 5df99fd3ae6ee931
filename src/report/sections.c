#include "report/sections.h"

#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "model/run_graph.h"
#include "report/log_tail.h"
#include "report/markdown.h"
#include "report/palette.h"
#include "report/text_layout.h"
#include "report/verdict.h"

#define REASON_BYTES_MOST 2000
#define CONTRACTS_SHOWN 5
#define ERRORS_SHOWN 10u
#define ERROR_BYTES_MOST 200
#define FAILURES_MOST 16
#define OMISSION_BYTES 400 /* room for the sentence on what was left out */

void section_list_release(struct section_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		buffer_release(&list->items[i].text);
}

struct buffer *section_add(struct section_list *list, const char *title)
{
	/* The last place is used again rather than overrun; no caller adds as many. */
	size_t place = list->count < SECTIONS_MOST ? list->count++ : SECTIONS_MOST - 1;
	list->items[place].title = title;
	return &list->items[place].text;
}

void sections_join(const struct section_list *list, size_t budget_bytes, struct buffer *buffer)
{
	size_t fitting = 0;
	size_t total = OMISSION_BYTES;
	while (fitting < list->count && total + list->items[fitting].text.size + 1 <= budget_bytes)
		total += list->items[fitting++].text.size + 1;
	for (size_t i = 0; i < fitting; i++) {
		if (list->items[i].text.size == 0)
			continue;
		buffer_append(buffer, list->items[i].text.bytes, list->items[i].text.size);
		buffer_append_byte(buffer, '\n');
	}
	bool is_first = true;
	for (size_t i = fitting; i < list->count; i++) {
		if (list->items[i].text.size == 0)
			continue;
		buffer_append_text(buffer, is_first ? "_Left out for want of room: " : ", ");
		buffer_append_text(buffer, list->items[i].title);
		is_first = false;
	}
	if (!is_first)
		buffer_append_text(buffer, ". All of it is in the report._\n");
}

void section_verdict(const struct run *run, struct buffer *buffer)
{
	CLEANUP(buffer_release) struct buffer verdict = BUFFER_INIT;
	const struct look *look = palette_look(palette_look_of_state(run->state));
	buffer_append_text(buffer, "### ");
	markdown_append_text(buffer, run->pipeline_name);
	buffer_printf(buffer, ": %s %s\n\n", palette_state_word(run->state), look->glyph);
	verdict_append(run, run->ended_ms == TIME_NONE ? run->started_ms : run->ended_ms, &verdict);
	markdown_append_text(buffer, buffer_text(&verdict));
	buffer_append_byte(buffer, '\n');
}

/* How a text is made safe for the place it goes to. */
typedef void escape_function(struct buffer *buffer, const char *text);

static void append_limited(
	struct buffer *buffer, const char *text, size_t limit, escape_function *append_escaped)
{
	size_t size = strlen(text);
	CLEANUP(buffer_release) struct buffer cut = BUFFER_INIT;
	buffer_append(&cut, text, utf8_cut(text, size, limit));
	if (size > limit)
		buffer_append_text(&cut, "…");
	append_escaped(buffer, buffer_text(&cut));
}

/* "  - /items/0 minimum: expected at least 1, found 0" */
static void append_errors(const struct run_contract *contract, struct buffer *buffer)
{
	uint32_t shown =
		contract->error_count < ERRORS_SHOWN ? contract->error_count : ERRORS_SHOWN;
	for (uint32_t i = 0; i < shown; i++) {
		const struct contract_error *error = &contract->errors[i];
		const struct {
			const char *before;
			const char *words;
		} parts[] = {{"  - ", text_is_empty(error->pointer) ? "(whole)" : error->pointer},
			{" ", error->keyword}, {": expected ", error->expected},
			{", found ", error->actual}};
		for (size_t k = 0; k < ARRAY_LENGTH(parts); k++) {
			if (!parts[k].words)
				continue;
			buffer_append_text(buffer, parts[k].before);
			append_limited(
				buffer, parts[k].words, ERROR_BYTES_MOST, markdown_append_text);
		}
		buffer_append_byte(buffer, '\n');
	}
	if (contract->error_total > shown)
		buffer_printf(buffer, "  - and %u more\n", contract->error_total - shown);
}

static void append_contracts(
	const struct run *run, const struct run_step *step, struct buffer *buffer)
{
	uint32_t shown = 0;
	for (uint32_t i = 0; i < step->contracts.count && shown < CONTRACTS_SHOWN; i++) {
		const struct run_contract *contract = &run->contracts[step->contracts.first + i];
		if (contract->passed)
			continue;
		buffer_append_text(buffer, shown++ == 0 ? "\n- contract " : "- contract ");
		append_limited(buffer, contract->subject, REASON_BYTES_MOST, markdown_append_text);
		buffer_append_text(buffer, ": ");
		append_limited(buffer, contract->reason ? contract->reason : "failed",
			REASON_BYTES_MOST, markdown_append_text);
		buffer_append_byte(buffer, '\n');
		append_errors(contract, buffer);
	}
}

static void append_summary_line(const struct run *run, uint32_t step, struct buffer *buffer)
{
	const struct run_step *row = &run->steps[step];
	const char *reason = verdict_step_reason(run, step);
	buffer_append_text(buffer, "<details><summary><b>");
	append_limited(buffer, row->id, 200, markdown_append_html);
	buffer_append_text(buffer, "</b>: ");
	append_limited(buffer, reason ? reason : "failed", 300, markdown_append_html);
	if (row->attempts.count > 1)
		buffer_printf(buffer, " (%u attempts)", row->attempts.count);
	if (row->is_optional)
		buffer_append_text(buffer, " (optional)");
	buffer_append_text(buffer, "</summary>\n\n");
}

static void append_failure(const struct run *run, uint32_t step,
	const struct failure_limits *limits, const struct run_graph *graph, struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena scratch = {0};
	const struct run_step *row = &run->steps[step];
	const struct log_tail_limits tail_limits = {limits->log_lines, limits->log_line_bytes};
	CLEANUP(buffer_release) struct buffer tail = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer took = BUFFER_INIT;
	uint32_t blocked = run_graph_blocked_by(run, graph, step, &scratch);
	append_summary_line(run, step, buffer);
	if (row->ended_ms != TIME_NONE) {
		duration_append(&took, run_step_duration_ms(run, step, row->ended_ms));
		buffer_append_text(buffer, "Took ");
		markdown_append_text(buffer, buffer_text(&took));
	}
	if (blocked > 0) {
		buffer_append_text(buffer, took.size > 0 ? ", blocked " : "Blocked ");
		layout_count(buffer, blocked, "step");
	}
	buffer_append_byte(buffer, '\n');
	append_contracts(run, row, buffer);
	log_tail_append(run, step, &tail_limits, &tail);
	if (tail.size > 0) {
		buffer_append_byte(buffer, '\n');
		markdown_append_code(buffer, tail.bytes, tail.size);
	}
	buffer_append_text(buffer, "\n</details>\n");
}

void section_failures(
	const struct run *run, const struct failure_limits *limits, struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena arena = {0};
	uint32_t failures[FAILURES_MOST];
	uint32_t capacity = limits->failures < FAILURES_MOST ? limits->failures : FAILURES_MOST;
	uint32_t total = run_failures(run, failures, capacity);
	uint32_t shown = total < capacity ? total : capacity;
	struct run_graph graph;
	if (total == 0)
		return;
	run_graph_build(run, &arena, &graph);
	buffer_append_text(buffer, "#### What failed\n\n");
	for (uint32_t i = 0; i < shown; i++)
		append_failure(run, failures[i], limits, &graph, buffer);
	if (shown < total)
		buffer_printf(buffer, "\nand %u more; the report names them all.\n", total - shown);
}

void section_summaries(
	const struct run *run, uint32_t step_limit, size_t byte_limit, struct buffer *buffer)
{
	uint32_t shown = 0;
	uint32_t total = 0;
	for (uint32_t i = 0; i < run->step_count; i++) {
		const struct run_step *step = &run->steps[i];
		if (!step->summary || total++ >= step_limit)
			continue;
		buffer_append_text(buffer, shown++ == 0 ? "#### What steps say\n\n" : "\n");
		buffer_append_text(buffer, "<details open><summary><b>");
		append_limited(buffer, step->id, 200, markdown_append_html);
		buffer_append_text(buffer, "</b></summary>\n\n");
		size_t size = strlen(step->summary);
		size_t kept = utf8_cut(step->summary, size, byte_limit);
		markdown_append_document(buffer, step->summary, kept);
		if (kept < size)
			buffer_append_text(buffer, "\n_… all of it is in the report._\n");
		buffer_append_text(buffer, "\n</details>\n");
	}
	if (total > shown)
		buffer_printf(
			buffer, "\nand of %u more steps; the report has them.\n", total - shown);
}

void section_gates(const struct run *run, struct buffer *buffer)
{
	for (uint32_t i = 0; i < run->gate_count; i++) {
		CLEANUP(buffer_release) struct buffer command = BUFFER_INIT;
		if (run->gates[i].is_open)
			continue;
		const char *id = run->steps[run->gates[i].step].id;
		buffer_append_text(buffer, "- waits for approval of ");
		markdown_append_text(buffer, id);
		buffer_append_text(buffer, ": ");
		buffer_printf(&command, "wavetrain approve %s ", run->id);
		shell_quote_append(&command, id);
		markdown_append_code_span(buffer, buffer_text(&command));
		buffer_append_text(buffer, "\n");
	}
}

void section_resume(
	const struct run *run, const struct markdown_context *context, struct buffer *buffer)
{
	if (run->state != STATE_DONE && !text_is_empty(context->resume_command)) {
		buffer_append_text(buffer, "Resume: ");
		markdown_append_code_span(buffer, context->resume_command);
		buffer_append_byte(buffer, '\n');
	}
	if (!text_is_empty(context->push_message)) {
		buffer_append_text(buffer, buffer->size > 0 ? "\n" : "");
		markdown_append_text(buffer, context->push_message);
		buffer_append_byte(buffer, '\n');
	}
}

void section_report_link(const struct markdown_context *context, struct buffer *buffer)
{
	if (!text_is_empty(context->report_name)) {
		buffer_append_text(buffer, "Report: artifact ");
		markdown_append_link(buffer, context->report_name, context->run_url);
		buffer_append_byte(buffer, '\n');
	} else if (!text_is_empty(context->run_url)) {
		markdown_append_link(buffer, "Workflow run", context->run_url);
		buffer_append_byte(buffer, '\n');
	}
}
