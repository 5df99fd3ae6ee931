#include "contract/schema_mock.h"

#include <stdlib.h>
#include <string.h>

#include "base/index.h"
#include "cmocka_all.h"

struct mock_case {
	const char *schema;
	const char *document; /* what is made, to the letter */
};

static const struct mock_case mock_cases[] = {
	{"true", "\"text\""},
	{"{}", "\"text\""},
	{"{\"const\": {\"a\": [1.5]}}", "{\"a\":[1.5]}"},
	{"{\"enum\": [\"x\", 2]}", "\"x\""},
	{"{\"enum\": [\"x\", 2], \"type\": \"integer\"}", "2"},
	{"{\"enum\": [1, 2, 3], \"allOf\": [{\"enum\": [3, 4]}]}", "3"},
	{"{\"type\": \"integer\", \"default\": 7, \"examples\": [8]}", "7"},
	{"{\"type\": \"integer\", \"default\": \"seven\", \"examples\": [8]}", "8"},
	{"{\"type\": \"integer\"}", "1"},
	{"{\"type\": \"integer\", \"minimum\": 4.5}", "5"},
	{"{\"type\": \"integer\", \"maximum\": -3}", "-3"},
	{"{\"type\": \"integer\", \"exclusiveMinimum\": 3, \"exclusiveMaximum\": 5}", "4"},
	{"{\"type\": \"integer\", \"minimum\": 10, \"multipleOf\": 7}", "14"},
	{"{\"multipleOf\": 4, \"allOf\": [{\"multipleOf\": 6}]}", "12"},
	{"{\"type\": \"number\", \"minimum\": 0.25, \"maximum\": 0.5}", "0.25"},
	{"{\"type\": \"number\", \"exclusiveMinimum\": 0, \"exclusiveMaximum\": 0.66}", "0.33"},
	{"{\"type\": \"number\", \"minimum\": 0.25, \"multipleOf\": 0.1}", "0.3"},
	{"{\"type\": \"string\", \"minLength\": 6}", "\"textte\""},
	{"{\"type\": \"string\", \"maxLength\": 2}", "\"te\""},
	{"{\"type\": \"string\", \"maxLength\": 0}", "\"\""},
	{"{\"format\": \"date-time\"}", "\"2000-01-01T00:00:00Z\""},
	{"{\"format\": \"email\"}", "\"user00@example.com\""},
	{"{\"format\": \"uuid\"}", "\"00000000-0000-4000-8000-000000000000\""},
	{"{\"type\": \"string\", \"format\": \"hostname\", \"maxLength\": 8}", "\"text\""},
	{"{\"format\": \"email\", \"maxLength\": 8}", "\"text\""},
	{"{\"format\": \"date\", \"minLength\": 12}", "\"texttexttext\""},
	{"{\"format\": \"date\", \"minLength\": 10, \"maxLength\": 10}", "\"2000-01-01\""},
	{"{\"pattern\": \"^[A-Z]{3}-\\\\d+$\"}", "\"AAA-0\""},
	{"{\"pattern\": \"^a+$\", \"minLength\": 5, \"maxLength\": 5}", "\"aaaaa\""},
	{"{\"type\": \"boolean\"}", "true"},
	{"{\"type\": \"null\"}", "null"},
	{"{\"type\": [\"null\", \"string\"]}", "\"text\""},
	{"{\"type\": [\"null\", \"integer\"]}", "1"},
	{"{\"properties\": {\"a\": {\"type\": \"integer\"}, \"b\": {}}, \"required\": [\"b\"]}",
		"{\"b\":\"text\",\"a\":1}"},
	{"{\"type\": \"object\", \"required\": [\"x\"], \"additionalProperties\": "
	 "{\"type\": \"null\"}}",
		"{\"x\":null}"},
	{"{\"properties\": {\"a\": {}, \"b\": false}}", "{\"a\":\"text\"}"},
	{"{\"properties\": {\"a\": {}, \"b\": {}, \"c\": {}}, \"required\": [\"c\"], "
	 "\"maxProperties\": 2}",
		"{\"c\":\"text\",\"a\":\"text\"}"},
	{"{\"minProperties\": 2, \"propertyNames\": {\"pattern\": \"^[a-c]x$\"}}",
		"{\"ax\":\"text\",\"bx\":\"text\"}"},
	{"{\"minProperties\": 2, \"additionalProperties\": false, \"patternProperties\": "
	 "{\"^n[0-9]$\": {\"type\": \"integer\"}}}",
		"{\"n0\":1,\"n1\":1}"},
	/* What has no end may go on; what has one is not added to. */
	{"{\"type\": \"object\", \"patternProperties\": {\"^x-\": {\"type\": \"integer\"}}, "
	 "\"additionalProperties\": false, \"minProperties\": 3}",
		"{\"x-\":1,\"x-1\":1,\"x-2\":1}"},
	{"{\"type\": \"object\", \"patternProperties\": {\"^b|^a$\": {\"type\": \"null\"}}, "
	 "\"additionalProperties\": false, \"minProperties\": 2}",
		"{\"b\":null,\"a\":null}"},
	{"{\"properties\": {\"a\": {}}, \"dependentRequired\": {\"a\": [\"b\"]}}",
		"{\"a\":\"text\",\"b\":\"text\"}"},
	{"{\"properties\": {\"a\": {}}, \"dependentSchemas\": {\"a\": {\"required\": [\"z\"]}}}",
		"{\"z\":\"text\",\"a\":\"text\"}"},
	{"{\"items\": {\"type\": \"integer\"}}", "[1]"},
	{"{\"type\": \"array\"}", "[]"},
	{"{\"items\": {\"type\": \"integer\"}, \"minItems\": 3, \"uniqueItems\": true}", "[1,2,3]"},
	{"{\"items\": {\"format\": \"uuid\"}, \"minItems\": 2, \"uniqueItems\": true}",
		"[\"00000000-0000-4000-8000-000000000000\","
		"\"00000000-0000-4000-8000-000000000001\"]"},
	{"{\"items\": {\"enum\": [\"a\", \"b\"]}, \"minItems\": 2, \"uniqueItems\": true}",
		"[\"a\",\"b\"]"},
	{"{\"items\": {\"type\": \"object\", \"required\": [\"id\"], \"properties\": {\"id\": "
	 "{\"type\": \"integer\"}}}, \"minItems\": 2, \"uniqueItems\": true}",
		"[{\"id\":1},{\"id\":2}]"},
	{"{\"prefixItems\": [{\"type\": \"integer\"}, {\"const\": \"x\"}], \"items\": false}",
		"[1,\"x\"]"},
	{"{\"items\": {\"type\": \"integer\"}, \"contains\": {\"minimum\": 9}, \"minContains\": 2}",
		"[9,9]"},
	{"{\"items\": {\"type\": \"string\"}, \"maxItems\": 0}", "[]"},
	{"{\"anyOf\": [{\"type\": \"integer\"}, {\"type\": \"string\"}]}", "1"},
	{"{\"anyOf\": [false, {\"const\": 4}]}", "4"},
	/* The first branch of oneOf satisfies the second too. */
	{"{\"oneOf\": [{\"type\": \"integer\", \"minimum\": 1}, {\"type\": \"number\"}, "
	 "{\"type\": \"string\"}]}",
		"\"text\""},
	{"{\"allOf\": [{\"anyOf\": [{\"const\": 1}, {\"const\": 2}]}, {\"anyOf\": [{\"const\": "
	 "2}, {\"const\": 3}]}]}",
		"2"},
	{"{\"type\": \"string\", \"oneOf\": [{\"minLength\": 2}, {\"maxLength\": 4}]}",
		"\"texttexttexttexttexttexttexttexttexttext\""},
	{"{\"type\": \"integer\", \"oneOf\": [{\"minimum\": 1}, {\"maximum\": 4}]}", "1001"},
	{"{\"type\": \"string\", \"allOf\": [{\"pattern\": \"^a\"}, {\"pattern\": \"z$\"}]}",
		"\"az\""},
	{"{\"items\": {\"anyOf\": [{\"const\": \"\"}, {\"type\": \"integer\"}]}, \"minItems\": "
	 "3, \"uniqueItems\": true}",
		"[\"\",2,3]"},
	{"{\"not\": {\"type\": \"string\"}}", "{}"},
	{"{\"properties\": {\"kind\": {\"enum\": [\"a\", \"b\"]}, \"x\": {}}, \"required\": "
	 "[\"kind\"], \"not\": {\"required\": [\"x\"]}}",
		"{\"kind\":\"a\"}"},
	{"{\"type\": \"object\", \"properties\": {\"kind\": {\"enum\": [\"a\", \"b\"]}}, \"if\": "
	 "{\"properties\": {\"kind\": {\"const\": \"b\"}}, \"required\": [\"kind\"]}, \"then\": "
	 "{\"required\": [\"y\"]}, \"else\": {\"required\": [\"n\"]}}",
		"{\"kind\":\"b\",\"y\":\"text\"}"},
	{"{\"$ref\": \"#/$defs/a\", \"$defs\": {\"a\": {\"type\": \"array\", \"items\": {\"$ref\": "
	 "\"#word\"}}, \"w\": {\"$anchor\": \"word\", \"const\": \"w\"}}}",
		"[\"w\"]"},
	{"{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"definitions\": {\"n\": "
	 "{\"type\": \"integer\"}}, \"items\": [{\"$ref\": \"#/definitions/n\"}, true], "
	 "\"additionalItems\": false}",
		"[1,\"text\"]"},
	/* A tree: optional children end at a depth. */
	{"{\"type\": \"object\", \"properties\": {\"child\": {\"$ref\": \"#\"}}, \"required\": []}",
		"{\"child\":{\"child\":{\"child\":{\"child\":{}}}}}"},
	{"{\"$id\": \"https://example.com/root\", \"$ref\": \"item\", \"$defs\": {\"x\": {\"$id\": "
	 "\"item\", \"$defs\": {\"y\": {\"const\": 5}}, \"$ref\": \"#/$defs/y\"}}}",
		"5"},
	{"{\"properties\": {\"a/b~c\": {\"type\": \"integer\", \"default\": \"no\"}}}",
		"{\"a/b~c\":1}"},
};

