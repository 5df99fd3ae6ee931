#include "model/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmocka_all.h"

/*
 * a (1 s, twice) -> b (2 s) -> d skipped -> e skipped
 *               \-> c (3 s, failed) -> d
 */
struct sample {
	struct arena arena;
	struct run run;
	struct run_step steps[5];
	struct run_wave waves[4];
	struct run_attempt attempts[4];
	uint32_t edges[5];
};

static void fill_step(struct sample *sample, uint32_t index, const char *id, enum state state,
	struct index_range needs, struct index_range attempts)
{
	sample->steps[index] = (struct run_step){.id = id,
		.name = id,
		.state = state,
		.needs = needs,
		.attempts = attempts,
		.group = INDEX_NONE,
		.started_ms = TIME_NONE,
		.ended_ms = TIME_NONE,
		.estimate_ms = 10};
}

static void fill_steps(struct sample *sample)
{
	static const uint32_t edges[] = {0, 0, 1, 2, 3};
	static const uint32_t stages[] = {0, 1, 1, 2, 3};
	memcpy(sample->edges, edges, sizeof edges);
	fill_step(
		sample, 0, "a", STATE_DONE, (struct index_range){0, 0}, (struct index_range){0, 2});
	fill_step(
		sample, 1, "b", STATE_DONE, (struct index_range){0, 1}, (struct index_range){2, 1});
	fill_step(sample, 2, "c", STATE_FAILED, (struct index_range){1, 1},
		(struct index_range){3, 1});
	fill_step(sample, 3, "d", STATE_SKIPPED, (struct index_range){2, 2},
		(struct index_range){4, 0});
	fill_step(sample, 4, "e", STATE_SKIPPED, (struct index_range){4, 1},
		(struct index_range){4, 0});
	for (uint32_t i = 0; i < 5; i++)
		sample->steps[i].stage = sample->steps[i].wave = stages[i];
	sample->steps[2].ended_ms = 5000;
}

static int set_up(void **state)
{
	struct sample *sample = calloc(1, sizeof *sample);
	fill_steps(sample);
	const struct run_attempt attempts[] = {
		{.step = 0,
			.number = 1,
			.state = STATE_FAILED,
			.started_ms = 1000,
			.ended_ms = 1400},
		{.step = 0, .number = 2, .state = STATE_DONE, .started_ms = 1400, .ended_ms = 2000},
		{.step = 1, .number = 1, .state = STATE_DONE, .started_ms = 2000, .ended_ms = 4000},
		{.step = 2,
			.number = 1,
			.state = STATE_FAILED,
			.started_ms = 2000,
			.ended_ms = 5000},
	};
	memcpy(sample->attempts, attempts, sizeof attempts);
	sample->run = (struct run){.id = "r",
		.state = STATE_FAILED,
		.started_ms = 900,
		.ended_ms = 5200,
		.paused_ms = 100,
		.steps = sample->steps,
		.step_count = 5,
		.edges = sample->edges,
		.edge_count = 5,
		.waves = sample->waves,
		.wave_count = 4,
		.stage_count = 4,
		.attempts = sample->attempts,
		.attempt_count = 4};
	*state = sample;
	return 0;
}

static int tear_down(void **state)
{
	struct sample *sample = *state;
	arena_release(&sample->arena);
	free(sample);
	return 0;
}

static void test_totals(void **state)
{
	struct sample *sample = *state;
	run_summarise(&sample->run, &sample->arena);
	const struct run_totals *totals = &sample->run.totals;
	assert_int_equal(totals->by_state[STATE_DONE], 2);
	assert_int_equal(totals->by_state[STATE_FAILED], 1);
	assert_int_equal(totals->by_state[STATE_SKIPPED], 2);
	assert_int_equal(totals->retried, 1);
	assert_int_equal(totals->wall_ms, 4200);
	assert_int_equal(totals->work_ms, 6000);
	assert_int_equal(totals->peak_concurrency, 2);
	assert_int_equal(totals->critical_path_ms, 4000);
	assert_int_equal(sample->run.critical_path_count, 2);
	assert_int_equal(sample->run.critical_path[0], 0);
	assert_int_equal(sample->run.critical_path[1], 2);
}

