#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "model/containment.h"
#include "report/palette.h"
#include "report/report.h"
#include "report/text_layout.h"
#include "report/verdict.h"

#define NAME_COLUMNS_MOST 48
#define LABEL_COLUMNS 13

static void append_artifact_names(
	const struct run *run, const struct run_step *step, struct buffer *buffer)
{
	if (step->artifacts.count == 0)
		return;
	buffer_append_text(buffer, " - artifacts: [");
	for (uint32_t i = 0; i < step->artifacts.count; i++) {
		buffer_append_text(buffer, i > 0 ? ", " : "");
		layout_phrase(buffer, run->artifacts[step->artifacts.first + i].artifact.name);
	}
	buffer_append_byte(buffer, ']');
}

static void append_step_line(const struct run *run, uint32_t step, const struct text_style *style,
	int64_t now_ms, size_t columns, struct buffer *buffer)
{
	const struct run_step *row = &run->steps[step];
	enum step_look look = run_step_look(run, step);
	const char *reason = row->state == STATE_DONE ? NULL : verdict_step_reason(run, step);
	uint32_t attempts = verdict_attempt_count(run, step);
	layout_look(buffer, style, look);
	buffer_append_byte(buffer, ' ');
	layout_name(buffer, row->id, columns);
	buffer_append_text(buffer, " (");
	if (attempts > 0)
		duration_append(buffer, run_step_duration_ms(run, step, now_ms));
	else
		buffer_append_text(buffer, palette_look(look)->word);
	buffer_append_byte(buffer, ')');
	if (attempts > 1)
		buffer_printf(buffer, " - %u attempts", attempts);
	if (look == LOOK_CACHED && attempts > 0)
		buffer_append_text(buffer, " - cached");
	if (look == LOOK_FAILED && row->is_optional)
		buffer_append_text(buffer, " - optional");
	append_artifact_names(run, row, buffer);
	if (reason) {
		buffer_append_text(buffer, " - ");
		layout_phrase(buffer, reason);
	}
	buffer_append_byte(buffer, '\n');
}

void trace_append(const struct run *run, const struct text_style *style, int64_t now_ms,
	struct buffer *buffer)
{
	size_t start = buffer->size;
	size_t columns = 0;
	for (uint32_t step = 0; step < run->step_count; step++) {
		size_t width = layout_name_width(run->steps[step].id, NAME_COLUMNS_MOST);
		columns = width > columns ? width : columns;
	}
	buffer_append_text(buffer, "Pipeline: ");
	layout_phrase(buffer, run->pipeline_name);
	buffer_append_text(buffer, " (");
	layout_phrase(buffer, run->id);
	buffer_append_text(buffer, ")\nStatus: ");
	verdict_append(run, now_ms, buffer);
	buffer_append_text(buffer, "\nDuration: ");
	duration_append(buffer, verdict_wall_ms(run, now_ms));
	buffer_append_text(buffer, "\n\nSteps:\n");
	for (uint32_t step = 0; step < run->step_count; step++)
		append_step_line(run, step, style, now_ms, columns, buffer);
	layout_finish(style, buffer, start);
}

/* "  Command     " and the like: what follows is aligned. */
static void append_label(struct buffer *buffer, const char *label)
{
	size_t start = buffer->size;
	buffer_append_text(buffer, label);
	layout_pad(buffer, start, LABEL_COLUMNS);
}

static void append_time(struct buffer *buffer, int64_t time_ms)
{
	char text[CLOCK_TEXT_SIZE];
	if (time_ms == TIME_NONE) {
		buffer_append_text(buffer, "–");
		return;
	}
	clock_format(time_ms, text);
	buffer_append_text(buffer, text);
}

static void append_needs(const struct run *run, uint32_t step, struct buffer *buffer)
{
	struct index_range needs = run->steps[step].needs;
	uint32_t last = INDEX_NONE;
	int64_t last_ended_ms = TIME_NONE;
	append_label(buffer, "  Waited for");
	buffer_append_text(buffer, needs.count == 0 ? "nothing" : "");
	for (uint32_t i = 0; i < needs.count; i++) {
		uint32_t need = run->edges[needs.first + i];
		buffer_append_text(buffer, i > 0 ? ", " : "");
		layout_phrase(buffer, run->steps[need].id);
		if (run->steps[need].ended_ms > last_ended_ms) {
			last = need;
			last_ended_ms = run->steps[need].ended_ms;
		}
	}
	if (needs.count > 1 && last != INDEX_NONE) {
		buffer_append_text(buffer, "; last ");
		layout_phrase(buffer, run->steps[last].id);
	}
	buffer_append_byte(buffer, '\n');
}

