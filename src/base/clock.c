#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/parse.h"

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

void clock_format(int64_t time_ms, char *text, size_t size)
{
	char date[CLOCK_TEXT_SIZE];
	int64_t part = time_ms % 1000;
	clock_format_as(time_ms, "%Y-%m-%dT%H:%M:%S", date, sizeof(date));
	snprintf(text, size, "%.23s.%03dZ", date, (int)(part < 0 ? part + 1000 : part));
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
