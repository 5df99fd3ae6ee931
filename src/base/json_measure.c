#include "base/json_measure.h"

#include <inttypes.h>

/* Where the text that begins with a quote at `at` goes on; the end when it is not closed. */
static size_t string_end(const char *text, size_t size, size_t at)
{
	for (at++; at < size && text[at] != '"'; at++) {
		if (text[at] == '\\')
			at++;
	}
	return at;
}

struct json_measure json_measure(const char *text, size_t size)
{
	struct json_measure measure = {.value_count = 1};
	uint64_t depth = 0;
	for (size_t at = 0; at < size; at++) {
		switch (text[at]) {
		case '"':
			at = string_end(text, size, at);
			break;
		case '[':
		case '{':
			measure.value_count++;
			depth++;
			if (depth > measure.depth)
				measure.depth = depth;
			break;
		case ']':
		case '}':
			depth -= depth > 0;
			break;
		case ',':
		case ':':
			measure.value_count++;
			break;
		default:
			break;
		}
	}
	return measure;
}

bool json_measure_check(const char *text, size_t size, struct error *error)
{
	if (size > JSON_BYTE_LIMIT)
		return error_set(error, ERROR_FILE, "JSON of %zu bytes, %zu at the most", size,
			JSON_BYTE_LIMIT);
	struct json_measure measure = json_measure(text, size);
	if (measure.depth > JSON_DEPTH_LIMIT)
		return error_set(error, ERROR_FILE,
			"JSON nested %" PRIu64 " levels deep, %u at the most", measure.depth,
			JSON_DEPTH_LIMIT);
	if (measure.value_count > JSON_VALUE_LIMIT)
		return error_set(error, ERROR_FILE, "JSON of %" PRIu64 " values, %u at the most",
			measure.value_count, JSON_VALUE_LIMIT);
	return true;
}
