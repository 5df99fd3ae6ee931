#include "load/json_schema_write.h"

#include <assert.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/parse.h"
#include "base/text.h"
#include "load/artifacts_reader.h"
#include "load/steps_reader.h"

#define TABLE_LIMIT 64u

/* What several fields may hold; a value with ${NAME} has its type when that is put in. */
#define TEXT "{\"$ref\":\"#/$defs/text\"}"
#define VARIABLE "{\"$ref\":\"#/$defs/variable\"}"
#define NOTHING "{\"type\":\"null\"}"

static const char shared_definitions[] =
	"{\"text\":{\"type\":[\"string\",\"number\",\"boolean\"]},"
	"\"variable\":{\"type\":\"string\",\"pattern\":\"\\\\$\\\\{\"},"
	"\"texts\":{\"anyOf\":[" TEXT ",{\"type\":\"array\",\"items\":" TEXT "}," NOTHING "]},"
	"\"environment\":{\"anyOf\":[{\"type\":\"object\",\"additionalProperties\":" TEXT
	"}," NOTHING "]},"
	"\"duration\":{\"anyOf\":[{\"type\":\"number\",\"minimum\":0},{\"type\":\"string\","
	"\"pattern\":\"^[0-9.]+$|^([0-9.]+(d|h|ms|m|s))+$\"}," VARIABLE "]},"
	"\"size\":{\"anyOf\":[{\"type\":\"number\",\"minimum\":0},{\"type\":\"string\","
	"\"pattern\":\"^[0-9.]+ ?([KMGT]i?B|B)?$\"}," VARIABLE "]},"
	"\"command\":{\"anyOf\":[{\"type\":\"string\",\"minLength\":1},{\"type\":\"array\","
	"\"minItems\":1,\"items\":" TEXT "}]},"
	"\"form\":{\"type\":\"object\",\"if\":{\"type\":\"object\",\"required\":[\"artifacts\"]}}}";

static const char root_frame[] =
	"{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\","
	"\"title\":\"A wavetrain pipeline\",\"type\":\"object\","
	"\"if\":{\"type\":\"object\",\"required\":[\"pipeline\"],\"maxProperties\":1},"
	"\"then\":{\"type\":\"object\",\"properties\":{\"pipeline\":{\"$ref\":\"#/$defs/form\"}}},"
	"\"else\":{\"$ref\":\"#/$defs/form\"}}";

/* An artifact comes from outside or from others. */
static const char artifact_origin[] = "{\"oneOf\":[{\"type\":\"object\",\"required\":[\"source\"]},"
				      "{\"type\":\"object\",\"required\":[\"inputs\"]},"
				      "{\"type\":\"object\",\"required\":[\"from\"]}]}";

/* The tables that were referred to; grows while they are written. */
struct schema_writer {
	const struct yaml_table *tables[TABLE_LIMIT];
	uint32_t count;
};

/* text is written here or in a table: it must be JSON. */
static json_t *parse(const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	assert(value);
	return value;
}

static json_t *any_of(json_t *first, const char *second, const char *third)
{
	json_t *list = json_array();
	json_array_append_new(list, first);
	if (second)
		json_array_append_new(list, parse(second));
	if (third)
		json_array_append_new(list, parse(third));
	return json_pack("{s:o}", "anyOf", list);
}

static void append_definition_name(const struct yaml_table *table, struct buffer *buffer)
{
	for (const char *at = table->noun; *at; at++) {
		bool is_word = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
		if (is_word)
			buffer_append_byte(buffer, *at);
		else if (*at == ' ')
			buffer_append_byte(buffer, '_');
	}
}

static json_t *reference_to(struct schema_writer *writer, const struct yaml_table *table)
{
	CLEANUP(buffer_release) struct buffer target = BUFFER_INIT;
	uint32_t place = 0;
	while (place < writer->count && writer->tables[place] != table)
		place++;
	if (place == writer->count) {
		assert(writer->count < TABLE_LIMIT);
		writer->tables[writer->count++] = table;
	}
	buffer_append_text(&target, "#/$defs/");
	append_definition_name(table, &target);
	return json_pack("{s:s}", "$ref", buffer_text(&target));
}

