#include "run/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS_NS INT64_C(1000000)

struct world {
	struct pipeline pipeline;
	struct step steps[3];
	struct plan_step planned[3];
	struct plan plan;
	struct budget budget;
	struct arena arena;
};

/* Steps that take nothing known, 10 s and 100 s; the clock stands at 1 s when the run starts. */
static void world_start(struct world *world, int64_t budget_ms)
{
	*world = (struct world){.steps = {{.id = "new"}, {.id = "short"}, {.id = "long"}},
		.planned = {[1] = {.ninth_decile_ms = 10000}, [2] = {.ninth_decile_ms = 100000}}};
	world->pipeline = (struct pipeline){
		.steps = world->steps, .step_count = 3, .execution.budget_ms = budget_ms};
	world->plan = (struct plan){.pipeline = &world->pipeline, .steps = world->planned};
	budget_init(&world->budget, &world->plan, 1000 * MS_NS);
}

static void without_one_everything_is_allowed(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, 0);
	assert_true(budget_allows(&world.budget, 2, INT64_C(1000000000) * MS_NS));
	assert_int_equal(world.budget.step, INDEX_NONE);
}

static void what_would_not_end_is_not_started(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, 110000); /* until 111 s */
	assert_true(budget_allows(&world.budget, 2, 10999 * MS_NS));
	assert_int_equal(world.budget.step, INDEX_NONE);
	assert_false(budget_allows(&world.budget, 2, 11000 * MS_NS));
	assert_true(budget_allows(&world.budget, 1, 100999 * MS_NS));
	assert_false(budget_allows(&world.budget, 1, 101000 * MS_NS));
	assert_true(budget_allows(&world.budget, 0, 110999 * MS_NS)); /* nothing is known of it */
	assert_false(budget_allows(&world.budget, 0, 111000 * MS_NS));
	assert_int_equal(world.budget.step, 2);
	assert_string_equal(budget_reason(&world.budget, &world.arena),
		"step long takes 1m 40s and would not end within the budget of 1m 50s");
	arena_release(&world.arena);
}

static void what_never_fits_is_said(void **state)
{
	(void)state;
	struct world world;
	world_start(&world, 10000);
	assert_false(budget_allows(&world.budget, 1, 1000 * MS_NS));
	assert_string_equal(budget_reason(&world.budget, &world.arena),
		"step short takes 10.0 s, which is more than the whole budget of 10.0 s");
	arena_release(&world.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_one_everything_is_allowed),
		cmocka_unit_test(what_would_not_end_is_not_started),
		cmocka_unit_test(what_never_fits_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
