#include "schema_case.h"

#include "base/index.h"

struct error_case {
	const char *schema;
	const char *document;
	const char *lines;
};

static const struct error_case cases[] = {
	{"{}", "{\"a\": 1}", ""},
	{"false", "3", " false: expected nothing here, got the number 3\n"},
	{"{\"type\":\"integer\"}", "\"abc\"", " type: expected an integer, got the text 'abc'\n"},
	{"{\"type\":\"integer\"}", "2.5", " type: expected an integer, got the number 2.5\n"},
	{"{\"type\":\"integer\"}", "2.0", ""},
	{"{\"type\":[\"string\",\"null\"]}", "[1]",
		" type: expected a text or null, got a list of 1 item\n"},
	{"{\"type\":[\"number\",\"boolean\",\"object\"]}", "[]",
		" type: expected an object or a number or true or false, got an empty list\n"},
	{"{\"type\":\"string\"}", "{}", " type: expected a text, got an empty object\n"},
	{"{\"type\":\"string\"}", "{\"a\":null}",
		" type: expected a text, got an object of 1 property\n"},
	{"{\"enum\":[\"a\",1,null]}", "\"b\"",
		" enum: expected one of 'a', the number 1, null, got the text 'b'\n"},
	{"{\"enum\":[]}", "true", " enum: expected no value at all, got true\n"},
	{"{\"const\":\"x\"}", "\"b\\u001b[0m\"",
		" const: expected the text 'x', got the text 'b<1B>[0m'\n"},
	{"{\"minimum\":5}", "4", " minimum: expected at least 5, got the number 4\n"},
	{"{\"maximum\":0.1}", "0.2", " maximum: expected at most 0.1, got the number 0.2\n"},
	{"{\"exclusiveMinimum\":5}", "5",
		" exclusiveMinimum: expected more than 5, got the number 5\n"},
	{"{\"exclusiveMaximum\":5}", "5.0",
		" exclusiveMaximum: expected less than 5, got the number 5\n"},
	{"{\"multipleOf\":0.01}", "0.075",
		" multipleOf: expected a multiple of 0.01, got the number 0.075\n"},
	{"{\"minLength\":3}", "\"\xc3\xa4\xc3\xb6\"",
		" minLength: expected at least 3 characters, got the text 'äö' of 2 characters\n"},
	{"{\"maxLength\":1}", "\"ab\"",
		" maxLength: expected at most 1 character, got the text 'ab' of 2 characters\n"},
	{"{\"pattern\":\"^a+$\"}", "\"b\"",
		" pattern: expected a match of '^a+$', got the text 'b'\n"},
	{"{\"minItems\":2}", "[1]", " minItems: expected at least 2 items, got a list of 1 item\n"},
	{"{\"maxItems\":1}", "[1,2]",
		" maxItems: expected at most 1 item, got a list of 2 items\n"},
	{"{\"uniqueItems\":true}", "[1,2,1.0]",
		" uniqueItems: expected no two equal items, got items 0 and 2, which are equal\n"},
	{"{\"contains\":{\"type\":\"null\"}}", "[1,2]",
		" contains: expected at least 1 item that fits 'contains', got 0 of 2 items\n"},
	{"{\"contains\":true,\"minContains\":2}", "[1]",
		" minContains: expected at least 2 items that fit 'contains', got 1 of 1 item\n"},
	{"{\"contains\":true,\"maxContains\":1}", "[1,2]",
		" maxContains: expected at most 1 item that fits 'contains', got 2 of 2 items\n"},
	{"{\"minProperties\":1}", "{}",
		" minProperties: expected at least 1 property, got an empty object\n"},
	{"{\"maxProperties\":1}", "{\"a\":1,\"b\":2}",
		" maxProperties: expected at most 1 property, got an object of 2 properties\n"},
	{"{\"required\":[\"a\",\"b\"]}", "{\"b\":1}",
		" required: expected the property 'a', got nothing\n"},
	{"{\"properties\":{\"name\":{},\"age\":{}},\"additionalProperties\":false}", "{\"nmae\":1}",
		"/nmae additionalProperties: expected none but 'name', 'age'; did you mean 'name'?, got the property 'nmae'\n"},
	{"{\"additionalProperties\":false}", "{\"x\":1}",
		"/x additionalProperties: expected no property, got the property 'x'\n"},
	{"{\"patternProperties\":{\"^a\":{\"type\":\"null\"}},\"additionalProperties\":false}",
		"{\"a1\":1,\"b\":2}",
		"/a1 type: expected null, got the number 1\n"
		"/b additionalProperties: expected none but those with a name of a pattern, got the property 'b'\n"},
	{"{\"propertyNames\":{\"maxLength\":2}}", "{\"abc\":1}",
		"/abc maxLength: expected at most 2 characters, got the name 'abc' of 3 characters\n"},
	{"{\"dependentRequired\":{\"a\":[\"b\"]}}", "{\"a\":1}",
		" dependentRequired: expected the property 'b' beside 'a', got nothing\n"},
	{"{\"not\":{\"type\":\"null\"}}", "null",
		" not: expected what the schema in 'not' does not allow, got null\n"},
	{"{\"properties\":{\"a\":{}},\"unevaluatedProperties\":false}", "{\"a\":1,\"b\":2}",
		"/b unevaluatedProperties: expected no property that the schema does not describe, got the property 'b'\n"},
	{"{\"prefixItems\":[{}],\"unevaluatedItems\":false}", "[1,2]",
		"/1 unevaluatedItems: expected no item that the schema does not describe, got item 1\n"},
	{"{\"allOf\":[{\"minimum\":5},{\"multipleOf\":2}]}", "3",
		" minimum: expected at least 5, got the number 3\n"
		" multipleOf: expected a multiple of 2, got the number 3\n"},
	{"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"object\",\"required\":[\"a\"],"
	 "\"properties\":{\"b\":{\"type\":\"null\"}}},{\"properties\":{\"b\":{\"minimum\":7}}}]}",
		"{\"b\":1}",
		" anyOf: expected what at least one of 3 schemas allows, got an object of 1 property; the nearest is schema 2\n"
		"/b minimum: expected at least 7, got the number 1\n"},
	{"{\"oneOf\":[{\"type\":\"integer\"},{\"minimum\":2},{}]}", "3",
		" oneOf: expected what exactly one of 3 schemas allows, got what schemas 0 and 1 both allow\n"},
	{"{\"oneOf\":[{\"type\":\"null\"},{\"minimum\":9}]}", "3",
		" oneOf: expected what exactly one of 2 schemas allows, got the number 3; the nearest is schema 0\n"
		" type: expected null, got the number 3\n"},
	{"{\"if\":{\"type\":\"string\"},\"then\":{\"minLength\":2},\"else\":{\"minimum\":1}}", "0",
		" minimum: expected at least 1, got the number 0\n"},
	{"{\"items\":{\"properties\":{\"a/b~c\":{\"type\":\"string\"}}}}",
		"[{},{\"a/b~c\":1},{\"a/b~c\":null}]",
		"/1/a~1b~0c type: expected a text, got the number 1\n"
		"/2/a~1b~0c type: expected a text, got null\n"},
	{"{\"type\":\"integer\"}",
		"\"0123456789012345678901234567890123456789012345678901234567890123456789\"",
		" type: expected an integer, got the text '01234567890123456789012345678901234567890123456789012345678…'\n"},
};

static void tells_every_error(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct buffer lines = BUFFER_INIT;
		struct schema *schema = must_compile(cases[i].schema);
		json_t *value = must_read(cases[i].document);
		validate_lines(schema, value, &lines);
		assert_string_equal(buffer_text(&lines), cases[i].lines);
		buffer_release(&lines);
		json_decref(value);
		schema_free(schema);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(tells_every_error)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
