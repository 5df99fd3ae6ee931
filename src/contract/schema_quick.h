#ifndef WAVETRAIN_CONTRACT_SCHEMA_QUICK_H
#define WAVETRAIN_CONTRACT_SCHEMA_QUICK_H

#include <string.h>

#include "contract/schema_program.h"

static inline bool schema_has_name(
	const struct schema *schema, const struct schema_quick *quick, const json_t *value)
{
	const struct schema_name *names = &schema->names.items[quick->name_first];
	size_t size = json_string_length(value);
	const char *text = json_string_value(value);
	for (uint32_t i = 0; i < quick->name_count; i++) {
		if (names[i].size == size && memcmp(names[i].text, text, size) == 0)
			return true;
	}
	return false;
}

/* True: the value is as the node says. False: its instructions are to be asked. */
static inline bool schema_accepts_quickly(
	const struct schema *schema, uint32_t index, const json_t *value)
{
	const struct schema_node *node = &schema->nodes.items[index];
	const struct schema_quick *quick = &schema->quicks[index];
	unsigned bit = 1u << json_typeof(value);
	if (node->accepted & bit)
		return true;
	if (!(node->quick & bit))
		return false;
	if (bit == 1u << JSON_INTEGER) {
		json_int_t integer = json_integer_value(value);
		return integer >= quick->integer_least && integer <= quick->integer_most;
	}
	if (bit == 1u << JSON_REAL) {
		double real = json_real_value(value);
		return real >= quick->real_least && real <= quick->real_most;
	}
	if (quick->name_count)
		return schema_has_name(schema, quick, value);
	size_t size = json_string_length(value);
	return size >= quick->size_least && size <= quick->size_most;
}

#endif