static void append_exit(const struct run_attempt *attempt, struct buffer *buffer)
{
	if (attempt->ended_ms == TIME_NONE) {
		buffer_append_text(buffer, "    Running\n");
		return;
	}
	append_label(buffer, "    Ended");
	append_time(buffer, attempt->ended_ms);
	buffer_append_text(buffer, " after ");
	duration_append(buffer, attempt->ended_ms - attempt->started_ms);
	if (attempt->signal != 0)
		buffer_printf(
			buffer, ", signal %d (%s)", attempt->signal, strsignal(attempt->signal));
	else if (attempt->exit_status >= 0)
		buffer_printf(buffer, ", exit status %d", attempt->exit_status);
	if (attempt->failure != FAILURE_NONE)
		buffer_printf(buffer, ", %s failure", failure_class_name(attempt->failure));
	buffer_append_byte(buffer, '\n');
	if (text_is_empty(attempt->reason))
		return;
	append_label(buffer, "    Reason");
	layout_phrase(buffer, attempt->reason);
	buffer_append_byte(buffer, '\n');
}

static void append_use(const struct run_attempt *attempt, struct buffer *buffer)
{
	append_label(buffer, "    Used");
	buffer_append_text(buffer, "cpu ");
	duration_append(buffer, attempt->cpu_ms);
	if (attempt->peak_rss_bytes > 0) {
		buffer_append_text(buffer, ", memory ");
		size_append(buffer, (int64_t)attempt->peak_rss_bytes);
	}
	buffer_append_byte(buffer, '\n');
	if (attempt->containment) {
		append_label(buffer, "    Held by");
		containment_append_text(attempt->containment, buffer);
		buffer_append_byte(buffer, '\n');
	}
	append_label(buffer, "    Log");
	if (attempt->log_path) {
		layout_phrase(buffer, attempt->log_path);
		buffer_append_text(buffer, ", ");
		size_append(buffer, (int64_t)attempt->log_bytes);
		buffer_append_text(buffer, attempt->log_truncated ? " (cut)" : "");
	} else {
		buffer_append_text(buffer, "empty");
	}
	buffer_append_byte(buffer, '\n');
}

/* "                /items/0  minimum: expected at least 1, found 0" */
static void append_errors(const struct run_contract *contract, struct buffer *buffer)
{
	for (uint32_t i = 0; i < contract->error_count; i++) {
		const struct contract_error *error = &contract->errors[i];
		append_label(buffer, "");
		layout_phrase(buffer, text_is_empty(error->pointer) ? "(whole)" : error->pointer);
		buffer_append_text(buffer, "  ");
		layout_phrase(buffer, error->keyword ? error->keyword : "");
		buffer_append_text(buffer, ": expected ");
		layout_phrase(buffer, error->expected ? error->expected : "–");
		if (error->actual) {
			buffer_append_text(buffer, ", found ");
			layout_phrase(buffer, error->actual);
		}
		buffer_append_byte(buffer, '\n');
	}
	if (contract->error_total > contract->error_count)
		buffer_printf(buffer, "%*s… and %u more\n", LABEL_COLUMNS, "",
			contract->error_total - contract->error_count);
}

static void append_attempt(
	const struct run *run, const struct run_attempt *attempt, struct buffer *buffer)
{
	const struct run_step *row = &run->steps[attempt->step];
	buffer_printf(buffer, "  Attempt %u: %s\n", attempt->number, state_name(attempt->state));
	append_label(buffer, "    Ready");
	append_time(buffer, attempt->started_ms - attempt->queue_ms);
	buffer_append_text(buffer, ", then waited ");
	duration_append(buffer, attempt->queue_ms);
	buffer_append_text(buffer, " for a free slot\n");
	append_label(buffer, "    Started");
	append_time(buffer, attempt->started_ms);
	buffer_append_byte(buffer, '\n');
	append_exit(attempt, buffer);
	if (attempt->ended_ms != TIME_NONE)
		append_use(attempt, buffer);
	for (uint32_t i = 0; i < row->contracts.count; i++) {
		const struct run_contract *contract = &run->contracts[row->contracts.first + i];
		if (contract->attempt != attempt->number)
			continue;
		append_label(buffer, "    Contract");
		layout_phrase(buffer, contract->subject);
		buffer_append_text(buffer, contract->passed ? ": passed in " : ": failed in ");
		duration_append(buffer, contract->duration_ms);
		if (contract->reason) {
			buffer_append_text(buffer, ": ");
			layout_phrase(buffer, contract->reason);
		}
		buffer_append_text(buffer, contract->was_known ? " (known from before)\n" : "\n");
		append_errors(contract, buffer);
	}
}