static bool make(const char *text, struct arena *arena, const char **document, struct error *error)
{
	const struct schema_source source = {.text = text, .size = strlen(text)};
	struct schema *schema;
	*document = NULL;
	if (!schema_compile(&source, &schema, error))
		fail_msg("%s\n%s", text, error->text);
	bool is_made = schema_mock(schema, &source, arena, document, error);
	/* The promise itself, once more from outside. */
	if (is_made) {
		struct schema_verdict verdict;
		json_t *value = json_read(*document, strlen(*document), error);
		assert_non_null(value);
		schema_validate(schema, value, 0, arena, &verdict);
		assert_true(verdict.is_valid);
		json_decref(value);
	}
	schema_free(schema);
	return is_made;
}

static void a_document_is_made_for_each_schema(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(mock_cases); i++) {
		struct arena arena = {0};
		struct error error = {0};
		const char *document;
		if (!make(mock_cases[i].schema, &arena, &document, &error))
			fail_msg("%s\n%s", mock_cases[i].schema, error.text);
		if (strcmp(document, mock_cases[i].document) != 0)
			fail_msg("%s\n%s\n%s", mock_cases[i].schema, document,
				mock_cases[i].document);
		arena_release(&arena);
	}
}

static void every_known_format_is_written_so_that_twelve_differ(void **state)
{
	static const char *const formats[] = {"date-time", "date", "duration", "email", "idn-email",
		"hostname", "idn-hostname", "ipv4", "ipv6", "uri", "uri-reference", "iri",
		"iri-reference", "uri-template", "uuid", "json-pointer", "relative-json-pointer",
		"regex"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
		struct arena arena = {0};
		struct error error = {0};
		const char *document;
		const char *schema = arena_format(&arena,
			"{\"items\": {\"format\": \"%s\"}, \"minItems\": 12, \"uniqueItems\": "
			"true}",
			formats[i]);
		if (!make(schema, &arena, &document, &error))
			fail_msg("%s: %s", formats[i], error.text);
		arena_release(&arena);
	}
}

