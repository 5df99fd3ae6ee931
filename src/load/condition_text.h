#ifndef WAVETRAIN_LOAD_CONDITION_TEXT_H
#define WAVETRAIN_LOAD_CONDITION_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "load/condition_read.h"

/*
 * The words of a condition, read from left to right. Every function that returns false or NULL
 * has reported why; nothing is read after that.
 */
struct condition_text {
	const char *text;
	const char *at;
	struct source_position where; /* of text */
	struct diagnostics *diagnostics;
};

void condition_skip_blanks(struct condition_text *text);

/* Reports a fault at a place of the text; always false. nearest may be NULL. */
bool condition_fault(struct condition_text *text, const char *at, const char *nearest,
	const char *format, ...) __attribute__((format(printf, 4, 5)));

/* "expected WHAT, not 'X'", or that the text ends; always false. */
bool condition_unexpected(struct condition_text *text, const char *what);

/* Takes the sign when it is next. */
bool condition_take(struct condition_text *text, const char *sign);

/* The length of the word [A-Za-z_][A-Za-z0-9_]* at a place, with '-' too where it may hold any. */
size_t condition_word_length(const char *at, bool with_hyphens);

/* 'it''s': at the opening quote; the arena's. */
bool condition_read_text(struct condition_text *text, const char **result);

/* A text, a number, true, false, params.NAME, env.NAME, matrix.NAME. */
bool condition_read_operand(struct condition_text *text, struct operand *operand);

/* True when both can be compared in that way; sign_at is where the sign stands. */
bool condition_check_operands(
	struct condition_text *text, const struct condition *condition, const char *sign_at);

/* Takes == != < <= > >= when one is next; a lone '=' is a fault. */
bool condition_take_comparison(
	struct condition_text *text, enum comparison *comparison, bool *is_there);

#endif
