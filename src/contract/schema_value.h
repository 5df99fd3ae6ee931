#ifndef WAVETRAIN_CONTRACT_SCHEMA_VALUE_H
#define WAVETRAIN_CONTRACT_SCHEMA_VALUE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* JSON values as JSON Schema sees them: 1 and 1.0 are the same, true and 1 are not. */

/* No value lies deeper in another than this; what does is equal to nothing. */
#define SCHEMA_VALUE_DEPTH 2048

/*
 * Both count down *steps by one for every value they look at and end when it is below 0; the
 * answer then means nothing.
 */
bool schema_value_equal(const json_t *left, const json_t *right, int64_t *steps);
uint64_t schema_value_hash(const json_t *value, int64_t *steps);

/* Where hashes start: the process's own, unknown to whoever wrote the schema or the document. */
uint64_t schema_hash_seed(void);

/* A number of a schema, with what multipleOf needs of it. */
struct schema_number {
	bool is_integer; /* integer holds it */
	json_int_t integer;
	double real;
};

struct schema_number schema_number_make(const json_t *value);

/* Below, equal, above: -1, 0, 1; exact also between an integer and a real. */
int schema_number_compare(const struct schema_number *left, const struct schema_number *right);

/*
 * Exact on the decimal digits that a number is written with, so that 0.0075 is a multiple of
 * 0.0001. The divisor is above 0.
 */
bool schema_number_is_multiple(
	const struct schema_number *number, const struct schema_number *divisor);

bool schema_real_is_whole(double real);

/* Characters of UTF-8 text. */
size_t schema_text_length(const char *text, size_t size);

#endif
