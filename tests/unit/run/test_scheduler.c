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
	struct step written[STEP_LIMIT];
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
	bool is_soft[2 * STEP_LIMIT * STEP_LIMIT];
	bool soft_need[STEP_LIMIT][STEP_LIMIT];
	bool is_tolerated[STEP_LIMIT];
	bool is_rich; /* soft needs, conditions and tolerated failures are in it */
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
			if (!world->needs[i][j])
				continue;
			world->is_soft[edge] = world->soft_need[i][j];
			world->edges[edge++] = j;
		}
		world->steps[i].needs.count = edge - world->steps[i].needs.first;
	}
	for (uint32_t i = 0; i < count; i++) {
		world->steps[i].dependents.first = edge;
		for (uint32_t j = i + 1; j < count; j++) {
			if (!world->needs[j][i])
				continue;
			world->is_soft[edge] = world->soft_need[j][i];
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
	world->pipeline.steps = world->written;
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
		world->steps[i].run_if = RUN_IF_SUCCESS;
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
		if (world->needs[step][i] && !world->is_rich)
			assert_int_equal(scheduler->progress[i], PROGRESS_DONE);
		else if (world->needs[step][i])
			assert_true(scheduler->progress[i] >= PROGRESS_DONE);
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
		scheduler_step_failed(scheduler, step, world->is_tolerated[step]);
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

struct lonely {
	bool is_lonely[STEP_LIMIT];
	uint32_t running_count;      /* of them */
	uint32_t passed;             /* others given out since one of them is ready */
	uint32_t paused[STEP_LIMIT]; /* between two attempts */
	uint32_t paused_count;
};

static bool has_ready_lonely(
	const struct world *world, const struct scheduler *scheduler, const struct lonely *lonely)
{
	for (uint32_t i = 0; i < world->pipeline.step_count; i++) {
		if (lonely->is_lonely[i] && scheduler->progress[i] == PROGRESS_READY)
			return true;
	}
	return false;
}

static void start_beside_lonely(
	struct world *world, struct scheduler *scheduler, struct lonely *lonely)
{
	bool is_waiting = has_ready_lonely(world, scheduler, lonely);
	uint32_t step;
	if (!scheduler_next(scheduler, &step)) {
		assert_true(world->running_count || !scheduler->ready.count);
		return;
	}
	assert_int_equal(lonely->running_count, 0);
	assert_true(!lonely->is_lonely[step] || !world->running_count);
	lonely->running_count += lonely->is_lonely[step];
	lonely->passed = is_waiting && !lonely->is_lonely[step] ? lonely->passed + 1 : 0;
	assert_true(lonely->passed <= READY_PASS_LIMIT);
	world->running[world->running_count++] = step;
	world->start_count[step]++;
}

/* Alone from now on or as before. */
static void again_beside_lonely(
	struct world *world, struct scheduler *scheduler, struct lonely *lonely, uint32_t step)
{
	if (draw(world, 3)) {
		scheduler_require_alone(scheduler, step);
		lonely->is_lonely[step] = true;
	}
	scheduler_step_again(scheduler, step);
}

/* It is done, or runs once more, at once or later. */
static void end_beside_lonely(
	struct world *world, struct scheduler *scheduler, struct lonely *lonely)
{
	uint32_t place = draw(world, world->running_count);
	uint32_t step = world->running[place];
	world->running[place] = world->running[--world->running_count];
	lonely->running_count -= lonely->is_lonely[step];
	if (draw(world, 3) || world->start_count[step] > 3) {
		scheduler_step_done(scheduler, step);
		return;
	}
	if (draw(world, 2)) {
		scheduler_step_paused(scheduler, step);
		lonely->paused[lonely->paused_count++] = step;
	} else {
		again_beside_lonely(world, scheduler, lonely, step);
	}
}

/* In waves and in one wave of all, with steps that are to be alone before they were ever given out. */
static void what_must_be_alone_runs_alone(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 5000; seed++) {
		struct lonely lonely = {0};
		struct world world;
		struct scheduler scheduler;
		make_world(&world, seed, seed % 2);
		uint32_t jobs = 1 + draw(&world, 4);
		scheduler_init(&scheduler, &world.plan);
		uint32_t some = draw(&world, world.pipeline.step_count);
		scheduler_require_alone(&scheduler, some);
		lonely.is_lonely[some] = true;
		while (scheduler_next_stage(&scheduler)) {
			while (scheduler_stage_is_open(&scheduler)) {
				for (uint32_t i = 0; i < 3 && world.running_count < jobs; i++)
					start_beside_lonely(&world, &scheduler, &lonely);
				if (world.running_count && draw(&world, 2))
					end_beside_lonely(&world, &scheduler, &lonely);
				else if (lonely.paused_count && draw(&world, 2))
					again_beside_lonely(&world, &scheduler, &lonely,
						lonely.paused[--lonely.paused_count]);
			}
		}
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
		uint32_t told = 0;
		struct scheduler_skip skip;
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
		while (scheduler_take_skipped(&scheduler, &skip)) {
			assert_int_equal(skip.kind, SKIP_NEED);
			assert_int_equal(scheduler.progress[skip.cause], PROGRESS_FAILED);
			told--;
		}
		assert_int_equal(told, 0);
		scheduler_release(&scheduler);
	}
}

/* The same world with everything that few pipelines use. */
static void enrich(struct world *world)
{
	uint32_t count = world->pipeline.step_count;
	world->is_rich = true;
	world->plan.edge_is_soft = world->is_soft;
	for (uint32_t i = 0; i < count; i++) {
		uint32_t bits = draw(world, 6);
		world->steps[i].run_if =
			bits == 0 ? RUN_IF_FAILURE
				  : (bits == 1 ? RUN_IF_FAILURE | RUN_IF_SUCCESS : RUN_IF_SUCCESS);
		world->is_tolerated[i] = draw(world, 3) == 0;
		if (draw(world, 12) == 0)
			world->steps[i].action = ACTION_OMIT;
		for (uint32_t j = 0; j < i; j++)
			world->soft_need[i][j] = world->needs[i][j] && draw(world, 4) == 0;
	}
	make_edges(world);
}

static bool has_need_in(const struct world *world, const struct scheduler *scheduler, uint32_t step,
	enum step_progress first, enum step_progress second)
{
	for (uint32_t i = 0; i < step; i++) {
		if (world->needs[step][i] && !world->soft_need[step][i] &&
			(scheduler->progress[i] == first || scheduler->progress[i] == second))
			return true;
	}
	return false;
}

/* A failure that is not tolerated, in a stage before that of the step. */
static bool follows_failure(
	const struct world *world, const struct scheduler *scheduler, uint32_t step)
{
	for (uint32_t i = 0; i < step; i++) {
		if (world->steps[i].stage < world->steps[step].stage &&
			scheduler->progress[i] == PROGRESS_FAILED && !world->is_tolerated[i])
			return true;
	}
	return false;
}

static void check_end(const struct world *world, const struct scheduler *scheduler, uint32_t step,
	bool is_derived)
{
	const struct plan_step *planned = &world->steps[step];
	enum step_progress progress = scheduler->progress[step];
	bool has_bad = has_need_in(world, scheduler, step, PROGRESS_FAILED, PROGRESS_SKIPPED);
	bool is_barred = !is_derived && follows_failure(world, scheduler, step);
	bool is_bad = has_bad || is_barred;
	bool runs = planned->run_if & (is_bad ? RUN_IF_FAILURE : RUN_IF_SUCCESS);
	if (planned->action != ACTION_RUN)
		assert_int_equal(progress,
			planned->action == ACTION_SKIP ? PROGRESS_DONE : PROGRESS_OMITTED);
	else if (runs)
		assert_true(progress == PROGRESS_DONE || progress == PROGRESS_FAILED);
	else if (!is_bad)
		assert_int_equal(progress, PROGRESS_OMITTED);
	else if (!is_barred)
		assert_int_equal(progress, PROGRESS_SKIPPED);
	else
		assert_true(
			progress == PROGRESS_BARRED || (has_bad && progress == PROGRESS_SKIPPED));
	assert_true(world->start_count[step] > 0 ||
		    (progress != PROGRESS_DONE && progress != PROGRESS_FAILED) ||
		    planned->action == ACTION_SKIP);
}

static void conditions_soft_needs_and_tolerance_follow_their_rules(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20000; seed++) {
		struct world world;
		struct scheduler scheduler;
		bool is_derived = seed % 2;
		make_world(&world, seed, is_derived);
		enrich(&world);
		scheduler_init(&scheduler, &world.plan);
		simulate(&world, &scheduler, 4);
		for (uint32_t i = 0; i < world.pipeline.step_count; i++)
			check_end(&world, &scheduler, i, is_derived);
		scheduler_release(&scheduler);
	}
}

