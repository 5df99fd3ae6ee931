#include "run/run_fixture.h"

/* Both in one stage, so that the end of the one alone makes the other ready. */
static void nothing_starts_from_what_is_not_on_record(void **state)
{
	struct fixture *fixture = *state;
	fixture->record_limit = 3;
	fixture_step(fixture, "a", "true");
	/* Its start leaves a trace: a folder for its output, kept since it fails for good. */
	struct step *dependent = fixture_step(fixture, "b", "no-such-program-at-all x");
	struct output output = {.name = "out", .path = "out.txt"};
	dependent->outputs = &output;
	dependent->output_count = 1;
	fixture_need(fixture, "b", "a");
	fixture_plan(fixture);
	fixture->plan.steps[1].wave = fixture->plan.steps[1].stage = 0;
	fixture->plan.waves[0].steps = (struct index_range){0, 2};
	fixture->plan.wave_count = fixture->plan.stage_count = 1;
	assert_false(fixture_run(fixture));
	assert_int_equal(fixture->error.code, ERROR_DATABASE);
	assert_event(fixture, "step_started a.1\n");
	assert_no_event(fixture, "step_completed");
	assert_false(fixture_exists(fixture, "run/work"));
}

static void a_dependent_starts_after_a_flush(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a", "true");
	fixture_step(fixture, "b", "true");
	fixture_need(fixture, "b", "a");
	fixture_plan(fixture);
	fixture->plan.steps[1].wave = fixture->plan.steps[1].stage = 0;
	fixture->plan.waves[0].steps = (struct index_range){0, 2};
	fixture->plan.wave_count = fixture->plan.stage_count = 1;
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_completed a.1 exit=0\nstep_started b.1\n");
	/* The start, a's end, the end of the stage, the checkpoint and the end. */
	assert_true(fixture->flush_count >= 5);
	assert_int_equal(fixture->flushed.size, fixture->events.size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(nothing_starts_from_what_is_not_on_record),
		FIXTURE_TEST(a_dependent_starts_after_a_flush),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
