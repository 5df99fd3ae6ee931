/*
 * Schemas and documents that mean harm. What bounds the work is counted, not timed: a verdict of
 * the keyword $limit, or an answer that needs few steps.
 */
#include "schema_case.h"

#include "base/index.h"
#include "contract/schema_limits.h"
#include "contract/schema_pattern.h"
#include "contract/schema_program.h"
#include "contract/schema_uri.h"
#include "contract/schema_value.h"

#define DEEP                                                                                        \
	"schemas at most 2048 deep within one another, got the schema applies itself without end, " \
	"or the document is too deep"
#define MANY "an answer within 1500000 steps, got schema and document together need more"

/* head, count times unit, tail */
struct text {
	const char *head;
	const char *unit;
	size_t count;
	const char *tail;
};

static char *make_text(const struct text *text)
{
	struct buffer made = BUFFER_INIT;
	buffer_append_text(&made, text->head);
	for (size_t i = 0; i < text->count; i++)
		buffer_append_text(&made, text->unit);
	buffer_append_text(&made, text->tail);
	return made.bytes;
}

#define BEYOND(pattern, size)                                                                      \
	"an answer of the regular expression within its limit, got '" pattern                      \
	"' needs more for a text of " size " bytes"

struct limit_case {
	struct text schema;
	struct text document;
	const char *error; /* NULL: valid */
};

