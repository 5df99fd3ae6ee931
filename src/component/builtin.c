#include "component/builtin.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/index.h"
#include "base/parse.h"
#include "base/text.h"
#include "component/message.h"

#define PROPERTY_LIMIT 16

static const struct property filesystem_properties[] = {
	{.name = "path", .kind = PROPERTY_TEXT, .is_required = true},
	{.name = "include", .kind = PROPERTY_TEXTS, .alias = "include_patterns"},
	{.name = "exclude", .kind = PROPERTY_TEXTS, .alias = "exclude_patterns"},
	{.name = "max_files", .kind = PROPERTY_COUNT},
	{.name = "max_bytes", .kind = PROPERTY_SIZE},
	{.name = "encoding", .kind = PROPERTY_UTF8},
	{0},
};
static const struct property json_properties[] = {
	{.name = "path", .kind = PROPERTY_TEXT}, {.name = "value", .kind = PROPERTY_ANY}, {0}};
static const struct property command_properties[] = {
	{.name = "run", .kind = PROPERTY_TEXTS, .is_required = true}, {0}};
static const struct property merge_properties[] = {{.name = "inputs", .kind = PROPERTY_TEXTS}, {0}};

static const struct builtin builtins[] = {
	{"filesystem", "The files beneath a folder, each with its path, size and content",
		filesystem_properties, filesystem_run},
	{"json", "What a JSON file says, or a value written in the pipeline", json_properties,
		json_run},
	{"command", "What a command prints: JSON, else text", command_properties, command_run},
	{"merge", "The contents of several inputs one after another", merge_properties, merge_run},
};

const char *const component_builtin_names[] = {"filesystem", "json", "command", "merge", NULL};
static_assert(ARRAY_LENGTH(component_builtin_names) == ARRAY_LENGTH(builtins) + 1,
	"a built-in component without a name");

const struct builtin *builtin_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(builtins); i++) {
		if (text_equal(builtins[i].name, name))
			return &builtins[i];
	}
	return NULL;
}

const char *component_builtin_summary(const char *type)
{
	const struct builtin *builtin = builtin_find(type);
	return builtin ? builtin->summary : NULL;
}

static bool is_texts(const json_t *value)
{
	if (json_is_string(value))
		return *json_string_value(value) != '\0';
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);
		if (!json_is_string(item) || !*json_string_value(item))
			return false;
	}
	return json_array_size(value) > 0;
}

static bool number_read(const json_t *value, enum property_kind kind, uint64_t *number)
{
	const char *text = json_string_value(value);
	if (text && kind == PROPERTY_SIZE)
		return parse_size(text, number) && *number > 0;
	if (text)
		return parse_unsigned(text, UINT32_MAX, number) && *number > 0;
	if (!json_is_integer(value) || json_integer_value(value) < 1)
		return false;
	*number = (uint64_t)json_integer_value(value);
	return true;
}

/* NULL: it is what the kind wants. */
static const char *property_fault(const json_t *value, enum property_kind kind)
{
	uint64_t number;
	switch (kind) {
	case PROPERTY_TEXT:
		return json_is_string(value) && json_string_length(value) ? NULL : "a text";
	case PROPERTY_TEXTS:
		return is_texts(value) ? NULL : "a text or a list of texts";
	case PROPERTY_COUNT:
		return number_read(value, kind, &number) ? NULL : "a whole number from 1";
	case PROPERTY_SIZE:
		return number_read(value, kind, &number) ? NULL : "a size such as 10MB";
	case PROPERTY_UTF8:
		return json_is_string(value) && strcasecmp(json_string_value(value), "utf-8") == 0
			       ? NULL
			       : "utf-8; what is not is given in base64";
	case PROPERTY_ANY:
		break;
	}
	return NULL;
}

/* From here on each has one name. */
static bool resolve_aliases(const struct builtin *builtin, json_t *properties, struct error *error)
{
	for (const struct property *property = builtin->properties; property->name; property++) {
		json_t *value =
			property->alias ? json_object_get(properties, property->alias) : NULL;
		if (!value)
			continue;
		if (json_object_get(properties, property->name))
			return error_set(error, ERROR_PIPELINE_INVALID,
				"'%s' and '%s' of '%s' are the same property", property->name,
				property->alias, builtin->name);
		json_object_set(properties, property->name, value);
		json_object_del(properties, property->alias);
	}
	return true;
}

