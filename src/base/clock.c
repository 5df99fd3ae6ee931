#include "base/clock.h"

#include <stdlib.h>
#include <time.h>

#include "base/parse.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

int64_t clock_monotonic_ns(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_realtime_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void clock_format_as(int64_t time_ms, const char *format, char *text, size_t size)
{
	int64_t seconds = time_ms / 1000 - (time_ms % 1000 < 0);
	time_t time = (time_t)seconds;
	struct tm parts;
	text[0] = '\0';
	if (gmtime_r(&time, &parts)) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		if (!strftime(text, size, format, &parts))
			text[0] = '\0';
#pragma GCC diagnostic pop
	}
}

/* Writes number as exactly digits decimal digits and returns what follows them. */
static char *put_digits(char *to, int64_t number, int digits)
{
	for (int i = digits; i-- > 0; number /= 10)
		to[i] = (char)('0' + number % 10);
	return to + digits;
}

/*
 * Days since 1970-01-01 as year, month and day of the Gregorian calendar: Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", civil_from_days. A report of 100 000 steps
 * formats half a million times, which strftime() would make its slowest part.
 */
static char *put_date(char *to, int64_t days)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t day_of_era = shifted - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month_from_march = (5 * day_of_year + 2) / 153;
	int64_t day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
	int64_t month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
	int64_t year = year_of_era + era * 400 + (month <= 2);
	to = put_digits(to, year, 4);
	*to++ = '-';
	to = put_digits(to, month, 2);
	*to++ = '-';
	return put_digits(to, day, 2);
}

void clock_format(int64_t time_ms, char text[CLOCK_TEXT_SIZE])
{
	/* Year 0 to 9999: what RFC 3339 can say. */
	static const int64_t first_ms = -62167219200000, last_ms = 253402300799999;
	int64_t held_ms = time_ms < first_ms ? first_ms : time_ms > last_ms ? last_ms : time_ms;
	int64_t days = held_ms / DAY_MS - (held_ms % DAY_MS < 0);
	int64_t rest_ms = held_ms - days * DAY_MS;
	char *to = put_date(text, days);
	*to++ = 'T';
	to = put_digits(to, rest_ms / 3600000, 2);
	*to++ = ':';
	to = put_digits(to, rest_ms / 60000 % 60, 2);
	*to++ = ':';
	to = put_digits(to, rest_ms / 1000 % 60, 2);
	*to++ = '.';
	to = put_digits(to, rest_ms % 1000, 3);
	*to++ = 'Z';
	*to = '\0';
}

bool clock_source_date(int64_t *time_ms)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	uint64_t seconds;
	if (!text || !parse_unsigned(text, (uint64_t)INT64_MAX / 1000, &seconds))
		return false;
	*time_ms = (int64_t)seconds * 1000;
	return true;
}
