#include "base/parse.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define DURATION_LIMIT_MS (366 * DAY_MS)

bool parse_unsigned(const char *text, uint64_t maximum, uint64_t *result)
{
	uint64_t number = 0;
	if (!*text)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		if (__builtin_mul_overflow(number, 10u, &number) ||
			__builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return false;
	}
	if (number > maximum)
		return false;
	*result = number;
	return true;
}

bool parse_signed(const char *text, int64_t *result)
{
	bool negative = *text == '-';
	uint64_t number;
	if (!parse_unsigned(text + negative, INT64_MAX, &number))
		return false;
	*result = negative ? -(int64_t)number : (int64_t)number;
	return true;
}

bool parse_number(const char *text, double *result)
{
	size_t length = strlen(text);
	if (!length || length > 64 || strspn(text, "0123456789.eE+-") != length)
		return false;
	char *end;
	double number = strtod(text, &end);
	if (*end || !isfinite(number))
		return false;
	*result = number;
	return true;
}

/* Reads "1.5" of "1.5s": *end is set behind it. */
static bool parse_fraction(const char *text, const char **end, double *number)
{
	size_t length = strspn(text, "0123456789.");
	char digits[32];
	if (!length || length >= sizeof(digits))
		return false;
	memcpy(digits, text, length);
	digits[length] = '\0';
	*end = text + length;
	return parse_number(digits, number);
}

struct unit {
	const char *name;
	double factor;
};

static const struct unit *unit_find(
	const struct unit *units, size_t count, const char *text, size_t length)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(units[i].name) == length && memcmp(units[i].name, text, length) == 0)
			return &units[i];
	return NULL;
}

bool parse_duration(const char *text, int64_t *result_ms)
{
	static const struct unit units[] = {
		{"d", (double)DAY_MS}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
	double total = 0;
	double number;
	const struct unit *last = NULL;
	if (parse_number(text, &number) && number >= 0 &&
		number * 1000 <= (double)DURATION_LIMIT_MS) {
		*result_ms = (int64_t)llround(number * 1000);
		return true;
	}
	do {
		const char *word;
		if (!parse_fraction(text, &word, &number))
			return false;
		size_t length = strspn(word, "dhms");
		const struct unit *unit = unit_find(units, 5, word, length);
		if (!unit || (last && unit <= last))
			return false;
		total += number * unit->factor;
		last = unit;
		text = word + length;
	} while (*text);
	if (total > (double)DURATION_LIMIT_MS)
		return false;
	*result_ms = (int64_t)llround(total);
	return true;
}

bool parse_size(const char *text, uint64_t *result_bytes)
{
	static const struct unit units[] = {{"", 1}, {"B", 1}, {"k", 1e3}, {"kB", 1e3}, {"KB", 1e3},
		{"K", 1024}, {"KiB", 1024}, {"M", 1048576}, {"MB", 1e6}, {"MiB", 1048576},
		{"G", 1073741824}, {"GB", 1e9}, {"GiB", 1073741824}, {"T", 1099511627776},
		{"TB", 1e12}, {"TiB", 1099511627776}};
	const char *word;
	double number;
	if (!parse_fraction(text, &word, &number))
		return false;
	word += strspn(word, " ");
	const struct unit *unit =
		unit_find(units, sizeof(units) / sizeof(units[0]), word, strlen(word));
	if (!unit || number * unit->factor >= 9e18)
		return false;
	*result_bytes = (uint64_t)(number * unit->factor);
	return true;
}
