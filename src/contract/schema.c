/* What a compiled schema is made of, and its end. */
#include "contract/schema.h"

#include <stdlib.h>
#include <string.h>

#include "contract/schema_pattern.h"
#include "contract/schema_program.h"

uint32_t schema_name_hash(const char *name, size_t size, bool is_whole)
{
	uint64_t first = 0;
	uint64_t last = 0;
	if (is_whole) {
		first = schema_hash_seed();
		for (size_t i = 0; i < size; i++)
			first = (first ^ (unsigned char)name[i]) * 0x100000001b3u;
	} else if (size >= 8) {
		memcpy(&first, name, 8);
		memcpy(&last, name + size - 8, 8);
	} else if (size >= 4) {
		uint32_t half;
		memcpy(&half, name, 4);
		first = half;
		memcpy(&half, name + size - 4, 4);
		last = half;
	} else if (size) {
		first = (uint64_t)(unsigned char)name[0] << 16 |
			(uint64_t)(unsigned char)name[size >> 1] << 8 |
			(unsigned char)name[size - 1];
	}
	uint64_t hash = (first ^ size) * 0x9e3779b97f4a7c15u;
	hash = (hash ^ (hash >> 29) ^ last) * 0xbf58476d1ce4e5b9u;
	return (uint32_t)(hash >> 32);
}

const char *schema_hash(const struct schema *schema)
{
	return schema->hash;
}

/*
 * Follows nodes that are nothing but a reference; a circle of them is left as it is, and so is one
 * that leads to another resource: having been in its own counts for $dynamicRef.
 */
static uint32_t last_node(const struct schema *schema, uint32_t node)
{
	for (unsigned hops = 0; node != INDEX_NONE && hops < 64; hops++) {
		const struct schema_node *at = &schema->nodes.items[node];
		if (!at->is_reference)
			break;
		uint32_t next = schema->instructions.items[at->start[GROUP_ANY]].index;
		if (schema->nodes.items[next].resource != at->resource)
			break;
		node = next;
	}
	return node;
}

static void link_children(const struct schema *schema, uint32_t first, uint32_t count)
{
	for (uint32_t i = first; i < first + count; i++)
		schema->children.items[i] = last_node(schema, schema->children.items[i]);
}

static void link_instruction(const struct schema *schema, struct schema_instruction *instruction)
{
	switch (instruction->keyword) {
	case KEYWORD_REF:
	case KEYWORD_DYNAMIC_REF:
	case KEYWORD_CONTAINS:
	case KEYWORD_NOT:
	case KEYWORD_UNEVALUATED_ITEMS:
	case KEYWORD_UNEVALUATED_PROPERTIES:
		instruction->index = last_node(schema, instruction->index);
		break;
	case KEYWORD_ITEMS:
		instruction->extra = last_node(schema, instruction->extra);
		link_children(schema, instruction->index, instruction->count);
		break;
	case KEYWORD_ALL_OF:
	case KEYWORD_ANY_OF:
	case KEYWORD_ONE_OF:
		link_children(schema, instruction->index, instruction->count);
		break;
	case KEYWORD_IF:
		link_children(schema, instruction->index, 3);
		break;
	default:
		break;
	}
}

void schema_link(struct schema *schema)
{
	for (uint32_t i = 0; i < schema->properties.count; i++)
		schema->properties.items[i].node =
			last_node(schema, schema->properties.items[i].node);
	for (uint32_t i = 0; i < schema->objects.count; i++)
		schema->objects.items[i].additional =
			last_node(schema, schema->objects.items[i].additional);
	for (uint32_t i = 0; i < schema->instructions.count; i++)
		link_instruction(schema, &schema->instructions.items[i]);
}

void schema_free(struct schema *schema)
{
	if (!schema)
		return;
	for (uint32_t i = 0; i < schema->patterns.count; i++)
		schema_pattern_free(schema->patterns.items[i]);
	for (uint32_t i = 0; i < schema->documents.count; i++)
		json_decref(schema->documents.items[i]);
	free(schema->documents.items);
	free(schema->nodes.items);
	free(schema->quicks);
	free(schema->instructions.items);
	free(schema->children.items);
	free(schema->properties.items);
	free(schema->slots.items);
	free(schema->objects.items);
	free(schema->dependencies.items);
	free(schema->names.items);
	free(schema->numbers.items);
	free(schema->patterns.items);
	free(schema->values.items);
	free(schema->enums.items);
	free(schema->enum_slots.items);
	free(schema->dynamic_anchors.items);
	arena_release(&schema->arena);
	free(schema);
}
