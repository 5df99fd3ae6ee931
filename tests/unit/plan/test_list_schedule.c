/* What must hold for every schedule, tried on random graphs by looking at each start. */
#include "plan/list_schedule.h"

#include "pipeline_fixture.h"
#include "plan/critical_path.h"

enum { STEPS_MOST = 24, ROUNDS = 3000 };

struct trial {
	struct list_schedule schedule;
	int64_t durations_ms[STEPS_MOST];
	uint8_t loads[STEPS_MOST];
	int64_t starts_ms[STEPS_MOST];
	int64_t stage_ends_ms[STEPS_MOST];
	uint32_t ended[STEPS_MOST];
	int64_t makespan_ms;
};

static void random_pipeline(struct fixture *fixture, uint64_t *seed)
{
	static const char *const groups[] = {NULL, "x", "y"};
	uint32_t count = 1 + fixture_random(seed, STEPS_MOST);
	bool is_grouped = fixture_random(seed, 3) == 0;
	fixture_reserve(fixture, count);
	for (uint32_t i = 0; i < count; i++) {
		const char *group = is_grouped ? groups[fixture_random(seed, 3)] : NULL;
		struct step *step =
			fixture_add(fixture, arena_format(&fixture->arena, "s%u", i), "", group);
		step->timeout_ms = fixture_random(seed, 40);
		step->needs = ARENA_ARRAY(&fixture->arena, struct need, 3);
		for (uint32_t k = i > 0 ? fixture_random(seed, 4) : 0; k > 0; k--)
			fixture_need(fixture, i, fixture_random(seed, i));
	}
}

static bool runs(const struct trial *trial, uint32_t step)
{
	return trial->loads[step] == LOAD_RUNS;
}

static int64_t end_of(const struct trial *trial, uint32_t step)
{
	return trial->starts_ms[step] + (runs(trial, step) ? trial->durations_ms[step] : 0);
}

static uint32_t running_at(const struct trial *trial, int64_t now_ms)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < trial->schedule.plan->pipeline->step_count; i++)
		count += runs(trial, i) && trial->starts_ms[i] <= now_ms &&
			 now_ms < end_of(trial, i);
	return count;
}

/* When the last need has ended and, with barriers, the stage before. */
static int64_t ready_at(const struct trial *trial, uint32_t index)
{
	const struct plan *plan = trial->schedule.plan;
	const struct plan_step *step = &plan->steps[index];
	int64_t ready_ms = 0;
	if (trial->schedule.has_barriers && step->stage > 0)
		ready_ms = trial->stage_ends_ms[step->stage - 1];
	for (uint32_t k = 0; k < step->needs.count; k++) {
		uint32_t need = plan->edges[step->needs.first + k];
		if (trial->loads[need] != LOAD_SETTLED && end_of(trial, need) > ready_ms)
			ready_ms = end_of(trial, need);
	}
	return ready_ms;
}

/* While it was ready and did not start, every slot was taken, and nothing less urgent started. */
static void check_wait(const struct trial *trial, uint32_t step, int64_t ready_ms)
{
	const struct plan *plan = trial->schedule.plan;
	int64_t start_ms = trial->starts_ms[step];
	if (start_ms > ready_ms)
		assert_int_equal(running_at(trial, ready_ms), trial->schedule.jobs);
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		if (!runs(trial, i))
			continue;
		int64_t end_ms = end_of(trial, i);
		if (end_ms >= ready_ms && end_ms < start_ms)
			assert_int_equal(running_at(trial, end_ms), trial->schedule.jobs);
		if (trial->starts_ms[i] > ready_ms && trial->starts_ms[i] < start_ms)
			assert_true(plan->steps[i].tail_ms >= plan->steps[step].tail_ms);
	}
}

