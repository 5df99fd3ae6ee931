/* The simulation in waves starts what the runner's scheduler gives out, and when: on random plans. */
#include "plan/pipeline_fixture.h"
#include "plan/simulation.h"
#include "run/scheduler.h"

enum { STEPS_MOST = 40, ROUNDS = 2000, MEMORY_MIB = 16 };

static void add_random_step(struct fixture *fixture, uint64_t *seed, const char *group)
{
	uint32_t place = fixture->pipeline.step_count;
	struct step *step =
		fixture_add(fixture, arena_format(&fixture->arena, "s%u", place), "", group);
	step->timeout_ms = 1 + fixture_random(seed, 100);
	step->needs = ARENA_ARRAY(&fixture->arena, struct need, 3);
	step->inputs = ARENA_ARRAY(&fixture->arena, struct input, 3);
	for (uint32_t k = place > 0 ? fixture_random(seed, 4) : 0; k > 0; k--) {
		uint32_t other = fixture_random(seed, place);
		if (fixture_random(seed, 3) > 0)
			fixture_need(fixture, place, other);
		else
			step->inputs[step->input_count++] =
				(struct input){.reference = "x", .step = other};
	}
}

/* Two pools; half of the steps ask for some of them. */
static void add_random_claims(struct fixture *fixture, uint64_t *seed)
{
	static struct resource_pool pools[] = {
		{.name = "a", .amount = 3}, {.name = "b", .amount = 1}};
	fixture->pipeline.execution.pools = pools;
	fixture->pipeline.execution.pool_count = ARRAY_LENGTH(pools);
	for (uint32_t i = 0; i < fixture->pipeline.step_count; i++) {
		struct step *step = &fixture->pipeline.steps[i];
		step->claims = ARENA_ARRAY(&fixture->arena, struct resource_claim, 2);
		if (fixture_random(seed, 2))
			step->claims[step->claim_count++] = (struct resource_claim){
				.pool = 0, .amount = 1 + fixture_random(seed, 3)};
		if (fixture_random(seed, 4) == 0)
			step->claims[step->claim_count++] =
				(struct resource_claim){.pool = 1, .amount = 1};
	}
}

/* A pool of memory, and what some steps took of it; a few say it themselves. */
static void add_random_memory(struct fixture *fixture, uint64_t *seed)
{
	static struct resource_pool pools[] = {
		{.name = "a", .amount = 3}, {.name = "memory", .amount = MEMORY_MIB << 20}};
	const struct pipeline *pipeline = &fixture->pipeline;
	struct history *history = &fixture->history;
	fixture->pipeline.execution.pools = pools;
	history->entries = ARENA_ARRAY(&fixture->arena, struct history_entry, pipeline->step_count);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		struct step *step = &pipeline->steps[i];
		if (step->claim_count && step->claims[step->claim_count - 1].pool == 1)
			step->claims[step->claim_count - 1].amount = UINT64_C(5) << 20;
		if (fixture_random(seed, 3) == 0)
			continue;
		history->entries[history->count] = (struct history_entry){.step_id = step->id,
			.median_ms = step->timeout_ms,
			.run_count = 1,
			.peak_rss_bytes = (uint64_t)fixture_random(seed, 20) << 20};
		map_add(&history->by_id, step->id, history->count++);
	}
}

static void random_plan(struct fixture *fixture, enum execution_mode mode, uint64_t *seed)
{
	static const enum plan_action actions[] = {
		ACTION_CACHED, ACTION_SKIP, ACTION_OMIT, ACTION_RUN, ACTION_RUN, ACTION_RUN};
	static const char *const groups[] = {NULL, "x", "y"};
	uint32_t count = 1 + fixture_random(seed, STEPS_MOST);
	bool is_grouped = mode == MODE_WAVES && fixture_random(seed, 3) == 0;
	bool is_mixed = fixture_random(seed, 2) == 0;
	fixture_reserve(fixture, count);
	for (uint32_t i = 0; i < count; i++)
		add_random_step(fixture, seed, is_grouped ? groups[fixture_random(seed, 3)] : NULL);
	for (uint32_t i = 0; mode == MODE_FRONTIER && i < count; i++)
		fixture->pipeline.steps[i].needs_approval = fixture_random(seed, 8) == 0;
	fixture->pipeline.execution.pool_count = 0;
	if (fixture_random(seed, 2))
		add_random_claims(fixture, seed);
	map_release(&fixture->history.by_id);
	fixture->history = (struct history){0};
	if (fixture->pipeline.execution.pool_count && fixture_random(seed, 2))
		add_random_memory(fixture, seed);
	fixture->pipeline.execution.mode = mode;
	assert_true(fixture_build(fixture, 2));
	for (uint32_t i = 0; is_mixed && i < count; i++) {
		fixture->plan.steps[i].action = actions[fixture_random(seed, 6)];
		fixture->plan.steps[i].run_if =
			fixture_random(seed, 9) ? RUN_IF_SUCCESS : RUN_IF_FAILURE;
	}
}

