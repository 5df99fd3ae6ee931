#ifndef WAVETRAIN_REPORT_SECTIONS_H
#define WAVETRAIN_REPORT_SECTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/run.h"
#include "report/report.h"

/* Parts of a Markdown text in order of importance, each whole in itself: nothing left open. */
#define SECTIONS_MOST 12
struct section {
	const char *title; /* for the sentence on what was left out */
	struct buffer text;
};
struct section_list {
	struct section items[SECTIONS_MOST];
	size_t count;
};

void section_list_release(struct section_list *list);

/* The new section's buffer. title is not copied. */
struct buffer *section_add(struct section_list *list, const char *title);

/* Appends the sections, as many from the top as fit into budget_bytes, and says which do not. */
void sections_join(const struct section_list *list, size_t budget_bytes, struct buffer *buffer);

/* What the step summary and the comment share. */

/* "### PIPELINE: failed", the verdict, and the reason when the run itself failed. */
void section_verdict(const struct run *run, struct buffer *buffer);

struct failure_limits {
	uint32_t failures;
	uint32_t log_lines;
	size_t log_line_bytes;
};
/* The root failures, each folded, with reason, failed contracts, what it blocked and log tail. */
void section_failures(
	const struct run *run, const struct failure_limits *limits, struct buffer *buffer);

/* What steps wrote into $WAVETRAIN_SUMMARY: the first steps', each cut to so many bytes. */
void section_summaries(
	const struct run *run, uint32_t step_limit, size_t byte_limit, struct buffer *buffer);

/* One line on those that are flaky. */
void section_flaky(const struct run *run, struct buffer *buffer);

/* Steps that wait for approval, with the command for each. */
void section_gates(const struct run *run, struct buffer *buffer);

/* How to go on, and where the report is. */
void section_resume(
	const struct run *run, const struct markdown_context *context, struct buffer *buffer);
void section_report_link(const struct markdown_context *context, struct buffer *buffer);

#endif
