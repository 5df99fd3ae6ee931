#include "base/json_measure.h"

#include <string.h>

#include "base/buffer.h"
#include "base/index.h"
#include "cmocka_all.h"

struct measure_case {
	const char *text;
	uint64_t value_count;
	uint64_t depth;
};

static const struct measure_case cases[] = {
	{"", 1, 0},
	{"1", 1, 0},
	{"[]", 2, 1},
	{"[1, 2]", 3, 1},
	{"{\"a\": [1, {}]}", 6, 3},
	{"\"[[[,,,\"", 1, 0},
	{"\"\\\"[[\"", 1, 0},
	{"\"\\\\\"[", 2, 1},
	{"\"open [", 1, 0},
	{"\"open \\", 1, 0},
	{"]]]][", 2, 1},
};

static void brackets_and_separators_are_counted_outside_of_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct json_measure measure = json_measure(cases[i].text, strlen(cases[i].text));
		assert_int_equal(measure.value_count, cases[i].value_count);
		assert_int_equal(measure.depth, cases[i].depth);
	}
}

static void assert_refused(const struct buffer *text, const char *complaint)
{
	struct error error = {0};
	bool is_fair = json_measure_check(buffer_text(text), text->size, &error);
	assert_string_equal(error.text, complaint);
	assert_int_equal(is_fair, !*complaint);
}

static void each_limit_is_told(void **state)
{
	struct buffer text = BUFFER_INIT;
	(void)state;
	buffer_append_repeated(&text, "[", JSON_DEPTH_LIMIT);
	assert_refused(&text, "");
	buffer_append_repeated(&text, "[", 1);
	assert_refused(&text, "JSON nested 513 levels deep, 512 at the most");
	buffer_clear(&text);
	buffer_append_text(&text, "[1");
	buffer_append_repeated(&text, ",1", JSON_VALUE_LIMIT - 2);
	assert_refused(&text, "");
	buffer_append_text(&text, ",1");
	assert_refused(&text, "JSON of 4000001 values, 4000000 at the most");
	buffer_clear(&text);
	buffer_append_repeated(&text, " ", JSON_BYTE_LIMIT + 1);
	assert_refused(&text, "JSON of 67108865 bytes, 67108864 at the most");
	buffer_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(brackets_and_separators_are_counted_outside_of_texts),
		cmocka_unit_test(each_limit_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
