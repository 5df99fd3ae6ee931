/*
 * The text is measured before jansson sees it. Integers beyond 64 bits, at which jansson gives up,
 * are then written as reals.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/json_measure.h"
#include "base/text.h"
#include "contract/schema.h"

#define READ_FLAGS (JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)
#define SURE_DIGITS 18u /* an integer of so many fits */

/* An integer that is written as a real: two bytes more than in the text. */
struct rewritten {
	size_t line;
	size_t end; /* in the text that jansson reads */
};

struct rewriting {
	struct buffer text;        /* owned */
	struct rewritten *numbers; /* owned */
	uint32_t count;
	uint32_t capacity;
};

/* Behind the closing quote. */
static size_t string_end(const char *text, size_t size, size_t at)
{
	for (at++; at < size && text[at] != '"'; at++)
		at += text[at] == '\\';
	return at < size ? at + 1 : size;
}

static bool is_number_byte(char byte)
{
	return byte && strchr("+-.0123456789eE", byte);
}

static bool is_beyond(const char *number, size_t size)
{
	char digits[32];
	size_t kept = size < sizeof digits ? size : sizeof digits - 1;
	if (size <= SURE_DIGITS)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (strchr(".eE", number[i]))
			return false;
	}
	memcpy(digits, number, kept);
	digits[kept] = '\0';
	errno = 0;
	strtoll(digits, NULL, 10);
	return errno == ERANGE;
}

/* False: there is no such integer. */
static bool rewrite(struct rewriting *rewriting, const char *text, size_t size)
{
	size_t line = 1;
	size_t copied = 0;
	for (size_t at = 0; at < size;) {
		size_t start = at;
		if (text[at] == '"') {
			at = string_end(text, size, at);
			continue;
		}
		line += text[at] == '\n';
		while (at < size && is_number_byte(text[at]))
			at++;
		if (at > start && is_beyond(text + start, at - start)) {
			buffer_append(&rewriting->text, text + copied, at - copied);
			buffer_append_text(&rewriting->text, "e0");
			copied = at;
			GROW(rewriting->numbers, rewriting->count, rewriting->capacity);
			rewriting->numbers[rewriting->count++] =
				(struct rewritten){line, rewriting->text.size};
		}
		at += at == start;
	}
	buffer_append(&rewriting->text, text + copied, size - copied);
	return rewriting->count > 0;
}

static void set_fault(
	const struct rewriting *rewriting, const json_error_t *fault, struct error *error)
{
	int column = fault->column > 0 ? fault->column : 1;
	for (uint32_t i = 0; i < rewriting->count; i++) {
		if (rewriting->numbers[i].line == (size_t)fault->line &&
			rewriting->numbers[i].end <= (size_t)fault->position)
			column -= 2;
	}
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	text_append_visible(&text, fault->text, strlen(fault->text));
	error_set(error, ERROR_FILE, "line %d, column %d: %s", fault->line, column,
		buffer_text(&text));
}

json_t *json_read(const char *text, size_t size, struct error *error)
{
	struct rewriting rewriting = {.text = BUFFER_INIT};
	json_error_t fault;
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		error_set(error, ERROR_FILE,
			"line 1, column 1: a byte order mark, which JSON does not allow");
		return NULL;
	}
	if (json_measure_check(text, size, error) != JSON_FAIR)
		return NULL;
	json_t *value = json_loadb(text, size, READ_FLAGS, &fault);
	if (!value && json_error_code(&fault) == json_error_numeric_overflow &&
		rewrite(&rewriting, text, size))
		value = json_loadb(
			buffer_text(&rewriting.text), rewriting.text.size, READ_FLAGS, &fault);
	if (!value)
		set_fault(&rewriting, &fault, error);
	buffer_release(&rewriting.text);
	free(rewriting.numbers);
	return value;
}
