#ifndef WAVETRAIN_REPORT_LOG_TAIL_H
#define WAVETRAIN_REPORT_LOG_TAIL_H

#include <stdint.h>

#include "base/buffer.h"
#include "model/run.h"

/*
 * The last lines of what the step's last attempt wrote, as plain text: valid UTF-8, escape
 * sequences left out, what was overwritten by a carriage return left out, other control characters
 * shown, long lines cut with a note, each line with its end. Nothing is appended when there is no
 * log or it cannot be read: a report is written all the same.
 */
struct log_tail_limits {
	uint32_t lines;
	size_t line_bytes;
};
void log_tail_append(const struct run *run, uint32_t step, const struct log_tail_limits *limits,
	struct buffer *buffer);

/* The same for a text in memory. */
void log_text_append(
	const char *text, size_t size, const struct log_tail_limits *limits, struct buffer *buffer);

#endif