static const struct limit_case limit_cases[] = {
	{{"{\"$ref\":\"#\"}", "", 0, ""}, {"1", "", 0, ""}, DEEP},
	{{"{\"$ref\":\"#/$defs/a\",\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},\"b\":{\"$ref\":"
	  "\"#/$defs/a\"}}}",
		 "", 0, ""},
		{"1", "", 0, ""}, DEEP},
	{{"{\"allOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}", "", 0, ""}, {"1", "", 0, ""}, DEEP},
	{{"{\"not\":{\"$ref\":\"#\"}}", "", 0, ""}, {"1", "", 0, ""}, DEEP},
	{{"{\"if\":{\"$ref\":\"#\"},\"else\":false}", "", 0, ""}, {"1", "", 0, ""}, DEEP},
	{{"{\"oneOf\":[{\"$ref\":\"#\"},true]}", "", 0, ""}, {"1", "", 0, ""}, DEEP},
	{{"{\"contains\":{\"$ref\":\"#\"},\"minContains\":0}", "", 0, ""}, {"", "[", 500, ""},
		NULL},
	/* Twice as much work with every level. */
	{{"{\"allOf\":[{\"$ref\":\"#/$defs/a\"}],\"$defs\":{\"a\":{\"items\":{\"allOf\":["
	  "{\"$ref\":\"#/$defs/a\"},{\"$ref\":\"#/$defs/a\"}]}}}}",
		 "", 0, ""},
		{"", "[", 100, ""}, MANY},
	{{"{\"$defs\":{\"a\":{\"anyOf\":[{\"items\":{\"$ref\":\"#/$defs/a\"},\"minItems\":9},"
	  "{\"items\":{\"$ref\":\"#/$defs/a\"},\"minItems\":8}]}},\"$ref\":\"#/$defs/a\"}",
		 "", 0, ""},
		{"", "[", 40, ""}, MANY},
	/* A document as deep as documents may be. */
	{{"{\"items\":{\"$ref\":\"#\"}}", "", 0, ""}, {"", "[", 512, ""}, NULL},
	{{"{\"items\":{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"$ref\":\"#\"}]}]}]}}", "", 0, ""},
		{"", "[", 500, ""}, NULL},
	{{"{\"items\":{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"allOf\":[{\"$ref\":\"#\"}"
	  "]}]}]}]}]}}",
		 "", 0, ""},
		{"", "[", 500, ""}, DEEP},
	/* Regular expressions. */
	{{"{\"pattern\":\"^(a+)+$\"}", "", 0, ""}, {"\"", "a", 2000, "!\""},
		"an answer of the regular expression within its limit, got '^(a+)+$' needs more for a "
		"text of 2001 bytes"},
	{{"{\"items\":{\"pattern\":\"^(([a-z])+.)+[A-Z]([a-z])+$\"}}", "", 0, ""},
		{"[\"", "a", 200, "\"]"},
		"an answer of the regular expression within its limit, got "
		"'^(([a-z])+.)+[A-Z]([a-z])+$' needs more for a text of 200 bytes"},
	{{"{\"pattern\":\"a*a*a*a*[bc]\"}", "", 0, ""}, {"\"", "a", 5000, "\""},
		"an answer of the regular expression within its limit, got 'a*a*a*a*[bc]' needs "
		"more for a text of 5000 bytes"},
	{{"{\"patternProperties\":{\"(x+x+)+[yz]\":true}}", "", 0, ""}, {"{\"", "x", 100, "\":1}"},
		"an answer of the regular expression within its limit, got '(x+x+)+[yz]' needs more "
		"for a name of 100 bytes"},
	/* What runs far without a backtracking point, at each place of the text anew. */
	{{"{\"pattern\":\"", "aaaaaaaaaaaaaaaaaaaa", 400, "[bc]\"}"}, {"\"", "a", 30000, "\""},
		BEYOND("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "30000")},
	{{"{\"pattern\":\"a{100}b|", "aaaaaaaaaaaaaaaaaaaa", 400, "[cd]\"}"},
		{"\"", "a", 20000, "\""},
		BEYOND("a{100}b|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "20000")},
	{{"{\"pattern\":\"(?<=a)a*[bc]\"}", "", 0, ""}, {"\"", "a", 30000, "\""},
		BEYOND("(?<=a)a*[bc]", "30000")},
	{{"{\"pattern\":\"(?=a*b)\"}", "", 0, ""}, {"\"", "a", 30000, "\""},
		BEYOND("(?=a*b)", "30000")},
	{{"{\"pattern\":\"(?:(a*)x|)\\\\1[bc]\"}", "", 0, ""}, {"\"", "a", 30000, "\""},
		BEYOND("(?:(a*)x|)\\1[bc]", "30000")},
	{{"{\"pattern\":\"^(a*)b?(?:\\\\1c|.)*[xy]\"}", "", 0, ""}, {"\"", "a", 30000, "\""},
		BEYOND("^(a*)b?(?:\\1c|.)*[xy]", "30000")},
	/* Large texts with patterns that are not to blame. */
	{{"{\"not\":{\"pattern\":\"(\\\\w+) \\\\1 again\"}}", "", 0, ""},
		{"\"", "This and this and that. ", 10000, "\""}, NULL},
	{{"{\"not\":{\"pattern\":\"TODO|FIXME\"}}", "", 0, ""},
		{"\"", "To Fix and to do. ", 300000, "\""}, NULL},
	{{"{\"not\":{\"pattern\":\"[a-z]+ [0-9]|todo|fixme|alpha|beta|gamma|delta\"}}", "", 0, ""},
		{"\"", "To fix and to do. ", 60000, "\""}, NULL},
	{{"{\"pattern\":\"\\\\w+@\\\\w+\"}", "", 0, ""}, {"\"", "to do. ", 150000, "a@b\""}, NULL},
	{{"{\"items\":{\"pattern\":\"[a-z]+@[a-z]+\"}}", "", 0, ""},
		{"[", "\"one somewhat longer text that names someone@example in it\",", 50000,
			"\"a@b\"]"},
		NULL},
	{{"{\"pattern\":\"^(?:[A-Za-z0-9+/]{4})*$\"}", "", 0, ""}, {"\"", "QUJD", 100000, "\""},
		NULL},
	/* Large, and no harm. */
	{{"{\"enum\":[", "\"abcdefgh\",", 50000, "1]}"}, {"[", "\"abcdefgh\",", 0, "2]"}, "?"},
	{{"{\"uniqueItems\":true}", "", 0, ""}, {"[", "{},", 2000, "0]"}, "?"},
	{{"{\"items\":{\"allOf\":[{\"minimum\":0.5},{\"multipleOf\":1}]}}", "", 0, ""},
		{"[", "1,", 1500000, "1]"}, NULL},
};

static void ends_in_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(limit_cases); i++) {
		const struct limit_case *item = &limit_cases[i];
		struct buffer lines = BUFFER_INIT;
		char *schema_text = make_text(&item->schema);
		char *text = make_text(&item->document);
		/* The brackets that were opened are closed. */
		size_t open = item->document.unit[0] == '[' ? item->document.count : 0;
		struct buffer document = BUFFER_INIT;
		buffer_append_text(&document, text);
		for (size_t j = 0; j < open; j++)
			buffer_append_text(&document, "]");
		struct schema *schema = must_compile(schema_text);
		json_t *value = must_read(buffer_text(&document));
		validate_lines(schema, value, &lines);
		const char *found = strstr(buffer_text(&lines), "$limit: expected ");
		if (!item->error) {
			assert_string_equal(buffer_text(&lines), "");
		} else if (item->error[0] == '?') {
			assert_null(found);
			assert_int_not_equal(lines.size, 0);
		} else {
			if (!found)
				fail_msg("case %zu: '%.300s'", i, buffer_text(&lines));
			lines.bytes[lines.size - 1] = '\0';
			assert_string_equal(found + strlen("$limit: expected "), item->error);
		}
		json_decref(value);
		schema_free(schema);
		buffer_release(&document);
		buffer_release(&lines);
		free(schema_text);
		free(text);
	}
}

/* What a match is charged: cheap ones little, whatever PCRE2 made of the pattern. */
static void charges_matches(void **state)
{
	static const struct {
		const char *pattern;
		const char *text;
		enum schema_pattern_verdict verdict;
		int64_t most;
	} cases[] = {
		{"^[a-z]+@[a-z]+$", "someone@example", PATTERN_MATCHES, 20},
		{"^[a-z]+@[a-z]+$", "someone", PATTERN_DIFFERS, 20},
		{"^(a|b|ab)*[cd]$",
			"abababababababababababababababababababababababababababababababab",
			PATTERN_BEYOND_LIMIT, 300000},
		{"x{1,3}", "", PATTERN_DIFFERS, 8},
	};
	(void)state;
	struct schema_match *match = schema_match_new();
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct error error;
		int64_t steps = SCHEMA_STEP_LIMIT;
		struct schema_pattern_room room = SCHEMA_PATTERN_ROOM;
		struct schema_pattern *pattern = schema_pattern_new_within(
			cases[i].pattern, strlen(cases[i].pattern), &room, &error);
		assert_non_null(pattern);
		enum schema_pattern_verdict verdict = schema_pattern_match(
			pattern, match, cases[i].text, strlen(cases[i].text), &steps);
		assert_int_equal(verdict, cases[i].verdict);
		assert_true(SCHEMA_STEP_LIMIT - steps <= cases[i].most);
		/* A match that needs more steps than there are leaves none. */
		if (verdict == PATTERN_BEYOND_LIMIT) {
			steps = 1000;
			assert_int_equal(schema_pattern_match(pattern, match, cases[i].text,
						 strlen(cases[i].text), &steps),
				PATTERN_BEYOND_LIMIT);
			assert_true(steps < 0);
		}
		/* With no steps left nothing is tried. */
		steps = 0;
		assert_int_equal(schema_pattern_match(pattern, match, "aaaa", 4, &steps),
			PATTERN_BEYOND_LIMIT);
		schema_pattern_free(pattern);
	}
	schema_match_free(match);
}

/* Many large patterns: neither their code nor the time to make machine code of it adds up. */
static void bounds_patterns_together(void **state)
{
	struct schema_pattern_room room = SCHEMA_PATTERN_ROOM;
	struct error error = {0};
	struct schema_pattern *patterns[1000];
	size_t count = 0;
	(void)state;
	do {
		patterns[count] =
			schema_pattern_new_within("(a{1,1000}b){1,1000}", 20, &room, &error);
	} while (patterns[count] && ++count < ARRAY_LENGTH(patterns));
	assert_true(count > 100 && count < ARRAY_LENGTH(patterns));
	assert_string_equal(error.text, "is too much with the others before it");
	assert_int_equal(room.machine_bytes, 64 << 10);
	while (count)
		schema_pattern_free(patterns[--count]);
}

#define TEN "abcdefghij"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void bounds_schemas(void **state)
{
	static const struct {
		struct text schema;
		const char *error;
	} cases[] = {
		{{"{\"pattern\":\"", "a", 9000, "\"}"}, "has 9000 bytes, 8192 at the most"},
		{{"{\"pattern\":\"", "(", 200, "\"}"}, "parentheses are too deeply nested"},
		{{"{\"pattern\":\"", "((a{1,1000}b){1,1000}c){1,1000}", 1, "\"}"}, "too large"},
		{{"{\"$ref\":\"", "a", 9000, "\"}"}, "it has more than 8192 bytes"},
		{{"{\"$id\":\"", "a", 9000, "\"}"}, "a $id has more than 8192 bytes"},
		{{"{\"$id\":\"http://x/", "a", 8100, "/\",\"not\":{\"$id\":\"" HUNDRED "\"}}"},
			"a $id leads to a URI of more than 8192 bytes"},
		{{"{\"$id\":\"http://x/" HUNDRED "/\",\"allOf\":[", "{\"$ref\":\".\"},", 155000,
			 "{}]}"},
			"$ref and $id lead to more than 16777216 bytes of URIs together"},
		{{"{\"allOf\":[", "{\"title\":\"abcdefgh\"},", SCHEMA_NODE_LIMIT, "{}]}"},
			"more than 500000 subschemas"},
		{{"", "[", 600, ""}, "nested more than 512 deep"},
		{{"", " ", SCHEMA_BYTES_LIMIT + 1, "{}"},
			"a schema has at most 16777216 bytes and 1000 documents"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct schema *schema;
		struct error error;
		char *text = make_text(&cases[i].schema);
		if (try_compile(text, &schema, &error))
			fail_msg("case %zu compiles", i);
		if (!strstr(error.text, cases[i].error))
			assert_string_equal(error.text, cases[i].error);
		free(text);
	}
}

#define CHAINED 2000u
#define CHAINED_SLOTS 4096u /* what so many properties have */

struct chained_name {
	char text[32];
};

/* Names that are alike in all that is hashed of them, as if their author knew the seed. */
static void make_chained(struct chained_name *names)
{
	uint32_t found = 0;
	for (uint32_t i = 0; found < CHAINED; i++) {
		int size =
			snprintf(names[found].text, sizeof names->text, "aaaaaaaa%08xzzzzzzzz", i);
		if (schema_name_hash(names[found].text, (size_t)size, true) % CHAINED_SLOTS == 0)
			found++;
	}
}

static void append_chained(struct buffer *text, const struct chained_name *names, const char *value)
{
	for (uint32_t i = 0; i < CHAINED; i++)
		buffer_printf(text, "%s\"%s\":%s", i ? "," : "", names[i].text, value);
}

/* What looks names up counts what it compares, in each of the ways to do it. */
static void counts_names_of_one_slot(void **state)
{
	static const char *const ends[] = {"}}", "},\"patternProperties\":{\"^b\":true}}"};
	struct chained_name *names = calloc(CHAINED, sizeof *names);
	struct buffer text = BUFFER_INIT;
	(void)state;
	make_chained(names);
	buffer_append_text(&text, "{");
	append_chained(&text, names, "1");
	buffer_append_text(&text, "}");
	json_t *value = must_read(buffer_text(&text));
	for (size_t i = 0; i < ARRAY_LENGTH(ends); i++) {
		struct buffer lines = BUFFER_INIT;
		buffer_clear(&text);
		buffer_append_text(&text, "{\"properties\":{");
		append_chained(&text, names, "true");
		buffer_append_text(&text, ends[i]);
		struct schema *schema = must_compile(buffer_text(&text));
		validate_lines(schema, value, &lines);
		assert_string_equal(buffer_text(&lines), " $limit: expected " MANY "\n");
		schema_free(schema);
		buffer_release(&lines);
	}
	json_decref(value);
	buffer_release(&text);
	free(names);
}

static void compares_deep_values(void **state)
{
	(void)state;
	json_t *one = json_array();
	json_t *other = json_array();
	int64_t steps = 1000000;
	for (size_t i = 0; i < 2040; i++) {
		json_t *outer = json_pack("[o]", one);
		one = outer;
		outer = json_pack("[o]", other);
		other = outer;
	}
	assert_true(schema_value_equal(one, other, &steps));
	assert_true(schema_value_hash(one, &steps) == schema_value_hash(other, &steps));
	steps = 100;
	schema_value_equal(one, other, &steps);
	assert_true(steps < 0);
	json_decref(one);
	json_decref(other);
}

static void resolves_references(void **state)
{
	static const char *const cases[][4] = {
		/* RFC 3986, section 5.4 */
		{"http://a/b/c/d;p?q", "g:h", "g:h", ""},
		{"http://a/b/c/d;p?q", "g", "http://a/b/c/g", ""},
		{"http://a/b/c/d;p?q", "./g/", "http://a/b/c/g/", ""},
		{"http://a/b/c/d;p?q", "/g", "http://a/g", ""},
		{"http://a/b/c/d;p?q", "//g", "http://g", ""},
		{"http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y", ""},
		{"http://a/b/c/d;p?q", "#s", "http://a/b/c/d;p?q", "s"},
		{"http://a/b/c/d;p?q", "g?y#s", "http://a/b/c/g?y", "s"},
		{"http://a/b/c/d;p?q", "", "http://a/b/c/d;p?q", ""},
		{"http://a/b/c/d;p?q", ".", "http://a/b/c/", ""},
		{"http://a/b/c/d;p?q", "..", "http://a/b/", ""},
		{"http://a/b/c/d;p?q", "../g", "http://a/b/g", ""},
		{"http://a/b/c/d;p?q", "../../../g", "http://a/g", ""},
		{"http://a/b/c/d;p?q", "/./g/../h", "http://a/h", ""},
		{"http://a/b/c/d;p?q", "g;x=1/../y", "http://a/b/c/y", ""},
		{"http://a", "b", "http://a/b", ""},
		{"urn:uuid:1", "#/a", "urn:uuid:1", "/a"},
		{"file:///a/b.json", "c%20d.json", "file:///a/c%20d.json", ""},
	};
	struct arena arena = {0};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *fragment;
		const char *uri = schema_uri_resolve(&arena, cases[i][0], cases[i][1], &fragment);
		assert_string_equal(uri, cases[i][2]);
		assert_string_equal(fragment, cases[i][3]);
	}
	const char *uri = schema_uri_of_file(&arena, "/a b/\xc3\xa4#%.json");
	assert_string_equal(uri, "file:///a%20b/%C3%A4%23%25.json");
	assert_string_equal(schema_uri_file(&arena, uri), "/a b/\xc3\xa4#%.json");
	assert_null(schema_uri_file(&arena, "file://host/a"));
	assert_string_equal(schema_uri_decode(&arena, "%41%zz%4%00%"), "A%zz%4%00%");
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_in_time),
		cmocka_unit_test(charges_matches),
		cmocka_unit_test(bounds_patterns_together),
		cmocka_unit_test(bounds_schemas),
		cmocka_unit_test(counts_names_of_one_slot),
		cmocka_unit_test(compares_deep_values),
		cmocka_unit_test(resolves_references),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