static void check_step(const struct trial *trial, uint32_t step)
{
	int64_t ready_ms = ready_at(trial, step);
	assert_true(trial->starts_ms[step] >= ready_ms);
	assert_true(end_of(trial, step) <= trial->makespan_ms);
	if (trial->loads[step] == LOAD_PASSES) {
		assert_int_equal(trial->starts_ms[step], ready_ms);
		return;
	}
	assert_true(running_at(trial, trial->starts_ms[step]) <= trial->schedule.jobs);
	check_wait(trial, step, ready_ms);
}

static void check_trial(const struct trial *trial)
{
	uint32_t run_count = 0;
	int64_t work_ms = 0;
	int64_t last_ms = 0;
	for (uint32_t i = 0; i < trial->schedule.plan->pipeline->step_count; i++) {
		if (trial->loads[i] != LOAD_SETTLED)
			check_step(trial, i);
		run_count += runs(trial, i);
		work_ms += runs(trial, i) ? trial->durations_ms[i] : 0;
	}
	assert_int_equal(trial->schedule.ended_count, run_count);
	for (uint32_t i = 0; i < run_count; i++) {
		assert_true(end_of(trial, trial->ended[i]) >= last_ms);
		last_ms = end_of(trial, trial->ended[i]);
	}
	assert_int_equal(trial->makespan_ms, last_ms);
	if (trial->schedule.jobs == 1)
		assert_int_equal(trial->makespan_ms, work_ms);
}

static void try_schedule(
	struct fixture *fixture, struct trial *trial, uint32_t jobs, bool has_barriers)
{
	memset(trial->starts_ms, 0xff, sizeof trial->starts_ms);
	trial->schedule = (struct list_schedule){
		.plan = &fixture->plan,
		.durations_ms = trial->durations_ms,
		.loads = trial->loads,
		.jobs = jobs,
		.has_barriers = has_barriers,
		.starts_ms = trial->starts_ms,
		.stage_ends_ms = trial->stage_ends_ms,
		.ended = trial->ended,
	};
	trial->makespan_ms = list_schedule_run(&trial->schedule, &fixture->arena);
	check_trial(trial);
}

static void test_random_schedules(void **state)
{
	struct fixture *fixture = *state;
	struct trial trial;
	uint64_t seed = 20251121;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		random_pipeline(fixture, &seed);
		assert_true(fixture_build(fixture, 2));
		for (uint32_t i = 0; i < fixture->pipeline.step_count; i++) {
			uint32_t kind = fixture_random(&seed, 12);
			trial.loads[i] =
				round % 2 == 0 || kind > LOAD_SETTLED ? LOAD_RUNS : (uint8_t)kind;
			trial.durations_ms[i] = kind == 11 ? 0 : fixture_random(&seed, 40);
		}
		for (uint32_t jobs = 1; jobs <= 4; jobs++) {
			try_schedule(fixture, &trial, jobs, true);
			try_schedule(fixture, &trial, jobs, false);
		}
		arena_reset(&fixture->arena);
	}
}

/* Nothing told but the makespan, by the plan's own estimates. */
static void test_only_the_makespan(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 3);
	fixture_add(fixture, "a", "", NULL)->timeout_ms = 30;
	fixture_add(fixture, "b", "", NULL)->timeout_ms = 20;
	fixture_add(fixture, "c", "b", NULL)->timeout_ms = 5;
	assert_true(fixture_build(fixture, 2));
	struct list_schedule schedule = {.plan = &fixture->plan, .jobs = 2};
	assert_int_equal(list_schedule_run(&schedule, &fixture->arena), 30);
	schedule.has_barriers = true;
	assert_int_equal(list_schedule_run(&schedule, &fixture->arena), 35);
}

static void test_no_steps(void **state)
{
	struct fixture *fixture = *state;
	assert_true(fixture_build(fixture, 2));
	struct list_schedule schedule = {.plan = &fixture->plan, .jobs = 2, .has_barriers = true};
	assert_int_equal(list_schedule_run(&schedule, &fixture->arena), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(test_random_schedules),
		FIXTURE_TEST(test_only_the_makespan),
		FIXTURE_TEST(test_no_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
