#ifndef WAVETRAIN_BASE_JSON_MEASURE_H
#define WAVETRAIN_BASE_JSON_MEASURE_H

#include <stddef.h>

#include "base/error.h"

/* What a JSON document may be. */
#define JSON_BYTE_LIMIT ((size_t)64 * 1024 * 1024)
#define JSON_VALUE_LIMIT 4000000u /* values and the names of members */
#define JSON_DEPTH_LIMIT 512u     /* arrays and objects in one another */
/* Memory that a tree of it may take: so much for any, and so much more for each byte. */
#define JSON_MEMORY_BASE ((size_t)64 * 1024 * 1024)
#define JSON_MEMORY_A_BYTE 16u

enum json_fairness {
	JSON_FAIR,
	JSON_TOO_MUCH,
	JSON_UNENDED, /* a text in it has no closing quote: it is no JSON */
};

/*
 * What a JSON text asks of a reader that makes a tree of it: "[]" are two bytes and cost fifty
 * times as much, a level of nesting costs stack. Only strings, numbers and brackets are told
 * apart; whether it is JSON is the reader's to say. Unless it is fair, *error says what is wrong,
 * and at which line and column.
 */
enum json_fairness json_measure_check(const char *text, size_t size, struct error *error);

#endif