static void test_estimates_count_before_anything_ran(void **state)
{
	struct sample *sample = *state;
	sample->run.attempt_count = 0;
	for (uint32_t i = 0; i < 5; i++)
		sample->steps[i].attempts.count = 0;
	run_summarise(&sample->run, &sample->arena);
	assert_int_equal(sample->run.totals.critical_path_ms, 40);
	assert_int_equal(sample->run.critical_path_count, 4);
	assert_int_equal(sample->run.critical_path[1], 1); /* b before c: same length */
	assert_int_equal(sample->run.totals.peak_concurrency, 0);
	assert_int_equal(sample->run.totals.work_ms, 0);
}

static void test_barriers_are_on_the_critical_path(void **state)
{
	struct sample *sample = *state;
	for (uint32_t i = 0; i < 4; i++)
		sample->waves[i].origin = WAVE_DETECTED;
	for (uint32_t i = 0; i < 5; i++)
		sample->steps[i].needs.count = 0;
	run_summarise(&sample->run, &sample->arena);
	assert_int_equal(sample->run.totals.critical_path_ms, 4000);
	assert_int_equal(sample->run.critical_path_count, 2);
	sample->waves[0].origin = WAVE_DERIVED;
	run_summarise(&sample->run, &sample->arena);
	assert_int_equal(sample->run.totals.critical_path_ms, 3000);
	assert_int_equal(sample->run.critical_path_count, 1);
	assert_int_equal(sample->run.critical_path[0], 2);
}

static void test_cycle_on_record_ends(void **state)
{
	struct sample *sample = *state;
	sample->edges[3] = 4; /* d needs b and e, e needs d */
	run_summarise(&sample->run, &sample->arena);
	assert_int_equal(sample->run.totals.critical_path_ms, 4000);
	assert_int_equal(run_blocked_by(&sample->run, 2, &sample->arena), 0);
	assert_int_equal(run_blocked_by(&sample->run, 4, &sample->arena), 1);
	/* With nothing measured and nothing estimated the walk could go round for ever. */
	sample->run.attempt_count = 0;
	for (uint32_t i = 0; i < 5; i++) {
		sample->steps[i].attempts.count = 0;
		sample->steps[i].estimate_ms = 0;
	}
	run_summarise(&sample->run, &sample->arena);
	assert_int_equal(sample->run.totals.critical_path_ms, 0);
	assert_true(sample->run.critical_path_count <= 5);
}

struct peak_case {
	int64_t spans[4][2]; /* ended 0: still running, lost when the run is not */
	uint32_t count;
	enum state run_state;
	uint32_t expected;
};

static const struct peak_case peak_cases[] = {
	{{{0, 0}}, 0, STATE_DONE, 0},
	{{{5, 5}}, 1, STATE_DONE, 1},
	{{{5, 5}, {5, 5}}, 2, STATE_DONE, 1},
	{{{1, 5}, {5, 9}}, 2, STATE_DONE, 1},
	{{{1, 5}, {4, 9}, {8, 10}}, 3, STATE_DONE, 2},
	{{{1, 9}, {2, 9}, {3, 9}, {9, 10}}, 4, STATE_DONE, 3},
	{{{1, 0}, {20, 30}}, 2, STATE_RUNNING, 2},
	{{{1, 0}, {20, 30}}, 2, STATE_FAILED, 1},
};

static void test_peak_concurrency(void **state)
{
	struct sample *sample = *state;
	for (size_t i = 0; i < sizeof peak_cases / sizeof peak_cases[0]; i++) {
		const struct peak_case *row = &peak_cases[i];
		for (uint32_t k = 0; k < row->count; k++)
			sample->attempts[k] = (struct run_attempt){.step = 0,
				.number = k + 1,
				.state = row->spans[k][1] ? STATE_DONE : STATE_RUNNING,
				.started_ms = row->spans[k][0],
				.ended_ms = row->spans[k][1] ? row->spans[k][1] : TIME_NONE};
		sample->run.state = row->run_state;
		sample->run.attempt_count = row->count;
		for (uint32_t k = 0; k < 5; k++)
			sample->steps[k].attempts.count = 0;
		sample->steps[0].attempts = (struct index_range){0, row->count};
		run_summarise(&sample->run, &sample->arena);
		assert_int_equal(sample->run.totals.peak_concurrency, row->expected);
	}
}

