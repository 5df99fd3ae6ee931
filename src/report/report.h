#ifndef WAVETRAIN_REPORT_REPORT_H
#define WAVETRAIN_REPORT_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "model/event.h"
#include "model/plan.h"
#include "model/run.h"

/* How a text for a terminal or a log is drawn. */
struct text_style {
	bool color;       /* SGR sequences */
	bool ascii;       /* no character outside ASCII */
	uint32_t columns; /* width to fit; 0: 80 */
	bool wide;        /* `timeline --wide` */
	bool all;         /* `timeline --all`: no folding */
	bool only_critical;
	bool only_failed;
};

/* Texts; each appends a whole text that ends with a line end. now_ms counts for what still runs. */
void status_append(const struct run *run, const struct text_style *style, int64_t now_ms,
	struct buffer *buffer);
void trace_append(const struct run *run, const struct text_style *style, int64_t now_ms,
	struct buffer *buffer);
void trace_step_append(const struct run *run, uint32_t step, const struct text_style *style,
	int64_t now_ms, struct buffer *buffer);
void timeline_append(const struct run *run, const struct text_style *style, int64_t now_ms,
	struct buffer *buffer);
void runs_append(const struct run *runs, uint32_t count, const struct text_style *style,
	int64_t now_ms, struct buffer *buffer);
void audit_line_append(
	const struct event *event, const struct event_names *names, struct buffer *buffer);
void plan_text_append(
	const struct plan *plan, const struct text_style *style, struct buffer *buffer);

/* Machine forms, as docs/reference describes them. */
void plan_json_append(const struct plan *plan, struct buffer *buffer);
void run_json_append(const struct run *run, struct buffer *buffer); /* also report.json */
void runs_json_append(const struct run *runs, uint32_t count, struct buffer *buffer);
void junit_append(const struct run *run, struct buffer *buffer);

/*
 * What a plan's graph is drawn from, without states: names say "each ×N" of a step that becomes as
 * many as a list has items, "never, left out" where an `if` does not hold, "build, then approval".
 */
void plan_graph_run(const struct plan *plan, struct arena *arena, struct run *run);

/* Graphs. show_state: fills by state. Within GitHub's limits by folding; says what was folded. */
void mermaid_append(const struct run *run, bool show_state, struct buffer *buffer);
void dot_append(const struct run *run, bool show_state, struct buffer *buffer);

/* GitHub Markdown, each within its budget in bytes, failures first. */
struct markdown_context {
	const char *report_name; /* of the artifact; NULL: none */
	const char *run_url;     /* NULL: none */
	const char *resume_command;
	const char *
		push_message; /* why commits are not on the remote; NULL: they are, or need not be */
	const char *previous; /* one line: what changed since the last run; NULL: unknown */
};
void summary_append(
	const struct run *run, const struct markdown_context *context, struct buffer *buffer);
void comment_append(
	const struct run *run, const struct markdown_context *context, struct buffer *buffer);

/* The verdict in one line, the same everywhere: "failed: 1 of 240 steps failed, 37 skipped … — 3m 12s". */
void verdict_append(const struct run *run, int64_t now_ms, struct buffer *buffer);

/*
 * "3m 02s of 8m 20s with 4 jobs (wave 4 2m 58s, step deploy 3.0 s)": the slots' time that waiting for
 * whole waves and for serial steps left unused, the dearest first. False, and nothing, when it is
 * less than least_ms.
 */
bool barriers_append(const struct run *run, int64_t least_ms, struct buffer *buffer);

/* What run->flaky says of the step; NULL: it is not flaky. */
const struct run_flaky *flaky_find(const struct run *run, uint32_t step);

/* "failed 2 of 7 attempts with the same inputs in 3 runs" */
void flaky_phrase_append(const struct run_flaky *flaky, struct buffer *buffer);

/* "  flaky: ID failed 2 of 7 …", a line each of the first few; nothing where there is none. */
void flaky_append(const struct run *run, struct buffer *buffer);

struct report_settings {
	const char *folder;    /* absolute; made when missing */
	const char *templates; /* folder that overrides templates one by one; NULL: none */
	struct markdown_context markdown;
	const struct run *previous; /* the run before, for the comparison; NULL: none */
};

/*
 * Writes report.html, dag.mmd, dag.dot, timeline.txt, summary.md, report.json and junit.xml.
 * Tries all of them even when one fails; the first failure is in *error.
 */
bool report_write(
	const struct run *run, const struct report_settings *settings, struct error *error);

#endif