static bool refuse_unknown(const struct builtin *builtin, const char *name, struct error *error)
{
	const char *names[PROPERTY_LIMIT];
	size_t count = 0;
	struct buffer known = BUFFER_INIT;
	for (; builtin->properties[count].name && count < PROPERTY_LIMIT; count++) {
		names[count] = builtin->properties[count].name;
		buffer_printf(&known, "%s%s", count ? ", " : "", names[count]);
	}
	const char *nearest = text_nearest(name, names, count);
	error_set(error, ERROR_PIPELINE_INVALID, "'%s' has no property '%s', it takes %s",
		builtin->name, name, buffer_text(&known));
	buffer_release(&known);
	return nearest ? error_hint(error, "did you mean '%s'?", nearest) : false;
}

static bool check_one(
	const struct builtin *builtin, const char *name, const json_t *value, struct error *error)
{
	const struct property *property = builtin->properties;
	while (property->name && !text_equal(property->name, name))
		property++;
	if (!property->name)
		return refuse_unknown(builtin, name, error);
	const char *wanted = property_fault(value, property->kind);
	return !wanted || error_set(error, ERROR_PIPELINE_INVALID, "'%s' of '%s' must be %s", name,
				  builtin->name, wanted);
}

static bool check_all(const struct builtin *builtin, json_t *properties, struct error *error)
{
	const char *name;
	json_t *value;
	if (!resolve_aliases(builtin, properties, error))
		return false;
	json_object_foreach(properties, name, value)
	{
		if (!check_one(builtin, name, value, error))
			return false;
	}
	for (const struct property *property = builtin->properties; property->name; property++) {
		if (property->is_required && !json_object_get(properties, property->name))
			return error_set(error, ERROR_PIPELINE_INVALID,
				"'%s' needs the property '%s'", builtin->name, property->name);
	}
	if (builtin->run == json_run && json_object_size(properties) != 1)
		return error_set(error, ERROR_PIPELINE_INVALID,
			"'json' needs one of the properties 'path' and 'value'");
	return true;
}

json_t *builtin_properties(const struct builtin *builtin, const char *text, struct error *error)
{
	const char *given = text_is_empty(text) ? "{}" : text;
	json_t *properties = json_text_read(given, strlen(given), "'properties'", error);
	if (!properties)
		return NULL;
	if (!json_is_object(properties))
		error_set(error, ERROR_PIPELINE_INVALID, "'properties' of '%s' must be an object",
			builtin->name);
	else if (check_all(builtin, properties, error))
		return properties;
	json_decref(properties);
	return NULL;
}

bool component_builtin_check(const char *type, const char *properties, struct error *error)
{
	const struct builtin *builtin = builtin_find(type);
	if (!builtin) {
		const char *nearest = text_nearest(
			type, component_builtin_names, ARRAY_LENGTH(component_builtin_names) - 1);
		error_set(
			error, ERROR_PIPELINE_INVALID, "there is no built-in component '%s'", type);
		return nearest ? error_hint(error, "did you mean '%s'?", nearest) : false;
	}
	json_t *read = builtin_properties(builtin, properties, error);
	json_decref(read);
	return read != NULL;
}

const char *property_text(const json_t *properties, const char *name)
{
	return json_string_value(json_object_get(properties, name));
}

uint64_t property_number(
	const json_t *properties, const char *name, enum property_kind kind, uint64_t otherwise)
{
	uint64_t number;
	const json_t *value = json_object_get(properties, name);
	return value && number_read(value, kind, &number) ? number : otherwise;
}

const char *property_item(const json_t *properties, const char *name, size_t place)
{
	const json_t *value = json_object_get(properties, name);
	if (json_is_string(value))
		return place == 0 ? json_string_value(value) : NULL;
	return json_string_value(json_array_get(value, place));
}
