#ifndef WAVETRAIN_CONTRACT_SCHEMA_DESCRIBE_H
#define WAVETRAIN_CONTRACT_SCHEMA_DESCRIBE_H

#include "contract/schema_program.h"

/* Texts for people, the arena's; whatever they quote is cut to about 60 columns. */

/* "the text 'abc'", "a list of 3 items". */
const char *schema_describe_value(struct arena *arena, const json_t *value);

/* "'abc'" */
const char *schema_describe_text(struct arena *arena, const char *text, size_t size);

/* "a text or null" */
const char *schema_describe_types(struct arena *arena, uint8_t types, bool allows_whole_real);

/* What an instruction wants: "at least 3 characters". */
const char *schema_describe_instruction(struct arena *arena, const struct schema *schema,
	const struct schema_instruction *instruction);

#endif
