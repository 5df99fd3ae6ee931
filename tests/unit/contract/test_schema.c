#include "contract/schema.h"

#include "schema_case.h"

#include <unistd.h>

#include "base/file.h"
#include "base/index.h"

struct refusal {
	const char *schema;
	const char *text;
	const char *hint; /* NULL: none */
};

static const struct refusal refusals[] = {
	{"{\"type\": ", "line 1, column 9: ", NULL},
	{"{\n \"a\": 1,\n \"a\": 2}", "line 3, column 4: duplicate object key near '\"a\"'", NULL},
	{"3", "is no schema: expected an object, true or false", NULL},
	{"{\"type\":\"strnig\"}",
		"at #: type: 'strnig' is no type; there are null, boolean, integer, number, string, "
		"array and object",
		"did you mean 'string'?"},
	{"{\"properties\":{\"a\":{\"items\":{\"minimum\":\"1\"}}}}",
		"at #/properties/a/items: minimum: expected a number, it is the text '1'", NULL},
	{"{\"allOf\":[{},{\"required\":\"a\"}]}",
		"at #/allOf/1: required: expected a list of texts, it is the text 'a'", NULL},
	{"{\"allOf\":[]}",
		"at #: allOf: expected a list of at least one schema, it is an empty list", NULL},
	{"{\"properties\":{\"a\":1}}",
		"at #: properties: expected an object of schemas, it is an object of 1 property",
		NULL},
	{"{\"multipleOf\":0}", "at #: multipleOf: expected a number above 0, it is the number 0",
		NULL},
	{"{\"maxItems\":-1}",
		"at #: maxItems: expected a whole number from 0 on, it is the number -1", NULL},
	{"{\"uniqueItems\":\"yes\"}",
		"at #: uniqueItems: expected true or false, it is the text 'yes'", NULL},
	{"{\"additionalProperties\":3}",
		"at #: additionalProperties: expected a schema (an object, true or false), it is "
		"the number 3",
		NULL},
	{"{\"pattern\":\"a(b\"}",
		"at #: pattern: 'a(b': is no regular expression: missing closing parenthesis at "
		"character 4",
		NULL},
	{"{\"pattern\":\"(*LIMIT_MATCH=9)a\"}",
		"at #: pattern: '(*LIMIT_MATCH=9)a': is no regular expression: nothing to repeat at "
		"character 2",
		NULL},
	{"{\"patternProperties\":{\"[\":{}}}",
		"at #: patternProperties: '[': is no regular expression: missing terminating ] for "
		"character class at character 2",
		NULL},
	{"{\"$ref\":\"#/$defs/adress\",\"$defs\":{\"address\":{}}}",
		"at #: $ref: '#/$defs/adress': there is no 'adress' on the way",
		"did you mean 'address'?"},
	{"{\"$ref\":\"#here\"}", "at #: $ref: '#here': there is no anchor 'here'", NULL},
	{"{\"$ref\":\"#/required\",\"required\":[\"a\"]}",
		"at #: $ref: '#/required' is no schema: expected an object, true or false", NULL},
	{"{\"$ref\":\"https://example.com/a.json\"}",
		"at #: $ref: 'https://example.com/a.json' is the $id of no schema that was loaded; "
		"nothing is fetched",
		NULL},
	{"{\"$ref\":\"other.json\"}", "at #: $ref: there is no schema 'other.json' here", NULL},
	{"{\"$schema\":\"http://json-schema.org/draft-04/schema#\"}",
		"$schema 'http://json-schema.org/draft-04/schema#' is not supported; 2020-12 and "
		"draft 7 are",
		NULL},
};

static void refuses_what_is_no_schema(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		struct schema *schema;
		struct error error;
		assert_false(try_compile(refusals[i].schema, &schema, &error));
		assert_null(schema);
		/* jansson's own sentences are not ours to promise. */
		if (i == 0)
			error.text[strlen(refusals[i].text)] = '\0';
		assert_string_equal(error.text, refusals[i].text);
		assert_string_equal(error.hint, refusals[i].hint ? refusals[i].hint : "");
	}
}

struct verdict_case {
	const char *schema;
	const char *valid; /* NULL: none */
	const char *invalid;
};

