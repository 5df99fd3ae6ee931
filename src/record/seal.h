#ifndef WAVETRAIN_RECORD_SEAL_H
#define WAVETRAIN_RECORD_SEAL_H

#include "base/hash.h"
#include "record/database.h"

/*
 * SQLite does not notice bytes that changed in a row. So every transaction that adds events ends
 * with a seal: SHA-256 over the text of the run's seal before it and the columns of all events
 * since. A run's seals are a chain of its own, checked by reading that run's events alone.
 *
 * Rows that only a start writes (the run's own, steps, edges) are sealed with it, in the same row
 * as the last event before them. A seal with an empty digest says that what came before was
 * written by a version that did not seal.
 */
struct seal {
	struct hash hash;          /* since the last seal; context NULL: nothing began */
	uint32_t count;            /* events since the last seal */
	char last[HASH_TEXT_SIZE]; /* "": none */
};

void seal_release(struct seal *seal);

/* Begins with the seal that a run's last event has; "" when it has none. */
void seal_start(struct seal *seal, const char *last);

/* One value of a row, in the order of SEALED_EVENT_COLUMNS; NULL text is SQL's NULL. */
void seal_add_integer(struct hash *hash, int64_t number);
void seal_add_text(struct hash *hash, const char *text, size_t size);
void seal_add_null(struct hash *hash);

/* All columns of the row that a statement stands on. */
void seal_add_row(struct hash *hash, struct statement *row, int column_count);

/* The digest of what was added; the next one builds on it. */
const char *seal_next(struct seal *seal);

#define SEALED_EVENT_COLUMNS                                                                       \
	"event, type, time_ms, step, wave, group_number, attempt, duration_ms, exit_status, "      \
	"signal, failure, delay_ms, reason, subject, json"
#define SEALED_EVENT_COLUMN_COUNT 15

#endif
