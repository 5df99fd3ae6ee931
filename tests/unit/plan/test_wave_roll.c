#include "plan/rank.h"
#include "plan/wave.h"

#include "pipeline_fixture.h"

enum { STEPS_MOST = 40, ROUNDS = 1000 };

static bool build_rolling(struct fixture *fixture)
{
	fixture->pipeline.execution.mode = MODE_FRONTIER;
	return fixture_build(fixture, 2);
}

static void all_steps_are_one_wave(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 4);
	fixture_add(fixture, "short", "", NULL)->timeout_ms = 1000;
	fixture_add(fixture, "long", "", NULL)->timeout_ms = 5000;
	fixture_add(fixture, "then", "short", NULL)->timeout_ms = 1000;
	fixture_add(fixture, "last", "then", NULL)->timeout_ms = 1000;
	assert_true(build_rolling(fixture));
	const struct plan *plan = &fixture->plan;
	assert_int_equal(plan->mode, MODE_FRONTIER);
	assert_int_equal(plan->stage_count, 1);
	assert_int_equal(plan->waves[0].origin, WAVE_ROLLING);
	assert_int_equal(plan->waves[0].steps.count, 4);
	assert_int_equal(plan->waves[0].estimate_ms, 5000);
	assert_int_equal(plan->totals.frontier_ms, 5000);
	assert_int_equal(plan->totals.waves_ms, 7000);
	assert_int_equal(plan->totals.lower_bound_ms, 5000);
	assert_int_equal(plan->critical_path_ms, 5000);
}

/* Approval, and what a checkout has changed, are there at a wave's end. */
static void what_needs_a_gate_or_a_merge_comes_after(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 6);
	fixture_add(fixture, "a", "", NULL)->needs_approval = true;
	fixture_add(fixture, "b", "a", NULL)->workspace = WORKSPACE_WORKTREE;
	fixture_add(fixture, "c", "b", NULL);
	fixture_add(fixture, "d", "c", NULL);
	fixture_add(fixture, "e", "", NULL);
	fixture_add(fixture, "f", "e a", NULL);
	assert_true(build_rolling(fixture));
	static const uint32_t waves[] = {0, 1, 2, 2, 0, 1};
	const struct plan *plan = &fixture->plan;
	assert_int_equal(plan->wave_count, 3);
	for (uint32_t i = 0; i < ARRAY_LENGTH(waves); i++) {
		assert_int_equal(plan->steps[i].wave, waves[i]);
		assert_int_equal(plan->steps[i].stage, waves[i]);
	}
	assert_string_equal(plan->waves[1].name, "frontier, part 2");
	assert_int_equal(plan->totals.frontier_ms, 4000);
	assert_int_equal(plan->critical_path_ms, 4000);
}

static void waves_of_the_file_are_refused(void **state)
{
	static const char *const expected[] = {
		"mode frontier starts a step as soon as what it needs has ended, but 'group' of this "
		"pipeline makes waves that wait for each other",
		"mode frontier starts a step as soon as what it needs has ended, but 'waves' of this "
		"pipeline makes waves that wait for each other",
		"mode frontier starts a step as soon as what it needs has ended, but the order of "
		"the rows of this pipeline makes waves that wait for each other",
	};
	struct declared_wave declared = {.where = {9, 5}};
	for (uint32_t i = 0; i < ARRAY_LENGTH(expected); i++) {
		fixture_tear_down(state);
		fixture_set_up(state);
		struct fixture *fixture = *state;
		fixture_reserve(fixture, 2);
		fixture_add(fixture, "a", "", NULL);
		fixture_add(fixture, "b", "", i == 0 ? "x" : NULL);
		fixture->pipeline.format = i == 2 ? FORMAT_TABLE : FORMAT_STEPS;
		fixture->pipeline.waves = &declared;
		fixture->pipeline.wave_count = i == 1;
		assert_false(build_rolling(fixture));
		assert_int_equal(fixture->diagnostics.count, 1);
		const struct finding *finding = &fixture->diagnostics.findings[0];
		assert_string_equal(finding->message, expected[i]);
		assert_int_equal(finding->where.line, i == 0 ? 2 : i == 1 ? 9 : 1);
		assert_non_null(strstr(finding->hint, "take mode waves"));
	}
}

/* The same pipeline in both modes: what is predicted of a mode does not depend on which is taken. */
static void both_modes_predict_the_same(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 5;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		bool has_gates = round % 2 == 1;
		fixture_add_random(fixture, &seed, STEPS_MOST, 3);
		for (uint32_t i = 0; has_gates && i < fixture->pipeline.step_count; i++)
			fixture->pipeline.steps[i].needs_approval = fixture_random(&seed, 6) == 0;
		fixture->pipeline.execution.mode = MODE_WAVES;
		assert_true(fixture_build(fixture, 3));
		struct plan_totals waves = fixture->plan.totals;
		fixture->pipeline.execution.mode = MODE_FRONTIER;
		assert_true(fixture_build(fixture, 3));
		const struct plan *plan = &fixture->plan;
		assert_int_equal(plan->totals.waves_ms, waves.waves_ms);
		assert_int_equal(plan->totals.steps_serial_ms, waves.steps_serial_ms);
		if (has_gates)
			assert_true(plan->totals.frontier_ms >= plan->critical_path_ms);
		else
			assert_int_equal(plan->totals.frontier_ms, waves.frontier_ms);
		for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
			const struct index_range needs = plan->steps[i].needs;
			for (uint32_t k = 0; k < needs.count; k++) {
				uint32_t need = plan->edges[needs.first + k];
				bool holds = plan->pipeline->steps[need].needs_approval;
				assert_true(
					plan->steps[need].stage + holds <= plan->steps[i].stage);
			}
		}
		arena_reset(&fixture->arena);
	}
}

static void without_priorities_the_longest_path_decides(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 2);
	fixture_add(fixture, "a", "", NULL)->timeout_ms = 10;
	fixture_add(fixture, "b", "", NULL)->timeout_ms = 20;
	assert_true(build_rolling(fixture));
	assert_false(fixture->plan.is_ranked);
	assert_true(plan_step_key(&fixture->plan, 1) < plan_step_key(&fixture->plan, 0));
}

static void worth_effort_and_risk_decide(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 5);
	/* 1 / 400 on the critical path; 1 / 100; 3 / 200; as much, but risky; 0.8 / 100. */
	static const double values[] = {0, 0, 3, 3, 0.8};
	static const int64_t efforts_ms[] = {400, 100, 200, 200, 100};
	for (uint32_t i = 0; i < 5; i++) {
		struct step *step =
			fixture_add(fixture, arena_format(&fixture->arena, "s%u", i), "", NULL);
		step->value = values[i];
		step->effort_ms = efforts_ms[i];
		step->risk = i == 3 ? 0.4 : 0;
	}
	assert_true(build_rolling(fixture));
	static const uint32_t ranks[] = {4, 1, 0, 2, 3};
	for (uint32_t i = 0; i < 5; i++) {
		assert_int_equal(fixture->plan.steps[i].rank, ranks[i]);
		assert_int_equal(fixture->plan.steps[i].estimate_from, ESTIMATE_EFFORT);
	}
	assert_true(fixture->plan.is_ranked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(all_steps_are_one_wave),
		FIXTURE_TEST(what_needs_a_gate_or_a_merge_comes_after),
		FIXTURE_TEST(waves_of_the_file_are_refused),
		FIXTURE_TEST(both_modes_predict_the_same),
		FIXTURE_TEST(without_priorities_the_longest_path_decides),
		FIXTURE_TEST(worth_effort_and_risk_decide),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
