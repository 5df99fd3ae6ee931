#include "schema_case.h"

#include "base/index.h"
#include "base/json_measure.h"

struct refusal {
	const char *text;
	const char *error;
};

static const struct refusal refusals[] = {
	{"", "line 1, column 1: unexpected token near end of file"},
	{"{\"a\":1,\n \"b\":2,\n \"a\":3}", "line 3, column 4: duplicate object key near '\"a\"'"},
	{"[1,\n  2,,3]", "line 2, column 5: unexpected token near ','"},
	{"[1] 2", "line 1, column 5: end of file expected near '2'"},
	{"[\"abc]", "line 1, column 2: this text has no end"},
	{"[\"a\nb\"]", "line 1, column 2: this text has no end"},
	{"{\"a\\u0000b\":1}", "line 1, column 11: NUL byte in object key not supported near "
			      "'\"a\\u0000b\"'"},
	{"[1e999]", "line 1, column 6: real number overflow near '1e999'"},
	{"\xef\xbb\xbf{}", "line 1, column 1: a byte order mark, which JSON does not allow"},
	{"[\"\xff\"]", "line 1, column 2: unable to decode byte 0xff near '\"'"},
	{"[01]", "line 1, column 2: invalid token near '0'"},
	{"[\x1b]", "line 1, column 2: invalid token near '<1B>'"},
	{"[12345678901234567890,\n\"[12345678901234567890\\\"\", -9223372036854775809, 1e999]",
		"line 2, column 54: real number overflow near '1e999'"},
	{"[12345678901234567890x]", "line 1, column 22: ']' expected near 'x'"},
};

static void refuses_with_line_and_column(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		struct error error;
		json_t *value = json_read(refusals[i].text, strlen(refusals[i].text), &error);
		assert_null(value);
		assert_string_equal(error.text, refusals[i].error);
	}
}

static char *repeat(const char *head, const char *unit, size_t count, const char *tail)
{
	struct buffer text = BUFFER_INIT;
	buffer_append_text(&text, head);
	buffer_append_repeated(&text, unit, count);
	buffer_append_text(&text, tail);
	return text.bytes;
}

struct hostile_case {
	const char *head;
	const char *unit;
	size_t count;
	const char *tail;
	const char *error; /* NULL: it is read */
};

static const struct hostile_case hostile_cases[] = {
	{"[\n", "{},", 3000000, "0]",
		"line 2, column 2827351: would take more than 201 MiB of memory: too many small values"},
	{"[", "0,", JSON_VALUE_LIMIT, "0]", "line 1, column 8000000: more than 4000000 values"},
	{"", "[", JSON_DEPTH_LIMIT, "", "line 1, column 512: ']' expected near end of file"},
	{"", "[", JSON_DEPTH_LIMIT + 1, "", "line 1, column 513: nested more than 512 deep"},
	{"[\n\n", "{\"\xc3\xa4\":", 600, "", "line 3, column 2556: nested more than 512 deep"},
	{"", "[", 5000000, "", "line 1, column 513: nested more than 512 deep"},
	{"[\"", "\\\"[[[[{{", 200000, "\"]", NULL},
	{"", " ", JSON_BYTE_LIMIT + 1, "", "more than 64 MiB of JSON"},
};

static void measures_first(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(hostile_cases); i++) {
		const struct hostile_case *item = &hostile_cases[i];
		struct error error = {0};
		char *text = repeat(item->head, item->unit, item->count, item->tail);
		json_t *value = json_read(text, strlen(text), &error);
		free(text);
		json_decref(value);
		assert_int_equal(value == NULL, item->error != NULL);
		if (item->error)
			assert_string_equal(error.text, item->error);
	}
}

static void reads_what_is_unusual(void **state)
{
	(void)state;
	json_t *value = must_read("[\"a\\u0000b\", 9223372036854775807, -9223372036854775808, "
				  "12345678901234567890, -123456789012345678901234567890]");
	assert_int_equal(json_string_length(json_array_get(value, 0)), 3);
	assert_true(json_integer_value(json_array_get(value, 1)) == INT64_MAX);
	assert_true(json_integer_value(json_array_get(value, 2)) == INT64_MIN);
	assert_true(json_real_value(json_array_get(value, 3)) == 12345678901234567890.0);
	assert_true(json_real_value(json_array_get(value, 4)) == -123456789012345678901234567890.0);
	json_decref(value);
	value = must_read(" null ");
	assert_true(json_is_null(value));
	json_decref(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses_with_line_and_column),
		cmocka_unit_test(measures_first),
		cmocka_unit_test(reads_what_is_unusual),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
