/* Objects and arrays. */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "contract/schema_mock_pattern.h"
#include "contract/schema_mock_work.h"

#define COMPARE_STEPS 1000000
#define VARIANT_LIMIT 200u
#define ADDED_NAME_LIMIT 2000u
#define ARRAY_LIMIT 20000u
#define UNIQUE_ARRAY_LIMIT 1000u /* each item is compared with those before it */

/* The names of an object's members, in the order they are met. */
struct member_names {
	const char **items; /* the arena's */
	uint32_t count;
	uint32_t capacity;
	uint32_t required_count; /* the first ones */
};

static const char *escaped(struct arena *arena, const char *name)
{
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	for (; *name; name++) {
		if (*name == '~' || *name == '/')
			buffer_append_text(&text, *name == '~' ? "~0" : "~1");
		else
			buffer_append_byte(&text, *name);
	}
	return arena_copy_text(arena, buffer_text(&text));
}

static struct mock_place below(struct mock *mock, const struct mock_place *place, const char *name)
{
	return (struct mock_place){
		arena_format(mock->arena, "%s/%s", place->pointer, name), place->depth + 1};
}

static bool has_name(const struct member_names *names, const char *name)
{
	for (uint32_t i = 0; i < names->count; i++) {
		if (text_equal(names->items[i], name))
			return true;
	}
	return false;
}

static void add_name(struct mock *mock, struct member_names *names, const char *name)
{
	if (has_name(names, name))
		return;
	if (names->count == names->capacity) {
		names->capacity = names->capacity ? 2 * names->capacity : 16;
		const char **grown = ARENA_ARRAY(mock->arena, const char *, names->capacity);
		if (names->count)
			memcpy(grown, names->items, names->count * sizeof *grown);
		names->items = grown;
	}
	names->items[names->count++] = name;
}

static void add_list(struct mock *mock, struct member_names *names, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		if (name)
			add_name(mock, names, name);
	}
}

/* What the members that are there ask for; both keywords, lists only. */
static void add_dependent(
	struct mock *mock, struct member_names *names, const struct mock_parts *parts)
{
	for (uint32_t i = 0; i < names->count; i++) {
		for (uint32_t j = 0; j < parts->count; j++) {
			const json_t *schema = parts->items[j].schema;
			add_list(mock, names,
				json_object_get(json_object_get(schema, "dependentRequired"),
					names->items[i]));
			add_list(mock, names,
				json_object_get(
					json_object_get(schema, "dependencies"), names->items[i]));
		}
	}
}

static void add_optional(struct mock *mock, const struct mock_place *place,
	struct member_names *names, const struct mock_parts *parts)
{
	const char *name;
	json_t *ignored;
	if (place->depth >= MOCK_OPTIONAL_DEPTH || mock->value_count >= MOCK_OPTIONAL_VALUES)
		return;
	for (uint32_t i = 0; i < parts->count; i++) {
		json_object_foreach(
			json_object_get(parts->items[i].schema, "properties"), name, ignored)
		{
			const char *pointer =
				below(mock, place, escaped(mock->arena, name)).pointer;
			if (mock_choose(mock, pointer, MOCK_CHOICE_MEMBER, 2) == 0)
				add_name(mock, names, name);
		}
	}
	(void)ignored;
}

/* NULL: none is known. */
static const char *name_of_pattern(
	struct mock *mock, const struct member_names *names, const char *pattern, uint32_t number)
{
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	size_t size = strlen(pattern);
	if (!schema_mock_pattern(pattern, number / 8, number, &text))
		return NULL;
	/* Where the pattern has no end, anything may follow. */
	if (has_name(names, buffer_text(&text)) && size && pattern[size - 1] != '$')
		buffer_printf(&text, "%u", number);
	return arena_copy_text(mock->arena, buffer_text(&text));
}

