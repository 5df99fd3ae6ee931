/* Which kind of value a place gets, and the values that are given. */
#include <assert.h>

#include "base/index.h"
#include "base/text.h"
#include "contract/schema_mock_work.h"

#define CANDIDATE_LIMIT 64u
#define COMPARE_STEPS 1000000

enum mock_type {
	TYPE_OBJECT,
	TYPE_ARRAY,
	TYPE_STRING,
	TYPE_INTEGER,
	TYPE_NUMBER,
	TYPE_BOOLEAN,
	TYPE_NULL,
	TYPE_COUNT
};
static const char *const type_names[] = {
	"object", "array", "string", "integer", "number", "boolean", "null"};
static_assert(ARRAY_LENGTH(type_names) == TYPE_COUNT, "a type without a name");

/* A keyword that says something of one kind of value alone; where no type is given, it is meant. */
struct type_hint {
	const char *keyword;
	enum mock_type type;
};
static const struct type_hint type_hints[] = {{"properties", TYPE_OBJECT},
	{"required", TYPE_OBJECT}, {"patternProperties", TYPE_OBJECT},
	{"additionalProperties", TYPE_OBJECT}, {"minProperties", TYPE_OBJECT},
	{"propertyNames", TYPE_OBJECT}, {"dependentRequired", TYPE_OBJECT}, {"items", TYPE_ARRAY},
	{"prefixItems", TYPE_ARRAY}, {"contains", TYPE_ARRAY}, {"minItems", TYPE_ARRAY},
	{"uniqueItems", TYPE_ARRAY}, {"pattern", TYPE_STRING}, {"format", TYPE_STRING},
	{"minLength", TYPE_STRING}, {"maxLength", TYPE_STRING}, {"minimum", TYPE_NUMBER},
	{"maximum", TYPE_NUMBER}, {"exclusiveMinimum", TYPE_NUMBER},
	{"exclusiveMaximum", TYPE_NUMBER}, {"multipleOf", TYPE_NUMBER}};

static bool names_type(const json_t *types, enum mock_type type)
{
	if (json_is_string(types))
		return text_equal(json_string_value(types), type_names[type]);
	for (size_t i = 0; i < json_array_size(types); i++) {
		if (text_equal(json_string_value(json_array_get(types, i)), type_names[type]))
			return true;
	}
	return false;
}

static bool allows_type(const struct mock_parts *parts, enum mock_type type)
{
	for (uint32_t i = 0; i < parts->count; i++) {
		const json_t *types = json_object_get(parts->items[i].schema, "type");
		if (types && !names_type(types, type) &&
			!(type == TYPE_INTEGER && names_type(types, TYPE_NUMBER)))
			return false;
	}
	return true;
}

/* What the keywords are about; a text where they say nothing. */
static enum mock_type hinted_type(const struct mock_parts *parts)
{
	for (uint32_t i = 0; i < parts->count; i++) {
		for (size_t j = 0; j < ARRAY_LENGTH(type_hints); j++) {
			if (json_object_get(parts->items[i].schema, type_hints[j].keyword) &&
				allows_type(parts, type_hints[j].type))
				return type_hints[j].type;
		}
	}
	return TYPE_STRING;
}

static json_t *value_of_type(struct mock *mock, const struct mock_place *place,
	const struct mock_parts *parts, enum mock_type type)
{
	switch (type) {
	case TYPE_OBJECT:
		return mock_object(mock, place, parts);
	case TYPE_ARRAY:
		return mock_array(mock, place, parts);
	case TYPE_STRING:
		return mock_text(mock, place, parts);
	case TYPE_INTEGER:
		return mock_numeral(mock, place, parts, true);
	case TYPE_NUMBER:
		return mock_numeral(mock, place, parts, false);
	case TYPE_BOOLEAN:
		return json_boolean(mock->variant % 2 == 0);
	case TYPE_NULL:
	case TYPE_COUNT:
		break;
	}
	return json_null();
}

