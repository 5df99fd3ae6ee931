#include "plan/wave.h"

#include "wave_text.h"

#define MINUTE_MS INT64_C(60000)

static void test_nine_rows(void **state)
{
	static const char *const ids[] = {"setup", "api", "database", "validate", "web-1", "web-2",
		"mobile-1", "mobile-2", "integrate"};
	static const char *const groups[] = {NULL, "backend", "backend", NULL, "web-features",
		"web-features", "mobile-features", "mobile-features", NULL};
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 9);
	for (uint32_t i = 0; i < 9; i++)
		fixture_add(fixture, ids[i], "", groups[i])->timeout_ms =
			(groups[i] ? 30 : 10) * MINUTE_MS;
	assert_true(fixture_build(fixture, 8));
	const struct plan *plan = &fixture->plan;
	assert_string_equal(wave_text(fixture),
		"ROW 1; WAVE 0 = backend:2-3; ROW 4; "
		"WAVE 1 = web-features:5-6 mobile-features:7-8; ROW 9");
	assert_string_equal(plan->waves[0].name, "backend");
	assert_string_equal(plan->waves[1].name, "web-features + mobile-features");
	assert_int_equal(plan->totals.waves_ms, 90 * MINUTE_MS);
	assert_int_equal(plan->totals.groups_serial_ms, 120 * MINUTE_MS);
	assert_int_equal(plan->totals.steps_serial_ms, 210 * MINUTE_MS);
	assert_int_equal(plan->totals.frontier_ms, 90 * MINUTE_MS);
	assert_int_equal(plan->totals.lower_bound_ms, 90 * MINUTE_MS);
	assert_int_equal(plan->critical_path_ms, 90 * MINUTE_MS);
	assert_int_equal(plan->critical_path_count, 5);
	static const uint32_t path[] = {0, 1, 3, 6, 8}; /* mobile-1 before web-1 */
	assert_memory_equal(plan->critical_path, path, sizeof path);
	assert_int_equal(plan->steps[4].earliest_ms, 50 * MINUTE_MS);
	assert_int_equal(plan->steps[4].estimate_from, ESTIMATE_TIMEOUT);
	assert_int_equal(plan->waves[1].estimate_ms, 30 * MINUTE_MS);
	assert_int_equal(plan->steps[8].wave, INDEX_NONE);
	assert_int_equal(plan->steps[8].stage, 4);
}

struct span_case {
	const char *groups; /* one letter a step, '-': none */
	const char *expected;
};

static const struct span_case span_cases[] = {
	{"aba", "WAVE 0 = a:1 b:2 a:3"},
	{"aabbaa", "WAVE 0 = a:1-2 b:3-4 a:5-6"},
	{"a-a", "WAVE 0 = a:1; ROW 2; WAVE 1 = a:3"},
	{"--a--", "ROW 1; ROW 2; WAVE 0 = a:3; ROW 4; ROW 5"},
	{"ab--ba", "WAVE 0 = a:1 b:2; ROW 3; ROW 4; WAVE 1 = b:5 a:6"},
	{"a", "WAVE 0 = a:1"},
};

static void test_spans(void **state)
{
	struct fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(span_cases); i++) {
		const char *groups = span_cases[i].groups;
		fixture_reserve(fixture, (uint32_t)strlen(groups));
		for (uint32_t k = 0; groups[k]; k++)
			fixture_add(fixture, arena_format(&fixture->arena, "s%u", k), "",
				groups[k] == '-' ? NULL
						 : arena_format(&fixture->arena, "%c", groups[k]));
		assert_true(fixture_build(fixture, 1));
		assert_string_equal(wave_text(fixture), span_cases[i].expected);
	}
}

static void test_wave_named_after_its_spans(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 3);
	fixture_add(fixture, "x", "", "a");
	fixture_add(fixture, "y", "", "b");
	fixture_add(fixture, "z", "", "a");
	assert_true(fixture_build(fixture, 1));
	assert_string_equal(fixture->plan.waves[0].name, "a + b + a");
	assert_int_equal(fixture->plan.group_count, 3);
	assert_int_equal(fixture->plan.waves[0].origin, WAVE_DETECTED);
}

