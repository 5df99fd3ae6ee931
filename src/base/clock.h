#ifndef WAVETRAIN_BASE_CLOCK_H
#define WAVETRAIN_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int64_t clock_monotonic_ns(void);
int64_t clock_realtime_ms(void); /* since 1970-01-01 UTC */

/* "2025-12-09T14:30:22.123Z" (RFC 3339, UTC). */
#define CLOCK_TEXT_SIZE 32
void clock_format(int64_t time_ms, char text[CLOCK_TEXT_SIZE]);

/* strftime() in UTC. */
void clock_format_as(int64_t time_ms, const char *format, char *text, size_t size);

/* SOURCE_DATE_EPOCH in milliseconds; false when it is not set or not a number. */
bool clock_source_date(int64_t *time_ms);

#endif
