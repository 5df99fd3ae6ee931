#ifndef WAVETRAIN_BASE_TEXT_H
#define WAVETRAIN_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"

bool text_equal(const char *left, const char *right); /* NULL equals NULL only */
bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);

/* NULL or empty. */
bool text_is_empty(const char *text);

/*
 * The candidate with the fewest edits (insert, delete, replace, swap of neighbours) to text, or
 * NULL when none is within a third of the text's length (at least 1, at most 4 edits).
 */
const char *text_nearest(const char *text, const char *const *candidates, size_t count);

/* The same one at a time, for candidates that are not in an array of strings. */
struct nearest {
	const char *text;
	const char *best; /* NULL: none near enough yet */
	uint32_t best_distance;
};
void nearest_start(struct nearest *nearest, const char *text);
void nearest_offer(struct nearest *nearest, const char *candidate);

/*
 * Decodes one UTF-8 character of at most size bytes. Returns its length in bytes and sets
 * *code_point; an invalid byte counts as one character U+FFFD of length 1. size must be > 0.
 */
size_t utf8_decode(const char *bytes, size_t size, uint32_t *code_point);
void utf8_append(struct buffer *buffer, uint32_t code_point);
bool utf8_is_valid(const char *bytes, size_t size);

/* The largest length <= limit that does not cut a character in half. */
size_t utf8_cut(const char *bytes, size_t size, size_t limit);

/* Columns a terminal needs: 0 for combining marks, 2 for wide characters, 1 otherwise. */
size_t utf8_width(const char *bytes, size_t size);

/*
 * True for characters that could command a terminal or mislead a reader: C0 and C1 controls,
 * bidirectional overrides and isolates, zero-width characters, U+FEFF.
 */
bool code_point_is_unsafe(uint32_t code_point);

/* Text for a terminal: unsafe characters as <202E> or <1B>, tabs kept, invalid bytes as U+FFFD. */
void text_append_visible(struct buffer *buffer, const char *bytes, size_t size);

/* Shortens to at most columns terminal columns, with "…" in the middle where it was cut. */
void text_append_shortened(struct buffer *buffer, const char *text, size_t columns);

/* The same with the "…" at the end, for texts whose start says most. */
void text_append_cut(struct buffer *buffer, const char *text, size_t columns);

/* A JSON string with its quotes; < > & U+2028 U+2029 as \u escapes, invalid UTF-8 as U+FFFD. */
void json_append_string(struct buffer *buffer, const char *bytes, size_t size);
void json_append_text(struct buffer *buffer, const char *text); /* NULL: null */

/* RFC 4648, with padding. */
void base64_append(struct buffer *buffer, const unsigned char *bytes, size_t size);

/* "as a person writes it": 850 ms, 3.1 s, 2m 15s, 1h 04m. For negative: "–". */
void duration_append(struct buffer *buffer, int64_t duration_ms);
void size_append(struct buffer *buffer, int64_t size_bytes); /* 812 B, 1.4 MiB */

/* One argument as a POSIX shell would need it quoted; left alone where it needs no quotes. */
void shell_quote_append(struct buffer *buffer, const char *argument);

#endif
