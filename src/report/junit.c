/* JUnit's XML as CI systems read it: a suite for each stage, a case for each step. */
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "report/log_tail.h"
#include "report/report.h"
#include "report/stage_index.h"
#include "report/verdict.h"

#define LOG_LINES 100
#define LOG_LINE_BYTES 2000

/* XML 1.0 has no control characters but tab, line end and carriage return, not even as entities. */
static bool xml_may_hold(uint32_t code_point)
{
	if (code_point < 0x20)
		return code_point == '\t' || code_point == '\n';
	return code_point < 0x7f ||
	       (code_point > 0x9f && code_point != 0xfffe && code_point != 0xffff);
}

static void append_escaped(struct buffer *buffer, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size;) {
		uint32_t code_point;
		i += utf8_decode(bytes + i, size - i, &code_point);
		if (code_point == '&')
			buffer_append_text(buffer, "&amp;");
		else if (code_point == '<')
			buffer_append_text(buffer, "&lt;");
		else if (code_point == '>')
			buffer_append_text(buffer, "&gt;");
		else if (code_point == '"')
			buffer_append_text(buffer, "&quot;");
		else if (xml_may_hold(code_point))
			utf8_append(buffer, code_point);
	}
}

static void add_attribute(struct buffer *buffer, const char *name, const char *value)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
	for (; *value; value++)
		buffer_append_byte(&line, *value == '\n' || *value == '\t' ? ' ' : *value);
	buffer_printf(buffer, " %s=\"", name);
	append_escaped(buffer, buffer_text(&line), line.size);
	buffer_append_byte(buffer, '"');
}

static void add_seconds(struct buffer *buffer, int64_t duration_ms)
{
	int64_t shown_ms = duration_ms > 0 ? duration_ms : 0;
	buffer_printf(buffer, " time=\"%lld.%03d\"", (long long)(shown_ms / 1000),
		(int)(shown_ms % 1000));
}

static void add_timestamp(struct buffer *buffer, int64_t time_ms)
{
	char text[CLOCK_TEXT_SIZE];
	if (time_ms == TIME_NONE)
		return;
	clock_format_as(time_ms, "%Y-%m-%dT%H:%M:%S", text, sizeof(text));
	add_attribute(buffer, "timestamp", text);
}

static void append_text(struct buffer *buffer, const char *before, const char *text)
{
	if (text_is_empty(text))
		return;
	buffer_append_text(buffer, before);
	append_escaped(buffer, text, strlen(text));
}

/* "contract json_schema out.json: 2 errors", then a line for each of them. */
static void append_contract(const struct run_contract *contract, struct buffer *buffer)
{
	append_text(buffer, "contract ", contract->subject);
	append_text(buffer, ": ", contract->reason);
	buffer_append_byte(buffer, '\n');
	for (uint32_t i = 0; i < contract->error_count; i++) {
		const struct contract_error *error = &contract->errors[i];
		append_text(
			buffer, "  ", text_is_empty(error->pointer) ? "(whole)" : error->pointer);
		append_text(buffer, " ", error->keyword);
		append_text(buffer, ": expected ", error->expected);
		append_text(buffer, ", found ", error->actual);
		buffer_append_byte(buffer, '\n');
	}
	if (contract->error_total > contract->error_count)
		buffer_printf(
			buffer, "  and %u more\n", contract->error_total - contract->error_count);
}

/* Why it failed, which contracts are broken, and the end of what it wrote. */
static void append_details(const struct run *run, uint32_t step, struct buffer *buffer)
{
	const struct log_tail_limits limits = {LOG_LINES, LOG_LINE_BYTES};
	const struct run_step *row = &run->steps[step];
	CLEANUP(buffer_release) struct buffer tail = BUFFER_INIT;
	append_text(buffer, "", verdict_step_reason(run, step));
	buffer_append_byte(buffer, '\n');
	for (uint32_t i = 0; i < row->contracts.count; i++) {
		const struct run_contract *contract = &run->contracts[row->contracts.first + i];
		if (!contract->passed && contract->error_count > 0 &&
			contract->attempt == row->attempts.count)
			append_contract(contract, buffer);
	}
	log_tail_append(run, step, &limits, &tail);
	append_escaped(buffer, buffer_text(&tail), tail.size);
}

static void append_failure(const struct run *run, uint32_t step, struct buffer *buffer)
{
	const struct run_attempt *attempt = run_last_attempt(run, step);
	const char *reason = verdict_step_reason(run, step);
	buffer_append_text(buffer, "\n      <failure");
	add_attribute(buffer, "message", reason ? reason : "failed");
	add_attribute(
		buffer, "type", failure_class_name(attempt ? attempt->failure : FAILURE_NONE));
	buffer_append_byte(buffer, '>');
	append_details(run, step, buffer);
	buffer_append_text(buffer, "</failure>\n    </testcase>\n");
}

