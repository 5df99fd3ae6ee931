#ifndef WAVETRAIN_CONTRACT_SCHEMA_MOCK_PATTERN_H
#define WAVETRAIN_CONTRACT_SCHEMA_MOCK_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/*
 * Appends a text that matches a regular expression made of characters, classes, groups,
 * alternatives and quantifiers; anchors and look-arounds are passed over, so that the result is to
 * be checked where there are such. extra: repetitions beyond the least a quantifier wants; variant:
 * 0, 1, … give different texts where the expression allows. False: something else is in it, or the
 * text would be longer than SCHEMA_MOCK_TEXT_LIMIT; what was appended means nothing.
 */
#define SCHEMA_MOCK_TEXT_LIMIT 65536u
bool schema_mock_pattern(
	const char *pattern, uint32_t extra, uint32_t variant, struct buffer *text);

#endif
