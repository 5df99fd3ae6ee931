#include "model/ready_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/index.h"

enum { STEPS_MOST = 60, POOLS = 3, ROUNDS = 3000 };

struct world {
	uint64_t random;
	struct pipeline pipeline;
	struct step steps[STEPS_MOST];
	struct resource_claim claims[STEPS_MOST][POOLS];
	struct resource_pool pools[POOLS];
	struct plan_step planned[STEPS_MOST];
	struct plan plan;
	struct ready_queue queue;
	uint64_t free[POOLS];
	bool is_ready[STEPS_MOST];
	bool is_running[STEPS_MOST];
	uint32_t running_count;
};

static uint32_t draw(struct world *world, uint32_t below)
{
	world->random = world->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(world->random >> 33) % below;
}

static void world_open(struct world *world, uint32_t step_count, const uint64_t *amounts)
{
	world->pipeline = (struct pipeline){.steps = world->steps,
		.step_count = step_count,
		.execution = {.pools = world->pools, .pool_count = amounts ? POOLS : 0}};
	for (uint32_t i = 0; amounts && i < POOLS; i++)
		world->pools[i].amount = world->free[i] = amounts[i];
	world->plan = (struct plan){.pipeline = &world->pipeline, .steps = world->planned};
}

static void claim(struct world *world, uint32_t step, uint32_t pool, uint64_t amount)
{
	struct step *found = &world->steps[step];
	world->claims[step][found->claim_count++] =
		(struct resource_claim){.pool = pool, .amount = amount};
	found->claims = world->claims[step];
}

static bool fits(const struct world *world, uint32_t step)
{
	const struct step *found = &world->steps[step];
	for (uint32_t i = 0; i < found->claim_count; i++) {
		if (found->claims[i].amount > world->free[found->claims[i].pool])
			return false;
	}
	return true;
}

static void push(struct world *world, uint32_t step)
{
	ready_queue_push(&world->queue, step);
	world->is_ready[step] = true;
}

static void note_start(struct world *world, uint32_t step)
{
	const struct step *found = &world->steps[step];
	assert_true(world->is_ready[step]);
	assert_true(fits(world, step));
	for (uint32_t i = 0; i < found->claim_count; i++)
		world->free[found->claims[i].pool] -= found->claims[i].amount;
	world->is_ready[step] = false;
	world->is_running[step] = true;
	world->running_count++;
}

static void end(struct world *world, uint32_t step)
{
	const struct step *found = &world->steps[step];
	ready_queue_give_back(&world->queue, step);
	for (uint32_t i = 0; i < found->claim_count; i++)
		world->free[found->claims[i].pool] += found->claims[i].amount;
	world->is_running[step] = false;
	world->running_count--;
}

static bool asks_for_the_same(const struct world *world, uint32_t left, uint32_t right)
{
	for (uint32_t i = 0; i < world->steps[left].claim_count; i++) {
		for (uint32_t k = 0; k < world->steps[right].claim_count; k++) {
			if (world->claims[left][i].pool == world->claims[right][k].pool)
				return true;
		}
	}
	return false;
}

static uint32_t best_ready(const struct world *world, bool must_fit)
{
	uint32_t best = INDEX_NONE;
	for (uint32_t i = 0; i < world->pipeline.step_count; i++) {
		if (world->is_ready[i] && (!must_fit || fits(world, i)) &&
			(best == INDEX_NONE ||
				world->planned[i].tail_ms > world->planned[best].tail_ms))
			best = i;
	}
	return best;
}

/* What is given out is the best that fits; nothing only when no step fits, or one is kept room for. */
static void take_and_check(struct world *world)
{
	uint32_t step;
	uint32_t best = best_ready(world, true);
	uint32_t best_of_all = best_ready(world, false);
	bool is_given = ready_queue_take(&world->queue, &step);
	bool may_be_reserved = best != INDEX_NONE && best != best_of_all;
	if (is_given && step != best)
		assert_true(may_be_reserved && !asks_for_the_same(world, step, best_of_all));
	if (!is_given && best != INDEX_NONE)
		assert_true(may_be_reserved && asks_for_the_same(world, best, best_of_all));
	if (is_given)
		note_start(world, step);
}

static void make_random(struct world *world, uint64_t seed)
{
	static const uint64_t amounts[POOLS] = {4, 10, 1};
	*world = (struct world){.random = seed};
	world_open(world, 1 + draw(world, STEPS_MOST), amounts);
	for (uint32_t i = 0; i < world->pipeline.step_count; i++) {
		world->planned[i].tail_ms = draw(world, 6);
		for (uint32_t pool = 0; pool < POOLS; pool++) {
			if (draw(world, 3) == 0)
				claim(world, i, pool, 1 + draw(world, (uint32_t)amounts[pool]));
		}
	}
}

