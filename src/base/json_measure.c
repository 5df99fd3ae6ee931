#include "base/json_measure.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* What jansson 2.14 takes for each, with the allocator's own overhead, in bytes. */
#define OBJECT_BYTES 224u
#define ARRAY_BYTES 128u
#define VALUE_BYTES 48u  /* a number, or the place of a value in a list */
#define STRING_BYTES 80u /* beside its text; of a key as much */

struct measure {
	const char *text;
	size_t size;
	size_t at;
	size_t line; /* 1, 2, … */
	size_t line_start;
	size_t depth;
	uint64_t value_count;
	uint64_t memory_bytes;
	enum json_fairness fairness;
};

__attribute__((format(printf, 4, 5))) static bool fail_at(
	struct measure *measure, size_t at, struct error *error, const char *format, ...)
{
	size_t column = 1;
	char text[128];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	for (size_t i = measure->line_start; i < at; i++)
		column += ((unsigned char)measure->text[i] & 0xc0) != 0x80;
	measure->fairness = JSON_TOO_MUCH;
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

/* Digits, signs, points and exponents; the reader says whether they are in order. */
static bool measure_number(struct measure *measure, struct error *error)
{
	if (!count_value(measure, VALUE_BYTES, error))
		return false;
	while (measure->at < measure->size && measure->text[measure->at] &&
		strchr("+-.0123456789eE", measure->text[measure->at]))
		measure->at++;
	return true;
}

static bool fail_unended(struct measure *measure, size_t start, struct error *error)
{
	fail_at(measure, start, error, "this text has no end");
	measure->fairness = JSON_UNENDED;
	return false;
}

/* Skips to behind the closing quote. A key is a string that a ':' follows: not told apart. */
static bool measure_string(struct measure *measure, struct error *error)
{
	size_t start = measure->at++;
	while (measure->at < measure->size && measure->text[measure->at] != '"') {
		char byte = measure->text[measure->at];
		if (byte == '\n')
			return fail_unended(measure, start, error);
		measure->at += byte == '\\' ? 2 : 1;
	}
	if (measure->at >= measure->size)
		return fail_unended(measure, start, error);
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

enum json_fairness json_measure_check(const char *text, size_t size, struct error *error)
{
	struct measure measure = {.text = text, .size = size, .line = 1};
	if (size > JSON_BYTE_LIMIT) {
		error_set(error, ERROR_FILE, "more than %zu MiB of JSON", JSON_BYTE_LIMIT >> 20);
		return JSON_TOO_MUCH;
	}
	while (measure.at < size && measure_byte(&measure, error))
		continue;
	return measure.fairness;
}