/* A name as `patternProperties` or `propertyNames` want it, or any. NULL: none. */
static const char *another_name(struct mock *mock, const struct mock_place *place,
	const struct mock_parts *parts, const struct member_names *names, uint32_t number)
{
	struct mock_parts wanted = {0};
	const char *pattern;
	json_t *ignored;
	for (uint32_t i = 0; i < parts->count; i++) {
		const json_t *schema = parts->items[i].schema;
		mock_collect_value(mock, place, json_object_get(schema, "propertyNames"),
			parts->items[i].resource, &wanted);
		json_object_foreach(json_object_get(schema, "patternProperties"), pattern, ignored)
		{
			const char *name = name_of_pattern(mock, names, pattern, number);
			if (name)
				return name;
		}
	}
	(void)ignored;
	if (!wanted.count)
		return arena_format(mock->arena, "member%u", number + 1);
	uint32_t before = mock->variant;
	mock->variant = number;
	json_t *name = mock_value(mock, place, &wanted);
	mock->variant = before;
	const char *copy =
		json_is_string(name) ? arena_copy_text(mock->arena, json_string_value(name)) : NULL;
	json_decref(name);
	return copy;
}

static void add_others(struct mock *mock, const struct mock_place *place,
	struct member_names *names, const struct mock_parts *parts)
{
	double wanted = 0;
	if (!mock_number(parts, "minProperties", true, &wanted))
		return;
	for (uint32_t i = 0; names->count < wanted && i < ADDED_NAME_LIMIT; i++) {
		const char *name = another_name(mock, place, parts, names, i);
		if (!name)
			return;
		add_name(mock, names, name);
	}
}

static struct member_names find_names(
	struct mock *mock, const struct mock_place *place, const struct mock_parts *parts)
{
	struct member_names names = {0};
	double most = 0;
	for (uint32_t i = 0; i < parts->count; i++)
		add_list(mock, &names, json_object_get(parts->items[i].schema, "required"));
	add_dependent(mock, &names, parts);
	names.required_count = names.count;
	add_optional(mock, place, &names, parts);
	add_dependent(mock, &names, parts);
	add_others(mock, place, &names, parts);
	if (mock_number(parts, "maxProperties", false, &most) && most < names.count)
		names.count = most > names.required_count ? (uint32_t)most : names.required_count;
	return names;
}

json_t *mock_object(
	struct mock *mock, const struct mock_place *place, const struct mock_parts *parts)
{
	if (place->depth >= MOCK_DEPTH_LIMIT)
		return mock_fail(mock, place->pointer, "$ref");
	struct member_names names = find_names(mock, place, parts);
	json_t *object = json_object();
	for (uint32_t i = 0; i < names.count; i++) {
		struct mock_parts member = {0};
		struct mock_place inner = below(mock, place, escaped(mock->arena, names.items[i]));
		mock_collect_member(mock, &inner, parts, names.items[i], &member);
		json_t *value = mock_value(mock, &inner, &member);
		if (value) {
			json_object_set_new(object, names.items[i], value);
		} else if (i < names.required_count) {
			json_decref(object);
			return NULL;
		} else {
			mock->fault_keyword = NULL; /* it goes without */
		}
	}
	return object;
}

/* How many places the parts lay down one by one. */
static size_t prefix_length(const struct mock_parts *parts)
{
	size_t longest = 0;
	for (uint32_t i = 0; i < parts->count; i++) {
		const json_t *schema = parts->items[i].schema;
		const json_t *items = json_object_get(schema, "items");
		const json_t *prefix =
			json_is_array(items) ? items : json_object_get(schema, "prefixItems");
		if (json_array_size(prefix) > longest)
			longest = json_array_size(prefix);
	}
	return longest;
}

/* In draft 7 `items` may be the list of the first places, and `additionalItems` the rest. */
static json_t *item_schema(const struct mock_part *part, size_t index)
{
	json_t *items = json_object_get(part->schema, "items");
	json_t *prefix =
		json_is_array(items) ? items : json_object_get(part->schema, "prefixItems");
	if (index < json_array_size(prefix))
		return json_array_get(prefix, index);
	return json_is_array(items) ? json_object_get(part->schema, "additionalItems") : items;
}

struct array_plan {
	size_t count;
	size_t contained_from; /* places from here on satisfy `contains` */
	size_t contained_count;
	bool is_unique;
};

static size_t limited(double number)
{
	return number < MOCK_VALUE_LIMIT ? (size_t)number : MOCK_VALUE_LIMIT;
}

static bool is_flagged(const struct mock_parts *parts, const char *keyword)
{
	for (uint32_t i = 0; i < parts->count; i++) {
		if (json_is_true(json_object_get(parts->items[i].schema, keyword)))
			return true;
	}
	return false;
}

