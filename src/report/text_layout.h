#ifndef WAVETRAIN_REPORT_TEXT_LAYOUT_H
#define WAVETRAIN_REPORT_TEXT_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/run.h"
#include "report/report.h"

/*
 * What the texts for terminals share. Everything is drawn with Unicode and, for an ASCII style,
 * turned into ASCII of the same width at the end by layout_finish(). Names and phrases that
 * come from a pipeline or a step go through layout_name() or layout_phrase(): they cannot command
 * the terminal, break a line or reach into the next column.
 */

/* Width to fit: the style's, 80 when it has none, never below 40. */
size_t layout_columns(const struct text_style *style);

/* Where the style is ASCII, replaces what was appended since start. Call once, at the end. */
void layout_finish(const struct text_style *style, struct buffer *buffer, size_t start);

/* The text in an SGR colour; parameters such as "32". Plain where the style has no colours. */
void layout_paint(struct buffer *buffer, const struct text_style *style, const char *parameters,
	const char *text);

/* The glyph of a look in its colour; one column. */
void layout_look(struct buffer *buffer, const struct text_style *style, enum step_look look);

/* Spaces until what was appended since start (without SGR sequences) is that wide. */
void layout_pad(struct buffer *buffer, size_t start, size_t columns);

/* A name on one line, shortened to at most columns, then padded to exactly columns. */
void layout_name(struct buffer *buffer, const char *name, size_t columns);

/* A phrase on one line, whole; line ends and tabs become spaces. */
void layout_phrase(struct buffer *buffer, const char *phrase);

/* Columns the name needs, at most maximum. */
size_t layout_name_width(const char *name, size_t maximum);

/* The duration, right-aligned in columns. */
void layout_duration(struct buffer *buffer, int64_t duration_ms, size_t columns);

/* A double rule and a line end. */
void layout_rule(struct buffer *buffer, size_t columns);

/* "1 step", "240 steps"; noun in the singular. */
void layout_count(struct buffer *buffer, uint64_t count, const char *noun);

/* "a → b → c", the middle left out where there are more than 8: "a → b → … 12 more … → z". */
void layout_path(struct buffer *buffer, const char *const *names, uint32_t count);

#endif
