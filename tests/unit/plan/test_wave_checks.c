/* Tables, checks within waves, and titles. */
#include "plan/wave.h"

#include "wave_text.h"

#define MINUTE_MS INT64_C(60000)

/* Setup, two of backend, a validation, two of web, two of mobile, integration. */
static void add_nine_rows(struct fixture *fixture)
{
	static const char *const groups[] = {NULL, "backend", "backend", NULL, "web-features",
		"web-features", "mobile-features", "mobile-features", NULL};
	fixture_reserve(fixture, 9);
	fixture->pipeline.format = FORMAT_TABLE;
	for (uint32_t i = 0; i < 9; i++)
		fixture_add(fixture, arena_format(&fixture->arena, "step-%u", i + 1), "", groups[i])
			->timeout_ms = (groups[i] ? 30 : 10) * MINUTE_MS;
}

static void test_nine_rows_with_a_serial_validation(void **state)
{
	struct fixture *fixture = *state;
	add_nine_rows(fixture);
	assert_true(fixture_build(fixture, 8));
	assert_string_equal(wave_text(fixture),
		"ROW 1; WAVE 0 = backend:2-3; ROW 4; "
		"WAVE 1 = web-features:5-6 mobile-features:7-8; ROW 9");
	assert_int_equal(fixture->plan.totals.waves_ms, 90 * MINUTE_MS);
	assert_int_equal(fixture->plan.totals.groups_serial_ms, 120 * MINUTE_MS);
	assert_int_equal(fixture->plan.edge_count, 0);
}

static void test_nine_rows_with_a_check(void **state)
{
	struct fixture *fixture = *state;
	add_nine_rows(fixture);
	fixture->pipeline.steps[3].is_check = true;
	assert_true(fixture_build(fixture, 8));
	const struct plan *plan = &fixture->plan;
	assert_string_equal(wave_text(fixture),
		"ROW 1; WAVE 0 = backend:2-3 web-features:5-6 mobile-features:7-8 CHECK 4; "
		"ROW 9");
	assert_string_equal(plan->waves[0].name, "backend + web-features + mobile-features");
	assert_int_equal(plan->waves[0].check_count, 1);
	assert_int_equal(plan->waves[0].steps.count, 7);
	assert_int_equal(plan->wave_steps[plan->waves[0].steps.first + 6], 3);
	assert_int_equal(plan->steps[3].wave, 0);
	assert_int_equal(plan->steps[3].group, INDEX_NONE);
	/* 10 + the longest group of 30 and the check of 10 + 10. */
	assert_int_equal(plan->totals.waves_ms, 60 * MINUTE_MS);
	assert_int_equal(plan->totals.groups_serial_ms, 120 * MINUTE_MS);
	assert_int_equal(plan->totals.frontier_ms, 60 * MINUTE_MS);
	assert_int_equal(plan->critical_path_ms, 60 * MINUTE_MS);
	assert_int_equal(plan->critical_path_count, 4);
	static const uint32_t path[] = {0, 1, 3, 8};
	assert_memory_equal(plan->critical_path, path, sizeof path);
	assert_int_equal(plan->steps[3].needs.count, 6);
	assert_int_equal(plan->steps[3].earliest_ms, 40 * MINUTE_MS);
	static const uint32_t order[] = {0, 1, 2, 4, 5, 6, 7, 3, 8};
	assert_memory_equal(plan->order, order, sizeof order);
}

struct span_case {
	const char *steps;
	const char *expected;
};

static const struct span_case span_cases[] = {
	{"aba", "WAVE 0 = a:1 b:2 a:3"},
	{"a!a", "WAVE 0 = a:1 a:3 CHECK 2"},
	{"aa!", "WAVE 0 = a:1-2 CHECK 3"},
	{"aa!!b", "WAVE 0 = a:1-2 b:5 CHECK 3 CHECK 4"},
	{"a!-", "WAVE 0 = a:1 CHECK 2; ROW 3"},
	{"a-!", "WAVE 0 = a:1; ROW 2; ROW 3"},
	{"a-!a", "WAVE 0 = a:1; ROW 2; ROW 3; WAVE 1 = a:4"},
	{"!a", "ROW 1; WAVE 0 = a:2"},
	{"!", "ROW 1"},
	{"-!-", "ROW 1; ROW 2; ROW 3"},
	{"---", "ROW 1; ROW 2; ROW 3"},
	{"a!b-a!", "WAVE 0 = a:1 b:3 CHECK 2; ROW 4; WAVE 1 = a:5 CHECK 6"},
};

