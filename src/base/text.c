#include "base/text.h"

#include <string.h>

bool text_equal(const char *left, const char *right)
{
	return left == right || (left && right && strcmp(left, right) == 0);
}

bool text_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text);
	size_t suffix_length = strlen(suffix);
	return length >= suffix_length && strcmp(text + length - suffix_length, suffix) == 0;
}

bool text_is_empty(const char *text)
{
	return !text || !*text;
}

#define DISTANCE_LENGTH 64

static uint32_t least(uint32_t left, uint32_t right)
{
	return left < right ? left : right;
}

/*
 * Edits between two words of at most DISTANCE_LENGTH bytes: optimal string alignment, that is
 * Levenshtein's distance with swaps of neighbours (Boytsov 2011, section 2.2).
 */
static uint32_t edit_distance(const char *from, const char *to)
{
	uint32_t rows[3][DISTANCE_LENGTH + 1];
	uint32_t *before = rows[0], *last = rows[1], *now = rows[2];
	size_t from_length = strlen(from), to_length = strlen(to);
	for (size_t j = 0; j <= to_length; j++)
		last[j] = (uint32_t)j;
	for (size_t i = 1; i <= from_length; i++) {
		now[0] = (uint32_t)i;
		for (size_t j = 1; j <= to_length; j++) {
			uint32_t change = from[i - 1] != to[j - 1];
			now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + change);
			if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		uint32_t *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[to_length];
}

static uint32_t edit_limit(const char *text)
{
	size_t third = strlen(text) / 3;
	return (uint32_t)(third < 1 ? 1 : third > 4 ? 4 : third);
}

void nearest_start(struct nearest *nearest, const char *text)
{
	*nearest = (struct nearest){.text = text, .best_distance = edit_limit(text) + 1};
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
	size_t length = strlen(nearest->text), other = strlen(candidate);
	size_t difference = length > other ? length - other : other - length;
	if (difference >= nearest->best_distance || length > DISTANCE_LENGTH ||
		other > DISTANCE_LENGTH)
		return;
	uint32_t distance = edit_distance(nearest->text, candidate);
	if (distance < nearest->best_distance) {
		nearest->best = candidate;
		nearest->best_distance = distance;
	}
}

const char *text_nearest(const char *text, const char *const *candidates, size_t count)
{
	struct nearest nearest;
	nearest_start(&nearest, text);
	for (size_t i = 0; i < count; i++)
		nearest_offer(&nearest, candidates[i]);
	return nearest.best;
}

void text_append_visible(struct buffer *buffer, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size;) {
		uint32_t code_point;
		size_t length = utf8_decode(bytes + i, size - i, &code_point);
		if (code_point == '\t' || !code_point_is_unsafe(code_point))
			utf8_append(buffer, code_point);
		else
			buffer_printf(buffer, code_point < 256 ? "<%02X>" : "<%04X>", code_point);
		i += length;
	}
}

/* The byte length of the longest start (or end) of text that fits in columns. */
static size_t fitting_start(const char *text, size_t size, size_t columns)
{
	size_t used = 0, i = 0;
	while (i < size) {
		uint32_t code_point;
		size_t length = utf8_decode(text + i, size - i, &code_point);
		used += utf8_width(text + i, length);
		if (used > columns)
			break;
		i += length;
	}
	return i;
}

void text_append_shortened(struct buffer *buffer, const char *text, size_t columns)
{
	size_t size = strlen(text);
	if (utf8_width(text, size) <= columns) {
		buffer_append(buffer, text, size);
		return;
	}
	if (columns < 2) {
		buffer_append_text(buffer, columns ? "…" : "");
		return;
	}
	size_t head = fitting_start(text, size, (columns - 1) - (columns - 1) / 2);
	size_t tail = head;
	size_t left = utf8_width(text + tail, size - tail);
	while (left > (columns - 1) / 2) {
		uint32_t ignored;
		size_t length = utf8_decode(text + tail, size - tail, &ignored);
		left -= utf8_width(text + tail, length);
		tail += length;
	}
	buffer_append(buffer, text, head);
	buffer_append_text(buffer, "…");
	buffer_append(buffer, text + tail, size - tail);
}

void text_append_cut(struct buffer *buffer, const char *text, size_t columns)
{
	size_t size = strlen(text);
	bool whole = utf8_width(text, size) <= columns;
	buffer_append(
		buffer, text, whole ? size : fitting_start(text, size, columns - (columns > 0)));
	if (!whole && columns)
		buffer_append_text(buffer, "…");
}

void duration_append(struct buffer *buffer, int64_t duration_ms)
{
	int64_t seconds = duration_ms / 1000;
	if (duration_ms < 0)
		buffer_append_text(buffer, "–");
	else if (duration_ms < 1000)
		buffer_printf(buffer, "%d ms", (int)duration_ms);
	else if (duration_ms < 59950)
		buffer_printf(buffer, "%d.%d s", (int)((duration_ms + 50) / 1000),
			(int)((duration_ms + 50) / 100 % 10));
	else if ((seconds = (duration_ms + 500) / 1000) < 3600)
		buffer_printf(buffer, "%dm %02ds", (int)(seconds / 60), (int)(seconds % 60));
	else
		buffer_printf(buffer, "%lldh %02dm", (long long)(seconds / 3600),
			(int)(seconds / 60 % 60));
}

void size_append(struct buffer *buffer, int64_t size_bytes)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	if (size_bytes < 1024) {
		buffer_printf(buffer, "%lld B", (long long)size_bytes);
		return;
	}
	double size = (double)size_bytes / 1024;
	size_t unit = 0;
	while (size >= 1023.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		size /= 1024;
		unit++;
	}
	buffer_printf(buffer, "%.1f %s", size, units[unit]);
}

void base64_append(struct buffer *buffer, const unsigned char *bytes, size_t size)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = buffer_reserve(buffer, (size + 2) / 3 * 4);
	char *at = out;

	for (size_t i = 0; i < size; i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16;

		if (i + 1 < size)
			group |= (uint32_t)bytes[i + 1] << 8;
		if (i + 2 < size)
			group |= bytes[i + 2];
		*at++ = digits[group >> 18];
		*at++ = digits[group >> 12 & 63];
		*at++ = i + 1 < size ? digits[group >> 6 & 63] : '=';
		*at++ = i + 2 < size ? digits[group & 63] : '=';
	}
	buffer->size += (size_t)(at - out);
	buffer_append(buffer, "", 0);
}

void shell_quote_append(struct buffer *buffer, const char *argument)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "_@%+=:,./-";
	if (*argument && argument[strspn(argument, plain)] == '\0') {
		buffer_append_text(buffer, argument);
		return;
	}
	buffer_append_byte(buffer, '\'');
	for (; *argument; argument++) {
		if (*argument == '\'')
			buffer_append_text(buffer, "'\\''");
		else
			buffer_append_byte(buffer, *argument);
	}
	buffer_append_byte(buffer, '\'');
}
