#include "plan/estimate.h"

#include "pipeline_fixture.h"

static void remember(struct fixture *fixture, const char *id, int64_t median_ms)
{
	struct history *history = &fixture->history;
	if (!history->entries)
		history->entries = ARENA_ARRAY(&fixture->arena, struct history_entry, 8);
	history->entries[history->count] =
		(struct history_entry){.step_id = id, .median_ms = median_ms, .run_count = 1};
	assert_true(map_add(&history->by_id, id, history->count++));
}

static void assert_estimate(const struct fixture *fixture, uint32_t step, int64_t expected_ms,
	enum estimate_origin from)
{
	assert_int_equal(fixture->plan.steps[step].estimate_ms, expected_ms);
	assert_int_equal(fixture->plan.steps[step].estimate_from, from);
}

static void test_origins_in_order(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 5);
	fixture_add(fixture, "known", "", NULL)->timeout_ms = 9000;
	fixture_add(fixture, "hinted", "", NULL)->timeout_ms = 9000;
	fixture_add(fixture, "other", "", NULL);
	fixture_add(fixture, "quick", "", NULL);
	fixture_add(fixture, "instant", "", NULL);
	remember(fixture, "known", 400);
	remember(fixture, "quick", 20);
	remember(fixture, "instant", 0);
	remember(fixture, "gone", 77777);
	assert_true(fixture_build(fixture, 1));
	assert_estimate(fixture, 0, 400, ESTIMATE_HISTORY);
	assert_estimate(fixture, 1, 9000, ESTIMATE_TIMEOUT);
	assert_estimate(fixture, 2, 20, ESTIMATE_PIPELINE); /* of 0 20 400 9000 */
	assert_estimate(fixture, 3, 20, ESTIMATE_HISTORY);
	assert_estimate(fixture, 4, 0, ESTIMATE_HISTORY);
}

static void test_nothing_known(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 2);
	fixture_add(fixture, "a", "", NULL);
	fixture_add(fixture, "b", "a", NULL);
	assert_true(fixture_build(fixture, 1));
	assert_estimate(fixture, 0, ESTIMATE_DEFAULT_MS, ESTIMATE_DEFAULT);
	assert_estimate(fixture, 1, ESTIMATE_DEFAULT_MS, ESTIMATE_DEFAULT);
}

static void test_groups_and_waves_take_as_long_as_their_longest(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 4);
	fixture_add(fixture, "a", "", "x")->timeout_ms = 300;
	fixture_add(fixture, "b", "", "x")->timeout_ms = 200;
	fixture_add(fixture, "c", "", "y")->timeout_ms = 700;
	fixture_add(fixture, "d", "", NULL)->timeout_ms = 50;
	assert_true(fixture_build(fixture, 1));
	assert_int_equal(fixture->plan.groups[0].estimate_ms, 300);
	assert_int_equal(fixture->plan.groups[1].estimate_ms, 700);
	assert_int_equal(fixture->plan.waves[0].estimate_ms, 700);
	assert_int_equal(fixture->plan.totals.waves_ms, 750);
	assert_int_equal(fixture->plan.totals.groups_serial_ms, 1050);
}

/* An instance that has never run takes what the others of its step did: the lower median. */
static void test_instances(void **state)
{
	static const struct step_instance of_t = {.base_id = "t"};
	static const struct step_instance of_new = {.base_id = "new"};
	static const struct foreach foreach = {.from = {.step = INDEX_NONE}};
	struct fixture *fixture = *state;
	struct history_entry entries[] = {{"t[a]", 100, 150, 1, 0}, {"t[b]", 400, 400, 1, 0},
		{"u[0]", 7000, 7000, 1, 0}, {"t[c]", 300, 300, 2, 0}, {"t[gone]", 200, 200, 1, 0}};
	fixture->history.entries = entries;
	fixture->history.count = ARRAY_LENGTH(entries);
	for (uint32_t i = 0; i < ARRAY_LENGTH(entries); i++)
		map_add(&fixture->history.by_id, entries[i].step_id, i);
	fixture_reserve(fixture, 5);
	fixture_add(fixture, "t[b]", "", NULL)->instance = &of_t;
	struct step *other = fixture_add(fixture, "t[d]", "", NULL);
	other->instance = &of_t;
	other->timeout_ms = 9000;
	fixture_add(fixture, "u", "", NULL)->foreach = &foreach;
	fixture_add(fixture, "new[a]", "", NULL)->instance = &of_new;
	fixture_add(fixture, "t", "", NULL); /* no fan-out: its like is not known */
	assert_true(fixture_build(fixture, 1));
	static const int64_t expected_ms[] = {400, 200, 7000, 400, 400};
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(fixture->plan.steps[i].estimate_ms, expected_ms[i]);
		assert_int_equal(fixture->plan.steps[i].estimate_from,
			i < 3 ? ESTIMATE_HISTORY : ESTIMATE_PIPELINE);
	}
}

static void test_checks_come_on_top(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 4);
	fixture_add(fixture, "a", "", "x")->timeout_ms = 300;
	fixture_add(fixture, "b", "", NULL)->timeout_ms = 4000;
	fixture_add(fixture, "c", "", "y")->timeout_ms = 700;
	fixture_add(fixture, "d", "", NULL)->timeout_ms = 50;
	fixture->pipeline.steps[1].is_check = true;
	fixture->pipeline.steps[3].is_check = true;
	assert_true(fixture_build(fixture, 4));
	assert_int_equal(fixture->plan.waves[0].estimate_ms, 4750);
	assert_int_equal(fixture->plan.totals.waves_ms, 4750);
	assert_int_equal(fixture->plan.totals.groups_serial_ms, 5050);
}

struct jobs_case {
	uint32_t asked;
	uint32_t pipeline;
	uint32_t processors;
	uint32_t expected;
};

static void test_jobs(void **state)
{
	static const struct jobs_case rows[] = {
		{5, 3, 2, 5}, {0, 3, 2, 3}, {0, 0, 2, 2}, {0, 0, 0, 1}};
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 1);
	fixture_add(fixture, "a", "", NULL);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		fixture->pipeline.execution.jobs = rows[i].pipeline;
		struct plan_request request = {.pipeline = &fixture->pipeline,
			.jobs = rows[i].asked,
			.processors = rows[i].processors};
		assert_true(plan_build(
			&request, &fixture->arena, &fixture->diagnostics, &fixture->plan));
		assert_int_equal(fixture->plan.jobs, rows[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_origins_in_order),
		FIXTURE_TEST(test_nothing_known),
		FIXTURE_TEST(test_groups_and_waves_take_as_long_as_their_longest),
		FIXTURE_TEST(test_instances),
		FIXTURE_TEST(test_checks_come_on_top),
		FIXTURE_TEST(test_jobs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
