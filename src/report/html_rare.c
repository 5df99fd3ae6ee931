/* What few steps have, in the island of steps: an object by step for each such field. */
#include <string.h>

#include "base/index.h"
#include "base/text.h"
#include "report/html.h"
#include "report/verdict.h"

/* Of one contract in a step's panel; report.json has them all. */
#define ERRORS_MOST 20u
#define ERROR_MOST_BYTES 200

void html_key_append(struct buffer *buffer, const char *key)
{
	buffer_printf(buffer, ",\n\"%s\":", key);
}

void html_step_key_append(struct buffer *buffer, uint32_t step)
{
	buffer_drain(buffer);
	if (buffer->bytes[buffer->size - 1] != '{')
		buffer_append_byte(buffer, ',');
	buffer_printf(buffer, "\"%u\":", step);
}

/* A phrase, cut where it is long. */
static void short_append(struct buffer *buffer, const char *text)
{
	size_t size = text ? strlen(text) : 0;
	struct buffer cut = BUFFER_INIT;

	if (size > ERROR_MOST_BYTES) {
		buffer_append(&cut, text, utf8_cut(text, size, ERROR_MOST_BYTES));
		buffer_append_text(&cut, "…");
		text = buffer_text(&cut);
	}
	html_json_text(buffer, text);
	buffer_release(&cut);
}

static void name_append(const struct html_context *context, uint32_t step, struct buffer *buffer)
{
	const struct run_step *it = &context->run->steps[step];

	if (text_is_empty(it->name) || text_equal(it->name, it->id))
		return;
	html_step_key_append(buffer, step);
	html_json_text(buffer, it->name);
}

static void reason_append(const struct html_context *context, uint32_t step, struct buffer *buffer)
{
	const char *reason = verdict_step_reason(context->run, step);

	if (!reason || context->run->steps[step].state == STATE_DONE)
		return;
	html_step_key_append(buffer, step);
	html_json_text(buffer, reason);
}

static void attempt_append(
	const struct html_context *context, const struct run_attempt *it, struct buffer *buffer)
{
	int64_t end_ms = it->ended_ms == TIME_NONE ? context->now_ms : it->ended_ms;

	buffer_printf(buffer, "[%lld,%lld,%d,%d,",
		(long long)html_offset_ms(context->run, it->started_ms),
		(long long)(end_ms > it->started_ms ? end_ms - it->started_ms : 0), it->exit_status,
		it->signal);
	json_append_text(
		buffer, it->failure == FAILURE_NONE ? "" : failure_class_name(it->failure));
	buffer_printf(buffer, ",%lld,%lld,%llu,%llu,", (long long)it->queue_ms,
		(long long)it->cpu_ms, (unsigned long long)(it->peak_rss_bytes / 1024),
		(unsigned long long)it->log_bytes);
	html_json_text(buffer, it->reason);
	buffer_append_byte(buffer, ']');
}

/* One attempt that went well is in the columns already. */
static void attempts_append(
	const struct html_context *context, uint32_t step, struct buffer *buffer)
{
	const struct run_step *it = &context->run->steps[step];

	if (it->attempts.count == 0 || (it->attempts.count == 1 && it->state != STATE_FAILED))
		return;
	html_step_key_append(buffer, step);
	for (uint32_t i = 0; i < it->attempts.count; i++) {
		buffer_append_byte(buffer, i == 0 ? '[' : ',');
		attempt_append(context, &context->run->attempts[it->attempts.first + i], buffer);
	}
	buffer_append_byte(buffer, ']');
}

/* The first errors of a contract that is broken: [[pointer, keyword, expected, actual], …] */
static void errors_append(const struct run_contract *contract, struct buffer *buffer)
{
	uint32_t count = contract->error_count < ERRORS_MOST ? contract->error_count : ERRORS_MOST;

	buffer_append_text(buffer, ",[");
	for (uint32_t i = 0; i < count; i++) {
		const struct contract_error *error = &contract->errors[i];

		buffer_append_text(buffer, i == 0 ? "[" : ",[");
		short_append(buffer, error->pointer);
		buffer_append_byte(buffer, ',');
		short_append(buffer, error->keyword);
		buffer_append_byte(buffer, ',');
		short_append(buffer, error->expected);
		buffer_append_byte(buffer, ',');
		short_append(buffer, error->actual);
		buffer_append_byte(buffer, ']');
	}
	buffer_printf(buffer, "],%u", contract->error_total);
}

static void contracts_append(
	const struct html_context *context, uint32_t step, struct buffer *buffer)
{
	struct index_range range = context->run->steps[step].contracts;

	if (range.count == 0)
		return;
	html_step_key_append(buffer, step);
	for (uint32_t i = 0; i < range.count; i++) {
		const struct run_contract *it = &context->run->contracts[range.first + i];

		buffer_append_text(buffer, i == 0 ? "[[" : ",[");
		buffer_append_text(buffer, it->passed ? "1," : "0,");
		html_json_text(buffer, it->subject);
		buffer_append_byte(buffer, ',');
		html_json_text(buffer, it->reason);
		buffer_printf(buffer, ",%u", it->attempt);
		if (it->error_count > 0 && it->attempt == context->run->steps[step].attempts.count)
			errors_append(it, buffer);
		buffer_append_byte(buffer, ']');
	}
	buffer_append_byte(buffer, ']');
}

static void outputs_append(const struct html_context *context, uint32_t step, struct buffer *buffer)
{
	struct index_range range = context->run->steps[step].artifacts;

	if (range.count == 0)
		return;
	html_step_key_append(buffer, step);
	for (uint32_t i = 0; i < range.count; i++) {
		const struct artifact *it = &context->run->artifacts[range.first + i].artifact;

		buffer_append_text(buffer, i == 0 ? "[[" : ",[");
		html_json_text(buffer, it->name);
		buffer_append_byte(buffer, ',');
		html_json_text(buffer, it->path);
		buffer_printf(
			buffer, ",%llu,\"%s\"]", (unsigned long long)it->size_bytes, it->sha256);
	}
	buffer_append_byte(buffer, ']');
}

/* Words for the line below a step's title. */
static void marks_append(const struct html_context *context, uint32_t step, struct buffer *buffer)
{
	const struct run *run = context->run;
	const char *mark = run->steps[step].is_optional ? "optional" : NULL;
	bool is_flaky = flaky_find(run, step) != NULL;

	for (uint32_t i = 0; i < run->gate_count; i++)
		if (run->gates[i].step == step)
			mark = run->gates[i].is_open ? "approved" : "waits for approval";
	if (!mark && !is_flaky)
		return;
	html_step_key_append(buffer, step);
	buffer_printf(buffer, "\"%s%s%s\"", mark ? mark : "", mark && is_flaky ? " · " : "",
		is_flaky ? "flaky" : "");
}

static const struct {
	const char *key;
	void (*append)(const struct html_context *context, uint32_t step, struct buffer *buffer);
} rare[] = {
	{"name", name_append},
	{"reason", reason_append},
	{"attempts", attempts_append},
	{"contracts", contracts_append},
	{"outputs", outputs_append},
	{"marks", marks_append},
};

void html_rare_append(const struct html_context *context, struct buffer *buffer)
{
	for (size_t i = 0; i < ARRAY_LENGTH(rare); i++) {
		html_key_append(buffer, rare[i].key);
		buffer_append_byte(buffer, '{');
		for (uint32_t step = 0; step < context->run->step_count; step++)
			rare[i].append(context, step, buffer);
		buffer_append_byte(buffer, '}');
	}
}
