/* Graphs checked by hand, and what must hold for every simulation. */
#include "plan/simulation.h"

#include "pipeline_fixture.h"

#define MINUTE_MS INT64_C(60000)

static const struct simulation_result *simulate(
	struct fixture *fixture, uint32_t jobs, struct simulation *simulation)
{
	simulation_build(&fixture->plan, &jobs, 1, &fixture->arena, simulation);
	assert_int_equal(simulation->result_count, 1);
	assert_int_equal(simulation->results[0].jobs, jobs);
	return &simulation->results[0];
}

static void add_step(
	struct fixture *fixture, const char *id, const char *needs, int64_t duration_ms)
{
	fixture_add(fixture, id, needs, NULL)->timeout_ms = duration_ms;
}

/* In waves c must wait for a; as a frontier it follows b at once. */
static void add_four_steps(struct fixture *fixture)
{
	fixture->pipeline.checkpoint.commit = true;
	fixture_reserve(fixture, 4);
	add_step(fixture, "a", "", 30);
	add_step(fixture, "b", "", 10);
	add_step(fixture, "c", "b", 50);
	add_step(fixture, "d", "a", 10);
	assert_true(fixture_build(fixture, 2));
}

static void assert_outcome(
	const struct simulation_outcome *outcome, const struct simulation_outcome *expected)
{
	assert_int_equal(outcome->makespan_ms, expected->makespan_ms);
	assert_int_equal(outcome->idle_ms, expected->idle_ms);
	assert_int_equal(outcome->used_per_10000, expected->used_per_10000);
	assert_int_equal(outcome->checkpoint_count, expected->checkpoint_count);
}

static void test_two_jobs(void **state)
{
	struct fixture *fixture = *state;
	struct simulation simulation;
	add_four_steps(fixture);
	const struct simulation_result *result = simulate(fixture, 2, &simulation);
	assert_outcome(
		&result->outcomes[SIMULATION_WAVES], &(struct simulation_outcome){80, 60, 6250, 2});
	assert_outcome(&result->outcomes[SIMULATION_FRONTIER],
		&(struct simulation_outcome){60, 20, 8333, 4});
	assert_int_equal(result->barrier_cost_ms, 20);
	assert_int_equal(result->lower_bound_ms, 60);
	assert_int_equal(result->stage_end_ms[0], 30);
	assert_int_equal(result->stage_end_ms[1], 80);
	assert_int_equal(result->stage_idle_ms[0], 20);
	assert_int_equal(result->stage_idle_ms[1], 40);
	assert_int_equal(simulation.work_ms, 100);
	assert_int_equal(simulation.run_count, 4);
	assert_int_equal(simulation.estimate_counts[ESTIMATE_TIMEOUT], 4);
	assert_int_equal(simulation.critical_path_ms, 60);
	assert_int_equal(simulation.critical_path_count, 2);
	static const uint32_t path[] = {1, 2};
	assert_memory_equal(simulation.critical_path, path, sizeof path);
	assert_false(simulation.keeps_barriers);
}

static void test_one_job(void **state)
{
	struct fixture *fixture = *state;
	struct simulation simulation;
	add_four_steps(fixture);
	fixture->pipeline.checkpoint.commit = false;
	const struct simulation_result *result = simulate(fixture, 1, &simulation);
	const struct simulation_outcome expected = {100, 0, 10000, 0};
	assert_outcome(&result->outcomes[SIMULATION_WAVES], &expected);
	assert_outcome(&result->outcomes[SIMULATION_FRONTIER], &expected);
	assert_int_equal(result->barrier_cost_ms, 0);
	assert_int_equal(result->lower_bound_ms, 100);
}

