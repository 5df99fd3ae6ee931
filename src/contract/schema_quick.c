/*
 * Most values of most documents are scalars with nothing but a type and bounds. Those are told here
 * once for a node, so that they cost a comparison or two.
 */
#include "contract/schema_quick.h"

#include <float.h>
#include <math.h>

#define NAMES_LIMIT 8u                 /* texts of an enum that are compared one after another */
#define EXACT_LIMIT (1ll << 53)        /* integers below it are doubles */
#define SIZE_LIMIT ((uint64_t)1 << 40) /* of a text: more is as good as none */

static bool is_empty(const struct schema_node *node, unsigned group)
{
	return node->start[group] == node->start[group + 1];
}

/* False: a bound that is no plain one. */
static bool add_bound(struct schema_quick *quick, const struct schema_instruction *instruction,
	const struct schema_number *bound)
{
	bool is_least = instruction->keyword == KEYWORD_MINIMUM ||
			instruction->keyword == KEYWORD_EXCLUSIVE_MINIMUM;
	bool is_exclusive = instruction->keyword == KEYWORD_EXCLUSIVE_MINIMUM ||
			    instruction->keyword == KEYWORD_EXCLUSIVE_MAXIMUM;
	if (instruction->keyword == KEYWORD_MULTIPLE_OF || !bound->is_integer ||
		bound->integer >= EXACT_LIMIT || bound->integer <= -EXACT_LIMIT)
		return false;
	json_int_t integer = bound->integer;
	double real = bound->real;
	if (is_exclusive) {
		integer += is_least ? 1 : -1;
		real = nextafter(real, is_least ? HUGE_VAL : -HUGE_VAL);
	}
	if (is_least && integer > quick->integer_least)
		quick->integer_least = integer;
	if (!is_least && integer < quick->integer_most)
		quick->integer_most = integer;
	if (is_least && real > quick->real_least)
		quick->real_least = real;
	if (!is_least && real < quick->real_most)
		quick->real_most = real;
	return true;
}

static bool add_bounds(
	const struct schema *schema, const struct schema_node *node, struct schema_quick *quick)
{
	for (uint32_t i = node->start[GROUP_NUMBER]; i < node->start[GROUP_NUMBER + 1]; i++) {
		const struct schema_instruction *instruction = &schema->instructions.items[i];
		if (!add_bound(quick, instruction, &schema->numbers.items[instruction->index]))
			return false;
	}
	return true;
}

static bool add_sizes(
	const struct schema *schema, const struct schema_node *node, struct schema_quick *quick)
{
	for (uint32_t i = node->start[GROUP_STRING]; i < node->start[GROUP_STRING + 1]; i++) {
		const struct schema_instruction *instruction = &schema->instructions.items[i];
		uint64_t limit = instruction->limit;
		if (instruction->keyword == KEYWORD_PATTERN || limit > SIZE_LIMIT)
			return false;
		/* A character has at most four bytes. */
		if (instruction->keyword == KEYWORD_MIN_LENGTH && limit)
			quick->size_least = 4 * limit - 3;
		else if (instruction->keyword == KEYWORD_MAX_LENGTH)
			quick->size_most = limit;
	}
	return true;
}

/* An enum of a few texts, and nothing else. */
static bool add_names(
	struct schema *schema, const struct schema_node *node, struct schema_quick *quick)
{
	if (node->start[GROUP_ANY + 1] - node->start[GROUP_ANY] != 1 ||
		!is_empty(node, GROUP_STRING))
		return false;
	const struct schema_instruction *instruction =
		&schema->instructions.items[node->start[GROUP_ANY]];
	if (instruction->keyword != KEYWORD_ENUM)
		return false;
	const struct schema_enum *list = &schema->enums.items[instruction->index];
	if (list->types != 1u << JSON_STRING || list->count > NAMES_LIMIT)
		return false;
	quick->name_first = schema->names.count;
	quick->name_count = list->count;
	for (uint32_t i = 0; i < list->count; i++) {
		const json_t *value = schema->values.items[list->first + i];
		GROW(schema->names.items, schema->names.count, schema->names.capacity);
		schema->names.items[schema->names.count++] =
			(struct schema_name){json_string_value(value), json_string_length(value)};
	}
	return true;
}

static void make_quick(struct schema *schema, struct schema_node *node, struct schema_quick *quick)
{
	static const uint8_t groups[] = {
		[JSON_OBJECT] = GROUP_OBJECT,
		[JSON_ARRAY] = GROUP_ARRAY,
		[JSON_STRING] = GROUP_STRING,
		[JSON_INTEGER] = GROUP_NUMBER,
		[JSON_REAL] = GROUP_NUMBER,
		[JSON_TRUE] = GROUP_COUNT,
		[JSON_FALSE] = GROUP_COUNT,
		[JSON_NULL] = GROUP_COUNT,
	};
	const unsigned numbers = 1u << JSON_INTEGER | 1u << JSON_REAL;
	bool is_scalar_only = is_empty(node, GROUP_ANY);
	unsigned accepted = 0;
	unsigned bounded = 0;
	for (unsigned type = JSON_OBJECT; type <= JSON_NULL && is_scalar_only; type++) {
		if ((groups[type] == GROUP_COUNT || is_empty(node, groups[type])) &&
			(type > JSON_ARRAY || is_empty(node, GROUP_LATE)))
			accepted |= 1u << type;
	}
	if (is_scalar_only && add_bounds(schema, node, quick))
		bounded |= numbers;
	if (is_scalar_only ? add_sizes(schema, node, quick) : add_names(schema, node, quick))
		bounded |= 1u << JSON_STRING;
	node->accepted = (uint8_t)(node->types & accepted);
	node->quick = (uint8_t)(node->types & bounded);
}

void schema_make_quick(struct schema *schema)
{
	schema->quicks = heap_resize(NULL, schema->nodes.count, sizeof *schema->quicks);
	for (uint32_t i = 0; i < schema->nodes.count; i++) {
		schema->quicks[i] = (struct schema_quick){
			.integer_least = INT64_MIN,
			.integer_most = INT64_MAX,
			.real_least = -DBL_MAX,
			.real_most = DBL_MAX,
			.size_most = SIZE_MAX,
		};
		make_quick(schema, &schema->nodes.items[i], &schema->quicks[i]);
	}
}
