#ifndef WAVETRAIN_LOAD_VALUE_PATTERN_H
#define WAVETRAIN_LOAD_VALUE_PATTERN_H

#include <stddef.h>

enum pattern_result { PATTERN_MATCHES, PATTERN_DIFFERS, PATTERN_INVALID };

#define PATTERN_LIMIT_BYTES 256u
#define PATTERN_LIMIT_COST 10000u /* atoms when every repetition is written out */

/*
 * Whether the whole value matches a POSIX extended regular expression. Patterns come from files
 * nobody vouches for: too long ones, ones whose repetitions would make regcomp(3) take memory
 * without end, and back-references are PATTERN_INVALID, with the reason.
 */
enum pattern_result value_pattern_match(
	const char *pattern, const char *value, char *reason, size_t reason_size);

#endif