static void test_needs_within_a_wave_order_its_steps(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 3);
	fixture_add(fixture, "x", "z", "a");
	fixture_add(fixture, "y", "", "a");
	fixture_add(fixture, "z", "", "b");
	assert_true(fixture_build(fixture, 4));
	static const uint32_t order[] = {1, 2, 0};
	assert_memory_equal(fixture->plan.order, order, sizeof order);
	assert_int_equal(fixture->plan.critical_path_ms, 2 * ESTIMATE_DEFAULT_MS);
	assert_int_equal(fixture->plan.stage_count, 1);
}

struct late_case {
	const char *groups[3];
	const char *message;
};

static const struct late_case late_cases[] = {
	{{"g", NULL, "h"}, "step 'a' of wave 1 (g) needs 'c' of wave 2 (h), which runs later"},
	{{"g", NULL, NULL}, "step 'a' of wave 1 (g) needs 'c', a step on its own that runs later"},
	{{NULL, "g", "g"}, "step 'a' of step a needs 'c' of wave 1 (g), which runs later"},
};

static void test_need_of_a_later_stage(void **state)
{
	struct fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(late_cases); i++) {
		diagnostics_release(&fixture->diagnostics);
		fixture_reserve(fixture, 3);
		fixture_add(fixture, "a", "c", late_cases[i].groups[0]);
		fixture_add(fixture, "b", "", late_cases[i].groups[1]);
		fixture_add(fixture, "c", "", late_cases[i].groups[2]);
		assert_false(fixture_build(fixture, 1));
		assert_int_equal(fixture->diagnostics.count, 1);
		const struct finding *finding = &fixture->diagnostics.findings[0];
		assert_int_equal(finding->code, FINDING_WAVE_ORDER);
		assert_int_equal(finding->where.line, 1);
		assert_int_equal(finding->where.column, 20);
		assert_string_equal(finding->message, late_cases[i].message);
		assert_string_equal(finding->hint, "move 'a' below 'c', or change its group");
	}
}

static void test_waves_derived_from_needs(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 6);
	fixture_add(fixture, "end", "mid short", NULL)->timeout_ms = 7000;
	fixture_add(fixture, "root", "", NULL)->timeout_ms = 1000;
	fixture_add(fixture, "mid", "root", NULL)->timeout_ms = 2000;
	fixture_add(fixture, "short", "", NULL)->timeout_ms = 5000;
	fixture_add(fixture, "side", "root", NULL)->timeout_ms = 3000;
	fixture_add(fixture, "alone", "", NULL)->timeout_ms = 500;
	assert_true(fixture_build(fixture, 2));
	const struct plan *plan = &fixture->plan;
	static const uint32_t waves[] = {2, 0, 1, 0, 1, 0};
	for (uint32_t i = 0; i < 6; i++) {
		assert_int_equal(plan->steps[i].wave, waves[i]);
		assert_int_equal(plan->steps[i].stage, waves[i]);
		assert_int_equal(plan->steps[i].group, INDEX_NONE);
	}
	assert_int_equal(plan->wave_count, 3);
	assert_null(plan->waves[0].name);
	uint32_t count = 0;
	const uint32_t *steps = plan_stage_steps(plan, 0, &count);
	assert_int_equal(count, 3);
	static const uint32_t first[] = {1, 3, 5};
	assert_memory_equal(steps, first, sizeof first);
	assert_int_equal(plan->totals.waves_ms, 5000 + 3000 + 7000);
	assert_int_equal(plan->totals.groups_serial_ms, 5000 + 3000 + 7000);
	assert_int_equal(plan->critical_path_ms, 12000);
	assert_int_equal(plan->totals.frontier_ms, 12000);
}

static void test_no_steps_at_all(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 0);
	assert_true(fixture_build(fixture, 0));
	assert_int_equal(fixture->plan.stage_count, 0);
	assert_int_equal(fixture->plan.critical_path_count, 0);
	assert_int_equal(fixture->plan.totals.frontier_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_nine_rows),
		FIXTURE_TEST(test_spans),
		FIXTURE_TEST(test_wave_named_after_its_spans),
		FIXTURE_TEST(test_needs_within_a_wave_order_its_steps),
		FIXTURE_TEST(test_need_of_a_later_stage),
		FIXTURE_TEST(test_waves_derived_from_needs),
		FIXTURE_TEST(test_no_steps_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
