#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "cli/jobs_list.h"
#include "cmocka_all.h"

static void numbers_lists_and_ranges(void **state)
{
	static const struct {
		const char *text;
		uint32_t numbers[8];
		uint32_t count;
	} cases[] = {
		{"4", {4}, 1},
		{"4096", {4096}, 1},
		{"1,2,4", {1, 2, 4}, 3},
		{"1-4", {1, 2, 3, 4}, 4},
		{"3-3", {3}, 1},
		{"8,1-3,2,8", {1, 2, 3, 8}, 4},
		{"010", {10}, 1},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		CLEANUP(arena_release) struct arena arena = {0};
		struct jobs_list list;
		struct error error = {0};
		assert_true(jobs_list_parse(cases[i].text, &arena, &list, &error));
		assert_int_equal(list.count, cases[i].count);
		assert_memory_equal(
			list.numbers, cases[i].numbers, cases[i].count * sizeof *list.numbers);
	}
}

static void as_many_as_allowed(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	struct jobs_list list;
	struct error error = {0};
	assert_true(jobs_list_parse("1-64", &arena, &list, &error));
	assert_int_equal(list.count, JOBS_COUNT_LIMIT);
	assert_int_equal(list.numbers[63], 64);
}

static const char forms[] =
	"write one number, a list or a range: --jobs 4, --jobs 1,2,4, --jobs 1-8";

static void what_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *message;
		const char *hint;
	} cases[] = {
		{"", "--jobs takes whole numbers from 1 to 4096, not ''", forms},
		{"0", "--jobs takes whole numbers from 1 to 4096, not '0'", forms},
		{"4097", "--jobs takes whole numbers from 1 to 4096, not '4097'", forms},
		{"-1", "--jobs takes whole numbers from 1 to 4096, not '-1'", forms},
		{"1-2-3", "--jobs takes whole numbers from 1 to 4096, not '1-2-3'", forms},
		{"1..4", "--jobs takes whole numbers from 1 to 4096, not '1..4'", forms},
		{"1,two", "--jobs takes whole numbers from 1 to 4096, not 'two' in '1,two'", forms},
		{"1,,2", "--jobs takes whole numbers from 1 to 4096, not '' in '1,,2'", forms},
		{"2,", "--jobs takes whole numbers from 1 to 4096, not '' in '2,'", forms},
		{"1, 2", "--jobs takes whole numbers from 1 to 4096, not ' 2' in '1, 2'", forms},
		{"1-", "--jobs takes whole numbers from 1 to 4096, not '1-'", forms},
		{"1,0-3", "--jobs takes whole numbers from 1 to 4096, not '0-3' in '1,0-3'", forms},
		{"8-1", "--jobs: the range '8-1' ends before it begins", "did you mean '1-8'?"},
		{"1-65", "--jobs takes at most 64 numbers at once, and '1-65' is 65",
			"name some of them: --jobs 1,2,4,8,16,32"},
		{"1-4096,5", "--jobs takes at most 64 numbers at once, and '1-4096,5' is 4096",
			"name some of them: --jobs 1,2,4,8,16,32"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		CLEANUP(arena_release) struct arena arena = {0};
		struct jobs_list list;
		struct error error = {0};
		assert_false(jobs_list_parse(cases[i].text, &arena, &list, &error));
		assert_int_equal(error.code, ERROR_USAGE);
		assert_string_equal(error.text, cases[i].message);
		assert_string_equal(error.hint, cases[i].hint);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_lists_and_ranges),
		cmocka_unit_test(as_many_as_allowed),
		cmocka_unit_test(what_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
