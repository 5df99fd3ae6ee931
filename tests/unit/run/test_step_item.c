#include "run/step_item.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/index.h"

struct item_case {
	const char *json;
	const char *value; /* NULL: no variable */
};

static const struct item_case item_cases[] = {
	{"\"plain\"", "plain"},
	{"\"\"", ""},
	{"12.5", "12.5"},
	{"true", "true"},
	{"null", "null"},
	{"[1,\"a\"]", "[1,\"a\"]"},
	{"{\"a\":\"b\"}", "{\"a\":\"b\"}"},
	{"\"a\\\"b\\\\c\\/d\\n\\t\\r\\b\\f\"", "a\"b\\c/d\n\t\r\b\f"},
	{"\"\\u003c\\u00E9\\u20ac\"", "<é€"},
	{"\"\\ud83d\\ude00!\"", "😀!"},
	{"\"é\"", "é"},
	/* What no text of ours is, or no variable can hold, stays as it is. */
	{"\"a\\u0000b\"", "\"a\\u0000b\""},
	{"\"\\ud83dx\"", NULL},
	{"\"\\q\"", "\"\\q\""},
	{"\"open", "\"open"},
};

static void a_text_comes_as_it_is_and_the_rest_as_json(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(item_cases); i++) {
		struct arena arena = {0};
		struct step_instance instance = {
			.number = 7, .item = item_cases[i].json, .item_name = "file"};
		struct step step = {.instance = &instance};
		const char *variables[STEP_ITEM_VARIABLE_COUNT];
		assert_true(step_has_item(&step));
		assert_int_equal(step_item_variables(&step, "/in", &arena, variables), 3);
		assert_string_equal(variables[0], "WAVETRAIN_ITEM_INDEX=7");
		assert_string_equal(variables[1], "WAVETRAIN_ITEM_FILE=/in/file.json");
		if (item_cases[i].value)
			assert_string_equal(
				variables[2] + strlen("WAVETRAIN_ITEM="), item_cases[i].value);
		arena_release(&arena);
	}
}

static void a_long_item_is_only_in_its_file(void **state)
{
	struct arena arena = {0};
	const char *variables[STEP_ITEM_VARIABLE_COUNT];
	(void)state;
	for (uint32_t extra = 0; extra < 2; extra++) {
		char *json = arena_allocate(&arena, STEP_ITEM_VARIABLE_LIMIT_BYTES + 2);
		memset(json, '1', STEP_ITEM_VARIABLE_LIMIT_BYTES + extra);
		struct step_instance instance = {.item = json, .item_name = "item"};
		struct step step = {.instance = &instance};
		assert_int_equal(step_item_variables(&step, "/in", &arena, variables),
			extra ? 2 : STEP_ITEM_VARIABLE_COUNT);
	}
	arena_release(&arena);
}

static void an_instance_of_a_matrix_has_no_item(void **state)
{
	struct step_instance instance = {.base_id = "a"};
	struct step step = {0};
	(void)state;
	assert_false(step_has_item(&step));
	step.instance = &instance;
	assert_false(step_has_item(&step));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_comes_as_it_is_and_the_rest_as_json),
		cmocka_unit_test(a_long_item_is_only_in_its_file),
		cmocka_unit_test(an_instance_of_a_matrix_has_no_item),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