struct pattern_case {
	const char *pattern;
	bool is_made;
};

static const struct pattern_case pattern_cases[] = {
	{"abc", true},
	{"^(foo|bar)(baz)?$", true},
	{"^[^a-z]{4}$", true},
	{"^\\\\w+@\\\\w+\\\\.(com|org)$", true},
	{"^(?:a{2}|b){3}x*?$", true},
	{"^(?<year>\\\\d{4})-(0[1-9]|1[0-2])$", true},
	{"^\\\\u00e9\\\\x41\\\\t\\\\S\\\\D\\\\W$", true},
	{"^\\\\p{Lu}\\\\p{Ll}+\\\\P{L}$", true},
	{"^(?=.*b)[ab]+$", false}, /* what a look-around wants is not known */
	{"^.{3,5}$", true},
	{"^[\\\\d_-]{2}[.\\\\]]$", true},
	{"^(a)\\\\1$", false},
	{"^$", true},
	{"^[a-z]+(-[a-z]+)*$", true},
	{"\\\\bword\\\\b", true},
};

static void patterns_are_turned_into_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(pattern_cases); i++) {
		struct arena arena = {0};
		struct error error = {0};
		const char *document;
		const char *schema = arena_format(&arena,
			"{\"type\": \"string\", \"pattern\": \"%s\"}", pattern_cases[i].pattern);
		if (make(schema, &arena, &document, &error) != pattern_cases[i].is_made)
			fail_msg("%s: %s", pattern_cases[i].pattern,
				document ? document : error.text);
		arena_release(&arena);
	}
}

