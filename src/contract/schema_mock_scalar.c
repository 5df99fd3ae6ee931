/* Texts and numbers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "contract/schema_mock_pattern.h"
#include "contract/schema_mock_work.h"

#define PATTERN_LIMIT 8u
#define EXTRA_LIMIT 4096u
#define MULTIPLE_LIMIT 10000

/* Texts of each format; every # is a digit of the variant, the last one counting fastest. */
struct format_text {
	const char *format;
	const char *text;
};
static const struct format_text format_texts[] = {{"date-time", "20##-01-01T00:00:00Z"},
	{"date", "20##-01-01"}, {"time", "0#:00:00Z"}, {"duration", "P1##D"},
	{"email", "user##@example.com"}, {"idn-email", "user##@example.com"},
	{"hostname", "host##.example.com"}, {"idn-hostname", "host##.example.com"},
	{"ipv4", "192.0.2.1##"}, {"ipv6", "2001:db8::##"}, {"uri", "https://example.com/##"},
	{"uri-reference", "/##"}, {"iri", "https://example.com/##"}, {"iri-reference", "/##"},
	{"uri-template", "https://example.com/##/{id}"},
	{"uuid", "00000000-0000-4000-8000-0000000000##"}, {"json-pointer", "/a##"},
	{"relative-json-pointer", "1##/a"}, {"regex", "^a##$"}};

static void append_numbered(struct buffer *text, const char *pattern, uint32_t variant)
{
	uint32_t divisor = 1;
	for (const char *at = strchr(pattern, '#'); at; at = strchr(at + 1, '#'))
		divisor *= 10;
	for (; *pattern; pattern++) {
		if (*pattern != '#') {
			buffer_append_byte(text, *pattern);
			continue;
		}
		divisor /= 10;
		buffer_append_byte(text, (char)('0' + variant / divisor % 10));
	}
}

struct length_bounds {
	size_t least;
	size_t most;
};

static struct length_bounds length_bounds(const struct mock_parts *parts)
{
	struct length_bounds bounds = {0, SIZE_MAX};
	double number;
	if (mock_number(parts, "minLength", true, &number))
		bounds.least = number < 1e9 ? (size_t)number : (size_t)1e9;
	if (mock_number(parts, "maxLength", false, &number) && number < 1e9)
		bounds.most = (size_t)number;
	return bounds;
}

/* NULL also when the length is not allowed: a format asserts nothing, a bound does. */
static json_t *text_of_format(
	struct mock *mock, const struct mock_parts *parts, const struct length_bounds *bounds)
{
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	const char *format = NULL;
	for (uint32_t i = 0; i < parts->count && !format; i++)
		format = json_string_value(json_object_get(parts->items[i].schema, "format"));
	for (size_t i = 0; format && i < ARRAY_LENGTH(format_texts); i++) {
		if (!text_equal(format_texts[i].format, format))
			continue;
		append_numbered(&text, format_texts[i].text, mock->variant);
		if (text.size < bounds->least || text.size > bounds->most)
			return NULL;
		return json_string(buffer_text(&text));
	}
	return NULL;
}

/* One pattern's text after another, which satisfies "^a" and "z$" together. */
static json_t *text_of_patterns(struct mock *mock, const char *const *patterns, uint32_t count)
{
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	for (uint32_t i = 0; i < count; i++) {
		if (!schema_mock_pattern(patterns[i], 0, mock->variant, &text))
			return NULL;
	}
	return json_stringn(buffer_text(&text), text.size);
}

/* As few repetitions as the length allows: doubled, then one by one. */
static json_t *text_of_pattern(
	struct mock *mock, const char *pattern, const struct length_bounds *bounds)
{
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	for (uint32_t extra = 0; extra <= EXTRA_LIMIT; extra += 1 + extra / 64) {
		buffer_clear(&text);
		if (!schema_mock_pattern(pattern, extra, mock->variant, &text))
			return NULL;
		size_t length = schema_text_length(buffer_text(&text), text.size);
		if (length >= bounds->least)
			return json_stringn(buffer_text(&text), text.size);
	}
	return NULL;
}

/* A word; where that does not do, a long text or the shortest. */
static json_t *plain_text(
	struct mock *mock, const struct mock_place *place, const struct length_bounds *bounds)
{
	static const size_t lengths[] = {4, 40, 0};
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	uint32_t chosen = mock_choose(
		mock, place->pointer, MOCK_CHOICE_SIZE, (uint32_t)ARRAY_LENGTH(lengths));
	if (mock->variant)
		buffer_printf(&text, "%u", mock->variant);
	size_t wanted = bounds->least > lengths[chosen] ? bounds->least : lengths[chosen];
	if (wanted > bounds->most)
		wanted = bounds->most;
	if (wanted > SCHEMA_MOCK_TEXT_LIMIT)
		return NULL;
	while (text.size < wanted)
		buffer_append_byte(&text, "text"[text.size % 4]);
	return json_stringn(
		buffer_text(&text), text.size < bounds->most ? text.size : bounds->most);
}