static json_t *typed_value(
	struct mock *mock, const struct mock_place *place, const struct mock_parts *parts)
{
	enum mock_type types[TYPE_COUNT];
	uint32_t count = 0;
	enum mock_type hinted = hinted_type(parts);
	if (allows_type(parts, hinted))
		types[count++] = hinted;
	for (int type = 0; type < TYPE_COUNT; type++) {
		if (type != (int)hinted && allows_type(parts, (enum mock_type)type))
			types[count++] = (enum mock_type)type;
	}
	if (!count)
		return mock_fail(mock, place->pointer, "type");
	const char *keyword = mock_has_keyword(parts, "type") ? "type" : MOCK_CHOICE_KIND;
	uint32_t chosen = mock_choose(mock, place->pointer, keyword, count);
	return value_of_type(mock, place, parts, types[chosen]);
}

struct candidates {
	json_t *values[CANDIDATE_LIMIT];
	uint32_t count;
	bool is_closed; /* nothing else is allowed */
};

static void add_candidate(struct candidates *candidates, json_t *value)
{
	if (value && candidates->count < CANDIDATE_LIMIT)
		candidates->values[candidates->count++] = value;
}

static bool is_in_list(json_t *list, const json_t *value)
{
	int64_t steps = COMPARE_STEPS;
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (schema_value_equal(json_array_get(list, i), value, &steps) && steps >= 0)
			return true;
	}
	return false;
}

/* What `const` and `enum` of all parts allow. */
static void find_fixed(struct candidates *candidates, const struct mock_parts *parts)
{
	for (uint32_t i = 0; i < parts->count; i++) {
		json_t *only = json_object_get(parts->items[i].schema, "const");
		json_t *list = json_object_get(parts->items[i].schema, "enum");
		struct candidates before = *candidates;
		if (!only && !list)
			continue;
		candidates->count = 0;
		candidates->is_closed = true;
		if (!before.is_closed && only)
			add_candidate(candidates, only);
		for (size_t j = 0; !before.is_closed && !only && j < json_array_size(list); j++)
			add_candidate(candidates, json_array_get(list, j));
		for (uint32_t j = 0; before.is_closed && j < before.count; j++) {
			int64_t steps = COMPARE_STEPS;
			if (only ? schema_value_equal(only, before.values[j], &steps)
				 : is_in_list(list, before.values[j]))
				add_candidate(candidates, before.values[j]);
		}
	}
}

static void find_suggested(struct candidates *candidates, const struct mock_parts *parts)
{
	for (uint32_t i = 0; i < parts->count; i++) {
		json_t *examples = json_object_get(parts->items[i].schema, "examples");
		add_candidate(candidates, json_object_get(parts->items[i].schema, "default"));
		for (size_t j = 0; j < json_array_size(examples); j++)
			add_candidate(candidates, json_array_get(examples, j));
	}
}

json_t *mock_value(
	struct mock *mock, const struct mock_place *place, const struct mock_parts *parts)
{
	struct candidates candidates = {.count = 0};
	if (parts->is_impossible)
		return mock_fail(mock, place->pointer, "false");
	if (++mock->value_count > MOCK_VALUE_LIMIT)
		return mock_fail(mock, place->pointer, "minItems");
	find_fixed(&candidates, parts);
	if (candidates.is_closed && !candidates.count)
		return mock_fail(mock, place->pointer, "enum");
	if (!candidates.is_closed)
		find_suggested(&candidates, parts);
	uint32_t ways = candidates.count + !candidates.is_closed;
	uint32_t chosen = mock_choose(mock, place->pointer, "enum", ways) + mock->variant;
	/* Of a closed list, variants go round; what is suggested is followed by what is made. */
	if (candidates.is_closed)
		chosen %= ways;
	if (chosen < candidates.count)
		return json_deep_copy(candidates.values[chosen]);
	return typed_value(mock, place, parts);
}
