#ifndef WAVETRAIN_BASE_MASK_STYLES_H
#define WAVETRAIN_BASE_MASK_STYLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"

/*
 * Encoders differ in what they escape, not in how: a style says which characters are replaced by
 * what, and which are written as a code. Most styles leave most secrets as they are; what comes
 * out twice for a value is kept once.
 */

struct mask_character {
	const char *bytes;
	size_t size;
	uint32_t code; /* of an invalid byte: the byte, as in Latin-1 */
};

/* Appends a character as a code, with letters of hexadecimal digits in either case. */
typedef void mask_code(struct buffer *form, const struct mask_character *character, bool upper);

struct mask_style {
	const char *const *pairs; /* a character and what is written for it; NULL-ended; or NULL */
	/* ASCII characters that become codes; '^' in front: all but letters, digits and these. */
	const char *coded;
	mask_code *code;
	bool codes_control; /* those below U+0020 that are no pair */
	bool codes_beyond;  /* what is not ASCII */
};

/*
 * A large value is written in few styles only, since each takes memory: those that most encoders
 * have stand in front of each table, so many as the first number says.
 */
#define MASK_JSON_LISTS_USUAL 2
#define MASK_JSON_LISTS 5
#define MASK_JSON_SETS_USUAL 2
#define MASK_JSON_SETS 9
#define MASK_XML_USUAL 4
#define MASK_XML_LISTS 19
#define MASK_PERCENT_USUAL 4
#define MASK_PERCENT_STYLES 17
#define MASK_QUOTING_USUAL 2
#define MASK_QUOTING_STYLES 24
#define MASK_WHOLE_CODES 6

extern const struct mask_style mask_percent_styles[MASK_PERCENT_STYLES];
extern const struct mask_style mask_quoting_styles[MASK_QUOTING_STYLES];

/* JSON: each of these pairs with each of these sets of characters that become codes. */
extern const char *const *const mask_json_pair_lists[MASK_JSON_LISTS];
extern const char *const mask_json_coded_sets[MASK_JSON_SETS];
extern const char *const mask_xml_pair_lists[MASK_XML_LISTS][10];

/* For every character of a value. */
extern mask_code *const mask_whole_codes[MASK_WHOLE_CODES];

mask_code mask_code_json, mask_code_decimal, mask_code_hex_entity;

struct mask_character mask_character_at(const char *bytes, size_t size);
void mask_append_hex(struct buffer *form, unsigned value, unsigned digits, bool upper);
void mask_style_append(struct buffer *form, const struct mask_style *style, bool upper,
	const char *bytes, size_t size);

#endif
