#include "run/triggers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND_NS INT64_C(1000000000)

struct world {
	struct pipeline pipeline;
	struct step steps[8];
	struct plan_step planned[8];
	struct plan plan;
	struct triggers triggers;
};

/* Eight steps, of which two are done already. */
static void world_start(struct world *world, enum execution_mode mode)
{
	world->pipeline.steps = world->steps;
	world->pipeline.step_count = 8;
	world->planned[0].action = ACTION_SKIP;
	world->planned[1].action = ACTION_OMIT;
	world->plan =
		(struct plan){.pipeline = &world->pipeline, .steps = world->planned, .mode = mode};
	triggers_init(&world->triggers, &world->plan, SECOND_NS);
}

/* What is due when the next step is done at that second; TRIGGER_COUNT: nothing. */
static enum checkpoint_trigger after_step(struct world *world, uint32_t step, int64_t second)
{
	enum checkpoint_trigger trigger = TRIGGER_COUNT;
	triggers_step_done(&world->triggers, &world->steps[step]);
	if (triggers_due(&world->triggers, second * SECOND_NS, &trigger))
		triggers_checkpoint_made(&world->triggers, second * SECOND_NS);
	return trigger;
}

static void waves_ask_for_nothing_else(void **state)
{
	(void)state;
	struct world world = {0};
	world_start(&world, MODE_WAVES);
	for (uint32_t i = 2; i < 8; i++)
		assert_int_equal(after_step(&world, i, 100000), TRIGGER_COUNT);
	assert_int_equal(triggers_deadline_ns(&world.triggers), 0);
}

static void a_frontier_has_quarters_and_half_hours(void **state)
{
	(void)state;
	struct world world = {0};
	world_start(&world, MODE_FRONTIER);
	assert_int_equal(after_step(&world, 2, 2), TRIGGER_COUNT);
	assert_int_equal(triggers_deadline_ns(&world.triggers), 1801 * SECOND_NS);
	assert_int_equal(after_step(&world, 3, 3), TRIGGER_PROGRESS); /* 2 of 6 */
	assert_int_equal(triggers_deadline_ns(&world.triggers), 0);
	assert_int_equal(after_step(&world, 4, 4), TRIGGER_PROGRESS); /* 3 of 6 */
	assert_int_equal(after_step(&world, 5, 1803), TRIGGER_COUNT);
	assert_int_equal(after_step(&world, 6, 1804), TRIGGER_PROGRESS); /* 5 of 6, and time too */
}

static void time_counts_from_the_last_one(void **state)
{
	enum checkpoint_trigger trigger;
	(void)state;
	struct world world = {.pipeline.checkpoint = {.has_every = true, .every_ms = 10000}};
	world_start(&world, MODE_FRONTIER);
	assert_false(triggers_due(&world.triggers, 99 * SECOND_NS, &trigger)); /* nothing is new */
	assert_int_equal(after_step(&world, 2, 10), TRIGGER_COUNT);
	assert_int_equal(triggers_deadline_ns(&world.triggers), 11 * SECOND_NS);
	assert_true(triggers_due(&world.triggers, 11 * SECOND_NS, &trigger));
	assert_int_equal(trigger, TRIGGER_TIME);
	triggers_checkpoint_made(&world.triggers, 11 * SECOND_NS);
	assert_false(triggers_due(&world.triggers, 30 * SECOND_NS, &trigger));
	assert_int_equal(after_step(&world, 3, 30), TRIGGER_TIME);
	assert_int_equal(after_step(&world, 4, 39), TRIGGER_COUNT);
	assert_int_equal(triggers_deadline_ns(&world.triggers), 40 * SECOND_NS);
}

static void an_empty_list_asks_for_nothing(void **state)
{
	(void)state;
	struct world world = {.pipeline.checkpoint.has_every = true};
	world_start(&world, MODE_FRONTIER);
	for (uint32_t i = 2; i < 8; i++)
		assert_int_equal(after_step(&world, i, 100000), TRIGGER_COUNT);
}

static void a_milestone_is_one_checkpoint(void **state)
{
	(void)state;
	struct world world = {.steps[3].is_milestone = true};
	world_start(&world, MODE_WAVES);
	assert_int_equal(after_step(&world, 2, 2), TRIGGER_COUNT);
	assert_int_equal(after_step(&world, 3, 3), TRIGGER_MILESTONE);
	assert_int_equal(after_step(&world, 4, 4), TRIGGER_COUNT);
}

static void a_signal_needs_nothing_new_and_comes_first(void **state)
{
	enum checkpoint_trigger trigger;
	(void)state;
	struct world world = {.steps[2].is_milestone = true};
	world_start(&world, MODE_WAVES);
	triggers_signalled(&world.triggers);
	triggers_signalled(&world.triggers);
	assert_true(triggers_due(&world.triggers, SECOND_NS, &trigger));
	assert_int_equal(trigger, TRIGGER_SIGNAL);
	assert_int_equal(after_step(&world, 2, 2), TRIGGER_SIGNAL); /* the milestone is in it */
	assert_false(triggers_due(&world.triggers, 3 * SECOND_NS, &trigger));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(waves_ask_for_nothing_else),
		cmocka_unit_test(a_frontier_has_quarters_and_half_hours),
		cmocka_unit_test(time_counts_from_the_last_one),
		cmocka_unit_test(an_empty_list_asks_for_nothing),
		cmocka_unit_test(a_milestone_is_one_checkpoint),
		cmocka_unit_test(a_signal_needs_nothing_new_and_comes_first),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
