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
		"Plan: demo (4 steps, 2 waves, 4 jobs, 1 done before)\n"
		"════════════════════════════════════════════════════\n"
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
		"Estimated time:\n"
		"  step after step                1m 00s\n"
		"  in waves, enough jobs           4.0 s\n"
		"  without barriers, 4 jobs        3.0 s\n"
		"  at best, 4 jobs                 2.0 s\n");
}

/* A wave of a table: spans of rows, then its check; what a step waits for and why it is left out. */
static void test_table(void **state)
{
	static struct plan_group groups[] = {
		{.name = "web", .steps = {0, 2}}, {.name = "mobile\n", .steps = {2, 1}}};
	static const struct foreach each;
	static const char *const names[] = {"web one", "web two", "mobile", "check them"};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct plan *plan = plan_fixture(4, 1, &arena);
	struct step *steps = plan->pipeline->steps;
	struct pipeline table = *plan->pipeline;
	table.format = FORMAT_TABLE;
	plan->pipeline = &table;
	plan->groups = groups;
	plan->group_count = 2;
	plan->waves[0].check_count = 1;
	plan->waves[0].groups = (struct index_range){0, 2};
	plan->steps[0].group = plan->steps[1].group = 0;
	plan->steps[2].group = 1;
	for (uint32_t i = 0; i < 4; i++)
		steps[i].name = names[i];
	steps[0].needs_approval = steps[0].is_optional = true;
	steps[1].needs_approval = true;
	steps[2].foreach = &each;
	plan->steps[1].action = ACTION_OMIT;
	plan->steps[1].reason = "env.X is not set";
	plan_text_append(plan, &(struct text_style){0}, &buffer);
	check_contains(&buffer, "Plan: demo (4 steps, 1 wave, 4 jobs, 1 left out by their 'if')\n");
	check_contains(&buffer,
		"  web:1-2\n"
		"  ◆ step-1  web one       1.0 s default  run: not run before, optional, then "
		"waits for approval\n"
		"    step-2  web two       1.1 s history  skip: env.X is not set\n"
		"  mobile :3-3\n"
		"    step-3  mobile        1.2 s default  run: not run before, once for each "
		"item\n"
		"  checks, one after the other\n"
		"    step-4  check them    1.3 s history  run: not run before\n");
	table.format = FORMAT_STEPS;
	buffer_clear(&buffer);
	plan_text_append(plan, &(struct text_style){0}, &buffer);
	check_contains(&buffer, "  group web\n  ◆ step-1    1.0 s default  run: ");
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
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_long_waves_fold),
		cmocka_unit_test(test_long_chains_fold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