static void append_artifacts(const struct run *run, uint32_t step, struct buffer *buffer)
{
	struct index_range range = run->steps[step].artifacts;
	for (uint32_t i = 0; i < range.count; i++) {
		const struct artifact *artifact = &run->artifacts[range.first + i].artifact;
		append_label(buffer, "  Recorded");
		layout_phrase(buffer, artifact->name);
		buffer_append_text(buffer, ", ");
		size_append(buffer, (int64_t)artifact->size_bytes);
		if (artifact->is_folder) {
			buffer_append_text(buffer, " in ");
			layout_count(buffer, artifact->file_count, "file");
		}
		buffer_printf(buffer, ", sha256 %s\n", artifact->sha256);
	}
}

static void append_gate(const struct run *run, uint32_t step, struct buffer *buffer)
{
	for (uint32_t i = 0; i < run->gate_count; i++) {
		const struct run_gate *gate = &run->gates[i];
		if (gate->step != step)
			continue;
		append_label(buffer, "  Gate");
		buffer_append_text(
			buffer, gate->is_open ? "approved by " : "waits: wavetrain approve ");
		layout_phrase(buffer, !gate->is_open      ? run->id
				      : gate->approved_by ? gate->approved_by
							  : "somebody");
		if (!gate->is_open) {
			CLEANUP(buffer_release) struct buffer id = BUFFER_INIT;
			shell_quote_append(&id, run->steps[step].id);
			buffer_append_byte(buffer, ' ');
			layout_phrase(buffer, buffer_text(&id));
		}
		buffer_append_byte(buffer, '\n');
	}
}

/* What the step wrote for people, line after line. */
static void append_summary(const struct run_step *row, struct buffer *buffer)
{
	if (text_is_empty(row->summary))
		return;
	buffer_append_text(buffer, "  Summary\n");
	for (const char *line = row->summary; *line;) {
		size_t size = strcspn(line, "\n");
		buffer_append_text(buffer, "    ");
		text_append_visible(buffer, line, size);
		buffer_append_byte(buffer, '\n');
		line += size + (line[size] == '\n');
	}
}

/* "  Flaky         failed 2 of 7 attempts with the same inputs" */
static void append_flaky(const struct run *run, uint32_t step, struct buffer *buffer)
{
	const struct run_flaky *flaky = flaky_find(run, step);
	if (!flaky)
		return;
	append_label(buffer, "  Flaky");
	flaky_phrase_append(flaky, buffer);
	buffer_append_text(buffer, "; last: ");
	layout_phrase(buffer,
		flaky->last_reason ? flaky->last_reason : failure_class_name(flaky->last_failure));
	if (!text_equal(flaky->last_run, run->id)) {
		buffer_append_text(buffer, " in ");
		layout_phrase(buffer, flaky->last_run);
	}
	buffer_append_byte(buffer, '\n');
}

static void append_place(const struct run *run, const struct run_step *row, struct buffer *buffer)
{
	append_label(buffer, "  Where");
	if (row->wave != INDEX_NONE)
		buffer_printf(buffer, "wave %u", row->wave + 1);
	else
		buffer_append_text(buffer, "serial step");
	if (row->group != INDEX_NONE) {
		buffer_append_text(buffer, ", group ");
		layout_phrase(buffer, run->groups[row->group].name);
	}
	buffer_append_text(buffer, row->critical ? ", on the critical path\n" : "\n");
	if (row->cache_key) {
		append_label(buffer, "  Cache");
		buffer_printf(buffer, "taken under key %s\n", row->cache_key);
	}
	append_label(buffer, "  Command");
	layout_phrase(buffer, row->command ? row->command : "");
	buffer_append_byte(buffer, '\n');
}

void trace_step_append(const struct run *run, uint32_t step, const struct text_style *style,
	int64_t now_ms, struct buffer *buffer)
{
	const struct run_step *row = &run->steps[step];
	CLEANUP(arena_release) struct arena arena = {0};
	size_t start = buffer->size;
	append_step_line(run, step, style, now_ms, layout_name_width(row->id, 200), buffer);
	append_place(run, row, buffer);
	append_needs(run, step, buffer);
	append_flaky(run, step, buffer);
	for (uint32_t i = 0; i < row->attempts.count; i++)
		append_attempt(run, &run->attempts[row->attempts.first + i], buffer);
	append_artifacts(run, step, buffer);
	append_gate(run, step, buffer);
	append_summary(row, buffer);
	uint32_t blocked = run_blocked_by(run, step, &arena);
	if (blocked > 0) {
		append_label(buffer, "  Blocked");
		layout_count(buffer, blocked, "step");
		buffer_append_byte(buffer, '\n');
	}
	layout_finish(style, buffer, start);
}
