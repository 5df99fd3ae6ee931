/* What must hold for every plan, tried on random graphs, and the sizes that users bring. */
#include "plan/plan_build.h"

#include "pipeline_fixture.h"
#include "plan/critical_path.h"

static const char *const group_names[] = {NULL, NULL, "x", "y", "z"};

/* Without groups every step needs later ones, so that declaration and order differ. */
static void random_pipeline(struct fixture *fixture, uint64_t *seed, bool grouped)
{
	uint32_t count = 1 + fixture_random(seed, 60);
	fixture_reserve(fixture, count);
	for (uint32_t i = 0; i < count; i++) {
		const char *group = grouped ? group_names[fixture_random(seed, 5)] : NULL;
		const char *id =
			arena_format(&fixture->arena, "s%u", fixture_random(seed, 1000000));
		struct step *step = fixture_add(fixture, id, "", group);
		step->timeout_ms = fixture_random(seed, 40); /* 0: none */
		step->needs = ARENA_ARRAY(&fixture->arena, struct need, 5);
	}
	for (uint32_t place = 1; place < count; place++) {
		for (uint32_t k = fixture_random(seed, 5); k > 0; k--) {
			uint32_t earlier = fixture_random(seed, place);
			if (grouped)
				fixture_need(fixture, place, earlier);
			else
				fixture_need(fixture, count - 1 - place, count - 1 - earlier);
		}
	}
}

static void check_order(const struct plan *plan, uint32_t *place)
{
	uint32_t count = plan->pipeline->step_count;
	for (uint32_t i = 0; i < count; i++)
		place[i] = INDEX_NONE;
	for (uint32_t i = 0; i < count; i++) {
		assert_int_equal(place[plan->order[i]], INDEX_NONE);
		place[plan->order[i]] = i;
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct plan_step *step = &plan->steps[i];
		for (uint32_t k = 0; k < step->needs.count; k++) {
			uint32_t need = plan->edges[step->needs.first + k];
			const struct plan_step *needed = &plan->steps[need];
			assert_true(place[need] < place[i]);
			assert_true(needed->stage <= step->stage);
			if (!plan_has_barriers(plan))
				assert_true(needed->wave < step->wave);
			assert_true(needed->earliest_ms + needed->estimate_ms <= step->earliest_ms);
			assert_true(needed->latest_ms + needed->estimate_ms <= step->latest_ms);
			assert_true(needed->tail_ms >= needed->estimate_ms + step->tail_ms);
		}
	}
}

static void check_times(const struct plan *plan)
{
	int64_t longest_ms = 0;
	bool some_critical = false;
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		const struct plan_step *step = &plan->steps[i];
		assert_true(step->slack_ms >= 0);
		assert_int_equal(step->slack_ms, step->latest_ms - step->earliest_ms);
		assert_int_equal(step->critical, step->slack_ms == 0);
		longest_ms = step->tail_ms > longest_ms ? step->tail_ms : longest_ms;
		some_critical = some_critical || step->critical;
	}
	assert_true(some_critical);
	assert_int_equal(plan->critical_path_ms, longest_ms);
	int64_t path_ms = 0;
	for (uint32_t i = 0; i < plan->critical_path_count; i++) {
		const struct plan_step *step = &plan->steps[plan->critical_path[i]];
		assert_true(step->critical);
		assert_int_equal(step->earliest_ms, path_ms);
		path_ms += step->estimate_ms;
	}
	assert_int_equal(path_ms, longest_ms);
}

static void check_stages(const struct plan *plan)
{
	uint32_t seen = 0;
	for (uint32_t i = 0; i < plan->stage_count; i++) {
		uint32_t count = 0;
		const uint32_t *steps = plan_stage_steps(plan, i, &count);
		assert_true(count > 0);
		for (uint32_t k = 0; k < count; k++) {
			assert_int_equal(plan->steps[steps[k]].stage, i);
			assert_true(k == 0 || steps[k - 1] < steps[k]);
		}
		seen += count;
	}
	assert_int_equal(seen, plan->pipeline->step_count);
}

static void check_totals(const struct plan *plan)
{
	const struct plan_totals *totals = &plan->totals;
	assert_true(totals->lower_bound_ms >= plan->critical_path_ms);
	assert_true(totals->lower_bound_ms * plan->jobs >= totals->steps_serial_ms);
	assert_true(totals->frontier_ms >= totals->lower_bound_ms);
	assert_true(totals->frontier_ms <= totals->steps_serial_ms);
	assert_true(totals->frontier_ms <=
		    plan->critical_path_ms + totals->steps_serial_ms / plan->jobs + 1);
	assert_true(totals->waves_ms <= totals->groups_serial_ms);
	assert_true(totals->groups_serial_ms <= totals->steps_serial_ms);
	if (plan->jobs == 1)
		assert_int_equal(totals->frontier_ms, totals->steps_serial_ms);
	if (plan->jobs >= plan->pipeline->step_count)
		assert_int_equal(totals->frontier_ms, plan->critical_path_ms);
}

