/*
 * The text is measured before jansson sees it: how deep, how many values, and what they will take
 * in memory. Whether it is JSON is jansson's to say; this only tells strings, numbers and brackets
 * apart, which does no harm to a text that is none.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "contract/schema.h"
#include "contract/schema_limits.h"

/* What jansson 2.14 takes for each, with the allocator's own overhead, in bytes. */
#define OBJECT_BYTES 224u
#define ARRAY_BYTES 128u
#define VALUE_BYTES 48u  /* a number, or the place of a value in a list */
#define STRING_BYTES 80u /* beside its text; of a key as much */

/* An integer that is written as a real: two bytes more than in the text. */
struct rewritten {
	size_t line;
	size_t end; /* in the text that jansson reads */
};

struct measure {
	const char *text;
	size_t size;
	size_t at;
	size_t line; /* 1, 2, … */
	size_t line_start;
	size_t depth;
	uint64_t value_count;
	uint64_t memory_bytes;
	struct buffer *numbers;      /* the text with integers beyond 64 bits as reals */
	size_t copied;               /* of the text into numbers; 0: none was seen */
	struct rewritten *rewritten; /* owned */
	uint32_t rewritten_count;
	uint32_t rewritten_capacity;
};

__attribute__((format(printf, 4, 5))) static bool fail_at(
	const struct measure *measure, size_t at, struct error *error, const char *format, ...)
{
	size_t column = 1;
	char text[128];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	for (size_t i = measure->line_start; i < at; i++)
		column += ((unsigned char)measure->text[i] & 0xc0) != 0x80;
	return error_set(
		error, ERROR_FILE, "line %zu, column %zu: %s", measure->line, column, text);
}

static bool count_value(struct measure *measure, uint64_t bytes, struct error *error)
{
	measure->memory_bytes += bytes;
	if (++measure->value_count > JSON_VALUE_LIMIT)
		return fail_at(
			measure, measure->at, error, "more than %u values", JSON_VALUE_LIMIT);
	if (measure->memory_bytes > JSON_MEMORY_BASE + (uint64_t)JSON_MEMORY_A_BYTE * measure->size)
		return fail_at(measure, measure->at, error,
			"would take more than %llu MiB of memory: too many small values",
			(unsigned long long)(measure->memory_bytes >> 20));
	return true;
}

/* A number: digits, signs, points and exponents; jansson says whether they are in order. */
static bool measure_number(struct measure *measure, struct error *error)
{
	const char *start = measure->text + measure->at;
	size_t size = 0;
	bool is_integer = true;
	while (measure->at + size < measure->size && strchr("+-.0123456789eE", start[size]) &&
		start[size]) {
		is_integer = is_integer && !strchr(".eE", start[size]);
		size++;
	}
	if (!count_value(measure, VALUE_BYTES, error))
		return false;
	measure->at += size;
	/* A 64-bit integer has at most 19 digits; those of 19 are looked at. */
	if (!is_integer || size < 19)
		return true;
	char digits[32];
	memcpy(digits, start, size < sizeof digits ? size : sizeof digits - 1);
	digits[size < sizeof digits ? size : sizeof digits - 1] = '\0';
	errno = 0;
	strtoll(digits, NULL, 10);
	if (errno == ERANGE) {
		buffer_append(measure->numbers, measure->text + measure->copied,
			measure->at - measure->copied);
		buffer_append_text(measure->numbers, "e0");
		measure->copied = measure->at;
		GROW(measure->rewritten, measure->rewritten_count, measure->rewritten_capacity);
		measure->rewritten[measure->rewritten_count++] =
			(struct rewritten){measure->line, measure->numbers->size};
	}
	return true;
}

/* Skips to behind the closing quote. A key is a string that a ':' follows: not told apart. */
static bool measure_string(struct measure *measure, struct error *error)
{
	size_t start = measure->at++;
	while (measure->at < measure->size && measure->text[measure->at] != '"') {
		char byte = measure->text[measure->at];
		if (byte == '\n')
			return fail_at(measure, start, error, "this text has no end");
		measure->at += byte == '\\' ? 2 : 1;
	}
	if (measure->at >= measure->size)
		return fail_at(measure, start, error, "this text has no end");
	measure->at++;
	return count_value(measure, STRING_BYTES + (measure->at - start), error);
}

static bool open_bracket(struct measure *measure, struct error *error)
{
	if (++measure->depth > JSON_DEPTH_LIMIT)
		return fail_at(
			measure, measure->at, error, "nested more than %u deep", JSON_DEPTH_LIMIT);
	bool is_object = measure->text[measure->at] == '{';
	return count_value(measure, is_object ? OBJECT_BYTES : ARRAY_BYTES, error) && ++measure->at;
}

static bool measure_byte(struct measure *measure, struct error *error)
{
	switch (measure->text[measure->at]) {
	case '{':
	case '[':
		return open_bracket(measure, error);
	case '}':
	case ']':
		measure->depth -= measure->depth > 0;
		measure->at++;
		return true;
	case '"':
		return measure_string(measure, error);
	case '\n':
		measure->line++;
		measure->line_start = ++measure->at;
		return true;
	case '-':
		return measure_number(measure, error);
	case 't':
	case 'f':
	case 'n':
		measure->at++;
		return count_value(measure, VALUE_BYTES, error);
	default:
		if (measure->text[measure->at] >= '0' && measure->text[measure->at] <= '9')
			return measure_number(measure, error);
		measure->at++;
		return true;
	}
}

static bool measure_all(struct measure *measure, struct error *error)
{
	if (measure->size > JSON_BYTES_LIMIT)
		return error_set(
			error, ERROR_FILE, "more than %u MiB of JSON", JSON_BYTES_LIMIT >> 20);
	while (measure->at < measure->size) {
		if (!measure_byte(measure, error))
			return false;
	}
	if (measure->copied)
		buffer_append(measure->numbers, measure->text + measure->copied,
			measure->size - measure->copied);
	return true;
}

static void set_fault(const struct measure *measure, const json_error_t *fault, struct error *error)
{
	int column = fault->column > 0 ? fault->column : 1;
	for (uint32_t i = 0; i < measure->rewritten_count; i++) {
		if (measure->rewritten[i].line == (size_t)fault->line &&
			measure->rewritten[i].end <= (size_t)fault->position)
			column -= 2;
	}
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	text_append_visible(&text, fault->text, strlen(fault->text));
	error_set(error, ERROR_FILE, "line %d, column %d: %s", fault->line, column,
		buffer_text(&text));
}

json_t *json_read(const char *text, size_t size, struct error *error)
{
	struct buffer numbers CLEANUP(buffer_release) = BUFFER_INIT;
	struct measure measure = {.text = text, .size = size, .line = 1, .numbers = &numbers};
	json_error_t fault;
	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		error_set(error, ERROR_FILE,
			"line 1, column 1: a byte order mark, which JSON does not allow");
		return NULL;
	}
	if (!measure_all(&measure, error)) {
		free(measure.rewritten);
		return NULL;
	}
	if (measure.copied) {
		text = buffer_text(&numbers);
		size = numbers.size;
	}
	json_t *value = json_loadb(
		text, size, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
	if (!value)
		set_fault(&measure, &fault, error);
	free(measure.rewritten);
	return value;
}
