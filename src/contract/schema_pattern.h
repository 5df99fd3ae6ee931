#ifndef WAVETRAIN_CONTRACT_SCHEMA_PATTERN_H
#define WAVETRAIN_CONTRACT_SCHEMA_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A regular expression as JSON Schema writes it (ECMA-262, with the flag u), run by PCRE2 with
 * limits.
 */
struct schema_pattern;

/* What the patterns of one schema may still take; starts as SCHEMA_PATTERN_ROOM. */
struct schema_pattern_room {
	size_t code_bytes;    /* for PCRE2's code */
	size_t machine_bytes; /* of it, what becomes machine code, which takes long to make */
};
#define SCHEMA_PATTERN_ROOM                                                                        \
	{                                                                                          \
		(size_t)4 << 20, (size_t)64 << 10                                                  \
	}

/* NULL: no regular expression, or one beyond the limits; *error says what and where in it. */
struct schema_pattern *schema_pattern_new(const char *text, size_t size, struct error *error);

/* The same, for one of many. */
struct schema_pattern *schema_pattern_new_within(
	const char *text, size_t size, struct schema_pattern_room *room, struct error *error);
void schema_pattern_free(struct schema_pattern *pattern); /* NULL is fine */
const char *schema_pattern_text(const struct schema_pattern *pattern);

/* Room for a match; one for all patterns of a run. */
struct schema_match;
struct schema_match *schema_match_new(void);
void schema_match_free(struct schema_match *match); /* NULL is fine */

enum schema_pattern_verdict { PATTERN_MATCHES, PATTERN_DIFFERS, PATTERN_BEYOND_LIMIT };

/* Takes from *steps what it cost; the text is valid UTF-8. */
enum schema_pattern_verdict schema_pattern_match(const struct schema_pattern *pattern,
	struct schema_match *match, const char *text, size_t size, int64_t *steps);

#endif
