#include "plan/wave.h"

#include "pipeline_fixture.h"

enum { STEPS_MOST = 40, ROUNDS = 2000 };

static bool build(struct fixture *fixture, bool has_balance)
{
	fixture->pipeline.execution.has_balance = has_balance;
	return fixture_build(fixture, 4);
}

/* Fast with fast, slow with slow: 1 + 10 + 1 seconds instead of 9 + 10 + 1. */
static void a_slow_step_joins_a_slow_one(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 4);
	fixture_add(fixture, "quick", "", NULL)->timeout_ms = 1000;
	fixture_add(fixture, "slow", "", NULL)->timeout_ms = 9000;
	fixture_add(fixture, "next", "quick", NULL)->timeout_ms = 10000;
	fixture_add(fixture, "last", "slow next", NULL)->timeout_ms = 1000;
	assert_true(build(fixture, false));
	assert_int_equal(fixture->plan.totals.waves_ms, 20000);
	assert_true(build(fixture, true));
	static const uint32_t waves[] = {0, 1, 1, 2};
	for (uint32_t i = 0; i < ARRAY_LENGTH(waves); i++)
		assert_int_equal(fixture->plan.steps[i].wave, waves[i]);
	assert_int_equal(fixture->plan.totals.waves_ms, 12000);
	assert_int_equal(fixture->plan.waves[0].steps.count, 1);
	assert_int_equal(fixture->plan.wave_steps[fixture->plan.waves[1].steps.first], 1);
}

static void what_does_not_pay_stays(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 4);
	fixture_add(fixture, "a", "", NULL)->timeout_ms = 5000;
	fixture_add(fixture, "b", "", NULL)->timeout_ms = 5000;
	fixture_add(fixture, "c", "a", NULL)->timeout_ms = 1000;
	fixture_add(fixture, "d", "c", NULL)->timeout_ms = 1000;
	assert_true(build(fixture, true));
	assert_int_equal(fixture->plan.steps[1].wave, 0);
	assert_int_equal(fixture->plan.totals.waves_ms, 7000);
}

/* No need is broken, no wave is empty, the sum never grows, and often it is smaller. */
static void random_waves_become_shorter(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 11;
	uint32_t better_count = 0;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		fixture_add_random(fixture, &seed, STEPS_MOST, 2);
		assert_true(build(fixture, false));
		int64_t before_ms = fixture->plan.totals.waves_ms;
		uint32_t wave_count = fixture->plan.wave_count;
		int64_t frontier_ms = fixture->plan.totals.frontier_ms;
		assert_true(build(fixture, true));
		const struct plan *plan = &fixture->plan;
		assert_true(plan->totals.waves_ms <= before_ms);
		better_count += plan->totals.waves_ms < before_ms;
		assert_int_equal(plan->wave_count, wave_count);
		assert_int_equal(plan->totals.frontier_ms, frontier_ms);
		for (uint32_t i = 0; i < plan->wave_count; i++)
			assert_true(plan->waves[i].steps.count > 0);
		for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
			const struct index_range needs = plan->steps[i].needs;
			assert_int_equal(plan->steps[i].stage, plan->steps[i].wave);
			for (uint32_t k = 0; k < needs.count; k++)
				assert_true(plan->steps[plan->edges[needs.first + k]].wave <
					    plan->steps[i].wave);
		}
		arena_reset(&fixture->arena);
	}
	assert_true(better_count > ROUNDS / 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(a_slow_step_joins_a_slow_one),
		FIXTURE_TEST(what_does_not_pay_stays),
		FIXTURE_TEST(random_waves_become_shorter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