/* Steps become ready, start and end in any order; in the end all have run. */
static void limits_hold_and_nothing_idles(void **state)
{
	(void)state;
	static struct world world;
	for (uint64_t seed = 0; seed < ROUNDS; seed++) {
		uint32_t pushed = 0;
		make_random(&world, seed);
		ready_queue_init(&world.queue, &world.plan);
		while (pushed < world.pipeline.step_count || world.queue.count ||
			world.running_count) {
			if (pushed < world.pipeline.step_count && draw(&world, 3))
				push(&world, pushed++);
			if (draw(&world, 2))
				take_and_check(&world);
			uint32_t some = draw(&world, world.pipeline.step_count);
			if (world.is_running[some])
				end(&world, some);
		}
		for (uint32_t i = 0; i < POOLS; i++)
			assert_int_equal(world.queue.free[i], world.pools[i].amount);
		ready_queue_release(&world.queue);
	}
}

/* Small ones that come again and again do not keep a large one waiting for ever. */
static void a_large_step_does_not_starve(void **state)
{
	(void)state;
	static const uint64_t amounts[POOLS] = {2, 1, 1};
	static struct world world;
	uint32_t step;
	uint32_t taken = 0;
	world_open(&world, 3, amounts);
	claim(&world, 0, 0, 2);
	claim(&world, 1, 0, 1);
	claim(&world, 2, 0, 1);
	world.planned[0].tail_ms = 100;
	ready_queue_init(&world.queue, &world.plan);
	push(&world, 1);
	assert_true(ready_queue_take(&world.queue, &step));
	note_start(&world, step);
	push(&world, 0);
	push(&world, 2);
	/* Each time one of the two small ones ends the other one has just begun. */
	while (ready_queue_take(&world.queue, &step) && step != 0) {
		note_start(&world, step);
		end(&world, 3 - step);
		push(&world, 3 - step);
		assert_true(++taken <= READY_PASS_LIMIT);
	}
	assert_int_equal(taken, READY_PASS_LIMIT);
	end(&world, world.is_running[1] ? 1 : 2);
	assert_true(ready_queue_take(&world.queue, &step));
	assert_int_equal(step, 0);
	ready_queue_release(&world.queue);
}

/* What asks for nothing of its is given out meanwhile. */
static void others_pass_a_step_that_is_kept_room_for(void **state)
{
	(void)state;
	static const uint64_t amounts[POOLS] = {2, 1, 1};
	static struct world world;
	uint32_t step;
	world = (struct world){0};
	world_open(&world, STEPS_MOST, amounts);
	world.planned[0].tail_ms = 100;
	claim(&world, 0, 0, 2);
	claim(&world, 1, 0, 1);
	ready_queue_init(&world.queue, &world.plan);
	push(&world, 1);
	assert_true(ready_queue_take(&world.queue, &step));
	for (uint32_t i = 0; i < 40; i++)
		push(&world, i == 1 ? 40 : i);
	for (uint32_t i = 0; i < 39; i++) {
		assert_true(ready_queue_take(&world.queue, &step));
		assert_int_not_equal(step, 0);
	}
	assert_false(ready_queue_take(&world.queue, &step));
	ready_queue_give_back(&world.queue, 1);
	assert_true(ready_queue_take(&world.queue, &step));
	assert_int_equal(step, 0);
	ready_queue_release(&world.queue);
}

struct lonely {
	bool is_lonely[STEPS_MOST];
	uint32_t ready_count;   /* of them */
	uint32_t running_count; /* of them */
	uint32_t passed; /* others given out since one of them is ready and none was given out */
};

/* Nothing beside one of them; others before it, but not for ever; nothing idles for nothing. */
static void take_beside_lonely(struct world *world, struct lonely *lonely)
{
	uint32_t step;
	bool was_fitting = best_ready(world, true) != INDEX_NONE;
	if (!ready_queue_take(&world->queue, &step)) {
		assert_true(!was_fitting || world->running_count > 0);
		assert_true(lonely->running_count || lonely->ready_count || !was_fitting ||
			    best_ready(world, true) != best_ready(world, false));
		return;
	}
	assert_int_equal(lonely->running_count, 0);
	if (lonely->is_lonely[step]) {
		assert_int_equal(world->running_count, 0);
		lonely->passed = 0;
		lonely->ready_count--;
		lonely->running_count++;
	} else if (lonely->ready_count) {
		assert_true(++lonely->passed <= READY_PASS_LIMIT);
	}
	note_start(world, step);
}

static void end_beside_lonely(struct world *world, struct lonely *lonely, uint32_t step)
{
	end(world, step);
	lonely->running_count -= lonely->is_lonely[step];
	if (draw(world, 4))
		return;
	/* Once more, and from now on alone. */
	ready_queue_require_alone(&world->queue, step);
	lonely->is_lonely[step] = true;
	if (!lonely->ready_count++)
		lonely->passed = 0;
	push(world, step);
}