/* An optional step may fail: whoever reads <failure> takes the run for failed. */
static void append_optional_failure(const struct run *run, uint32_t step, struct buffer *buffer)
{
	CLEANUP(buffer_release) struct buffer message = BUFFER_INIT;
	const char *reason = verdict_step_reason(run, step);
	buffer_printf(
		&message, "optional, and failed%s%s", reason ? ": " : "", reason ? reason : "");
	buffer_append_text(buffer, "\n      <skipped");
	add_attribute(buffer, "message", buffer_text(&message));
	buffer_append_text(buffer, "/>\n      <system-out>");
	append_details(run, step, buffer);
	buffer_append_text(buffer, "</system-out>\n    </testcase>\n");
}

static void append_case(
	const struct run *run, uint32_t step, const char *class_name, struct buffer *buffer)
{
	const struct run_step *row = &run->steps[step];
	const char *reason = verdict_step_reason(run, step);
	int64_t end_ms = row->ended_ms == TIME_NONE ? row->started_ms : row->ended_ms;
	buffer_append_text(buffer, "    <testcase");
	add_attribute(buffer, "classname", class_name);
	add_attribute(buffer, "name", row->id);
	add_seconds(
		buffer, row->started_ms == TIME_NONE ? 0 : run_step_duration_ms(run, step, end_ms));
	if (row->state == STATE_DONE) {
		buffer_append_text(buffer, "/>\n");
		return;
	}
	buffer_append_byte(buffer, '>');
	if (row->state == STATE_FAILED) {
		(row->is_optional ? append_optional_failure : append_failure)(run, step, buffer);
		return;
	}
	buffer_append_text(buffer, "<skipped");
	add_attribute(buffer, "message",
		reason                        ? reason
		: row->state == STATE_RUNNING ? "running"
					      : "not run");
	buffer_append_text(buffer, "/></testcase>\n");
}

struct junit_counts {
	uint32_t tests;
	uint32_t failures;
	uint32_t skipped;
};

static void add_counts(struct buffer *buffer, const struct junit_counts *counts)
{
	buffer_printf(buffer, " tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\"",
		counts->tests, counts->failures, counts->skipped);
}

static void append_suite(const struct run *run, const struct stage_index *index, uint32_t stage,
	struct buffer *buffer)
{
	uint32_t count;
	const uint32_t *steps = stage_index_steps(index, stage, &count);
	struct junit_counts counts = {.tests = count};
	int64_t work_ms = 0;
	int64_t started_ms = TIME_NONE;
	CLEANUP(buffer_release) struct buffer title = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer class_name = BUFFER_INIT;
	for (uint32_t i = 0; i < count; i++) {
		const struct run_step *step = &run->steps[steps[i]];
		bool is_failure = step->state == STATE_FAILED && !step->is_optional;
		counts.failures += is_failure;
		counts.skipped += !is_failure && step->state != STATE_DONE;
		if (step->started_ms == TIME_NONE)
			continue;
		int64_t end_ms = step->ended_ms == TIME_NONE ? step->started_ms : step->ended_ms;
		work_ms += run_step_duration_ms(run, steps[i], end_ms);
		if (started_ms == TIME_NONE || step->started_ms < started_ms)
			started_ms = step->started_ms;
	}
	stage_index_title(index, run, stage, &title);
	buffer_printf(&class_name, "%s.%s", run->pipeline_name, buffer_text(&title));
	buffer_append_text(buffer, "  <testsuite");
	add_attribute(buffer, "name", buffer_text(&title));
	add_counts(buffer, &counts);
	add_seconds(buffer, work_ms);
	add_timestamp(buffer, started_ms);
	buffer_append_text(buffer, ">\n");
	for (uint32_t i = 0; i < count; i++) {
		append_case(run, steps[i], buffer_text(&class_name), buffer);
		buffer_drain(buffer);
	}
	buffer_append_text(buffer, "  </testsuite>\n");
	buffer_drain(buffer);
}

void junit_append(const struct run *run, struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct stage_index index = stage_index_build(run, &arena);
	const uint32_t *by_state = run->totals.by_state;
	uint32_t failures = by_state[STATE_FAILED] - verdict_optional_failures(run);
	struct junit_counts counts = {.tests = run->step_count,
		.failures = failures,
		.skipped = run->step_count - failures - by_state[STATE_DONE]};
	buffer_append_text(buffer, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	add_attribute(buffer, "name", run->pipeline_name);
	add_counts(buffer, &counts);
	add_seconds(buffer, run->totals.wall_ms);
	buffer_append_text(buffer, ">\n");
	for (uint32_t stage = 0; stage < run->stage_count; stage++)
		append_suite(run, &index, stage, buffer);
	buffer_append_text(buffer, "</testsuites>\n");
}