static const struct verdict_case verdict_cases[] = {
	/* What is quick to tell, and what is not. */
	{"{\"type\":\"integer\",\"minimum\":1,\"exclusiveMaximum\":5}", "4", "5"},
	{"{\"type\":\"integer\",\"maximum\":9223372036854775807}", "9223372036854775807", "1e19"},
	{"{\"type\":\"number\",\"exclusiveMinimum\":2}", "2.0000000000000004", "2.0"},
	{"{\"minimum\":9007199254740993}", "9007199254740993", "9007199254740992"},
	{"{\"minLength\":2,\"maxLength\":3}", "\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"",
		"\"\xf0\x9f\x98\x80\""},
	{"{\"maxLength\":2}", "\"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\"", "\"abc\""},
	{"{\"enum\":[\"low\",\"high\"]}", "\"high\"", "\"hig\""},
	{"{\"enum\":[1,2,3,4,5,6,7,8,\"9\",[10]]}", "[10.0]", "9"},
	{"{\"enum\":[\"a\",{\"x\":[1,{\"y\":null}]}]}", "{\"x\":[1.0,{\"y\":null}]}",
		"{\"x\":[1,{\"y\":false}]}"},
	{"{\"const\":0}", "-0.0", "false"},
	{"{\"multipleOf\":0.0001}", "0.0075", "0.00751"},
	{"{\"multipleOf\":3}", "9e20", "1e21"},
	{"{\"multipleOf\":1e-8}", "12391239123", "1e-9"},
	{"{\"uniqueItems\":true}", "[1,true,0,false,\"1\",[1],[true],{\"a\":1},null,2,3,4,5,6]",
		"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,{\"a\":1,\"b\":2},{\"b\":2,\"a\":1.0}]"},
	/* Equal numbers have one hash, however they are written, up to the ends of 64 bits. */
	{"{\"uniqueItems\":true}", "[9210000000000000001,9.21e18,1,2,3,4,5,6,7,8,9,10,11,12]",
		"[9210000000000000000,9.21e18,1,2,3,4,5,6,7,8,9,10,11,12]"},
	{"{\"uniqueItems\":true}",
		"[9223372036854775807,9223372036854775808,1,2,3,4,5,6,7,8,9,10,11]",
		"[-9223372036854775808,-9223372036854775808.0,1,2,3,4,5,6,7,8,9,10,11]"},
	/* Properties in another order than the objects before; names of every length. */
	{"{\"items\":{\"properties\":{\"a\":{\"type\":\"null\"},\"ab\":{\"type\":\"null\"},"
	 "\"abcd\":{\"type\":\"null\"},\"abcdefgh\":{\"type\":\"null\"},"
	 "\"abcdefghijklmnopqr\":{\"type\":\"null\"}},\"additionalProperties\":false}}",
		"[{\"a\":null,\"ab\":null,\"abcd\":null},{\"ab\":null,\"a\":null,"
		"\"abcdefghijklmnopqr\":null},{\"abcdefgh\":null,\"a\":null}]",
		"[{\"a\":null,\"ab\":null},{\"a\":null,\"ac\":null}]"},
	{"{\"required\":[\"a\",\"b\",\"a\"]}", "{\"b\":1,\"a\":2,\"c\":3}", "{\"a\":1,\"c\":2}"},
	{"{\"required\":[\"a\\u0000b\"]}", NULL, "{\"a\":1}"},
	/* Names that share their ends. */
	{"{\"properties\":{\"abcdefgh1abcdefgh\":{\"type\":\"null\"},"
	 "\"abcdefgh2abcdefgh\":{\"type\":\"string\"}},\"additionalProperties\":false}",
		"{\"abcdefgh1abcdefgh\":null,\"abcdefgh2abcdefgh\":\"\"}",
		"{\"abcdefgh3abcdefgh\":null}"},
	/* ECMA-262, not Perl. */
	{"{\"pattern\":\"^\\\\d$\"}", "\"5\"", "\"\xd9\xa3\""},
	{"{\"pattern\":\"^a$\"}", "\"a\"", "\"a\\n\""},
	{"{\"pattern\":\"^\\\\s[\\\\s]$\"}", "\"\\ufeff\\u00a0\"", "\"\\u200bx\""},
	{"{\"pattern\":\"^\\\\p{Letter}+$\"}", "\"\xc3\xa4\"", "\"1\""},
	{"{\"pattern\":\"^\\\\u0061$\"}", "\"a\"", "\"u0061\""},
	{"{\"pattern\":\"a\\u0000?\"}", NULL, NULL},
	/* Draft 7 differs. */
	{"{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"items\":[{},{\"type\":"
	 "\"null\"}],\"additionalItems\":false}",
		"[1,null]", "[1,null,2]"},
	{"{\"$schema\":\"http://json-schema.org/draft-07/schema\",\"definitions\":{\"a\":{\"type\":"
	 "\"null\"}},\"$ref\":\"#/definitions/a\",\"type\":\"string\"}",
		"null", "\"\""},
	{"{\"$schema\":\"http://json-schema.org/draft-07/schema#\",\"unevaluatedItems\":false}",
		"[1]", NULL},
	/* The drafts' own schemas are there. */
	{"{\"$ref\":\"https://json-schema.org/draft/2020-12/schema\"}",
		"{\"$defs\":{\"a\":{\"minLength\":1}}}", "{\"$defs\":{\"a\":{\"minLength\":-1}}}"},
	{"{\"$ref\":\"http://json-schema.org/draft-07/schema#\"}", "{\"minLength\":1}",
		"{\"minLength\":1.5}"},
};

