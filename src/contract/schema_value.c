#include "contract/schema_value.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

/* Where a 64-bit integer and a double are both exact. */
static_assert(LDBL_MANT_DIG >= 64, "a long double holds every 64-bit integer");

bool schema_real_is_whole(double real)
{
	return isfinite(real) && floor(real) == real;
}

struct schema_number schema_number_make(const json_t *value)
{
	struct schema_number number = {0};
	if (json_is_integer(value)) {
		number.is_integer = true;
		number.integer = json_integer_value(value);
		number.real = (double)number.integer;
		return number;
	}
	number.real = json_real_value(value);
	if (schema_real_is_whole(number.real) && number.real >= -0x1p63 && number.real < 0x1p63) {
		number.is_integer = true;
		number.integer = (json_int_t)number.real;
	}
	return number;
}

int schema_number_compare(const struct schema_number *left, const struct schema_number *right)
{
	if (left->is_integer && right->is_integer)
		return (left->integer > right->integer) - (left->integer < right->integer);
	long double one = left->is_integer ? (long double)left->integer : (long double)left->real;
	long double other =
		right->is_integer ? (long double)right->integer : (long double)right->real;
	return (one > other) - (one < other);
}

/* digits * 10^exponent */
struct decimal {
	uint64_t digits;
	int exponent;
};

static struct decimal decimal_make(const struct schema_number *number)
{
	struct decimal decimal = {0, 0};
	char text[40];
	if (number->is_integer) {
		decimal.digits = number->integer < 0 ? 0 - (uint64_t)number->integer
						     : (uint64_t)number->integer;
		return decimal;
	}
	/* The shortest digits that give this double: those it was written with. */
	for (int precision = 14; precision <= 16; precision++) {
		snprintf(text, sizeof text, "%.*e", precision, fabs(number->real));
		if (strtod(text, NULL) == fabs(number->real))
			break;
	}
	const char *at = text;
	bool is_fraction = false;
	for (; *at && *at != 'e'; at++) {
		if (*at < '0' || *at > '9') {
			is_fraction = true;
			continue;
		}
		decimal.digits = decimal.digits * 10 + (uint64_t)(*at - '0');
		decimal.exponent -= is_fraction;
	}
	decimal.exponent += (int)strtol(*at ? at + 1 : "0", NULL, 10);
	while (decimal.digits && decimal.digits % 10 == 0) {
		decimal.digits /= 10;
		decimal.exponent++;
	}
	return decimal;
}

/* (left * right) mod modulus, by doubling: no product leaves 64 bits for a modulus below 2^63. */
static uint64_t multiply_modulo(uint64_t left, uint64_t right, uint64_t modulus)
{
	uint64_t sum = 0;
	for (left %= modulus; right; right >>= 1) {
		if (right & 1)
			sum = sum >= modulus - left ? sum - (modulus - left) : sum + left;
		left = left >= modulus - left ? left - (modulus - left) : left + left;
	}
	return sum;
}

static uint64_t ten_to_modulo(int exponent, uint64_t modulus)
{
	uint64_t power = 1 % modulus;
	for (uint64_t base = 10 % modulus; exponent; exponent >>= 1) {
		if (exponent & 1)
			power = multiply_modulo(power, base, modulus);
		base = multiply_modulo(base, base, modulus);
	}
	return power;
}

bool schema_number_is_multiple(
	const struct schema_number *number, const struct schema_number *divisor)
{
	if (number->is_integer && divisor->is_integer)
		return divisor->integer == 1 || number->integer % divisor->integer == 0;
	if (number->real == 0)
		return true;
	struct decimal one = decimal_make(number);
	struct decimal other = decimal_make(divisor);
	int shift = one.exponent - other.exponent;
	if (shift >= 0)
		return multiply_modulo(
			       ten_to_modulo(shift, other.digits), one.digits, other.digits) == 0;
	/* The divisor has the larger unit: the number's digits must be divisible by it. */
	uint64_t unit = other.digits;
	for (; shift < 0; shift++) {
		if (unit > UINT64_MAX / 10)
			return false;
		unit *= 10;
	}
	return one.digits % unit == 0;
}

size_t schema_text_length(const char *text, size_t size)
{
	size_t length = 0;
	for (size_t i = 0; i < size; i++)
		length += ((unsigned char)text[i] & 0xc0) != 0x80;
	return length;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
	return hash ^ (hash >> 29);
}