/* One wave of `count` steps, the last ones as the needs say. */
static void make_small(struct world *world, uint32_t count, uint32_t stage_count)
{
	*world = (struct world){0};
	world->pipeline = (struct pipeline){.step_count = count, .steps = world->written};
	world->plan = (struct plan){.pipeline = &world->pipeline,
		.steps = world->steps,
		.edges = world->edges,
		.waves = world->waves,
		.stages = world->stages,
		.stage_count = stage_count,
		.wave_steps = world->wave_steps};
	for (uint32_t i = 0; i < stage_count; i++) {
		world->stages[i] = (struct plan_stage){.wave = i, .step = INDEX_NONE};
		world->waves[i].origin = WAVE_DETECTED;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t stage = i < stage_count ? i : stage_count - 1;
		world->wave_steps[i] = i;
		world->steps[i] =
			(struct plan_step){.run_if = RUN_IF_SUCCESS, .stage = stage, .wave = stage};
		if (!world->waves[stage].steps.count++)
			world->waves[stage].steps.first = i;
	}
}

static uint32_t take(struct scheduler *scheduler)
{
	uint32_t step = INDEX_NONE;
	assert_true(scheduler_next(scheduler, &step));
	return step;
}

static void a_check_bears_a_tolerated_failure_it_does_not_name(void **state)
{
	struct need named = {.step = 0};
	(void)state;
	for (uint32_t i = 0; i < 2; i++) {
		struct world world;
		struct scheduler scheduler;
		make_small(&world, 3, 1);
		world.needs[2][0] = world.needs[2][1] = true;
		world.written[2].is_check = true;
		world.written[2].needs = &named;
		world.written[2].need_count = i;
		make_edges(&world);
		scheduler_init(&scheduler, &world.plan);
		assert_true(scheduler_next_stage(&scheduler));
		scheduler_step_failed(&scheduler, take(&scheduler), true);
		scheduler_step_done(&scheduler, take(&scheduler));
		assert_int_equal(scheduler.progress[2], i ? PROGRESS_SKIPPED : PROGRESS_READY);
		scheduler_release(&scheduler);
	}
}

