/* enum and const: many values are found by their hash. */
#include "contract/schema_compile.h"

#define FEW 8u /* compared one after another */

static void add_slots(struct schema *schema, struct schema_enum *list)
{
	uint32_t size = 16;
	int64_t steps = INT64_MAX;
	while (size < 2 * list->count)
		size *= 2;
	list->slot_first = schema->enum_slots.count;
	list->slot_mask = size - 1;
	for (uint32_t i = 0; i < size; i++) {
		GROW(schema->enum_slots.items, schema->enum_slots.count,
			schema->enum_slots.capacity);
		schema->enum_slots.items[schema->enum_slots.count++].value = INDEX_NONE;
	}
	struct schema_enum_slot *slots = &schema->enum_slots.items[list->slot_first];
	for (uint32_t i = list->first; i < list->first + list->count; i++) {
		uint64_t hash = schema_value_hash(schema->values.items[i], &steps);
		uint32_t at = (uint32_t)(hash >> 32) & list->slot_mask;
		/* A value that is there twice needs one slot. */
		while (slots[at].value != INDEX_NONE && slots[at].hash != hash)
			at = (at + 1) & list->slot_mask;
		if (slots[at].value != INDEX_NONE &&
			schema_value_equal(schema->values.items[i],
				schema->values.items[slots[at].value], &steps))
			continue;
		while (slots[at].value != INDEX_NONE)
			at = (at + 1) & list->slot_mask;
		slots[at] = (struct schema_enum_slot){hash, i};
	}
}

static uint8_t type_bits(const json_t *value)
{
	if (json_is_number(value))
		return 1u << JSON_INTEGER | 1u << JSON_REAL;
	return (uint8_t)(1u << json_typeof(value));
}

static void add_value(struct schema *schema, struct schema_enum *list, json_t *value)
{
	GROW(schema->values.items, schema->values.count, schema->values.capacity);
	schema->values.items[schema->values.count++] = value;
	list->types |= type_bits(value);
	list->count++;
}

static void add_enum(
	struct schema *schema, struct schema_draft_node *draft, enum schema_keyword keyword)
{
	json_t *value = draft->values[keyword];
	struct schema_enum list = {.first = schema->values.count};
	json_t *item;
	size_t i;
	if (!value)
		return;
	if (keyword == KEYWORD_CONST) {
		add_value(schema, &list, value);
	} else {
		json_array_foreach(value, i, item) add_value(schema, &list, item);
	}
	if (list.count > FEW)
		add_slots(schema, &list);
	schema_compiler_emit(draft, keyword, schema->enums.count);
	GROW(schema->enums.items, schema->enums.count, schema->enums.capacity);
	schema->enums.items[schema->enums.count++] = list;
}

void schema_compile_enums(struct schema_compiler *compiler, struct schema_draft_node *draft)
{
	add_enum(compiler->schema, draft, KEYWORD_ENUM);
	add_enum(compiler->schema, draft, KEYWORD_CONST);
}