uint64_t schema_hash_seed(void)
{
	uint64_t seed = 0;
	const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);
	if (random)
		memcpy(&seed, random, sizeof seed);
	return seed;
}

static uint64_t hash_bytes(const char *bytes, size_t size)
{
	uint64_t hash = schema_hash_seed() + size;
	uint64_t word;
	for (; size >= sizeof word; bytes += sizeof word, size -= sizeof word) {
		memcpy(&word, bytes, sizeof word);
		hash = mix(hash, word);
	}
	word = 0;
	memcpy(&word, bytes, size);
	return mix(hash, word);
}

static uint64_t hash_number(const json_t *value)
{
	struct schema_number number = schema_number_make(value);
	if (number.is_integer)
		return mix(schema_hash_seed(), (uint64_t)number.integer);
	uint64_t word;
	memcpy(&word, &number.real, sizeof word);
	return mix(schema_hash_seed(), word);
}

static json_t *writable(const json_t *value)
{
	return (json_t *)(uintptr_t)value; /* jansson's iterators take no const */
}

static uint64_t hash_value(const json_t *value, unsigned depth, int64_t *steps)
{
	uint64_t hash = 0;
	const char *key;
	json_t *child;
	size_t i;
	if (--*steps < 0 || depth > SCHEMA_VALUE_DEPTH)
		return 0;
	switch (json_typeof(value)) {
	case JSON_OBJECT: /* in whatever order: a sum */
		json_object_foreach(writable(value), key, child) hash +=
			mix(hash_bytes(key, strlen(key)), hash_value(child, depth + 1, steps));
		return mix(1, hash);
	case JSON_ARRAY:
		json_array_foreach(value, i, child) hash =
			mix(hash, hash_value(child, depth + 1, steps));
		return mix(2, hash);
	case JSON_INTEGER:
	case JSON_REAL:
		return hash_number(value);
	case JSON_STRING:
		*steps -= (int64_t)(json_string_length(value) / 64);
		return mix(5, hash_bytes(json_string_value(value), json_string_length(value)));
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		break;
	}
	return mix(6, (uint64_t)json_typeof(value));
}

uint64_t schema_value_hash(const json_t *value, int64_t *steps)
{
	return hash_value(value, 0, steps);
}

static bool equal_values(const json_t *left, const json_t *right, unsigned depth, int64_t *steps);

static bool equal_objects(const json_t *left, const json_t *right, unsigned depth, int64_t *steps)
{
	const char *key;
	json_t *child;
	if (json_object_size(left) != json_object_size(right))
		return false;
	json_object_foreach(writable(left), key, child)
	{
		const json_t *other = json_object_get(right, key);
		if (!other || !equal_values(child, other, depth + 1, steps))
			return false;
	}
	return true;
}

static bool equal_arrays(const json_t *left, const json_t *right, unsigned depth, int64_t *steps)
{
	if (json_array_size(left) != json_array_size(right))
		return false;
	for (size_t i = 0; i < json_array_size(left); i++) {
		if (!equal_values(
			    json_array_get(left, i), json_array_get(right, i), depth + 1, steps))
			return false;
	}
	return true;
}

static bool equal_values(const json_t *left, const json_t *right, unsigned depth, int64_t *steps)
{
	if (--*steps < 0 || depth > SCHEMA_VALUE_DEPTH)
		return false;
	if (json_is_number(left) && json_is_number(right)) {
		struct schema_number one = schema_number_make(left);
		struct schema_number other = schema_number_make(right);
		return schema_number_compare(&one, &other) == 0;
	}
	if (json_typeof(left) != json_typeof(right))
		return false;
	if (json_is_object(left))
		return equal_objects(left, right, depth, steps);
	if (json_is_array(left))
		return equal_arrays(left, right, depth, steps);
	if (!json_is_string(left))
		return true;
	size_t size = json_string_length(left);
	*steps -= (int64_t)(size / 64);
	return size == json_string_length(right) &&
	       memcmp(json_string_value(left), json_string_value(right), size) == 0;
}

bool schema_value_equal(const json_t *left, const json_t *right, int64_t *steps)
{
	return equal_values(left, right, 0, steps);
}