static void what_was_skipped_for_a_tolerated_failure_is_borne_too(void **state)
{
	struct world world;
	struct scheduler scheduler;
	(void)state;
	make_small(&world, 3, 1);
	world.needs[1][0] = world.needs[2][0] = world.needs[2][1] = true;
	world.written[2].is_check = true;
	make_edges(&world);
	scheduler_init(&scheduler, &world.plan);
	assert_true(scheduler_next_stage(&scheduler));
	scheduler_step_failed(&scheduler, take(&scheduler), true);
	assert_int_equal(scheduler.progress[1], PROGRESS_SKIPPED);
	assert_int_equal(take(&scheduler), 2);
	for (uint32_t i = 0; i < 2; i++)
		assert_true(scheduler_is_passed(&scheduler, i));
	scheduler_release(&scheduler);
}

static void what_takes_an_omitted_output_is_omitted_too(void **state)
{
	struct input input = {.step = 0};
	struct world world;
	struct scheduler scheduler;
	struct scheduler_skip skip;
	(void)state;
	make_small(&world, 3, 3);
	world.needs[1][0] = world.needs[2][0] = true;
	world.steps[0].run_if = RUN_IF_FAILURE;
	world.written[1].inputs = &input;
	world.written[1].input_count = 1;
	make_edges(&world);
	scheduler_init(&scheduler, &world.plan);
	for (uint32_t i = 0; i < 3; i++)
		assert_true(scheduler_next_stage(&scheduler));
	assert_true(scheduler_take_skipped(&scheduler, &skip));
	assert_int_equal(skip.kind, SKIP_CONDITION);
	assert_true(scheduler_take_skipped(&scheduler, &skip));
	assert_int_equal(skip.kind, SKIP_INPUT);
	assert_int_equal(skip.cause, 0);
	assert_int_equal(scheduler.progress[1], PROGRESS_OMITTED);
	assert_int_equal(take(&scheduler), 2);
	scheduler_release(&scheduler);
}

