/* The one pass over an object: what each property means is a look-up by name. */
#include <string.h>

#include "base/text.h"
#include "contract/schema_compile.h"

#define CHAIN_LIMIT 8u /* names in one slot before all of each name is hashed */

static uint32_t find_property(
	struct schema *schema, const struct map *places, const char *name, size_t size)
{
	uint32_t place = map_find(places, name);
	if (place != INDEX_NONE)
		return place;
	GROW(schema->properties.items, schema->properties.count, schema->properties.capacity);
	schema->properties.items[schema->properties.count] = (struct schema_property){
		.name = name, .size = (uint32_t)size, .node = INDEX_NONE, .slot_next = INDEX_NONE};
	return schema->properties.count++;
}

/* Hangs the properties into the slots; false: a chain is longer than CHAIN_LIMIT. */
static bool fill_slots(struct schema *schema, struct schema_object *object)
{
	bool are_short = true;
	uint32_t *slots = &schema->slots.items[object->slot_first];
	for (uint32_t i = 0; i <= object->slot_mask; i++)
		slots[i] = INDEX_NONE;
	for (uint32_t i = object->first; i < object->first + object->count; i++) {
		struct schema_property *property = &schema->properties.items[i];
		property->hash =
			schema_name_hash(property->name, property->size, object->hashes_whole_name);
		uint32_t *slot = &slots[property->hash & object->slot_mask];
		uint32_t length = 1;
		for (uint32_t at = *slot; at != INDEX_NONE && length <= CHAIN_LIMIT;
			at = schema->properties.items[at].slot_next)
			length++;
		property->slot_next = *slot;
		*slot = i;
		are_short = are_short && length <= CHAIN_LIMIT;
	}
	return are_short;
}

static void make_slots(struct schema *schema, struct schema_object *object)
{
	uint32_t size = 4;
	while (size < 2 * object->count)
		size *= 2;
	object->slot_first = schema->slots.count;
	object->slot_mask = size - 1;
	for (uint32_t i = 0; i < size; i++) {
		GROW(schema->slots.items, schema->slots.count, schema->slots.capacity);
		schema->slots.count++;
	}
	if (!fill_slots(schema, object)) {
		object->hashes_whole_name = true;
		fill_slots(schema, object);
	}
}

static void compile_properties(struct schema_compiler *compiler, struct schema_draft_node *draft,
	struct schema_object *object)
{
	struct schema *schema = compiler->schema;
	struct map places = {0};
	const char *name;
	json_t *value;
	size_t i;
	object->first = schema->properties.count;
	json_object_foreach(draft->values[KEYWORD_PROPERTIES], name, value)
	{
		uint32_t node = schema_compiler_child(
			compiler, draft, KEYWORD_PROPERTIES, value, name, INDEX_NONE);
		uint32_t place = find_property(schema, &places, name, strlen(name));
		schema->properties.items[place].node = node;
		map_add(&places, name, place);
	}
	json_array_foreach(draft->values[KEYWORD_REQUIRED], i, value)
	{
		name = json_string_value(value);
		/* No key of a document has a NUL in it: such a name is never there. */
		if (strlen(name) != json_string_length(value)) {
			object->required_count++;
			continue;
		}
		uint32_t place = find_property(schema, &places, name, strlen(name));
		struct schema_property *property = &schema->properties.items[place];
		object->required_count += !property->is_required;
		property->is_required = true;
		map_add(&places, name, place);
	}
	object->count = schema->properties.count - object->first;
	map_release(&places);
	make_slots(schema, object);
}

static bool compile_patterns(struct schema_compiler *compiler, struct schema_draft_node *draft,
	struct schema_object *object, struct error *error)
{
	struct schema *schema = compiler->schema;
	const char *text;
	json_t *value;
	object->pattern_first = schema->children.count;
	json_object_foreach(draft->values[KEYWORD_PATTERN_PROPERTIES], text, value)
	{
		uint32_t pattern;
		if (!schema_compiler_pattern(compiler, text, strlen(text), &pattern, error))
			return error_context(error, "patternProperties");
		uint32_t node = schema_compiler_child(
			compiler, draft, KEYWORD_PATTERN_PROPERTIES, value, text, INDEX_NONE);
		schema_compiler_push_child(schema, pattern);
		schema_compiler_push_child(schema, node);
		object->pattern_count++;
	}
	return true;
}

static void compile_names(struct schema *schema, struct schema_dependency *row, const json_t *list)
{
	size_t i;
	json_t *value;
	row->first = schema->names.count;
	row->count = (uint32_t)json_array_size(list);
	json_array_foreach(list, i, value)
	{
		GROW(schema->names.items, schema->names.count, schema->names.capacity);
		schema->names.items[schema->names.count++] =
			(struct schema_name){json_string_value(value), json_string_length(value)};
	}
}

static void compile_dependencies(struct schema_compiler *compiler, struct schema_draft_node *draft,
	enum schema_keyword keyword)
{
	struct schema *schema = compiler->schema;
	const char *name;
	json_t *value;
	if (!draft->values[keyword])
		return;
	struct schema_instruction *instruction =
		schema_compiler_emit(draft, keyword, schema->dependencies.count);
	instruction->count = (uint32_t)json_object_size(draft->values[keyword]);
	json_object_foreach(draft->values[keyword], name, value)
	{
		struct schema_dependency row = {
			.name = name, .size = strlen(name), .node = INDEX_NONE};
		if (json_is_array(value))
			compile_names(schema, &row, value);
		else
			row.node = schema_compiler_child(
				compiler, draft, keyword, value, name, INDEX_NONE);
		GROW(schema->dependencies.items, schema->dependencies.count,
			schema->dependencies.capacity);
		schema->dependencies.items[schema->dependencies.count++] = row;
	}
}

static uint32_t optional_child(struct schema_compiler *compiler, struct schema_draft_node *draft,
	enum schema_keyword keyword)
{
	json_t *value = draft->values[keyword];
	if (!value)
		return INDEX_NONE;
	return schema_compiler_child(compiler, draft, keyword, value, NULL, INDEX_NONE);
}

bool schema_compile_objects(
	struct schema_compiler *compiler, struct schema_draft_node *draft, struct error *error)
{
	struct schema *schema = compiler->schema;
	json_t *const *values = draft->values;
	compile_dependencies(compiler, draft, KEYWORD_DEPENDENT_REQUIRED);
	compile_dependencies(compiler, draft, KEYWORD_DEPENDENT_SCHEMAS);
	compile_dependencies(compiler, draft, KEYWORD_DEPENDENCIES);
	if (!values[KEYWORD_PROPERTIES] && !values[KEYWORD_REQUIRED] &&
		!values[KEYWORD_PATTERN_PROPERTIES] && !values[KEYWORD_ADDITIONAL_PROPERTIES] &&
		!values[KEYWORD_PROPERTY_NAMES])
		return true;
	struct schema_object object = {0};
	compile_properties(compiler, draft, &object);
	if (!compile_patterns(compiler, draft, &object, error))
		return false;
	object.additional = optional_child(compiler, draft, KEYWORD_ADDITIONAL_PROPERTIES);
	object.names = optional_child(compiler, draft, KEYWORD_PROPERTY_NAMES);
	object.is_plain = !object.pattern_count && object.names == INDEX_NONE;
	schema_compiler_emit(draft, KEYWORD_PROPERTIES, schema->objects.count);
	GROW(schema->objects.items, schema->objects.count, schema->objects.capacity);
	schema->objects.items[schema->objects.count++] = object;
	return true;
}
