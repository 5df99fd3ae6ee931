#include "check.h"

#include <jansson.h>

#include "base/cleanup.h"
#include "plan_fixture.h"
#include "report/simulation_report.h"

/* Two waves of two steps, with one job and with four; the plan itself is for four. */
static struct simulation *simulation_fixture(struct arena *arena)
{
	static uint32_t path[] = {0, 2};
	static int64_t ends_ms[][2] = {{2100, 4200}, {1100, 2200}};
	static int64_t idle_ms[][2] = {{0, 0}, {2300, 2300}};
	struct simulation *simulation = ARENA_NEW(arena, struct simulation);
	struct simulation_result *results = ARENA_ARRAY(arena, struct simulation_result, 2);
	results[0] = (struct simulation_result){.jobs = 1,
		.outcomes = {{4200, 0, 10000, 2}, {4200, 0, 10000, 4}},
		.lower_bound_ms = 4200,
		.stage_end_ms = ends_ms[0],
		.stage_idle_ms = idle_ms[0]};
	results[1] = (struct simulation_result){.jobs = 4,
		.outcomes = {{2200, 4600, 4773, 2}, {2100, 4200, 5000, 4}},
		.barrier_cost_ms = 100,
		.lower_bound_ms = 2000,
		.stage_end_ms = ends_ms[1],
		.stage_idle_ms = idle_ms[1]};
	*simulation = (struct simulation){.plan = plan_fixture(2, 2, arena),
		.work_ms = 4200,
		.critical_path = path,
		.critical_path_count = 2,
		.critical_path_ms = 2000,
		.run_count = 4,
		.estimate_counts = {[ESTIMATE_HISTORY] = 2, [ESTIMATE_DEFAULT] = 2},
		.results = results,
		.result_count = 2,
		.best_jobs = {[SIMULATION_FRONTIER] = 4}};
	return simulation;
}

static void test_golden(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	simulation_text_append(simulation_fixture(&arena), &(struct text_style){0}, &buffer);
	assert_string_equal(buffer_text(&buffer),
		"Simulation: demo (4 steps, 2 waves)\n"
		"═══════════════════════════════════\n"
		"Work: 4.2 s; estimates: 2 from history, 2 by default\n"
		"\n"
		"  jobs  mode       makespan  used       idle   barriers  checkpoints    at best\n"
		"     1  waves         4.2 s  100%       0 ms       0 ms            2      4.2 s\n"
		"        frontier      4.2 s  100%       0 ms                       4\n"
		"     4  waves         2.2 s   48%      4.6 s     100 ms            2      2.0 s\n"
		"◆       frontier      2.1 s   50%      4.2 s                       4\n"
		"◆ the fewest jobs with the shortest makespan of a mode\n"
		"\n"
		"Critical path: step-1 → step-3 (2.0 s)\n"
		"\n"
		"Idle slots before a barrier, in waves with 4 jobs:\n"
		"  wave 1                                      2.3 s idle in 1.1 s\n");
}

static void test_what_takes_nothing_is_said(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct simulation *simulation = simulation_fixture(&arena);
	simulation->cached_count = 1;
	simulation->omitted_count = 3;
	simulation->foreach_count = 2;
	simulation->keeps_barriers = true;
	simulation->results[0].barrier_cost_ms = -1500;
	simulation_text_append(simulation, &(struct text_style){.ascii = true}, &buffer);
	check_contains(&buffer, "\n1 step takes no time: cached\n"
				"3 steps take no time: left out or done before\n"
				"2 steps with 'foreach' count once each\n\n");
	check_contains(&buffer, "     0 ms     -1.5 s  ");
	check_contains(&buffer, "\n* the fewest jobs with the shortest makespan of a mode\n"
				"Groups, serial steps and declared waves are barriers in both "
				"modes\n");
	for (size_t i = 0; i < buffer.size; i++)
		assert_true((unsigned char)buffer.bytes[i] < 0x80);
}