struct world {
	const struct plan *plan;
	struct scheduler scheduler;
	uint32_t jobs;
	int64_t now_ms;
	int64_t ends_ms[STEPS_MOST]; /* of the running ones; else -1 */
};

/* Of what runs; learned or said. */
static void check_memory(const struct world *world)
{
	uint64_t taken_bytes = 0;
	for (uint32_t i = 0; world->plan->claims && i < world->plan->pipeline->step_count; i++)
		taken_bytes += world->ends_ms[i] < 0 ? 0 : world->plan->claims[i].memory_bytes;
	assert_true(taken_bytes <= (uint64_t)MEMORY_MIB << 20);
}

static void start_all(struct world *world)
{
	uint32_t step;
	while (world->scheduler.running_count < world->jobs &&
		scheduler_next(&world->scheduler, &step)) {
		const struct plan_step *planned = &world->plan->steps[step];
		int64_t duration_ms = planned->action == ACTION_CACHED ? 0 : planned->estimate_ms;
		world->ends_ms[step] = world->now_ms + duration_ms;
	}
	check_memory(world);
}

/* Time goes on to the next end; all that end then are told of. */
static void end_next(struct world *world)
{
	uint32_t count = world->plan->pipeline->step_count;
	int64_t next_ms = INT64_MAX;
	for (uint32_t i = 0; i < count; i++) {
		if (world->ends_ms[i] >= 0 && world->ends_ms[i] < next_ms)
			next_ms = world->ends_ms[i];
	}
	world->now_ms = next_ms;
	for (uint32_t i = 0; i < count; i++) {
		if (world->ends_ms[i] != next_ms)
			continue;
		world->ends_ms[i] = -1;
		scheduler_step_done(&world->scheduler, i);
	}
}

static void run_as_the_engine(
	const struct plan *plan, uint32_t jobs, const struct simulation_result *expected)
{
	struct world world = {.plan = plan, .jobs = jobs};
	memset(world.ends_ms, 0xff, sizeof world.ends_ms);
	scheduler_init(&world.scheduler, plan);
	while (scheduler_next_stage(&world.scheduler)) {
		for (start_all(&world); world.scheduler.running_count > 0; start_all(&world))
			end_next(&world);
		assert_false(scheduler_stage_is_open(&world.scheduler));
		assert_int_equal(world.now_ms, expected->stage_end_ms[world.scheduler.stage]);
	}
	scheduler_release(&world.scheduler);
	assert_int_equal(world.now_ms, expected->outcomes[SIMULATION_WAVES].makespan_ms);
}

static void compare(struct fixture *fixture, enum execution_mode mode)
{
	static const uint32_t jobs[] = {1, 2, 3, 7};
	struct simulation simulation;
	uint64_t seed = 17;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		random_plan(fixture, mode, &seed);
		simulation_build(
			&fixture->plan, jobs, ARRAY_LENGTH(jobs), &fixture->arena, &simulation);
		for (size_t i = 0; i < ARRAY_LENGTH(jobs); i++)
			run_as_the_engine(&fixture->plan, jobs[i], &simulation.results[i]);
		arena_reset(&fixture->arena);
	}
}

static void waves_are_those_of_the_engine(void **state)
{
	compare(*state, MODE_WAVES);
}

/* The waves of such a plan are as long as the schedule without barriers. */
static void a_frontier_is_that_of_the_engine(void **state)
{
	compare(*state, MODE_FRONTIER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(waves_are_those_of_the_engine),
		FIXTURE_TEST(a_frontier_is_that_of_the_engine),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
