#ifndef WAVETRAIN_CONTRACT_SCHEMA_TRANSLATE_H
#define WAVETRAIN_CONTRACT_SCHEMA_TRANSLATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

/* A regular expression as PCRE2 writes it, and what can be told of its work beforehand. */
struct schema_translation {
	struct buffer text;     /* owned; starts as BUFFER_INIT */
	bool has_long_repeats;  /* some part may run over all of the text */
	uint32_t longest_count; /* the greatest number in a {2,3} */
};

/* text: as JSON Schema writes it. Whether it is a regular expression shows only when compiled. */
void schema_translate(const char *text, struct schema_translation *translation);

#endif
