/* The pull request's comment: GitHub takes 65 536 characters; the budget leaves room for a marker. */
#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "report/markdown.h"
#include "report/report.h"
#include "report/sections.h"

#define COMMENT_BUDGET_BYTES 60000
#define FAILURES_BUDGET_BYTES 45000

/* Fewer lines of log rather than no word on how to resume. */
static void append_failures(const struct run *run, struct buffer *buffer)
{
	static const uint32_t log_lines[] = {40, 20, 5};
	for (size_t i = 0; i < ARRAY_LENGTH(log_lines); i++) {
		const struct failure_limits limits = {
			.failures = 5, .log_lines = log_lines[i], .log_line_bytes = 200};
		buffer_clear(buffer);
		section_failures(run, &limits, buffer);
		if (buffer->size <= FAILURES_BUDGET_BYTES)
			return;
	}
}

void comment_append(
	const struct run *run, const struct markdown_context *context, struct buffer *buffer)
{
	CLEANUP(section_list_release) struct section_list list = {0};
	section_verdict(run, section_add(&list, "the verdict"));
	struct buffer *changes = section_add(&list, "what changed since the last run");
	if (!text_is_empty(context->previous)) {
		buffer_append_text(changes, "Since the last run: ");
		markdown_append_text(changes, context->previous);
		buffer_append_byte(changes, '\n');
	}
	append_failures(run, section_add(&list, "what failed"));
	section_flaky(run, section_add(&list, "what is flaky"));
	section_gates(run, section_add(&list, "what waits for approval"));
	section_summaries(run, 10, 2 << 10, section_add(&list, "what steps say"));
	section_report_link(context, section_add(&list, "the link to the report"));
	section_resume(run, context, section_add(&list, "how to resume"));
	sections_join(&list, COMMENT_BUDGET_BYTES, buffer);
}
