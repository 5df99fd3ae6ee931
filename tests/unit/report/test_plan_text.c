#include "check.h"

#include "base/cleanup.h"
#include "plan_fixture.h"
#include "report/report.h"

static void test_golden(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	plan_text_append(plan_fixture(2, 2, &arena), &(struct text_style){0}, &buffer);
	assert_string_equal(buffer_text(&buffer),
		"Plan: demo (4 steps, 2 waves, 4 jobs, 1 skipped)\n"
		"════════════════════════════════════════════════\n"
		"\n"
		"Wave 1  2 steps, 2.0 s, derived\n"
		"  ◆ step-1    1.0 s default  run: not run before\n"
		"    step-2    1.1 s history  skip: done in this run\n"
		"\n"
		"Wave 2  2 steps, 2.0 s, derived\n"
		"  ◆ step-3    1.0 s default  run: not run before\n"
		"    step-4    1.1 s history  run: not run before\n"
		"\n"
		"Critical path: step-1 → step-3 (2.0 s), marked ◆\n"
		"Estimated time with 4 jobs:\n"
		"  step after step      1m 00s\n"
		"  in waves              4.0 s\n"
		"  without barriers      3.0 s\n"
		"  at best               2.0 s\n");
}

static void test_long_waves_fold(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct plan *plan = plan_fixture(1000, 3, &arena);
	plan_text_append(plan, &(struct text_style){0}, &buffer);
	check_contains(&buffer, "    … and 976 more: 976 run, 0 skipped\n");
	assert_true(check_count(&buffer, "\n") < 110);
	buffer_clear(&buffer);
	plan_text_append(plan, &(struct text_style){.all = true}, &buffer);
	assert_true(check_count(&buffer, "\n") > 3000);
	check_lacks(&buffer, "more:");
}

static void test_long_chains_fold(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	plan_text_append(
		plan_fixture(1, 3000, &arena), &(struct text_style){.ascii = true}, &buffer);
	check_contains(&buffer, "and 2960 more stages with 2960 steps\n");
	check_contains(&buffer, "Wave 3000  1 step, ");
	check_contains(&buffer, "more");
	assert_true(check_count(&buffer, "\n") < 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_long_waves_fold),
		cmocka_unit_test(test_long_chains_fold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