/* More jobs gain nothing behind 2; of 1 and 2 the waves' 80 is above the critical path of 60. */
static void test_best_jobs(void **state)
{
	static const struct {
		uint32_t jobs[3];
		uint32_t count;
		uint32_t waves;
		uint32_t frontier;
	} cases[] = {
		{{1, 2, 4}, 3, 2, 2},
		{{1, 2}, 2, 0, 2},
		{{2}, 1, 0, 0},
		{{1, 3}, 2, 0, 3},
	};
	struct fixture *fixture = *state;
	struct simulation simulation;
	add_four_steps(fixture);
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		simulation_build(&fixture->plan, cases[i].jobs, cases[i].count, &fixture->arena,
			&simulation);
		assert_int_equal(simulation.best_jobs[SIMULATION_WAVES], cases[i].waves);
		assert_int_equal(simulation.best_jobs[SIMULATION_FRONTIER], cases[i].frontier);
	}
}

static void test_nothing_is_best_when_nothing_is_known(void **state)
{
	static const uint32_t jobs[] = {1, 2, 4};
	struct fixture *fixture = *state;
	struct simulation simulation;
	fixture_reserve(fixture, 2);
	add_step(fixture, "a", "", 0);
	add_step(fixture, "b", "", 0);
	assert_true(fixture_build(fixture, 2));
	simulation_build(&fixture->plan, jobs, 3, &fixture->arena, &simulation);
	assert_int_equal(simulation.results[1].outcomes[SIMULATION_WAVES].makespan_ms, 1000);
	assert_int_equal(simulation.best_jobs[SIMULATION_WAVES], 0);
	assert_int_equal(simulation.best_jobs[SIMULATION_FRONTIER], 0);
}

/* a 10 -> b 20 -> c 30, two jobs; what becomes of b decides when c can begin. */
static void test_steps_that_take_nothing(void **state)
{
	static const struct {
		enum plan_action action;
		uint8_t run_if;
		bool is_input; /* c takes something from b */
		int64_t waves_ms;
		int64_t frontier_ms;
		int64_t lower_bound_ms;
		uint32_t checkpoint_count;
		uint32_t path_count;
	} cases[] = {
		{ACTION_RUN, RUN_IF_SUCCESS, true, 60, 60, 60, 3, 3},
		{ACTION_RUN, RUN_IF_SUCCESS | RUN_IF_FAILURE, false, 60, 60, 60, 3, 3},
		{ACTION_CACHED, RUN_IF_SUCCESS, true, 40, 40, 40, 3, 2},
		{ACTION_SKIP, RUN_IF_SUCCESS, true, 40, 30, 30, 2, 1},
		{ACTION_OMIT, 0, false, 40, 30, 30, 2, 1},
		{ACTION_OMIT, 0, true, 10, 10, 10, 1, 1},
		{ACTION_RUN, RUN_IF_FAILURE, false, 40, 40, 40, 2, 2},
		{ACTION_RUN, RUN_IF_FAILURE, true, 10, 10, 10, 1, 1},
	};
	static struct input from_b = {.reference = "b", .step = 1};
	struct fixture *fixture = *state;
	struct simulation simulation;
	fixture->pipeline.checkpoint.commit = true;
	fixture_reserve(fixture, 3);
	add_step(fixture, "a", "", 10);
	add_step(fixture, "b", "a", 20);
	add_step(fixture, "c", "b", 30);
	assert_true(fixture_build(fixture, 2));
	fixture->pipeline.steps[2].inputs = &from_b;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		fixture->pipeline.steps[2].input_count = cases[i].is_input;
		fixture->plan.steps[1].action = cases[i].action;
		fixture->plan.steps[1].run_if = cases[i].run_if;
		const struct simulation_result *result = simulate(fixture, 2, &simulation);
		const struct simulation_outcome *waves = &result->outcomes[SIMULATION_WAVES];
		assert_int_equal(waves->makespan_ms, cases[i].waves_ms);
		assert_int_equal(waves->checkpoint_count, cases[i].checkpoint_count);
		assert_int_equal(
			result->outcomes[SIMULATION_FRONTIER].makespan_ms, cases[i].frontier_ms);
		assert_int_equal(result->lower_bound_ms, cases[i].lower_bound_ms);
		assert_int_equal(simulation.critical_path_count, cases[i].path_count);
		assert_int_equal(
			simulation.run_count + simulation.cached_count + simulation.omitted_count,
			3);
		assert_int_equal(simulation.cached_count, cases[i].action == ACTION_CACHED);
	}
}

