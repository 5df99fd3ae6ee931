#ifndef WAVETRAIN_TESTS_UNIT_REPORT_CHECK_H
#define WAVETRAIN_TESTS_UNIT_REPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buffer.h"

static inline void check_contains(const struct buffer *buffer, const char *part)
{
	if (!strstr(buffer_text(buffer), part))
		fail_msg("\"%s\" is missing in:\n%s", part, buffer_text(buffer));
}

static inline void check_lacks(const struct buffer *buffer, const char *part)
{
	if (strstr(buffer_text(buffer), part))
		fail_msg("\"%s\" must not be in:\n%s", part, buffer_text(buffer));
}

/* By hand: a sanitizer's strstr() measures the whole rest of the text at every call. */
static inline size_t check_count(const struct buffer *buffer, const char *part)
{
	size_t count = 0;
	size_t size = strlen(part);
	for (size_t i = 0; i + size <= buffer->size; i++)
		if (buffer->bytes[i] == part[0] && memcmp(buffer->bytes + i, part, size) == 0) {
			count++;
			i += size - 1;
		}
	return count;
}

#endif