/* Random steps are to run alone from their second turn on; in the end all have run. */
static void what_must_be_alone_is_alone_and_does_not_starve(void **state)
{
	(void)state;
	static struct world world;
	for (uint64_t seed = 0; seed < ROUNDS; seed++) {
		struct lonely lonely = {0};
		uint32_t pushed = 0;
		make_random(&world, seed);
		ready_queue_init(&world.queue, &world.plan);
		while (pushed < world.pipeline.step_count || world.queue.count ||
			world.running_count) {
			if (pushed < world.pipeline.step_count && draw(&world, 3))
				push(&world, pushed++);
			if (draw(&world, 2))
				take_beside_lonely(&world, &lonely);
			uint32_t some = draw(&world, world.pipeline.step_count);
			if (world.is_running[some])
				end_beside_lonely(&world, &lonely, some);
		}
		for (uint32_t i = 0; i < POOLS; i++)
			assert_int_equal(world.queue.free[i], world.pools[i].amount);
		assert_int_equal(world.queue.running_count, 0);
		ready_queue_release(&world.queue);
	}
}

/* As long as others come before it again and again: exactly so many. */
static void others_pass_what_waits_to_be_alone_a_few_times(void **state)
{
	(void)state;
	static struct world world;
	uint32_t step;
	uint32_t taken = 0;
	world = (struct world){0};
	world_open(&world, 3, NULL);
	world.planned[1].tail_ms = world.planned[2].tail_ms = 100;
	ready_queue_init(&world.queue, &world.plan);
	ready_queue_require_alone(&world.queue, 0);
	push(&world, 0);
	push(&world, 1);
	push(&world, 2);
	/* Nothing else runs when one of them starts, and yet it comes first. */
	while (ready_queue_take(&world.queue, &step) && step != 0) {
		ready_queue_give_back(&world.queue, step);
		push(&world, step);
		assert_true(++taken <= READY_PASS_LIMIT);
	}
	assert_int_equal(taken, READY_PASS_LIMIT);
	assert_false(ready_queue_take(&world.queue, &step));
	ready_queue_give_back(&world.queue, 0);
	assert_true(ready_queue_take(&world.queue, &step));
	assert_true(ready_queue_take(&world.queue, &step));
	ready_queue_release(&world.queue);
}

/* What the plan has learned counts, not what the step is written with. */
static void the_plans_claims_are_taken(void **state)
{
	(void)state;
	static const uint64_t amounts[POOLS] = {10, 1, 1};
	static struct resource_claim learned[] = {{.pool = 0, .amount = 6}};
	static struct step_claims claims[] = {
		{.items = learned, .count = 1}, {.items = learned, .count = 1}, {.items = NULL}};
	static struct world world;
	uint32_t step;
	world = (struct world){0};
	world_open(&world, 3, amounts);
	world.plan.claims = claims;
	ready_queue_init(&world.queue, &world.plan);
	for (uint32_t i = 0; i < 3; i++)
		push(&world, i);
	assert_true(ready_queue_take(&world.queue, &step));
	assert_int_equal(step, 0);
	assert_true(ready_queue_take(&world.queue, &step));
	assert_int_equal(step, 2);
	assert_false(ready_queue_take(&world.queue, &step));
	ready_queue_give_back(&world.queue, 0);
	assert_true(ready_queue_take(&world.queue, &step));
	assert_int_equal(step, 1);
	ready_queue_release(&world.queue);
}

static void all_can_be_taken_out(void **state)
{
	(void)state;
	static const uint64_t amounts[POOLS] = {2, 1, 1};
	static struct world world;
	uint32_t steps[4];
	world = (struct world){0};
	world_open(&world, 4, amounts);
	claim(&world, 2, 0, 1);
	ready_queue_init(&world.queue, &world.plan);
	ready_queue_require_alone(&world.queue, 1);
	for (uint32_t i = 0; i < 4; i++)
		push(&world, i);
	assert_int_equal(ready_queue_list(&world.queue, steps, 2), 2);
	ready_queue_drain(&world.queue, steps);
	assert_int_equal(world.queue.count, 0);
	assert_int_equal(steps[0] + steps[1] + steps[2] + steps[3], 6);
	ready_queue_push(&world.queue, 2);
	assert_true(ready_queue_take(&world.queue, &steps[0]));
	assert_int_equal(steps[0], 2);
	ready_queue_release(&world.queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(limits_hold_and_nothing_idles),
		cmocka_unit_test(a_large_step_does_not_starve),
		cmocka_unit_test(others_pass_a_step_that_is_kept_room_for),
		cmocka_unit_test(what_must_be_alone_is_alone_and_does_not_starve),
		cmocka_unit_test(others_pass_what_waits_to_be_alone_a_few_times),
		cmocka_unit_test(the_plans_claims_are_taken),
		cmocka_unit_test(all_can_be_taken_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