/* Setup, a wave of six with a check, integration: 10 + (30 + 10) + 10 minutes with eight jobs. */
static void test_groups_and_a_check(void **state)
{
	static const char *const groups[] = {
		NULL, "backend", "backend", NULL, "web", "web", "mobile", "mobile", NULL};
	struct fixture *fixture = *state;
	struct simulation simulation;
	fixture->pipeline.checkpoint.commit = true;
	fixture_reserve(fixture, 9);
	for (uint32_t i = 0; i < 9; i++)
		fixture_add(fixture, arena_format(&fixture->arena, "step-%u", i + 1), "", groups[i])
			->timeout_ms = (groups[i] ? 30 : 10) * MINUTE_MS;
	fixture->pipeline.steps[3].is_check = true;
	assert_true(fixture_build(fixture, 8));
	const struct simulation_result *result = simulate(fixture, 8, &simulation);
	assert_true(simulation.keeps_barriers);
	assert_int_equal(result->outcomes[SIMULATION_WAVES].makespan_ms, 60 * MINUTE_MS);
	assert_int_equal(result->outcomes[SIMULATION_FRONTIER].makespan_ms, 60 * MINUTE_MS);
	assert_int_equal(result->outcomes[SIMULATION_WAVES].checkpoint_count, 3);
	assert_int_equal(result->barrier_cost_ms, 0);
	assert_int_equal(result->stage_idle_ms[0], 70 * MINUTE_MS);
	assert_int_equal(result->stage_end_ms[1], 50 * MINUTE_MS);
	assert_int_equal(result->stage_idle_ms[1], (8 * 40 - 6 * 30 - 10) * MINUTE_MS);
	/* Two at once: three rounds of two, then the check. */
	result = simulate(fixture, 2, &simulation);
	assert_int_equal(result->outcomes[SIMULATION_WAVES].makespan_ms, 120 * MINUTE_MS);
}

/* Every 30 minutes, and at each quarter of the steps, which come one after the other. */
static void test_frontier_checkpoints(void **state)
{
	static const struct {
		uint32_t step_count;
		int64_t first_minutes; /* the longest */
		int64_t minutes;
		uint32_t count;
	} cases[] = {
		{8, 10, 10, 4},
		{8, 15, 15, 4},
		{8, 16, 16, 8},
		{8, 40, 40, 8},
		{16, 100, 1, 5},
		{1, 1, 1, 1},
	};
	struct fixture *fixture = *state;
	struct simulation simulation;
	fixture->pipeline.checkpoint.commit = true;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		fixture_reserve(fixture, cases[i].step_count);
		for (uint32_t k = 0; k < cases[i].step_count; k++)
			add_step(fixture, arena_format(&fixture->arena, "s%u", k), "",
				(k == 0 ? cases[i].first_minutes : cases[i].minutes) * MINUTE_MS);
		assert_true(fixture_build(fixture, 1));
		const struct simulation_result *result = simulate(fixture, 1, &simulation);
		assert_int_equal(
			result->outcomes[SIMULATION_FRONTIER].checkpoint_count, cases[i].count);
	}
}

static void test_foreach_counts_once(void **state)
{
	static const struct foreach each = {.from = {.reference = "a", .step = 0}};
	struct fixture *fixture = *state;
	struct simulation simulation;
	fixture_reserve(fixture, 2);
	add_step(fixture, "a", "", 10);
	add_step(fixture, "b", "a", 20);
	fixture->pipeline.steps[1].foreach = &each;
	assert_true(fixture_build(fixture, 1));
	assert_int_equal(simulate(fixture, 4, &simulation)->lower_bound_ms, 30);
	assert_int_equal(simulation.foreach_count, 1);
	assert_int_equal(simulation.work_ms, 30);
}