static void test_spans_and_checks(void **state)
{
	struct fixture *fixture = *state;
	fixture->pipeline.format = FORMAT_TABLE;
	for (size_t i = 0; i < ARRAY_LENGTH(span_cases); i++) {
		wave_steps_add(fixture, span_cases[i].steps);
		assert_true(fixture_build(fixture, 1));
		assert_string_equal(wave_text(fixture), span_cases[i].expected);
	}
}

/* Rows of a table run one after another, also when none has a group. */
static void test_serial_rows_are_barriers(void **state)
{
	struct fixture *fixture = *state;
	fixture->pipeline.format = FORMAT_TABLE;
	wave_steps_add(fixture, "---");
	assert_true(fixture_build(fixture, 4));
	assert_int_equal(fixture->plan.critical_path_ms, 3 * ESTIMATE_DEFAULT_MS);
	assert_int_equal(fixture->plan.totals.frontier_ms, 3 * ESTIMATE_DEFAULT_MS);
	assert_int_equal(fixture->plan.steps[2].earliest_ms, 2 * ESTIMATE_DEFAULT_MS);
	fixture->pipeline.format = FORMAT_STEPS;
	assert_true(fixture_build(fixture, 4));
	assert_int_equal(fixture->plan.critical_path_ms, ESTIMATE_DEFAULT_MS);
}

/* A group that a check was given counts for nothing, and no check breaks a wave. */
static void test_check_with_a_group(void **state)
{
	struct fixture *fixture = *state;
	wave_steps_add(fixture, "aab");
	fixture->pipeline.steps[1].is_check = true;
	assert_true(fixture_build(fixture, 1));
	assert_string_equal(wave_text(fixture), "WAVE 0 = a:1 b:3 CHECK 2");
}

static void test_edges_of_checks(void **state)
{
	struct fixture *fixture = *state;
	wave_steps_add(fixture, "a!b!");
	assert_true(fixture_build(fixture, 4));
	const struct plan *plan = &fixture->plan;
	const struct plan_step *steps = plan->steps;
	assert_int_equal(steps[0].needs.count + steps[2].needs.count, 0);
	assert_int_equal(steps[1].needs.count, 2);
	assert_int_equal(plan->edges[steps[1].needs.first], 0);
	assert_int_equal(plan->edges[steps[1].needs.first + 1], 2);
	assert_int_equal(steps[3].needs.count, 1);
	assert_int_equal(plan->edges[steps[3].needs.first], 1);
	assert_int_equal(steps[1].dependents.count, 1);
	assert_int_equal(plan->edges[steps[1].dependents.first], 3);
	assert_null(plan->edge_is_soft);
	static const uint32_t order[] = {0, 2, 1, 3};
	assert_memory_equal(plan->order, order, sizeof order);
	assert_int_equal(plan->critical_path_ms, 3 * ESTIMATE_DEFAULT_MS);
	assert_int_equal(plan->totals.waves_ms, 3 * ESTIMATE_DEFAULT_MS);
	assert_int_equal(plan->totals.groups_serial_ms, 4 * ESTIMATE_DEFAULT_MS);
}

struct title_case {
	const char *steps;
	struct wave_title titles[3];
	uint32_t title_count;
	const char *names[2]; /* of the waves */
};

