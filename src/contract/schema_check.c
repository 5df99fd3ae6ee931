/* That a keyword's value is what the draft wants, with the nearest right word where it is not. */
#include <string.h>

#include "base/text.h"
#include "contract/schema_compile.h"
#include "contract/schema_describe.h"

static bool is_schema(const json_t *value)
{
	return json_is_object(value) || json_is_boolean(value);
}

static bool is_count(const json_t *value)
{
	if (json_is_integer(value))
		return json_integer_value(value) >= 0;
	return json_is_real(value) && json_real_value(value) >= 0 &&
	       schema_real_is_whole(json_real_value(value));
}

static bool are_names(const json_t *value)
{
	size_t i;
	json_t *name;
	if (!json_is_array(value))
		return false;
	json_array_foreach(value, i, name)
	{
		if (!json_is_string(name))
			return false;
	}
	return true;
}

static bool are_schemas(const json_t *value)
{
	size_t i;
	json_t *child;
	json_array_foreach(value, i, child)
	{
		if (!is_schema(child))
			return false;
	}
	return json_is_array(value);
}

static bool is_map_of(const json_t *value, bool with_schemas, bool with_names)
{
	const char *key;
	json_t *child;
	if (!json_is_object(value))
		return false;
	json_object_foreach((json_t *)(uintptr_t)value, key, child)
	{
		if (!(with_schemas && is_schema(child)) && !(with_names && are_names(child)))
			return false;
	}
	return true;
}

static bool is_of_kind(enum schema_value_kind kind, const json_t *value)
{
	switch (kind) {
	case VALUE_NONE:
	case VALUE_ANY:
	case VALUE_KIND_COUNT:
		return true;
	case VALUE_TEXT:
		return json_is_string(value) &&
		       strlen(json_string_value(value)) == json_string_length(value);
	case VALUE_NUMBER:
		return json_is_number(value);
	case VALUE_POSITIVE:
		return json_is_number(value) && json_number_value(value) > 0;
	case VALUE_COUNT:
		return is_count(value);
	case VALUE_FLAG:
		return json_is_boolean(value);
	case VALUE_TYPES:
		return json_is_string(value) || (are_names(value) && json_array_size(value));
	case VALUE_LIST:
		return json_is_array(value);
	case VALUE_NAMES:
		return are_names(value);
	case VALUE_NAMES_MAP:
		return is_map_of(value, false, true);
	case VALUE_SCHEMA:
		return is_schema(value);
	case VALUE_SCHEMAS:
		return are_schemas(value) && json_array_size(value);
	case VALUE_SCHEMA_MAP:
		return is_map_of(value, true, false);
	case VALUE_SCHEMA_OR_LIST:
		return is_schema(value) || are_schemas(value);
	case VALUE_DEPENDENCIES:
		return is_map_of(value, true, true);
	}
	return false;
}

static bool check_type_name(const json_t *value, struct error *error)
{
	static const char *const names[] = {
		"null", "boolean", "integer", "number", "string", "array", "object"};
	const char *name = json_string_value(value);
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (text_equal(name, names[i]))
			return true;
	}
	const char *nearest = text_nearest(name, names, ARRAY_LENGTH(names));
	error_set(error, ERROR_PIPELINE_INVALID,
		"'%.100s' is no type; there are null, boolean, integer, number, string, array and "
		"object",
		name);
	if (nearest)
		error_hint(error, "did you mean '%s'?", nearest);
	return false;
}

bool schema_check_value(enum schema_value_kind kind, const json_t *value, struct error *error)
{
	size_t i;
	json_t *name;
	if (!is_of_kind(kind, value)) {
		struct arena arena = {0};
		error_set(error, ERROR_PIPELINE_INVALID, "expected %s, it is %s",
			schema_value_kind_text(kind), schema_describe_value(&arena, value));
		arena_release(&arena);
		return false;
	}
	if (kind != VALUE_TYPES)
		return true;
	if (json_is_string(value))
		return check_type_name(value, error);
	json_array_foreach(value, i, name)
	{
		if (!check_type_name(name, error))
			return false;
	}
	return true;
}