static void test_no_steps(void **state)
{
	struct fixture *fixture = *state;
	struct simulation simulation;
	assert_true(fixture_build(fixture, 1));
	const struct simulation_result *result = simulate(fixture, 4, &simulation);
	assert_outcome(&result->outcomes[SIMULATION_WAVES], &(struct simulation_outcome){0});
	assert_outcome(&result->outcomes[SIMULATION_FRONTIER], &(struct simulation_outcome){0});
	assert_int_equal(result->lower_bound_ms, 0);
}

/* False: a check that a step of its own wave needs has no place. */
static bool random_plan(struct fixture *fixture, uint64_t *seed)
{
	static const enum plan_action actions[] = {
		ACTION_CACHED, ACTION_SKIP, ACTION_OMIT, ACTION_RUN, ACTION_RUN, ACTION_RUN};
	static const char *const groups[] = {NULL, "x", "y"};
	uint32_t count = 1 + fixture_random(seed, 40);
	bool is_grouped = fixture_random(seed, 3) == 0;
	fixture_reserve(fixture, count);
	for (uint32_t i = 0; i < count; i++) {
		struct step *step = fixture_add(fixture, arena_format(&fixture->arena, "s%u", i),
			"", is_grouped ? groups[fixture_random(seed, 3)] : NULL);
		step->timeout_ms = fixture_random(seed, 100);
		step->is_check = fixture_random(seed, 8) == 0;
		step->needs = ARENA_ARRAY(&fixture->arena, struct need, 3);
		for (uint32_t k = i > 0 ? fixture_random(seed, 4) : 0; k > 0; k--)
			fixture_need(fixture, i, fixture_random(seed, i));
	}
	if (!fixture_build(fixture, 2))
		return false;
	for (uint32_t i = 0; fixture_random(seed, 2) && i < count; i++) {
		fixture->plan.steps[i].action = actions[fixture_random(seed, 6)];
		fixture->plan.steps[i].run_if =
			fixture_random(seed, 9) ? RUN_IF_SUCCESS : RUN_IF_FAILURE;
	}
	return true;
}

static void check_outcome(const struct simulation *simulation,
	const struct simulation_result *result, enum simulation_mode mode)
{
	const struct simulation_outcome *outcome = &result->outcomes[mode];
	int64_t jobs = result->jobs;
	assert_true(outcome->makespan_ms >= result->lower_bound_ms);
	assert_true(outcome->makespan_ms <= simulation->work_ms);
	assert_int_equal(outcome->idle_ms, jobs * outcome->makespan_ms - simulation->work_ms);
	assert_in_range(outcome->used_per_10000, outcome->makespan_ms > 0 ? 1 : 0, 10000);
	if (jobs == 1)
		assert_int_equal(outcome->makespan_ms, simulation->work_ms);
	if (mode == SIMULATION_WAVES)
		return;
	/* Graham, 1966: never more than the work that is shared and the path that is not. */
	assert_true(outcome->makespan_ms * jobs <=
		    simulation->work_ms + (jobs - 1) * simulation->critical_path_ms);
	assert_true(outcome->makespan_ms <= 2 * result->lower_bound_ms);
	assert_int_equal(outcome->makespan_ms,
		result->outcomes[SIMULATION_WAVES].makespan_ms - result->barrier_cost_ms);
}