static const struct title_case title_cases[] = {
	{"aa", {{0, "T"}}, 1, {"T"}},
	{"-aa", {{0, "T"}}, 1, {"T"}},
	{"-aa", {{0, "T"}, {1, "U"}}, 2, {"U"}},
	{"ab", {{1, "T"}}, 1, {"T"}},
	{"ab", {{0, "T"}, {1, "U"}}, 2, {"T"}},
	{"a-b", {{0, "T"}, {2, "U"}}, 2, {"T", "U"}},
	{"a-b", {{1, "T"}}, 1, {"a", "T"}},
	{"a-b-", {{3, "T"}}, 1, {"a", "b"}},
	{"a!-b", {{1, "T"}}, 1, {"T", "b"}},
	{"abc", {{1, "T"}, {2, "U"}}, 2, {"T"}},
};

static void test_titles(void **state)
{
	struct fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(title_cases); i++) {
		struct wave_title titles[3];
		memcpy(titles, title_cases[i].titles, sizeof titles);
		wave_steps_add(fixture, title_cases[i].steps);
		fixture->pipeline.wave_titles = titles;
		fixture->pipeline.wave_title_count = title_cases[i].title_count;
		assert_true(fixture_build(fixture, 1));
		for (uint32_t k = 0; k < fixture->plan.wave_count; k++)
			assert_string_equal(fixture->plan.waves[k].name, title_cases[i].names[k]);
	}
}

struct late_case {
	const char *steps;
	uint32_t step; /* needs */
	uint32_t need;
	const char *message; /* NULL: it may */
};

static const struct late_case late_cases[] = {
	{"a!b", 2, 1,
		"step 's3' of wave 1 (a + b) needs the check 's2', which runs at the end of that "
		"wave"},
	{"a!!", 1, 2,
		"step 's2' of wave 1 (a) needs the check 's3', which runs at the end of that wave"},
	{"a!!", 2, 1, NULL},
	{"a!b", 1, 2, NULL},
	{"a!-", 2, 1, NULL},
	{"a!-b", 3, 1, NULL},
	{"a-!", 1, 2, "step 's2' of step s2 needs 's3', a step on its own that runs later"},
};

static void test_needs_of_checks(void **state)
{
	struct fixture *fixture = *state;
	for (size_t i = 0; i < ARRAY_LENGTH(late_cases); i++) {
		const struct late_case *row = &late_cases[i];
		struct need need = {.step = row->need, .where = {row->step + 1, 20}};
		diagnostics_release(&fixture->diagnostics);
		wave_steps_add(fixture, row->steps);
		fixture->pipeline.steps[row->step].needs = &need;
		fixture->pipeline.steps[row->step].need_count = 1;
		assert_int_equal(fixture_build(fixture, 1), !row->message);
		assert_int_equal(fixture->diagnostics.count, row->message ? 1 : 0);
		if (!row->message)
			continue;
		assert_string_equal(fixture->diagnostics.findings[0].message, row->message);
		assert_int_equal(fixture->diagnostics.findings[0].code, FINDING_WAVE_ORDER);
		assert_int_equal(fixture->diagnostics.findings[0].where.line, row->step + 1);
		assert_int_equal(fixture->diagnostics.findings[0].where.column, 20);
	}
}

/* Time grows with the table, not with its square. */
static void test_many_checks_of_one_wave(void **state)
{
	struct fixture *fixture = *state;
	enum { COUNT = 100000 };
	fixture_reserve(fixture, COUNT);
	for (uint32_t i = 0; i < COUNT; i++)
		fixture_add(fixture, "x", "", i % 2 ? NULL : "g")->is_check = i % 2;
	assert_true(fixture_build(fixture, 8));
	assert_int_equal(fixture->plan.waves[0].check_count, COUNT / 2);
	assert_int_equal(fixture->plan.edge_count, 2 * (COUNT / 2 + COUNT / 2 - 1));
	assert_int_equal(fixture->plan.critical_path_count, COUNT / 2 + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_nine_rows_with_a_serial_validation),
		FIXTURE_TEST(test_nine_rows_with_a_check),
		FIXTURE_TEST(test_spans_and_checks),
		FIXTURE_TEST(test_serial_rows_are_barriers),
		FIXTURE_TEST(test_check_with_a_group),
		FIXTURE_TEST(test_edges_of_checks),
		FIXTURE_TEST(test_titles),
		FIXTURE_TEST(test_needs_of_checks),
		FIXTURE_TEST(test_many_checks_of_one_wave),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