static json_t *words_schema(const struct yaml_field *field)
{
	json_t *words = json_array();
	for (size_t i = 0; field->word(i); i++)
		json_array_append_new(words, json_string(field->word(i)));
	return any_of(json_pack("{s:o}", "enum", words), VARIABLE, NULL);
}

static json_t *number_schema(const struct yaml_field *field)
{
	json_t *number = json_pack("{s:s, s:I, s:I}", "type",
		field->kind == FIELD_UNSIGNED ? "integer" : "number", "minimum",
		(json_int_t)field->minimum, "maximum", (json_int_t)field->maximum);
	return any_of(number, VARIABLE, NULL);
}

static const char *or_nothing(const struct yaml_field *field)
{
	return field->flags & FIELD_REQUIRED ? NULL : NOTHING;
}

static json_t *list_schema(struct schema_writer *writer, const struct yaml_field *field)
{
	json_t *list = json_pack(
		"{s:s, s:o}", "type", "array", "items", reference_to(writer, field->table));
	json_t *forms = any_of(list, or_nothing(field), NULL);
	if (field->flags & FIELD_ONE_OR_MANY)
		json_array_append_new(
			json_object_get(forms, "anyOf"), reference_to(writer, field->table));
	return forms;
}

static json_t *named_schema(struct schema_writer *writer, const struct yaml_field *field)
{
	json_t *names = json_pack("{s:s, s:o}", "type", "object", "additionalProperties",
		any_of(reference_to(writer, field->table), field->table->short_key ? NOTHING : NULL,
			NULL));
	return any_of(names, or_nothing(field), NULL);
}

static json_t *custom_schema(struct schema_writer *writer, const struct yaml_field *field)
{
	if (field->json_schema)
		return parse(field->json_schema);
	if (field->word)
		return words_schema(field);
	if (field->table && text_starts_with(field->expected, "a mapping of names"))
		return named_schema(writer, field);
	if (field->table)
		return any_of(reference_to(writer, field->table), TEXT, or_nothing(field));
	return json_object();
}

/* Of the value alone, without what it is for. */
static json_t *field_schema(struct schema_writer *writer, const struct yaml_field *field)
{
	switch (field->kind) {
	case FIELD_TEXT:
		return parse(TEXT);
	case FIELD_BOOLEAN:
		return any_of(parse("{\"type\":\"boolean\"}"), VARIABLE, NULL);
	case FIELD_UNSIGNED:
	case FIELD_NUMBER:
		return number_schema(field);
	case FIELD_DURATION:
		return parse("{\"$ref\":\"#/$defs/duration\"}");
	case FIELD_SIZE:
		return parse("{\"$ref\":\"#/$defs/size\"}");
	case FIELD_ENUM:
		return words_schema(field);
	case FIELD_TEXT_LIST:
		return parse("{\"$ref\":\"#/$defs/texts\"}");
	case FIELD_ENVIRONMENT:
		return parse("{\"$ref\":\"#/$defs/environment\"}");
	case FIELD_COMMAND:
		return parse("{\"$ref\":\"#/$defs/command\"}");
	case FIELD_MAPPING:
		return any_of(reference_to(writer, field->table), or_nothing(field), NULL);
	case FIELD_SEQUENCE:
		return list_schema(writer, field);
	case FIELD_NAMED:
		return named_schema(writer, field);
	case FIELD_CUSTOM:
		return custom_schema(writer, field);
	case FIELD_KIND_COUNT:
		break;
	}
	return json_object();
}