static struct array_plan plan_array(
	struct mock *mock, const struct mock_place *place, const struct mock_parts *parts)
{
	struct array_plan plan = {.is_unique = is_flagged(parts, "uniqueItems")};
	size_t prefix = prefix_length(parts);
	double number = 0;
	bool is_generous = place->depth < MOCK_OPTIONAL_DEPTH &&
			   mock->value_count < MOCK_OPTIONAL_VALUES &&
			   mock_choose(mock, place->pointer, MOCK_CHOICE_ITEMS, 2) == 0;
	if (is_generous)
		plan.count = prefix ? prefix : mock_has_keyword(parts, "items");
	if (mock_has_keyword(parts, "contains")) {
		plan.contained_count =
			mock_number(parts, "minContains", true, &number) ? limited(number) : 1;
		plan.contained_from = prefix;
		if (plan.contained_count && plan.count < prefix + plan.contained_count)
			plan.count = prefix + plan.contained_count;
	}
	if (mock_number(parts, "minItems", true, &number) && plan.count < limited(number))
		plan.count = limited(number);
	if (mock_number(parts, "maxItems", false, &number) && plan.count > limited(number))
		plan.count = limited(number);
	/* With no room behind the first places, one of those is to do. */
	if (plan.contained_from + plan.contained_count > plan.count)
		plan.contained_from =
			plan.count > plan.contained_count ? plan.count - plan.contained_count : 0;
	return plan;
}

static json_t *make_item(struct mock *mock, const struct mock_place *place,
	const struct mock_parts *parts, const struct array_plan *plan, size_t index)
{
	struct mock_parts item = {0};
	bool is_contained = index >= plan->contained_from &&
			    index < plan->contained_from + plan->contained_count;
	for (uint32_t i = 0; i < parts->count; i++) {
		const struct mock_part *part = &parts->items[i];
		mock_collect_value(mock, place, item_schema(part, index), part->resource, &item);
		if (is_contained)
			mock_collect_value(mock, place, json_object_get(part->schema, "contains"),
				part->resource, &item);
	}
	for (uint32_t i = 0; !item.count && !item.is_impossible && i < parts->count; i++)
		mock_collect_value(mock, place,
			json_object_get(parts->items[i].schema, "unevaluatedItems"),
			parts->items[i].resource, &item);
	return mock_value(mock, place, &item);
}

static bool is_among(const json_t *array, const json_t *value)
{
	int64_t steps = COMPARE_STEPS;
	for (size_t i = 0; i < json_array_size(array); i++) {
		if (schema_value_equal(json_array_get(array, i), value, &steps))
			return true;
	}
	return false;
}

/* Variants of one item until there is one that is not there yet. */
static json_t *make_unique_item(struct mock *mock, const struct mock_place *place,
	const struct mock_parts *parts, const struct array_plan *plan, const json_t *array)
{
	uint32_t before = mock->variant;
	size_t index = json_array_size(array);
	json_t *item = NULL;
	for (uint32_t i = 0; !item && i < VARIANT_LIMIT; i++) {
		mock->variant = (uint32_t)index + i;
		item = make_item(mock, place, parts, plan, index);
		if (!item)
			break;
		if (is_among(array, item)) {
			json_decref(item);
			item = NULL;
		}
	}
	mock->variant = before;
	return item ? item : mock_fail(mock, place->pointer, "uniqueItems");
}

json_t *mock_array(
	struct mock *mock, const struct mock_place *place, const struct mock_parts *parts)
{
	if (place->depth >= MOCK_DEPTH_LIMIT)
		return mock_fail(mock, place->pointer, "$ref");
	struct array_plan plan = plan_array(mock, place, parts);
	double number = 0;
	size_t least = mock_number(parts, "minItems", true, &number) ? limited(number) : 0;
	if (plan.count > (plan.is_unique ? UNIQUE_ARRAY_LIMIT : ARRAY_LIMIT))
		return mock_fail(mock, place->pointer, "minItems");
	json_t *array = json_array();
	for (size_t i = 0; i < plan.count; i++) {
		struct mock_place inner = below(mock, place, arena_format(mock->arena, "%zu", i));
		json_t *item = plan.is_unique && i
				       ? make_unique_item(mock, &inner, parts, &plan, array)
				       : make_item(mock, &inner, parts, &plan, i);
		if (item) {
			json_array_append_new(array, item);
			continue;
		}
		if (i >= least && i >= plan.contained_from + plan.contained_count) {
			mock->fault_keyword = NULL; /* it ends here */
			break;
		}
		json_decref(array);
		return NULL;
	}
	return array;
}