static void test_looks(void **state)
{
	struct sample *sample = *state;
	static const enum step_look looks[] = {
		LOOK_RETRIED, LOOK_OK, LOOK_FAILED, LOOK_SKIPPED, LOOK_SKIPPED};
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(run_step_look(&sample->run, i), looks[i]);
	sample->steps[0].state = STATE_RUNNING;
	sample->steps[1].state = STATE_PENDING;
	assert_int_equal(run_step_look(&sample->run, 0), LOOK_RUNNING);
	assert_int_equal(run_step_look(&sample->run, 1), LOOK_IDLE);
}

static void test_durations_and_attempts(void **state)
{
	struct sample *sample = *state;
	assert_int_equal(run_step_duration_ms(&sample->run, 0, 9000), 1000);
	assert_int_equal(run_step_duration_ms(&sample->run, 4, 9000), 0);
	sample->attempts[1].state = STATE_RUNNING;
	sample->attempts[1].ended_ms = TIME_NONE;
	assert_int_equal(run_step_duration_ms(&sample->run, 0, 2400), 1400);
	assert_ptr_equal(run_last_attempt(&sample->run, 0), &sample->attempts[1]);
	assert_null(run_last_attempt(&sample->run, 4));
}

static void test_failures_first_to_last(void **state)
{
	struct sample *sample = *state;
	sample->steps[0].state = STATE_FAILED;
	sample->steps[0].ended_ms = 7000;
	uint32_t steps[2] = {99, 99};
	assert_int_equal(run_failures(&sample->run, steps, 2), 2);
	assert_int_equal(steps[0], 2);
	assert_int_equal(steps[1], 0);
	steps[1] = 99;
	assert_int_equal(run_failures(&sample->run, steps, 1), 2);
	assert_int_equal(steps[1], 99);
	assert_int_equal(run_failures(&sample->run, NULL, 0), 2);
}

static void test_blocked_steps(void **state)
{
	struct sample *sample = *state;
	assert_int_equal(run_blocked_by(&sample->run, 2, &sample->arena), 2);
	assert_int_equal(run_blocked_by(&sample->run, 0, &sample->arena), 0);
	assert_int_equal(run_blocked_by(&sample->run, 4, &sample->arena), 0);
	sample->steps[3].state = STATE_DONE;
	assert_int_equal(run_blocked_by(&sample->run, 2, &sample->arena), 0);
}

/* Step b needs step a: two waves. */
static void run_of_two_steps(struct arena *arena, struct run *run)
{
	struct step steps[] = {{.id = "a", .command = {.script = "make"}},
		{.id = "b", .name = "Bee", .command = {.script = "ls"}}};
	struct pipeline pipeline = {.name = "p", .file = "f.yml", .steps = steps, .step_count = 2};
	struct plan_step planned[] = {
		{.needs = {0, 0},
			.dependents = {1, 1},
			.group = INDEX_NONE,
			.estimate_ms = 5,
			.fingerprint = "f0"},
		{.needs = {0, 1},
			.dependents = {2, 0},
			.wave = 1,
			.stage = 1,
			.group = INDEX_NONE,
			.estimate_ms = 7,
			.fingerprint = "f1"},
	};
	uint32_t edges[] = {0, 1};
	struct plan_wave waves[] = {{.steps = {0, 1}}, {.steps = {1, 1}}};
	struct plan_stage stages[] = {{0, INDEX_NONE}, {1, INDEX_NONE}};
	struct plan plan = {.pipeline = &pipeline,
		.jobs = 3,
		.steps = planned,
		.edges = edges,
		.edge_count = 2,
		.waves = waves,
		.wave_count = 2,
		.stages = stages,
		.stage_count = 2};
	run_from_plan(&plan, "run_1", arena, run);
}

static void test_run_from_plan(void **state)
{
	struct sample *sample = *state;
	struct run run;
	run_of_two_steps(&sample->arena, &run);
	assert_string_equal(run.id, "run_1");
	assert_int_equal(run.state, STATE_PENDING);
	assert_int_equal(run.jobs, 3);
	assert_int_equal(run.edge_count, 1);
	assert_string_equal(run.steps[0].name, "a");
	assert_string_equal(run.steps[1].name, "Bee");
	assert_string_equal(run.steps[1].command, "ls");
	assert_string_equal(run.steps[1].fingerprint, "f1");
	assert_int_equal(run.edges[run.steps[1].needs.first], 0);
	assert_true(run.steps[0].started_ms == TIME_NONE && run.started_ms == TIME_NONE);
	assert_int_equal(run.waves[1].stage, 1);
	assert_int_equal(run.waves[1].checkpoint, INDEX_NONE);
	assert_int_equal(run.totals.by_state[STATE_PENDING], 2);
	assert_int_equal(run.totals.critical_path_ms, 12);
	assert_int_equal(run.totals.wall_ms, 0);
	assert_int_equal(run.critical_path_count, 2);
}

