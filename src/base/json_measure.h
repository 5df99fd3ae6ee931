#ifndef WAVETRAIN_BASE_JSON_MEASURE_H
#define WAVETRAIN_BASE_JSON_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * How much a JSON text asks of a reader that builds a tree of it: a value costs such a reader up
 * to fifty times its text ("[]" is two bytes), a level of nesting costs stack. Only brackets,
 * separators and quotes are looked at; whether it is JSON is the reader's to say.
 */
#define JSON_BYTE_LIMIT ((size_t)64 * 1024 * 1024)
#define JSON_VALUE_LIMIT 4000000u
#define JSON_DEPTH_LIMIT 512u

struct json_measure {
	uint64_t value_count; /* values and the names of members; never less than there are */
	uint64_t depth;       /* of arrays and objects in one another */
};

struct json_measure json_measure(const char *text, size_t size);

/* False, with the limit and the measure in *error: not to be given to a reader. */
bool json_measure_check(const char *text, size_t size, struct error *error);

#endif