/* The default as a value, where the words for it are one; NULL: they are for people. */
static json_t *default_value(const struct yaml_field *field)
{
	const char *text = field->shown_default;
	double number;
	int64_t duration_ms;
	uint64_t size_bytes;
	if (!text)
		return NULL;
	if (field->kind == FIELD_BOOLEAN && text_equal(text, "true"))
		return json_true();
	if (field->kind == FIELD_BOOLEAN && text_equal(text, "false"))
		return json_false();
	if (field->kind == FIELD_UNSIGNED && parse_number(text, &number))
		return json_integer((json_int_t)number);
	if (field->kind == FIELD_NUMBER && parse_number(text, &number))
		return json_real(number);
	if (field->kind == FIELD_DURATION && parse_duration(text, &duration_ms))
		return json_string(text);
	if (field->kind == FIELD_SIZE && parse_size(text, &size_bytes))
		return json_string(text);
	for (size_t i = 0; field->word && field->word(i); i++) {
		if (text_equal(text, field->word(i)))
			return json_string(text);
	}
	return NULL;
}

static json_t *described_schema(struct schema_writer *writer, const struct yaml_field *field)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	const struct yaml_field *shared = runbook_field_shared(field);
	if (shared)
		field = shared;
	json_t *schema = field_schema(writer, field);
	json_t *value = default_value(field);
	buffer_append_text(&text, field->description ? field->description : "");
	if (field->shown_default && !value)
		buffer_printf(&text, " Default: %s.", field->shown_default);
	json_object_set_new(schema, "description", json_string(buffer_text(&text)));
	if (value)
		json_object_set_new(schema, "default", value);
	return schema;
}

/* A key that must be there may be there under either of its names, but never under both. */
static void append_names_rule(json_t *rules, const struct yaml_field *field)
{
	bool is_required = field->flags & FIELD_REQUIRED;
	if (is_required && field->alias)
		json_array_append_new(rules, json_pack("{s:[{s:s, s:[s]}, {s:s, s:[s]}]}", "oneOf",
						     "type", "object", "required", field->key,
						     "type", "object", "required", field->alias));
	else if (is_required)
		json_array_append_new(
			rules, json_pack("{s:s, s:[s]}", "type", "object", "required", field->key));
	else if (field->alias)
		json_array_append_new(
			rules, json_pack("{s:{s:s, s:[s, s]}}", "not", "type", "object", "required",
				       field->key, field->alias));
}

static json_t *table_schema(struct schema_writer *writer, const struct yaml_table *table)
{
	json_t *properties = json_object();
	json_t *rules = json_array();
	json_t *short_form = NULL;
	for (uint32_t i = 0; i < table->field_count; i++) {
		const struct yaml_field *field = &table->fields[i];
		json_object_set_new(properties, field->key, described_schema(writer, field));
		if (field->alias)
			json_object_set_new(
				properties, field->alias, described_schema(writer, field));
		append_names_rule(rules, field);
		if (text_equal(table->short_key, field->key))
			short_form = field_schema(writer, field);
	}
	if (table == &artifact_table)
		json_array_append_new(rules, parse(artifact_origin));
	json_t *schema = json_pack("{s:s, s:s, s:o, s:b}", "description", table->title, "type",
		"object", "properties", properties, "additionalProperties", 0);
	if (json_array_size(rules) > 0)
		json_object_set_new(schema, "allOf", rules);
	else
		json_decref(rules);
	return short_form ? json_pack("{s:[o, o]}", "anyOf", schema, short_form) : schema;
}

static int append_bytes(const char *bytes, size_t size, void *buffer)
{
	buffer_append(buffer, bytes, size);
	return 0;
}

void pipeline_schema_append(struct buffer *buffer)
{
	struct schema_writer writer = {.count = 0};
	json_t *definitions = parse(shared_definitions);
	json_t *form = json_object_get(definitions, "form");
	json_t *root = parse(root_frame);
	json_object_set_new(form, "then", reference_to(&writer, &runbook_table));
	json_object_set_new(form, "else", reference_to(&writer, steps_tables[0]));
	for (uint32_t i = 0; i < writer.count; i++) {
		struct buffer name = BUFFER_INIT;
		append_definition_name(writer.tables[i], &name);
		json_object_set_new(
			definitions, buffer_text(&name), table_schema(&writer, writer.tables[i]));
		buffer_release(&name);
	}
	json_object_set_new(root, "$defs", definitions);
	json_dump_callback(root, append_bytes, buffer, JSON_INDENT(2));
	buffer_append_byte(buffer, '\n');
	json_decref(root);
}