/* The costliest first; the plan's own jobs are not among them, so the last ones are shown. */
static void test_barriers(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct simulation *simulation = simulation_fixture(&arena);
	int64_t ends_ms[] = {100, 200, 300, 400, 500, 600, 700, 800, 900};
	int64_t idle_ms[] = {10, 0, 30, 20, 40, 30, 50, 60, 999};
	struct plan *plan = plan_fixture(1, 9, &arena);
	plan->waves[7].name = "evil\nname";
	plan->jobs = 3;
	simulation->plan = plan;
	simulation->results[1].stage_end_ms = ends_ms;
	simulation->results[1].stage_idle_ms = idle_ms;
	simulation->results[1].outcomes[SIMULATION_WAVES].makespan_ms = 900;
	simulation_text_append(simulation, &(struct text_style){0}, &buffer);
	check_contains(&buffer,
		"\nIdle slots before a barrier, in waves with 4 jobs:\n"
		"  wave 8 (evil name)                          60 ms idle in 100 ms\n"
		"  wave 7                                      50 ms idle in 100 ms\n"
		"  wave 5                                      40 ms idle in 100 ms\n"
		"  wave 3                                      30 ms idle in 100 ms\n"
		"  wave 6                                      30 ms idle in 100 ms\n"
		"  … and 2 more\n");
	check_lacks(&buffer, "999 ms");
}

/* What comes after the last step that takes time is left out of the plan's run: nothing waits. */
static void test_barriers_before_nothing(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct simulation *simulation = simulation_fixture(&arena);
	int64_t ends_ms[] = {100, 250, 250};
	int64_t idle_ms[] = {30, 70, 0};
	simulation->plan = plan_fixture(1, 3, &arena);
	simulation->results[1].stage_end_ms = ends_ms;
	simulation->results[1].stage_idle_ms = idle_ms;
	simulation->results[1].outcomes[SIMULATION_WAVES].makespan_ms = 250;
	simulation_text_append(simulation, &(struct text_style){0}, &buffer);
	check_contains(&buffer, "30 ms idle in 100 ms\n");
	check_lacks(&buffer, "70 ms");
}

static void assert_keys(json_t *object, const char *const *keys, size_t count)
{
	assert_int_equal(json_object_size(object), count);
	for (size_t i = 0; i < count; i++)
		if (!json_object_get(object, keys[i]))
			fail_msg("no key %s", keys[i]);
}

static void test_json(void **state)
{
	static const char *const keys[] = {"v", "name", "steps", "estimates", "work_ms",
		"critical_path", "critical_path_ms", "keeps_barriers", "results", "best_jobs"};
	static const char *const result_keys[] = {
		"jobs", "lower_bound_ms", "barrier_cost_ms", "waves", "frontier"};
	static const char *const frontier_keys[] = {
		"makespan_ms", "utilisation", "idle_ms", "checkpoint_count"};
	static const char *const stage_keys[] = {"wave", "step", "start_ms", "end_ms", "idle_ms"};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct simulation *simulation = simulation_fixture(&arena);
	struct plan_stage stages[] = {{0, INDEX_NONE}, {INDEX_NONE, 2}};
	struct plan plan = *simulation->plan;
	plan.stages = stages;
	simulation->plan = &plan;
	simulation_json_append(simulation, &buffer);
	json_t *root = json_loadb(buffer.bytes, buffer.size, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(root);
	assert_keys(root, keys, ARRAY_LENGTH(keys));
	json_t *result = json_array_get(json_object_get(root, "results"), 1);
	assert_keys(result, result_keys, ARRAY_LENGTH(result_keys));
	assert_keys(
		json_object_get(result, "frontier"), frontier_keys, ARRAY_LENGTH(frontier_keys));
	json_t *waves = json_object_get(result, "waves");
	assert_true(json_real_value(json_object_get(waves, "utilisation")) == 0.4773);
	json_t *stage = json_array_get(json_object_get(waves, "stages"), 1);
	assert_keys(stage, stage_keys, ARRAY_LENGTH(stage_keys));
	assert_true(json_is_null(json_object_get(stage, "wave")));
	assert_string_equal(json_string_value(json_object_get(stage, "step")), "step-3");
	assert_int_equal(json_integer_value(json_object_get(stage, "start_ms")), 1100);
	assert_int_equal(json_integer_value(json_object_get(stage, "end_ms")), 2200);
	json_t *best = json_object_get(root, "best_jobs");
	assert_true(json_is_null(json_object_get(best, "waves")));
	assert_int_equal(json_integer_value(json_object_get(best, "frontier")), 4);
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_what_takes_nothing_is_said),
		cmocka_unit_test(test_barriers),
		cmocka_unit_test(test_barriers_before_nothing),
		cmocka_unit_test(test_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
