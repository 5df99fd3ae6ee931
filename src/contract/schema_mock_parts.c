/* Which subschemas hold at a place of the document. */
#include <string.h>

#include "base/text.h"
#include "contract/schema_mock_work.h"
#include "contract/schema_pattern.h"

#define PART_LIMIT 1000u
#define MATCH_STEPS 1000000

static void add_part(struct mock *mock, struct mock_parts *parts, struct mock_part part)
{
	if (parts->count == parts->capacity) {
		parts->capacity = parts->capacity ? 2 * parts->capacity : 4;
		struct mock_part *grown =
			ARENA_ARRAY(mock->arena, struct mock_part, parts->capacity);
		if (parts->count)
			memcpy(grown, parts->items, parts->count * sizeof *grown);
		parts->items = grown;
	}
	parts->items[parts->count++] = part;
}

static bool has_part(const struct mock_parts *parts, const json_t *schema)
{
	for (uint32_t i = 0; i < parts->count; i++) {
		if (parts->items[i].schema == schema)
			return true;
	}
	return false;
}

void mock_collect_value(struct mock *mock, const struct mock_place *place, json_t *schema,
	uint32_t resource, struct mock_parts *parts)
{
	if (json_is_false(schema))
		parts->is_impossible = true;
	if (json_is_object(schema))
		mock_collect(mock, place, (struct mock_part){schema, resource}, parts);
}

static void collect_reference(struct mock *mock, const struct mock_place *place,
	struct mock_part part, const char *keyword, struct mock_parts *parts)
{
	struct schema_target target;
	struct error error;
	const char *reference = json_string_value(json_object_get(part.schema, keyword));
	if (!reference)
		return;
	if (!schema_loader_resolve(mock->loader, part.resource, reference, &target, &error)) {
		mock_fail(mock, place->pointer, keyword);
		return;
	}
	mock_collect_value(mock, place, target.value, target.resource, parts);
}

/* A keyword that several schemas at one place may have, each with a choice of its own. */
static const char *keyword_of(struct mock *mock, struct mock_part part, const char *keyword)
{
	return arena_format(mock->arena, "%s of %p", keyword, (void *)part.schema);
}

/* One of several. */
static void collect_branch(struct mock *mock, const struct mock_place *place, struct mock_part part,
	const char *keyword, struct mock_parts *parts)
{
	json_t *branches = json_object_get(part.schema, keyword);
	size_t count = json_array_size(branches);
	if (!count)
		return;
	uint32_t chosen =
		mock_choose(mock, place->pointer, keyword_of(mock, part, keyword), (uint32_t)count);
	mock_collect_value(mock, place, json_array_get(branches, chosen), part.resource, parts);
}

static void collect_condition(struct mock *mock, const struct mock_place *place,
	struct mock_part part, struct mock_parts *parts)
{
	json_t *condition = json_object_get(part.schema, "if");
	if (!condition)
		return;
	if (mock_choose(mock, place->pointer, keyword_of(mock, part, "if"), 2) == 1) {
		mock_collect_value(
			mock, place, json_object_get(part.schema, "else"), part.resource, parts);
		return;
	}
	mock_collect_value(mock, place, condition, part.resource, parts);
	mock_collect_value(mock, place, json_object_get(part.schema, "then"), part.resource, parts);
}

/* Members that bring further schemas: taken to be there when they are named at all. */
static void collect_dependent(struct mock *mock, const struct mock_place *place,
	struct mock_part part, const char *keyword, struct mock_parts *parts)
{
	const char *name;
	json_t *schema;
	json_object_foreach(json_object_get(part.schema, keyword), name, schema)
	{
		if (json_object_get(json_object_get(part.schema, "properties"), name))
			mock_collect_value(mock, place, schema, part.resource, parts);
	}
}

/*
 * Recursion is bounded: a schema is at a place once, and there are at most PART_LIMIT. In draft 7
 * a reference hides what stands beside it.
 */
void mock_collect(struct mock *mock, const struct mock_place *place, struct mock_part part,
	struct mock_parts *parts)
{
	uint32_t own = value_map_find(&mock->loader->roots, part.schema);
	if (own != INDEX_NONE)
		part.resource = own;
	if (has_part(parts, part.schema))
		return;
	if (parts->count == PART_LIMIT) {
		mock_fail(mock, place->pointer, "$ref");
		return;
	}
	bool is_old = mock->loader->resources.items[part.resource].draft == DRAFT_7;
	add_part(mock, parts, part);
	collect_reference(mock, place, part, "$ref", parts);
	if (is_old && json_object_get(part.schema, "$ref"))
		return;
	collect_reference(mock, place, part, "$dynamicRef", parts);
	json_t *all = json_object_get(part.schema, "allOf");
	for (size_t i = 0; i < json_array_size(all); i++)
		mock_collect_value(mock, place, json_array_get(all, i), part.resource, parts);
	collect_branch(mock, place, part, "anyOf", parts);
	collect_branch(mock, place, part, "oneOf", parts);
	collect_condition(mock, place, part, parts);
	collect_dependent(mock, place, part, "dependentSchemas", parts);
	collect_dependent(mock, place, part, "dependencies", parts);
}

static bool name_matches(const char *pattern, const char *name)
{
	struct error error;
	int64_t steps = MATCH_STEPS;
	struct schema_pattern *compiled = schema_pattern_new(pattern, strlen(pattern), &error);
	struct schema_match *match = schema_match_new();
	bool matches = compiled && schema_pattern_match(compiled, match, name, strlen(name),
					   &steps) == PATTERN_MATCHES;
	schema_match_free(match);
	schema_pattern_free(compiled);
	return matches;
}

static void collect_member_of(struct mock *mock, const struct mock_place *place,
	struct mock_part part, const char *name, struct mock_parts *parts)
{
	const char *pattern;
	json_t *schema;
	json_t *own = json_object_get(json_object_get(part.schema, "properties"), name);
	bool is_additional = own == NULL;
	mock_collect_value(mock, place, own, part.resource, parts);
	json_object_foreach(json_object_get(part.schema, "patternProperties"), pattern, schema)
	{
		if (!name_matches(pattern, name))
			continue;
		is_additional = false;
		mock_collect_value(mock, place, schema, part.resource, parts);
	}
	if (is_additional)
		mock_collect_value(mock, place,
			json_object_get(part.schema, "additionalProperties"), part.resource, parts);
}

void mock_collect_member(struct mock *mock, const struct mock_place *place,
	const struct mock_parts *parent, const char *name, struct mock_parts *parts)
{
	for (uint32_t i = 0; i < parent->count; i++)
		collect_member_of(mock, place, parent->items[i], name, parts);
	if (parts->count || parts->is_impossible)
		return;
	for (uint32_t i = 0; i < parent->count; i++)
		mock_collect_value(mock, place,
			json_object_get(parent->items[i].schema, "unevaluatedProperties"),
			parent->items[i].resource, parts);
}

bool mock_number(
	const struct mock_parts *parts, const char *keyword, bool is_greatest, double *number)
{
	bool has_any = false;
	for (uint32_t i = 0; i < parts->count; i++) {
		const json_t *value = json_object_get(parts->items[i].schema, keyword);
		if (!json_is_number(value))
			continue;
		double now = json_number_value(value);
		if (!has_any || (is_greatest ? now > *number : now < *number))
			*number = now;
		has_any = true;
	}
	return has_any;
}

bool mock_has_keyword(const struct mock_parts *parts, const char *keyword)
{
	for (uint32_t i = 0; i < parts->count; i++) {
		if (json_object_get(parts->items[i].schema, keyword))
			return true;
	}
	return false;
}
