#include "base/text.h"
#include "model/run_graph.h"
#include "report/html.h"
#include "report/palette.h"
#include "report/verdict.h"

/* How it ended is said here where no reason says it. */
static void add_meta(const struct html_context *context, struct page_value *failure, uint32_t step,
	uint32_t blocked)
{
	const struct run *run = context->run;
	const struct run_step *it = &run->steps[step];
	const struct run_attempt *last = run_last_attempt(run, step);
	struct buffer text = BUFFER_INIT;

	if (verdict_step_reason(run, step))
		;
	else if (last && last->signal != 0)
		buffer_printf(&text, "signal %d · ", last->signal);
	else if (last && last->exit_status >= 0)
		buffer_printf(&text, "exit %d · ", last->exit_status);
	duration_append(&text, run_step_duration_ms(run, step, context->now_ms));
	if (it->attempts.count > 1)
		buffer_printf(&text, " · %u attempts", it->attempts.count);
	if (it->is_optional)
		buffer_append_text(&text, " · optional");
	if (it->wave != INDEX_NONE)
		buffer_printf(&text, " · wave %u", it->wave + 1);
	if (it->group != INDEX_NONE)
		buffer_printf(&text, " · group %s", run->groups[it->group].name);
	if (blocked > 0)
		buffer_printf(&text, " · kept %u %s from running", blocked,
			blocked == 1 ? "step" : "steps");
	page_bytes(context->arena, failure, "meta", &text);
	buffer_release(&text);
}

static void add_errors(const struct html_context *context, struct page_value *contract,
	const struct run_contract *it)
{
	struct page_value *errors = page_list(context->arena, contract, "errors");
	uint32_t shown = it->error_count < HTML_ERROR_LIMIT ? it->error_count : HTML_ERROR_LIMIT;

	page_truth(context->arena, contract, "errors_any", shown > 0);
	for (uint32_t i = 0; i < shown; i++) {
		const struct contract_error *error = &it->errors[i];
		struct page_value *row = page_object(context->arena, errors, NULL);

		page_text(context->arena, row, "pointer",
			text_is_empty(error->pointer) ? "(whole)" : error->pointer);
		page_text(context->arena, row, "keyword", error->keyword);
		page_text(context->arena, row, "expected", error->expected);
		page_text(context->arena, row, "actual", error->actual);
	}
	if (it->error_total > shown)
		page_format(context->arena, contract, "errors_note", "and %u more",
			it->error_total - shown);
	else
		page_text(context->arena, contract, "errors_note", NULL);
}

static void add_contracts(
	const struct html_context *context, struct page_value *failure, uint32_t step)
{
	struct index_range range = context->run->steps[step].contracts;
	struct page_value *contracts = page_list(context->arena, failure, "contracts");

	for (uint32_t i = 0; i < range.count; i++) {
		const struct run_contract *it = &context->run->contracts[range.first + i];
		struct page_value *contract;

		if (it->passed || it->attempt != context->run->steps[step].attempts.count)
			continue;
		contract = page_object(context->arena, contracts, NULL);
		page_text(context->arena, contract, "subject", it->subject);
		/* With a table of errors below, the first of them need not be said twice. */
		if (it->error_count > 0)
			page_format(context->arena, contract, "reason", "%u %s", it->error_total,
				it->error_total == 1 ? "error" : "errors");
		else
			page_text(context->arena, contract, "reason", it->reason);
		add_errors(context, contract, it);
	}
}

static void add_log(const struct html_context *context, struct page_value *failure, uint32_t step)
{
	const struct html_log_limits limits = {20, 16 * 1024, false};
	const struct run_attempt *last = run_last_attempt(context->run, step);
	struct buffer text = BUFFER_INIT;
	bool cut;

	html_log_append(context, step, &limits, &text, &cut);
	page_bytes(context->arena, failure, "log", &text);
	page_format(context->arena, failure, "log_title", "%s%s%s",
		cut ? "The last 20 lines it wrote" : "What it wrote",
		last && last->log_path ? ", from " : "",
		last && last->log_path ? last->log_path : "");
	buffer_release(&text);
}

static void add_each(const struct html_context *context, struct page_value *failures,
	const uint32_t *steps, uint32_t count)
{
	const struct run *run = context->run;
	struct arena arena = {0};
	struct arena scratch = {0};
	struct run_graph graph;

	run_graph_build(run, &arena, &graph);
	for (uint32_t i = 0; i < count; i++) {
		struct page_value *failure = page_object(context->arena, failures, NULL);
		const char *reason = verdict_step_reason(run, steps[i]);

		page_text(context->arena, failure, "id", run->steps[steps[i]].id);
		page_text(context->arena, failure, "key",
			html_key(context->arena, run->steps[steps[i]].id));
		page_text(context->arena, failure, "glyph", palette_look(LOOK_FAILED)->glyph);
		page_text(context->arena, failure, "reason", reason);
		arena_reset(&scratch);
		add_meta(context, failure, steps[i],
			run_graph_blocked_by(run, &graph, steps[i], &scratch));
		add_contracts(context, failure, steps[i]);
		add_log(context, failure, steps[i]);
	}
	arena_release(&scratch);
	arena_release(&arena);
}

void html_failures_add(const struct html_context *context, struct page_value *root)
{
	const struct run *run = context->run;
	struct page_value *failures = page_list(context->arena, root, "failures");
	uint32_t steps[HTML_FAILURE_LIMIT];
	uint32_t count = run_failures(run, steps, HTML_FAILURE_LIMIT);

	page_truth(context->arena, root, "failures_any", count > 0);
	if (count > HTML_FAILURE_LIMIT)
		page_format(context->arena, root, "failures_note",
			"The first %d of %u steps that failed themselves; the list of steps below "
			"has all.",
			HTML_FAILURE_LIMIT, count);
	else
		page_text(context->arena, root, "failures_note",
			run->totals.by_state[STATE_SKIPPED] > 0
				? "Only steps that failed themselves; what was skipped because of "
				  "them is counted."
				: NULL);
	if (count > HTML_FAILURE_LIMIT)
		count = HTML_FAILURE_LIMIT;
	if (count > 0)
		add_each(context, failures, steps, count);
}
