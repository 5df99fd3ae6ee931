#ifndef WAVETRAIN_REPORT_HTML_H
#define WAVETRAIN_REPORT_HTML_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "model/run.h"
#include "report/page.h"
#include "report/report.h"
#include "report/template.h"

/*
 * report.html: one file without anything from elsewhere. What a reader needs first stands in it
 * as HTML; the timeline and the list of all steps are drawn by its script from two data islands.
 */
bool html_append(const struct run *run, const struct report_settings *settings, int64_t now_ms,
	struct buffer *buffer, struct error *error);

/* What every part of the page is made from. */
struct html_context {
	const struct run *run;
	const struct report_settings *settings;
	int64_t now_ms; /* counts as the end of what still runs */
	struct arena *arena;
};

/* Each adds what its sections of report.html name to the root. */
void html_verdict_add(const struct html_context *context, struct page_value *root);
void html_failures_add(const struct html_context *context, struct page_value *root);
void html_flaky_add(const struct html_context *context, struct page_value *root);
void html_notes_add(const struct html_context *context, struct page_value *root);
void html_time_add(const struct html_context *context, struct page_value *root);
void html_waves_add(const struct html_context *context, struct page_value *root);
void html_compare_add(const struct html_context *context, struct page_value *root);
void html_facts_add(const struct html_context *context, struct page_value *root);

/* At most so many of each stand in the page as HTML; the islands have them all. */
#define HTML_FAILURE_LIMIT 50
#define HTML_ERROR_LIMIT 50u /* of one contract */
#define HTML_FLAKY_LIMIT 20u
#define HTML_NOTE_LIMIT 50
#define HTML_NOTES_OPEN 3 /* the others show their text when asked to */
#define HTML_WAVE_LIMIT 40
#define HTML_CRITICAL_LIMIT 15
#define HTML_CHANGE_LIMIT 8

/* JSON of the run and of all its steps as columns; safe within a script element. */
void html_run_json_append(const struct html_context *context, struct buffer *buffer);
void html_steps_json_append(const struct html_context *context, struct buffer *buffer);

/* Of the island of steps: `,"key":`, a step's number as a key, and the fields few steps have. */
void html_key_append(struct buffer *buffer, const char *key);
void html_step_key_append(struct buffer *buffer, uint32_t step);
void html_rare_append(const struct html_context *context, struct buffer *buffer);

/*
 * What append() appends: as it is when it is small, else deflated and in base64, without ever
 * being whole in memory. *encoding is a constant: "json" or "deflate-raw+base64".
 */
#define HTML_PLAIN_LIMIT_BYTES (256 * 1024)
void html_pack(const struct html_context *context,
	void (*append)(const struct html_context *context, struct buffer *buffer),
	struct buffer *packed, const char **encoding);

/*
 * The end of what the step's last attempt wrote: at most `lines` lines and limit_bytes, made
 * visible. Nothing where there is no log. *cut says whether there is more of it.
 */
struct html_log_limits {
	uint32_t lines;
	size_t bytes;
	bool keep_color;
};
void html_log_append(const struct html_context *context, uint32_t step,
	const struct html_log_limits *limits, struct buffer *buffer, bool *cut);

/* A JSON string of visible text; NULL as "". */
void html_json_text(struct buffer *buffer, const char *text);

/* The id as it stands in "#step=…"; the arena's. */
const char *html_key(struct arena *arena, const char *id);

/* Since the run's start; 0 where a time is not known. */
int64_t html_offset_ms(const struct run *run, int64_t time_ms);

/* A template by its name, from the folder when it is there, else the built-in one. */
bool html_template(const struct html_context *context, const char *name,
	struct template_source *source, struct error *error);

#endif