static void what_a_person_leaves_out_is_as_one_whose_condition_does_not_hold(void **state)
{
	struct input input = {.step = 0};
	struct world world;
	struct scheduler scheduler;
	struct scheduler_skip skip;
	(void)state;
	make_small(&world, 3, 1);
	world.needs[1][0] = world.needs[2][0] = true;
	world.written[1].inputs = &input;
	world.written[1].input_count = 1;
	make_edges(&world);
	scheduler_init(&scheduler, &world.plan);
	assert_true(scheduler_next_stage(&scheduler));
	assert_int_equal(take(&scheduler), 0);
	scheduler_step_omitted(&scheduler, 0);
	assert_true(scheduler_take_skipped(&scheduler, &skip));
	assert_int_equal(skip.kind, SKIP_ASKED);
	assert_int_equal(skip.step, 0);
	assert_true(scheduler_take_skipped(&scheduler, &skip));
	assert_int_equal(skip.kind, SKIP_INPUT);
	assert_int_equal(skip.step, 1);
	assert_int_equal(scheduler.progress[1], PROGRESS_OMITTED);
	assert_true(scheduler_is_passed(&scheduler, 0));
	assert_int_equal(take(&scheduler), 2);
	scheduler_step_done(&scheduler, 2);
	assert_false(scheduler_stage_is_open(&scheduler));
	scheduler_release(&scheduler);
}

static void once_barred_only_what_runs_for_a_failure_starts(void **state)
{
	struct world world;
	struct scheduler scheduler;
	(void)state;
	make_small(&world, 6, 3);
	world.steps[4].run_if = RUN_IF_FAILURE;
	world.needs[4][1] = true;
	make_edges(&world);
	scheduler_init(&scheduler, &world.plan);
	assert_true(scheduler_next_stage(&scheduler));
	scheduler_step_failed(&scheduler, take(&scheduler), false);
	/* The second stage has nothing to give out and is passed over. */
	assert_true(scheduler_next_stage(&scheduler));
	assert_int_equal(scheduler.stage, 2);
	assert_int_equal(scheduler.progress[1], PROGRESS_BARRED);
	assert_int_equal(take(&scheduler), 4);
	assert_false(scheduler_next(&scheduler, &(uint32_t){0}));
	scheduler_step_done(&scheduler, 4);
	assert_false(scheduler_next_stage(&scheduler));
	scheduler_release(&scheduler);
}

static void a_bar_leaves_running_steps_their_further_attempts(void **state)
{
	struct world world;
	struct scheduler scheduler;
	(void)state;
	make_small(&world, 4, 1);
	world.steps[3].run_if = RUN_IF_FAILURE | RUN_IF_SUCCESS;
	make_edges(&world);
	scheduler_init(&scheduler, &world.plan);
	assert_true(scheduler_next_stage(&scheduler));
	assert_int_equal(take(&scheduler), 0);
	assert_int_equal(take(&scheduler), 1);
	scheduler_step_again(&scheduler, 1);
	scheduler_step_failed(&scheduler, 0, false);
	scheduler_bar(&scheduler);
	assert_int_equal(take(&scheduler), 1);
	assert_int_equal(take(&scheduler), 3);
	assert_int_equal(scheduler.progress[2], PROGRESS_BARRED);
	scheduler_release(&scheduler);
}