json_t *mock_text(struct mock *mock, const struct mock_place *place, const struct mock_parts *parts)
{
	const char *patterns[PATTERN_LIMIT];
	uint32_t count = 0;
	const struct length_bounds bounds = length_bounds(parts);
	for (uint32_t i = 0; i < parts->count && count < PATTERN_LIMIT; i++) {
		const json_t *pattern = json_object_get(parts->items[i].schema, "pattern");
		if (json_is_string(pattern))
			patterns[count++] = json_string_value(pattern);
	}
	json_t *text = text_of_format(mock, parts, &bounds);
	if (text && (!count || mock_choose(mock, place->pointer, "format", 2) == 1))
		return text;
	json_decref(text);
	if (!count) {
		text = plain_text(mock, place, &bounds);
		return text ? text : mock_fail(mock, place->pointer, "minLength");
	}
	uint32_t chosen = mock_choose(mock, place->pointer, "pattern", count > 1 ? count + 1 : 1);
	text = chosen == count ? text_of_patterns(mock, patterns, count)
			       : text_of_pattern(mock, patterns[chosen], &bounds);
	return text ? text : mock_fail(mock, place->pointer, "pattern");
}

struct number_bounds {
	double least;
	double most;
	bool has_least;
	bool has_most;
	bool is_above; /* least itself is not allowed */
	bool is_below;
};

static struct number_bounds number_bounds(const struct mock_parts *parts)
{
	struct number_bounds bounds = {0};
	double number;
	bounds.has_least = mock_number(parts, "minimum", true, &bounds.least);
	bounds.has_most = mock_number(parts, "maximum", false, &bounds.most);
	if (mock_number(parts, "exclusiveMinimum", true, &number) &&
		(!bounds.has_least || number >= bounds.least)) {
		bounds.least = number;
		bounds.has_least = bounds.is_above = true;
	}
	if (mock_number(parts, "exclusiveMaximum", false, &number) &&
		(!bounds.has_most || number <= bounds.most)) {
		bounds.most = number;
		bounds.has_most = bounds.is_below = true;
	}
	return bounds;
}

static bool is_within(const struct number_bounds *bounds, double number)
{
	if (bounds->has_least &&
		(number < bounds->least || (bounds->is_above && number <= bounds->least)))
		return false;
	return !bounds->has_most ||
	       !(number > bounds->most || (bounds->is_below && number >= bounds->most));
}

/* Decimal digits as a person would write them: 0.3, where 3 * 0.1 is a little more. */
static double rounded(double number)
{
	char digits[32];
	snprintf(digits, sizeof digits, "%.15g", number);
	return strtod(digits, NULL);
}

static bool is_multiple_of_all(const struct mock_parts *parts, double number)
{
	for (uint32_t i = 0; i < parts->count; i++) {
		const json_t *step = json_object_get(parts->items[i].schema, "multipleOf");
		if (!json_is_number(step))
			continue;
		double quotient = number / json_number_value(step);
		if (fabs(quotient - rint(quotient)) > 1e-9)
			return false;
	}
	return true;
}

/*
 * What is tried one after another: from the bound on upwards, or from the upper one down; where
 * that does not do, from the other end.
 */
static double candidate(
	const struct number_bounds *bounds, double step, uint32_t place, bool is_other_end)
{
	double first = 1;
	if (is_other_end && bounds->has_most)
		first = floor(bounds->most / step) - place;
	else if (is_other_end)
		first = bounds->has_least ? ceil(bounds->least / step) + 1000 + place
					  : -1.0 - place;
	else if (bounds->has_least)
		first = ceil(bounds->least / step) + place;
	else if (bounds->has_most && bounds->most < (place + 1) * step)
		first = floor(bounds->most / step) - place;
	else
		first = ceil(1 / step) + place;
	return rounded(first * step);
}

static json_t *numeral(double number)
{
	if (schema_real_is_whole(number) && fabs(number) < 9e15)
		return json_integer((json_int_t)number);
	return json_real(number);
}

json_t *mock_numeral(struct mock *mock, const struct mock_place *place,
	const struct mock_parts *parts, bool is_integer)
{
	const struct number_bounds bounds = number_bounds(parts);
	double step = 1;
	double number;
	bool has_step = mock_number(parts, "multipleOf", true, &step);
	uint32_t wanted = mock->variant;
	if (is_integer && step < 1)
		step = 1;
	bool is_other_end = mock_choose(mock, place->pointer, MOCK_CHOICE_SIZE, 2) == 1;
	bool is_closed = bounds.has_least && bounds.has_most;
	for (uint32_t i = 0; i < MULTIPLE_LIMIT; i++) {
		number = candidate(&bounds, step, i, is_other_end);
		if (is_closed && (number > bounds.most + step || number < bounds.least - step))
			break;
		if (is_within(&bounds, number) && is_multiple_of_all(parts, number) &&
			(!is_integer || schema_real_is_whole(number)) && wanted-- == 0)
			return numeral(number);
	}
	if (is_integer || has_step)
		return mock_fail(mock, place->pointer, has_step ? "multipleOf" : "minimum");
	/* Between two bounds that no whole number lies between. */
	double share = mock->variant ? (mock->variant % 63 + 1) / 64.0 : 0.5;
	number = bounds.least + (bounds.most - bounds.least) * share;
	if (bounds.has_least && !bounds.is_above && mock->variant == 0)
		number = bounds.least;
	return is_within(&bounds, number) ? numeral(number)
					  : mock_fail(mock, place->pointer, "minimum");
}