static void decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(verdict_cases); i++) {
		const struct verdict_case *item = &verdict_cases[i];
		struct schema *schema;
		struct error error;
		if (!try_compile(item->schema, &schema, &error)) {
			/* A pattern with a NUL byte. */
			if (item->valid || item->invalid)
				fail_msg("%s: %s", item->schema, error.text);
			continue;
		}
		for (int is_valid = 0; is_valid < 2; is_valid++) {
			struct buffer lines = BUFFER_INIT;
			const char *text = is_valid ? item->valid : item->invalid;
			json_t *value = text ? must_read(text) : NULL;
			if (value)
				validate_lines(schema, value, &lines);
			if (value && (lines.size == 0) != is_valid)
				fail_msg("%s: %s: '%s'", item->schema, text, buffer_text(&lines));
			json_decref(value);
			buffer_release(&lines);
		}
		schema_free(schema);
	}
}

static void counts_errors_beyond_its_limit(void **state)
{
	(void)state;
	struct arena arena = {0};
	struct schema_verdict verdict;
	struct schema *schema = must_compile("{\"items\":{\"type\":\"string\"}}");
	json_t *value = must_read("[1,2,3,4,5]");
	schema_validate(schema, value, 2, &arena, &verdict);
	json_decref(value);
	schema_free(schema);
	assert_int_equal(verdict.error_count, 2);
	assert_int_equal(verdict.error_total, 5);
	assert_string_equal(verdict.errors[1].pointer, "/1");
	assert_string_equal(verdict.errors[1].actual, "the number 2");
	arena_release(&arena);
}

static void hashes_what_was_loaded(void **state)
{
	(void)state;
	struct schema *one = must_compile("{\"type\":\"string\"}");
	struct schema *same = must_compile("{\"type\":\"string\"}");
	struct schema *other = must_compile("{\"type\": \"string\"}");
	assert_int_equal(strlen(schema_hash(one)), 64);
	assert_string_equal(schema_hash(one), schema_hash(same));
	assert_string_not_equal(schema_hash(one), schema_hash(other));
	schema_free(one);
	schema_free(same);
	schema_free(other);
}

static void finds_ready_documents(void **state)
{
	(void)state;
	static const char text[] = "{\"$ref\":\"http://example.com/b.json#/$defs/c\"}";
	static const char document[] = "{\"$defs\":{\"c\":{\"type\":\"null\"}}}";
	const struct schema_document documents[] = {
		{"http://example.com/b.json", document, sizeof document - 1}};
	const struct schema_source source = {
		.text = text,
		.size = sizeof text - 1,
		.documents = documents,
		.document_count = 1,
	};
	struct schema *schema;
	struct error error;
	struct buffer lines = BUFFER_INIT;
	assert_true(schema_compile(&source, &schema, &error));
	json_t *value = must_read("1");
	validate_lines(schema, value, &lines);
	assert_string_equal(buffer_text(&lines), " type: expected null, got the number 1\n");
	json_decref(value);
	buffer_release(&lines);
	schema_free(schema);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_what_is_no_schema),
		cmocka_unit_test(decides),
		cmocka_unit_test(counts_errors_beyond_its_limit),
		cmocka_unit_test(hashes_what_was_loaded),
		cmocka_unit_test(finds_ready_documents),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