struct refusal_case {
	const char *schema;
	const char *complaint;
};

#define REFUSED(place, keyword)                                                                    \
	"no document was found that satisfies the schema: at '" place "' the keyword '" keyword    \
	"' stands in the way"

static const struct refusal_case refusal_cases[] = {
	{"false", REFUSED("/", "false")},
	{"{\"type\": \"string\", \"enum\": [1]}", REFUSED("/", "type")},
	{"{\"required\": [\"a\"], \"properties\": {\"a\": {\"type\": \"object\", \"required\": "
	 "[\"b\"], \"properties\": {\"b\": false}}}, \"type\": \"object\"}",
		REFUSED("/a/b", "false")},
	{"{\"type\": \"string\", \"pattern\": \"^(a)\\\\1$\"}", REFUSED("/", "pattern")},
	{"{\"type\": \"integer\", \"minimum\": 5, \"maximum\": 4}", REFUSED("/", "minimum")},
	{"{\"type\": \"array\", \"items\": {\"type\": \"boolean\"}, \"minItems\": 3, "
	 "\"uniqueItems\": true}",
		REFUSED("/2", "uniqueItems")},
	{"{\"type\": \"array\", \"items\": {\"const\": 1}, \"minItems\": 1000000}",
		REFUSED("/", "minItems")},
	{"{\"type\": \"string\", \"minLength\": 1000000}", REFUSED("/", "minLength")},
	{"{\"allOf\": [{\"const\": 1}, {\"const\": 2}]}", REFUSED("/", "enum")},
};

static void an_error_names_the_place_and_the_keyword(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refusal_cases); i++) {
		struct arena arena = {0};
		struct error error = {0};
		const char *document;
		if (make(refusal_cases[i].schema, &arena, &document, &error))
			fail_msg("%s\n%s", refusal_cases[i].schema, document);
		assert_string_equal(error.text, refusal_cases[i].complaint);
		arena_release(&arena);
	}
}

/* A list that must go on for ever is found to be without end. */
static void required_recursion_ends(void **state)
{
	struct arena arena = {0};
	struct error error = {0};
	const char *document;
	(void)state;
	assert_false(make("{\"type\": \"object\", \"required\": [\"next\"], \"properties\": "
			  "{\"next\": {\"$ref\": \"#\"}}}",
		&arena, &document, &error));
	assert_non_null(strstr(error.text, "the keyword '$ref' stands in the way"));
	/* With another way out, that one is taken. */
	assert_true(make("{\"type\": \"object\", \"required\": [\"next\"], \"properties\": "
			 "{\"next\": {\"anyOf\": [{\"$ref\": \"#\"}, {\"type\": \"null\"}]}}}",
		&arena, &document, &error));
	assert_non_null(strstr(document, "null"));
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_made_for_each_schema),
		cmocka_unit_test(every_known_format_is_written_so_that_twelve_differ),
		cmocka_unit_test(patterns_are_turned_into_texts),
		cmocka_unit_test(an_error_names_the_place_and_the_keyword),
		cmocka_unit_test(required_recursion_ends),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