static void check_simulation(const struct simulation *simulation)
{
	const struct plan *plan = simulation->plan;
	int64_t path_ms = 0;
	for (uint32_t i = 0; i < simulation->critical_path_count; i++)
		path_ms += plan->steps[simulation->critical_path[i]].estimate_ms;
	assert_int_equal(path_ms, simulation->critical_path_ms);
	for (uint32_t i = 0; i < simulation->result_count; i++) {
		const struct simulation_result *result = &simulation->results[i];
		int64_t idle_ms = 0;
		check_outcome(simulation, result, SIMULATION_WAVES);
		check_outcome(simulation, result, SIMULATION_FRONTIER);
		for (uint32_t k = 0; k < plan->stage_count; k++) {
			assert_true(result->stage_idle_ms[k] >= 0);
			idle_ms += result->stage_idle_ms[k];
		}
		assert_int_equal(idle_ms, result->outcomes[SIMULATION_WAVES].idle_ms);
		assert_int_equal(result->stage_end_ms[plan->stage_count - 1],
			result->outcomes[SIMULATION_WAVES].makespan_ms);
	}
}

static void test_random_plans(void **state)
{
	static const uint32_t jobs[] = {1, 2, 3, 5, 64};
	struct fixture *fixture = *state;
	struct simulation simulation;
	uint64_t seed = 1966;
	uint32_t tried_count = 0;
	for (uint32_t round = 0; round < 4000; round++) {
		if (random_plan(fixture, &seed)) {
			simulation_build(&fixture->plan, jobs, ARRAY_LENGTH(jobs), &fixture->arena,
				&simulation);
			check_simulation(&simulation);
			tried_count++;
		}
		arena_reset(&fixture->arena);
	}
	assert_true(tried_count > 3000);
}

/* Neither the stack nor a number grows out of hand. */
static void test_many_steps(void **state)
{
	enum { COUNT = 100000, WIDTH = 100 };
	static const uint32_t jobs[] = {1, 8, 4096};
	struct fixture *fixture = *state;
	struct simulation simulation;
	uint64_t seed = 8;
	fixture_reserve(fixture, COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct step *step =
			fixture_add(fixture, arena_format(&fixture->arena, "s%u", i), "", NULL);
		step->timeout_ms = 1 + fixture_random(&seed, 1000);
		step->needs = ARENA_ARRAY(&fixture->arena, struct need, 3);
		for (uint32_t k = 0; i >= WIDTH && k < 3; k++)
			fixture_need(
				fixture, i, (i / WIDTH - 1) * WIDTH + fixture_random(&seed, WIDTH));
	}
	assert_true(fixture_build(fixture, 8));
	simulation_build(&fixture->plan, jobs, ARRAY_LENGTH(jobs), &fixture->arena, &simulation);
	check_simulation(&simulation);
	assert_int_equal(simulation.results[1].outcomes[SIMULATION_FRONTIER].makespan_ms,
		fixture->plan.totals.frontier_ms);
	assert_int_equal(simulation.results[1].lower_bound_ms, fixture->plan.totals.lower_bound_ms);
}

static void test_slot_time_has_a_limit(void **state)
{
	struct fixture *fixture = *state;
	struct simulation simulation;
	fixture_reserve(fixture, 1);
	add_step(fixture, "a", "", INT64_MAX / 1000);
	assert_true(fixture_build(fixture, 1));
	const struct simulation_result *result = simulate(fixture, 4096, &simulation);
	assert_true(result->outcomes[SIMULATION_WAVES].idle_ms == INT64_MAX);
	assert_true(result->stage_idle_ms[0] == INT64_MAX);
	assert_int_equal(result->outcomes[SIMULATION_WAVES].used_per_10000, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_two_jobs),
		FIXTURE_TEST(test_one_job),
		FIXTURE_TEST(test_best_jobs),
		FIXTURE_TEST(test_nothing_is_best_when_nothing_is_known),
		FIXTURE_TEST(test_steps_that_take_nothing),
		FIXTURE_TEST(test_groups_and_a_check),
		FIXTURE_TEST(test_frontier_checkpoints),
		FIXTURE_TEST(test_foreach_counts_once),
		FIXTURE_TEST(test_no_steps),
		FIXTURE_TEST(test_random_plans),
		FIXTURE_TEST(test_many_steps),
		FIXTURE_TEST(test_slot_time_has_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
