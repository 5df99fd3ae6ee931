/* The schema of the file says what the tables say: every key, its alias, its words and limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/index.h"
#include "base/text.h"
#include "load/artifacts_reader.h"
#include "load/json_schema_write.h"
#include "load/steps_reader.h"

static json_t *read_schema(void)
{
	struct buffer text = BUFFER_INIT;
	json_error_t error;
	pipeline_schema_append(&text);
	json_t *schema = json_loads(buffer_text(&text), JSON_REJECT_DUPLICATES, &error);
	if (!schema)
		fail_msg("line %d: %s", error.line, error.text);
	buffer_release(&text);
	return schema;
}

/* The definition made from a table: the one whose title is the table's. */
static json_t *definition_of(json_t *schema, const struct yaml_table *table)
{
	const char *name;
	json_t *value;
	json_object_foreach(json_object_get(schema, "$defs"), name, value)
	{
		json_t *whole = json_object_get(value, "properties")
					? value
					: json_array_get(json_object_get(value, "anyOf"), 0);
		if (text_equal(
			    json_string_value(json_object_get(whole, "description")), table->title))
			return whole;
	}
	return NULL;
}

static void check_field(const struct yaml_table *table, json_t *definition, const char *key,
	const struct yaml_field *field)
{
	json_t *property = json_object_get(json_object_get(definition, "properties"), key);
	if (!property)
		fail_msg("%s: no property '%s'", table->title, key);
	if (!json_object_get(property, "description"))
		fail_msg("%s: '%s' is not described", table->title, key);
	if (json_object_size(property) < 2)
		fail_msg("%s: '%s' may be anything; give the row a json_schema", table->title, key);
	for (size_t i = 0; field->word && !field->json_schema && field->word(i); i++) {
		json_t *words = json_object_get(
			json_array_get(json_object_get(property, "anyOf"), 0), "enum");
		if (!text_equal(json_string_value(json_array_get(words, i)), field->word(i)))
			fail_msg("%s: '%s' has no word '%s'", table->title, key, field->word(i));
	}
	if (field->kind == FIELD_UNSIGNED) {
		json_t *number = json_array_get(json_object_get(property, "anyOf"), 0);
		assert_int_equal(
			json_integer_value(json_object_get(number, "minimum")), field->minimum);
		assert_int_equal(
			json_integer_value(json_object_get(number, "maximum")), field->maximum);
	}
}

/* Rows whose values have no shape that a schema could say. */
static bool is_free(const struct yaml_field *field)
{
	return field->kind == FIELD_CUSTOM && !field->json_schema && !field->word && !field->table;
}

static void check_tables(json_t *schema, const struct yaml_table *const *tables)
{
	for (; *tables; tables++) {
		const struct yaml_table *table = *tables;
		json_t *definition = definition_of(schema, table);
		if (!definition && table == &need_table)
			continue; /* written out in the row of `needs` */
		if (!definition)
			fail_msg("no definition of '%s'", table->title);
		assert_true(json_is_false(json_object_get(definition, "additionalProperties")));
		for (uint32_t i = 0; i < table->field_count; i++) {
			const struct yaml_field *field = &table->fields[i];
			const struct yaml_field *shared = runbook_field_shared(field);
			if (is_free(shared ? shared : field))
				continue;
			check_field(table, definition, field->key, shared ? shared : field);
			if (field->alias)
				check_field(table, definition, field->alias, field);
		}
	}
}

static void test_every_row_is_there(void **state)
{
	(void)state;
	json_t *schema = read_schema();
	assert_string_equal(json_string_value(json_object_get(schema, "$schema")),
		"https://json-schema.org/draft/2020-12/schema");
	check_tables(schema, steps_tables);
	check_tables(schema, artifacts_tables);
	json_decref(schema);
}

/* Every "$ref" leads to a definition. */
static void check_references(json_t *definitions, json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;
	const char *target = json_string_value(json_object_get(value, "$ref"));
	if (target) {
		assert_true(text_starts_with(target, "#/$defs/"));
		if (!json_object_get(definitions, target + strlen("#/$defs/")))
			fail_msg("%s leads nowhere", target);
	}
	json_object_foreach(value, key, item) check_references(definitions, item);
	json_array_foreach(value, i, item) check_references(definitions, item);
}

static void test_references_lead_somewhere(void **state)
{
	(void)state;
	json_t *schema = read_schema();
	check_references(json_object_get(schema, "$defs"), schema);
	json_decref(schema);
}

static void test_defaults_are_values_where_they_can_be(void **state)
{
	(void)state;
	json_t *schema = read_schema();
	json_t *artifact = json_object_get(definition_of(schema, &artifact_table), "properties");
	assert_true(json_is_false(json_object_get(json_object_get(artifact, "output"), "default")));
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(artifact, "merge"), "default")),
		"concatenate");
	assert_null(json_object_get(json_object_get(artifact, "name"), "default"));
	assert_string_equal(json_string_value(json_object_get(
				    json_object_get(artifact, "name"), "description")),
		"What people read in reports. Default: its key.");
	json_decref(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_is_there),
		cmocka_unit_test(test_references_lead_somewhere),
		cmocka_unit_test(test_defaults_are_values_where_they_can_be),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