static void what_was_settled_before_stays_so_and_is_not_told_again(void **state)
{
	static const enum state states[7] = {STATE_DONE, STATE_FAILED, STATE_SKIPPED, STATE_SKIPPED,
		STATE_PENDING, STATE_PENDING, STATE_PENDING};
	struct world world;
	struct scheduler scheduler;
	struct scheduler_skip skip;
	(void)state;
	make_small(&world, 7, 2);
	/* 1 has failed, which skips 2 and 4, but not 6; 3 was omitted, which lets 5 run. */
	world.needs[2][1] = world.needs[4][2] = world.needs[5][3] = world.needs[6][1] = true;
	world.steps[6].run_if = RUN_IF_SUCCESS | RUN_IF_FAILURE;
	for (uint32_t i = 0; i < 4; i++)
		world.steps[i].action = ACTION_SKIP;
	make_edges(&world);
	world.plan.order = (uint32_t[]){0, 1, 2, 3, 4, 5, 6};
	scheduler_init(&scheduler, &world.plan);
	scheduler_adopt(&scheduler, states);
	assert_int_equal(scheduler.progress[0], PROGRESS_DONE);
	assert_int_equal(scheduler.progress[1], PROGRESS_FAILED);
	assert_int_equal(scheduler.progress[2], PROGRESS_SKIPPED);
	assert_int_equal(scheduler.progress[3], PROGRESS_OMITTED);
	for (uint32_t i = 0; i < 2; i++)
		assert_true(scheduler_next_stage(&scheduler));
	assert_int_equal(scheduler.progress[4], PROGRESS_SKIPPED);
	for (uint32_t i = 0; i < 4; i++)
		assert_true(scheduler_is_passed(&scheduler, i));
	assert_int_equal(take(&scheduler), 5);
	assert_int_equal(take(&scheduler), 6);
	while (scheduler_take_skipped(&scheduler, &skip))
		assert_int_equal(skip.step, 4);
	scheduler_release(&scheduler);
}

static void what_is_taken_back_at_the_beginning_is_given_out(void **state)
{
	struct world world;
	struct scheduler scheduler;
	(void)state;
	make_small(&world, 2, 1);
	world.needs[1][0] = true;
	world.steps[0].action = ACTION_SKIP;
	make_edges(&world);
	scheduler_init(&scheduler, &world.plan);
	scheduler_step_rolled_back(&scheduler, 0);
	assert_true(scheduler_next_stage(&scheduler));
	assert_int_equal(take(&scheduler), 0);
	assert_int_equal(scheduler.ready.count, 0);
	scheduler_step_done(&scheduler, 0);
	assert_int_equal(take(&scheduler), 1);
	scheduler_release(&scheduler);
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
		cmocka_unit_test(what_must_be_alone_runs_alone),
		cmocka_unit_test(a_failure_skips_exactly_what_needs_it),
		cmocka_unit_test(after_halt_nothing_is_given_out),
		cmocka_unit_test(conditions_soft_needs_and_tolerance_follow_their_rules),
		cmocka_unit_test(a_check_bears_a_tolerated_failure_it_does_not_name),
		cmocka_unit_test(what_was_skipped_for_a_tolerated_failure_is_borne_too),
		cmocka_unit_test(what_takes_an_omitted_output_is_omitted_too),
		cmocka_unit_test(what_a_person_leaves_out_is_as_one_whose_condition_does_not_hold),
		cmocka_unit_test(once_barred_only_what_runs_for_a_failure_starts),
		cmocka_unit_test(what_was_settled_before_stays_so_and_is_not_told_again),
		cmocka_unit_test(what_is_taken_back_at_the_beginning_is_given_out),
		cmocka_unit_test(a_bar_leaves_running_steps_their_further_attempts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
