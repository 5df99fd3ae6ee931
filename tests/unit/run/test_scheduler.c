#include "run/scheduler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/map.h"

/* A world without processes: random graphs, random ends, and the rules that must hold. */
#define STEP_LIMIT 40

struct world {
	uint64_t random;
	struct pipeline pipeline;
	struct plan plan;
	struct plan_step steps[STEP_LIMIT];
	uint32_t edges[2 * STEP_LIMIT * STEP_LIMIT];
	struct plan_wave waves[STEP_LIMIT];
	struct plan_stage stages[STEP_LIMIT];
	uint32_t wave_steps[STEP_LIMIT];
	bool needs[STEP_LIMIT][STEP_LIMIT];
	uint32_t start_count[STEP_LIMIT];
	uint32_t running[STEP_LIMIT];
	uint32_t running_count;
};

static uint32_t draw(struct world *world, uint32_t limit)
{
	world->random = world->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(world->random >> 33) % limit;
}

static void make_edges(struct world *world)
{
	uint32_t count = world->pipeline.step_count;
	uint32_t edge = 0;
	for (uint32_t i = 0; i < count; i++) {
		world->steps[i].needs.first = edge;
		for (uint32_t j = 0; j < i; j++) {
			if (world->needs[i][j])
				world->edges[edge++] = j;
		}
		world->steps[i].needs.count = edge - world->steps[i].needs.first;
	}
	for (uint32_t i = 0; i < count; i++) {
		world->steps[i].dependents.first = edge;
		for (uint32_t j = i + 1; j < count; j++) {
			if (world->needs[j][i])
				world->edges[edge++] = j;
		}
		world->steps[i].dependents.count = edge - world->steps[i].dependents.first;
	}
}

/* Consecutive steps share a stage; needs may lie within a stage. */
static void make_world(struct world *world, uint64_t seed, bool is_derived)
{
	*world = (struct world){.random = seed};
	uint32_t count = 1 + draw(world, STEP_LIMIT);
	uint32_t density = 1 + draw(world, 8);
	world->pipeline.step_count = count;
	world->plan = (struct plan){.pipeline = &world->pipeline,
		.steps = world->steps,
		.edges = world->edges,
		.waves = world->waves,
		.stages = world->stages,
		.wave_steps = world->wave_steps};
	for (uint32_t i = 0; i < count; i++) {
		uint32_t *stage_count = &world->plan.stage_count;
		for (uint32_t j = 0; j < i; j++)
			world->needs[i][j] = draw(world, density * 3) == 0;
		world->wave_steps[i] = i;
		world->steps[i].tail_ms = draw(world, 4);
		world->steps[i].action = draw(world, 12) ? ACTION_RUN : ACTION_SKIP;
		if (!i || draw(world, 4) == 0) {
			struct plan_wave *wave = &world->waves[*stage_count];
			wave->steps.first = i;
			wave->origin = is_derived ? WAVE_DERIVED : WAVE_DETECTED;
			world->stages[*stage_count] =
				(struct plan_stage){.wave = *stage_count, .step = INDEX_NONE};
			++*stage_count;
		}
		world->steps[i].stage = world->steps[i].wave = *stage_count - 1;
		world->waves[*stage_count - 1].steps.count++;
	}
	make_edges(world);
}

static void check_start(struct world *world, const struct scheduler *scheduler, uint32_t step)
{
	assert_int_equal(world->steps[step].stage, scheduler->stage);
	assert_int_equal(world->steps[step].action, ACTION_RUN);
	for (uint32_t i = 0; i < world->pipeline.step_count; i++) {
		if (world->needs[step][i])
			assert_int_equal(scheduler->progress[i], PROGRESS_DONE);
		/* Nothing that is ready would have been the better choice. */
		if (scheduler->progress[i] == PROGRESS_READY)
			assert_true(world->steps[i].tail_ms < world->steps[step].tail_ms ||
				    (world->steps[i].tail_ms == world->steps[step].tail_ms &&
					    i > step));
	}
}

