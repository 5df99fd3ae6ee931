/* Checkpoints while the steps of a stage run. */
#include "run/run_fixture.h"

/* Frontier mode: one wave of all steps. */
static void plan_rolling(struct fixture *fixture, uint32_t jobs)
{
	struct plan *plan = &fixture->plan;
	uint32_t count = fixture->pipeline.step_count;
	fixture_plan(fixture);
	plan->mode = MODE_FRONTIER;
	plan->jobs = jobs;
	plan->wave_count = plan->stage_count = 1;
	plan->waves[0] = (struct plan_wave){.origin = WAVE_ROLLING, .steps = {0, count}};
	for (uint32_t i = 0; i < count; i++) {
		plan->wave_steps[i] = i;
		plan->steps[i].wave = plan->steps[i].stage = 0;
	}
}

static void add_chain(struct fixture *fixture)
{
	static const char *const ids[] = {"a", "b", "c", "d"};
	for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
		fixture_step(fixture, ids[i], "true");
		if (i > 0)
			fixture_need(fixture, ids[i], ids[i - 1]);
	}
}

static void a_frontier_has_no_barriers(void **state)
{
	struct fixture *fixture = *state;
	/* The whole chain runs beside a step of the first level, which waits for its end. */
	add_chain(fixture);
	fixture->steps[3].command.script = "touch end";
	fixture_step(fixture, "long", "until test -e end; do sleep 0.01; done");
	plan_rolling(fixture, 2);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_int_equal(fixture_count(fixture, "wave_started"), 1);
	assert_event(fixture, "wave_completed 0\ncheckpoint_prepared 0");
}

static void a_failure_holds_up_only_what_needs_it(void **state)
{
	struct fixture *fixture = *state;
	add_chain(fixture);
	fixture->steps[1].command.script = "exit 3";
	fixture_step(fixture, "e", "true");
	fixture_need(fixture, "e", "a");
	fixture_step(fixture, "f", "true");
	fixture_need(fixture, "f", "e");
	plan_rolling(fixture, 1);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_FAILED);
	assert_event(fixture, "step_skipped c <b>: needs b, which failed\n");
	assert_event(fixture, "step_skipped d <b>: needs b, which failed\n");
	assert_event(fixture, "step_completed f.1");
}

static void quarters_of_a_frontier_are_committed(void **state)
{
	struct fixture *fixture = *state;
	add_chain(fixture);
	plan_rolling(fixture, 1);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "checkpoint_prepared 0 #1 progress partial [c0ffee] 'wavetrain: "
			      "frontier partly complete (a)'\n");
	assert_event(fixture, "checkpoint_created 0 #3 progress partial [c0ffee]");
	/* The fourth is the one at the end. */
	assert_event(fixture, "wave_completed 0\ncheckpoint_prepared 0 #4 wave [c0ffee] "
			      "'wavetrain: frontier complete (d)'\n");
	assert_int_equal(fixture_count(fixture, "checkpoint_created"), 4);
}

static void what_runs_meanwhile_is_named(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a", "true")->is_milestone = true;
	fixture_step(fixture, "long", "until test -e end; do sleep 0.01; done");
	fixture_step(fixture, "b", "touch end");
	fixture_need(fixture, "b", "a");
	fixture->pipeline.checkpoint.has_every = true;
	plan_rolling(fixture, 2);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "checkpoint_created 0 #1 milestone partial [c0ffee] 'wavetrain: "
			      "frontier partly complete (a)'\nstep_started b.1");
	assert_non_null(strstr(buffer_text(&fixture->bodies), "- a: "));
	assert_non_null(
		strstr(buffer_text(&fixture->bodies), "Still running, and not done:\n- long\n"));
	assert_int_equal(fixture_count(fixture, "checkpoint_created"), 2);
}

static void a_risky_step_starts_after_a_checkpoint(void **state)
{
	struct fixture *fixture = *state;
	add_chain(fixture);
	fixture->steps[0].risk = 0.9; /* there is nothing to be kept yet */
	fixture->steps[1].risk = 0.49;
	fixture->steps[2].risk = 0.5;
	fixture->pipeline.checkpoint.has_every = true;
	plan_rolling(fixture, 1);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "checkpoint_created 0 #1 risk partial [c0ffee] 'wavetrain: frontier "
			      "partly complete (a b)'\nstep_started c.1");
	assert_int_equal(fixture_count(fixture, "checkpoint_created"), 2);
	assert_null(strstr(buffer_text(&fixture->bodies), "Still running"));
}

static void a_signal_asks_for_one(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a", "kill -USR1 $PPID; sleep 0.05");
	fixture_step(fixture, "b", "true");
	fixture_need(fixture, "b", "a");
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_event(fixture, "checkpoint_created 0 #1 signal partial");
}

static void time_asks_for_one(void **state)
{
	struct fixture *fixture = *state;
	add_chain(fixture);
	fixture->pipeline.checkpoint.has_every = true;
	fixture->pipeline.checkpoint.every_ms = 1;
	fixture->steps[0].command.script = "sleep 0.01";
	plan_rolling(fixture, 1);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "checkpoint_prepared 0 #1 time partial");
}

/* Files that are to go back are not kept first. */
static void none_while_files_are_to_go_back(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "bad", "exit 1");
	fixture_step(fixture, "good", "true")->is_milestone = true;
	fixture->settings.on_failure = ON_FAILURE_ROLLBACK;
	plan_rolling(fixture, 1);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->roll_back_count, 1);
	assert_event(fixture, "step_rolled_back good");
	assert_no_event(fixture, "checkpoint_");
}

/* What a checkpoint holds is not taken back. */
static void what_is_kept_stays_when_files_go_back(void **state)
{
	struct fixture *fixture = *state;
	add_chain(fixture);
	fixture->steps[1].is_milestone = true;
	fixture->steps[3].command.script = "exit 1";
	fixture->settings.on_failure = ON_FAILURE_ROLLBACK;
	fixture->pipeline.checkpoint.has_every = true;
	plan_rolling(fixture, 1);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "checkpoint_created 0 #1 milestone partial");
	assert_event(fixture, "step_rolled_back c");
	assert_no_event(fixture, "step_rolled_back a");
	assert_no_event(fixture, "step_rolled_back b");
}

static void a_refused_one_ends_the_run(void **state)
{
	struct fixture *fixture = *state;
	add_chain(fixture);
	fixture->refuses_checkpoint = true;
	plan_rolling(fixture, 1);
	assert_false(fixture_run(fixture));
	assert_event(fixture, "checkpoint_failed 0 #1 progress");
	assert_no_event(fixture, "step_started c");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(a_frontier_has_no_barriers),
		FIXTURE_TEST(a_failure_holds_up_only_what_needs_it),
		FIXTURE_TEST(quarters_of_a_frontier_are_committed),
		FIXTURE_TEST(what_runs_meanwhile_is_named),
		FIXTURE_TEST(a_risky_step_starts_after_a_checkpoint),
		FIXTURE_TEST(a_signal_asks_for_one),
		FIXTURE_TEST(time_asks_for_one),
		FIXTURE_TEST(none_while_files_are_to_go_back),
		FIXTURE_TEST(what_is_kept_stays_when_files_go_back),
		FIXTURE_TEST(a_refused_one_ends_the_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