static void check_random_plans(struct fixture *fixture, uint64_t seed, bool grouped)
{
	static const uint32_t jobs[] = {1, 2, 3, 8, 100};
	uint32_t place[64];
	for (uint32_t round = 0; round < 300; round++) {
		random_pipeline(fixture, &seed, grouped);
		assert_true(fixture_build(fixture, jobs[round % ARRAY_LENGTH(jobs)]));
		check_order(&fixture->plan, place);
		check_times(&fixture->plan);
		check_stages(&fixture->plan);
		check_totals(&fixture->plan);
	}
}

static void test_random_derived_plans(void **state)
{
	check_random_plans(*state, 20250917, false);
}

static void test_random_detected_plans(void **state)
{
	check_random_plans(*state, 4711, true);
}

/* The same totals and path from the run's own arithmetic as from the plan's. */
static void test_run_agrees_with_plan(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 99;
	for (uint32_t round = 0; round < 100; round++) {
		random_pipeline(fixture, &seed, round % 2 == 0);
		for (uint32_t i = 0; i < fixture->pipeline.step_count; i++)
			fixture->pipeline.steps[i].timeout_ms += 1;
		assert_true(fixture_build(fixture, 4));
		struct run run;
		run_from_plan(&fixture->plan, "r", &fixture->arena, &run);
		assert_int_equal(run.totals.critical_path_ms, fixture->plan.critical_path_ms);
		assert_int_equal(run.critical_path_count, fixture->plan.critical_path_count);
		assert_memory_equal(run.critical_path, fixture->plan.critical_path,
			run.critical_path_count * sizeof *run.critical_path);
	}
}

/* Started in the order of the file, d would only begin at 40 and end at 90. */
static void test_longest_tail_goes_first(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 4);
	fixture_add(fixture, "a", "", NULL)->timeout_ms = 30;
	fixture_add(fixture, "b", "", NULL)->timeout_ms = 30;
	fixture_add(fixture, "c", "", NULL)->timeout_ms = 10;
	fixture_add(fixture, "d", "c", NULL)->timeout_ms = 50;
	assert_true(fixture_build(fixture, 2));
	assert_int_equal(fixture->plan.totals.frontier_ms, 60);
	assert_int_equal(fixture->plan.steps[2].tail_ms, 60);
	assert_int_equal(fixture->plan.steps[0].slack_ms, 30);
}

static void test_long_chain(void **state)
{
	enum { COUNT = 100000 };
	struct fixture *fixture = *state;
	fixture_reserve(fixture, COUNT);
	for (uint32_t i = 0; i < COUNT; i++)
		fixture_add(fixture, arena_format(&fixture->arena, "s%u", i), "", NULL);
	/* Declared from the end to the start. */
	for (uint32_t i = 0; i + 1 < COUNT; i++)
		fixture_need(fixture, i, i + 1);
	assert_true(fixture_build(fixture, 2));
	assert_int_equal(fixture->plan.wave_count, COUNT);
	assert_int_equal(fixture->plan.critical_path_count, COUNT);
	assert_int_equal(fixture->plan.critical_path_ms, INT64_C(1000) * COUNT);
	assert_int_equal(fixture->plan.order[0], COUNT - 1);
}

static void test_wide_layers(void **state)
{
	enum { COUNT = 100000, WIDTH = 10000 };
	struct fixture *fixture = *state;
	uint64_t seed = 7;
	fixture_reserve(fixture, COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		struct step *step =
			fixture_add(fixture, arena_format(&fixture->arena, "s%u", i), "", NULL);
		step->needs = ARENA_ARRAY(&fixture->arena, struct need, 4);
		for (uint32_t k = 0; i >= WIDTH && k < 3; k++)
			fixture_need(
				fixture, i, i - i % WIDTH - WIDTH + fixture_random(&seed, WIDTH));
	}
	assert_true(fixture_build(fixture, 16));
	assert_int_equal(fixture->plan.wave_count, COUNT / WIDTH);
	assert_int_equal(fixture->plan.waves[3].steps.count, WIDTH);
	check_totals(&fixture->plan);
}

/* One step that everything needs, and one that needs everything. */
static void test_hub(void **state)
{
	enum { COUNT = 100000 };
	struct fixture *fixture = *state;
	fixture_reserve(fixture, COUNT);
	for (uint32_t i = 0; i < COUNT; i++)
		fixture_add(fixture, arena_format(&fixture->arena, "s%u", i), "", NULL);
	struct step *last = &fixture->pipeline.steps[COUNT - 1];
	last->needs = ARENA_ARRAY(&fixture->arena, struct need, COUNT);
	for (uint32_t i = 1; i < COUNT; i++)
		fixture_need(fixture, i, 0);
	for (uint32_t i = 1; i + 1 < COUNT; i++)
		fixture_need(fixture, COUNT - 1, i);
	assert_true(fixture_build(fixture, 1000000));
	assert_int_equal(fixture->plan.wave_count, 3);
	assert_int_equal(fixture->plan.edge_count, 2 * (COUNT - 1 + COUNT - 2));
	assert_int_equal(fixture->plan.totals.frontier_ms, 3000);
	assert_int_equal(fixture->plan.critical_path[1], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_random_derived_plans),
		FIXTURE_TEST(test_random_detected_plans),
		FIXTURE_TEST(test_run_agrees_with_plan),
		FIXTURE_TEST(test_longest_tail_goes_first),
		FIXTURE_TEST(test_long_chain),
		FIXTURE_TEST(test_wide_layers),
		FIXTURE_TEST(test_hub),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