/* Ends one running step as luck has it. */
static void end_one(struct world *world, struct scheduler *scheduler, uint32_t failure_rate)
{
	uint32_t place = draw(world, world->running_count);
	uint32_t step = world->running[place];
	world->running[place] = world->running[--world->running_count];
	if (failure_rate && draw(world, failure_rate) == 0)
		scheduler_step_failed(scheduler, step);
	else if (draw(world, 6) == 0 && world->start_count[step] < 3)
		scheduler_step_again(scheduler, step);
	else
		scheduler_step_done(scheduler, step);
}

static void simulate(struct world *world, struct scheduler *scheduler, uint32_t failure_rate)
{
	uint32_t jobs = 1 + draw(world, 4);
	while (scheduler_next_stage(scheduler)) {
		while (scheduler_stage_is_open(scheduler)) {
			uint32_t step;
			while (world->running_count < jobs && scheduler_next(scheduler, &step)) {
				check_start(world, scheduler, step);
				world->start_count[step]++;
				world->running[world->running_count++] = step;
			}
			assert_true(world->running_count > 0);
			end_one(world, scheduler, failure_rate);
		}
	}
}

static void without_failures_everything_runs_once_in_order(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5000; seed++) {
		struct world world;
		struct scheduler scheduler;
		make_world(&world, seed, seed % 2);
		scheduler_init(&scheduler, &world.plan);
		simulate(&world, &scheduler, 0);
		for (uint32_t i = 0; i < world.pipeline.step_count; i++)
			assert_int_equal(scheduler.progress[i], PROGRESS_DONE);
		scheduler_release(&scheduler);
	}
}

static bool reaches_failure(const struct world *world, const struct scheduler *scheduler,
	const bool *is_blocked, uint32_t step)
{
	for (uint32_t i = 0; i < step; i++) {
		if (world->needs[step][i] &&
			(scheduler->progress[i] == PROGRESS_FAILED || is_blocked[i]))
			return true;
	}
	return false;
}

static void a_failure_skips_exactly_what_needs_it(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5000; seed++) {
		struct world world;
		struct scheduler scheduler;
		bool is_blocked[STEP_LIMIT] = {false};
		uint32_t step, cause, told = 0;
		make_world(&world, seed, seed % 2);
		scheduler_init(&scheduler, &world.plan);
		simulate(&world, &scheduler, 5);
		for (uint32_t i = 0; i < world.pipeline.step_count; i++) {
			enum step_progress progress = scheduler.progress[i];
			is_blocked[i] = world.steps[i].action == ACTION_RUN &&
					reaches_failure(&world, &scheduler, is_blocked, i);
			assert_true(is_blocked[i] == (progress == PROGRESS_SKIPPED));
			/* Independent branches go on in derived waves; barriers hold others back. */
			if (seed % 2 && !is_blocked[i])
				assert_true(
					progress == PROGRESS_DONE || progress == PROGRESS_FAILED);
			told += progress == PROGRESS_SKIPPED;
		}
		while (scheduler_take_skipped(&scheduler, &step, &cause)) {
			assert_int_equal(scheduler.progress[cause], PROGRESS_FAILED);
			told--;
		}
		assert_int_equal(told, 0);
		scheduler_release(&scheduler);
	}
}

static void after_halt_nothing_is_given_out(void **state)
{
	struct world world;
	struct scheduler scheduler;
	uint32_t step;
	(void)state;
	make_world(&world, 7, true);
	scheduler_init(&scheduler, &world.plan);
	assert_true(scheduler_next_stage(&scheduler));
	assert_true(scheduler_next(&scheduler, &step));
	scheduler_halt(&scheduler);
	assert_false(scheduler_next(&scheduler, &step));
	assert_true(scheduler_stage_is_open(&scheduler));
	scheduler_step_cancelled(&scheduler, step);
	assert_int_equal(scheduler.progress[step], PROGRESS_PENDING);
	assert_false(scheduler_stage_is_open(&scheduler));
	assert_false(scheduler_next_stage(&scheduler));
	scheduler_release(&scheduler);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_failures_everything_runs_once_in_order),
		cmocka_unit_test(a_failure_skips_exactly_what_needs_it),
		cmocka_unit_test(after_halt_nothing_is_given_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