/* A chain, and as many steps beside it: no recursion, nothing quadratic. */
static void test_hundred_thousand_steps(void **state)
{
	struct sample *sample = *state;
	enum { COUNT = 100000 };
	struct run run = {.state = STATE_FAILED,
		.started_ms = 0,
		.ended_ms = 10,
		.step_count = COUNT,
		.edge_count = COUNT - 1,
		.stage_count = COUNT};
	run.steps = ARENA_ARRAY(&sample->arena, struct run_step, COUNT);
	run.edges = ARENA_ARRAY(&sample->arena, uint32_t, COUNT);
	for (uint32_t i = 0; i < COUNT; i++) {
		run.steps[i].id = "x";
		run.steps[i].stage = i;
		run.steps[i].estimate_ms = 1;
		run.steps[i].state = i == 0 ? STATE_FAILED : STATE_SKIPPED;
		run.steps[i].needs = (struct index_range){i > 0 ? i - 1 : 0, i > 0};
		run.edges[i] = i;
	}
	run_summarise(&run, &sample->arena);
	assert_int_equal(run.totals.critical_path_ms, COUNT);
	assert_int_equal(run.critical_path_count, COUNT);
	assert_int_equal(run_blocked_by(&run, 0, &sample->arena), COUNT - 1);
}

/* Of a run that was continued, and left out there what was not done yet. */
static void test_what_began_nothing_more_is_over(void **state)
{
	struct sample *sample = *state;
	enum { DONE_LAST = 40 };
	struct run_step steps[] = {
		{.id = "a", .state = STATE_DONE, .ended_ms = 20, .wave = 0, .group = INDEX_NONE},
		{.id = "b", .state = STATE_DONE, .ended_ms = DONE_LAST, .wave = 0, .group = 0},
		{.id = "c", .state = STATE_SKIPPED, .wave = 0, .group = 0},
		{.id = "d", .state = STATE_SKIPPED, .wave = 1, .group = 1},
		{.id = "e", .state = STATE_DONE, .wave = 2, .group = 2},
		{.id = "f", .state = STATE_PENDING, .wave = 2, .group = 2},
	};
	struct run_wave waves[] = {{.step_count = 3}, {.step_count = 1}, {.step_count = 2}};
	struct run_group groups[] = {{.steps = {1, 2}}, {.steps = {3, 1}}, {.steps = {4, 2}}};
	struct run run = {.state = STATE_INTERRUPTED,
		.steps = steps,
		.step_count = 6,
		.waves = waves,
		.wave_count = 3,
		.groups = groups,
		.group_count = 3,
		.stage_count = 1};
	for (uint32_t i = 0; i < 3; i++) {
		waves[i].state = STATE_PENDING;
		groups[i].state = STATE_PENDING;
	}
	run_summarise(&run, &sample->arena);
	assert_int_equal(waves[0].state, STATE_DONE);
	assert_int_equal(waves[0].ended_ms, DONE_LAST);
	assert_int_equal(waves[1].state, STATE_SKIPPED);
	assert_int_equal(waves[2].state, STATE_PENDING);
	assert_int_equal(groups[0].state, STATE_DONE);
	assert_int_equal(groups[1].state, STATE_SKIPPED);
	assert_int_equal(groups[2].state, STATE_PENDING);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_totals),
		TEST(test_estimates_count_before_anything_ran),
		TEST(test_barriers_are_on_the_critical_path),
		TEST(test_cycle_on_record_ends),
		TEST(test_peak_concurrency),
		TEST(test_looks),
		TEST(test_durations_and_attempts),
		TEST(test_failures_first_to_last),
		TEST(test_blocked_steps),
		TEST(test_run_from_plan),
		TEST(test_what_began_nothing_more_is_over),
		TEST(test_hundred_thousand_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
