#ifndef WAVETRAIN_REPORT_JSON_WRITER_H
#define WAVETRAIN_REPORT_JSON_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/*
 * JSON written straight into a buffer, because a tree of 100 000 steps would cost more than the
 * run's record itself. Commas are set by looking at the byte before; no state is kept.
 */
void json_key(struct buffer *buffer, const char *key); /* comma where one is due, "key": */
void json_separate(struct buffer *buffer);             /* comma before the next array item */

void json_add_text(struct buffer *buffer, const char *key, const char *text); /* NULL: null */
void json_add_number(struct buffer *buffer, const char *key, int64_t number);
void json_add_boolean(struct buffer *buffer, const char *key, bool value);
void json_add_index(struct buffer *buffer, const char *key, uint32_t index); /* INDEX_NONE: null */
void json_add_time(struct buffer *buffer, const char *key, int64_t time_ms); /* TIME_NONE: null */

/* Milliseconds from start to end; null where one of them is TIME_NONE. */
void json_add_span(struct buffer *buffer, const char *key, int64_t start_ms, int64_t end_ms);

#endif
