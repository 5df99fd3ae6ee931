#include "run/run_fixture.h"

#include "base/clock.h"

/* Detected waves: each step of the fixture's plan waits for the whole wave before it. */
static void bar_waves(struct fixture *fixture)
{
	for (uint32_t i = 0; i < fixture->plan.wave_count; i++)
		fixture->plan.waves[i].origin = WAVE_DETECTED;
}

static struct plan_step *planned(struct fixture *fixture, const char *id)
{
	return &fixture->plan.steps[pipeline_find_step(&fixture->pipeline, id)];
}

/* Two waves: bad and good, then after-bad (needs bad) and after-good (needs good). */
static struct step *make_two_waves(struct fixture *fixture, const char *bad)
{
	struct step *step = fixture_step(fixture, "bad", bad);
	fixture_step(fixture, "good", "touch good");
	fixture_step(fixture, "after-bad", "true");
	fixture_step(fixture, "after-good", "true");
	fixture_need(fixture, "after-bad", "bad");
	fixture_need(fixture, "after-good", "good");
	return step;
}

static void skip_lets_later_stages_go_on(void **state)
{
	struct fixture *fixture = *state;
	make_two_waves(fixture, "exit 1")->on_failure = REACTION_SKIP;
	fixture_plan(fixture);
	bar_waves(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_skipped after-bad <bad>: needs bad, which failed\n");
	assert_event(fixture, "step_completed after-good.1");
	assert_event(fixture, "wave_failed 0: 1 of 2 steps failed, 0 not run\n");
	assert_event(fixture, "pipeline_failed: step bad failed\n");
	assert_int_equal(fixture->outcome, RUN_FAILED);
}

static void an_optional_step_does_not_fail_the_run(void **state)
{
	struct fixture *fixture = *state;
	make_two_waves(fixture, "exit 1")->is_optional = true;
	fixture->settings.on_failure = ON_FAILURE_STOP;
	fixture_plan(fixture);
	bar_waves(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_failed bad.1 exit=1");
	assert_event(fixture, "step_skipped after-bad <bad>: needs bad, which failed\n");
	assert_event(fixture, "wave_completed 0\n");
	assert_event(fixture, "#1 wave [c0ffee]");
	assert_event(fixture, "step_completed after-good.1");
	assert_event(fixture, "pipeline_completed\n");
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
}

static void halt_lets_what_runs_finish_and_starts_nothing_else(void **state)
{
	struct fixture *fixture = *state;
	struct step *bad = fixture_step(
		fixture, "bad", "while ! test -e running; do sleep 0.01; done; exit 1");
	fixture_step(fixture, "running", "touch running; sleep 0.3");
	fixture_step(fixture, "waiting", "true");
	fixture_step(fixture, "later", "true");
	fixture_step(fixture, "tidy", "true");
	fixture_need(fixture, "later", "running");
	fixture_need(fixture, "tidy", "bad");
	bad->on_failure = REACTION_HALT;
	fixture_plan(fixture);
	planned(fixture, "tidy")->run_if = RUN_IF_SUCCESS | RUN_IF_FAILURE;
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_completed running.1");
	assert_no_event(fixture, "waiting");
	assert_no_event(fixture, "later");
	assert_event(fixture, "step_completed tidy.1");
	assert_event(fixture, "#1 wave partial [c0ffee]");
	assert_event(fixture, "pipeline_failed: step bad failed\n");
}

static void stop_still_runs_what_is_for_failures(void **state)
{
	struct fixture *fixture = *state;
	fixture->settings.on_failure = ON_FAILURE_STOP;
	fixture_step(fixture, "slow", "sleep 60");
	fixture_step(fixture, "bad", "exit 1");
	fixture_step(fixture, "tidy", "exit 75")->retry.max = 1;
	fixture->steps[2].retry.on = 1u << FAILURE_TRANSIENT;
	fixture_step(fixture, "next", "true");
	fixture_need(fixture, "next", "slow");
	fixture_plan(fixture);
	bar_waves(fixture);
	planned(fixture, "tidy")->run_if = RUN_IF_FAILURE | RUN_IF_SUCCESS;
	assert_true(fixture_run(fixture));
	assert_event(
		fixture, "step_cancelled slow.1 cancelled: ended, because another step failed");
	assert_event(fixture, "step_retried tidy.1");
	assert_event(fixture, "step_failed tidy.2");
	assert_no_event(fixture, "next");
}

static void abort_ends_what_runs_at_once_and_commits_what_is_done(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "done", "true");
	fixture_step(fixture, "deaf", "trap '' TERM; touch deaf; sleep 60; sleep 60");
	struct step *bad =
		fixture_step(fixture, "bad", "while ! test -e deaf; do sleep 0.01; done; exit 1");
	fixture_step(fixture, "tidy", "true");
	fixture_need(fixture, "tidy", "bad");
	bad->on_failure = REACTION_ABORT;
	fixture_plan(fixture);
	planned(fixture, "tidy")->run_if = RUN_IF_FAILURE | RUN_IF_SUCCESS;
	int64_t before_ns = clock_monotonic_ns();
	assert_true(fixture_run(fixture));
	assert_true(clock_monotonic_ns() - before_ns < 8 * (int64_t)1000000000);
	assert_event(
		fixture, "step_cancelled deaf.1 cancelled: ended, because another step failed");
	assert_no_event(fixture, "step_started tidy");
	assert_event(fixture, "#1 wave partial [c0ffee] 'wavetrain: wave partly complete (done)'");
	assert_int_equal(fixture->outcome, RUN_FAILED);
}

static void rollback_takes_the_stage_back(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "first", "true");
	fixture_step(fixture, "done", "touch done");
	struct step *bad = fixture_step(
		fixture, "bad", "while ! test -e done; do sleep 0.01; done; sleep 0.1; exit 1");
	fixture_step(fixture, "slow", "sleep 60");
	fixture_need(fixture, "done", "first");
	fixture_need(fixture, "bad", "first");
	fixture_need(fixture, "slow", "first");
	bad->on_failure = REACTION_ROLLBACK;
	fixture->plan.jobs = 3;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->roll_back_count, 1);
	assert_event(fixture, "step_cancelled slow.1");
	assert_event(fixture, "step_rolled_back done: taken back, because step bad failed\n");
	assert_no_event(fixture, "step_rolled_back first");
	assert_event(fixture, "wave_failed 1: 1 of 3 steps failed, 2 not run\n");
	assert_no_event(fixture, "#2");
	assert_false(fixture_exists(fixture, "work/done"));
	assert_event(fixture, "pipeline_failed: step bad failed\n");
}

static void the_runs_rollback_waits_for_the_others(void **state)
{
	struct fixture *fixture = *state;
	fixture->settings.on_failure = ON_FAILURE_ROLLBACK;
	make_two_waves(fixture, "exit 1");
	fixture_step(fixture, "tidy", "true");
	fixture_need(fixture, "tidy", "bad");
	fixture_plan(fixture);
	planned(fixture, "tidy")->run_if = RUN_IF_FAILURE;
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_completed good.1");
	assert_event(fixture, "step_rolled_back good: taken back, because step bad failed\n");
	assert_no_event(fixture, "step_started after-good");
	assert_event(fixture, "step_completed tidy.1");
	assert_int_equal(fixture->roll_back_count, 1);
	assert_event(fixture, "pipeline_failed: step bad failed\n");
}

/* The runner before was killed between the failure and the roll-back. */
static void what_was_to_be_taken_back_is_so_before_anything_starts(void **state)
{
	struct fixture *fixture = *state;
	struct run_step steps[] = {
		{.id = "kept", .state = STATE_DONE, .ended_ms = 1000, .is_kept = true},
		{.id = "done", .state = STATE_DONE, .ended_ms = 2000},
		{.id = "bad", .state = STATE_PENDING, .ended_ms = TIME_NONE}};
	struct checkpoint checkpoint = {.number = 1, .time_ms = 1500};
	struct error error;
	fixture_step(fixture, "kept", "true");
	fixture_step(fixture, "done", "test ! -e half && touch done");
	fixture_step(fixture, "bad", "test ! -e half");
	fixture_need(fixture, "done", "kept");
	fixture_need(fixture, "bad", "kept");
	fixture_plan(fixture);
	fixture->plan.steps[0].action = fixture->plan.steps[1].action = ACTION_SKIP;
	fixture->settings.resumed = true;
	fixture->run.steps = steps;
	fixture->run.step_count = 3;
	fixture->run.checkpoints = &checkpoint;
	fixture->run.checkpoint_count = 1;
	assert_true(folder_make(fixture_path(fixture, "run"), &error));
	assert_true(file_write_atomic(
		fixture_path(fixture, "run/rolling-back"), "taken back", 10, &error));
	assert_true(file_write_atomic(fixture_path(fixture, "work/half"), "", 0, &error));
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->roll_back_count, 1);
	assert_event(fixture, "pipeline_resumed\nstep_rolled_back done: taken back\n");
	assert_no_event(fixture, "step_rolled_back kept");
	assert_event(fixture, "step_completed done.1");
	assert_event(fixture, "step_completed bad.1");
	assert_false(fixture_exists(fixture, "run/rolling-back"));
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
}

static void without_a_repository_nothing_is_taken_back(void **state)
{
	struct fixture *fixture = *state;
	fixture->services.roll_back = NULL;
	make_two_waves(fixture, "exit 1")->on_failure = REACTION_ROLLBACK;
	fixture->plan.jobs = 1;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_no_event(fixture, "step_rolled_back");
	assert_event(fixture, "pipeline_failed: step bad failed, and files were not taken back: "
			      "there is no repository\n");
}

static void a_contract_asks_for_its_own_retries(void **state)
{
	struct fixture *fixture = *state;
	struct contract contracts[] = {{.kind = CONTRACT_COMMAND,
		.on_failure = REACTION_RETRY,
		.max_retries = 2,
		.command = {.script = "test $(wc -l < tries) -ge 3", .shell = "sh"}}};
	struct step *step = fixture_step(fixture, "a", "echo >> tries");
	step->contracts = contracts;
	step->contract_count = 1;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_retried a.1 exit=0 contract in 1ms: contract failed");
	assert_event(fixture, "step_retried a.2 exit=0 contract in 2ms: contract failed");
	assert_event(fixture, "step_completed a.3");
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
}

static void a_contract_that_wants_no_more_halts(void **state)
{
	struct fixture *fixture = *state;
	struct contract contracts[] = {{.kind = CONTRACT_COMMAND,
		.on_failure = REACTION_RETRY,
		.max_retries = 1,
		.command = {.script = "false"}}};
	struct step *step = fixture_step(fixture, "a", "true");
	fixture_step(fixture, "never", "true");
	step->contracts = contracts;
	step->contract_count = 1;
	fixture->plan.jobs = 1;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_failed a.2 exit=0 contract");
	assert_int_equal(fixture_count(fixture, "contract_failed"), 2);
	assert_int_equal(fixture->outcome, RUN_FAILED);
}

static void every_error_of_a_contract_is_recorded(void **state)
{
	struct fixture *fixture = *state;
	struct file_rule rule = {.path = "made"};
	struct contract contracts[] = {{.kind = CONTRACT_FILES, .files = &rule, .file_count = 1}};
	struct step *step = fixture_step(fixture, "a", "true");
	step->contracts = contracts;
	step->contract_count = 1;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "contract_failed a.1 <files made> 1 of 3 errors, made exists: 'made' "
			      "is not there\n");
	assert_event(fixture, "step_failed a.1 exit=0 contract: contract failed: files made: "
			      "'made' is not there\n");
}

static void conditions_and_omissions_are_said_once(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a", "true");
	fixture_step(fixture, "omitted", "true");
	fixture_step(fixture, "on-failure", "true");
	fixture_step(fixture, "after", "true");
	fixture_need(fixture, "on-failure", "a");
	fixture_need(fixture, "after", "omitted");
	fixture_plan(fixture);
	planned(fixture, "omitted")->action = ACTION_OMIT;
	planned(fixture, "omitted")->reason = "its `if` does not hold: params.x == 'y'";
	planned(fixture, "on-failure")->run_if = RUN_IF_FAILURE;
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture_count(fixture, "step_skipped omitted"), 1);
	assert_event(fixture, "wave_started 0\nstep_skipped omitted: its `if` does not hold: "
			      "params.x == 'y'\n");
	assert_event(fixture,
		"step_skipped on-failure: its `if` asks for a failure, and nothing it "
		"waits for failed\n");
	assert_event(fixture, "step_completed after.1");
	assert_event(fixture, "wave_completed 1\n");
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(skip_lets_later_stages_go_on),
		FIXTURE_TEST(an_optional_step_does_not_fail_the_run),
		FIXTURE_TEST(halt_lets_what_runs_finish_and_starts_nothing_else),
		FIXTURE_TEST(stop_still_runs_what_is_for_failures),
		FIXTURE_TEST(abort_ends_what_runs_at_once_and_commits_what_is_done),
		FIXTURE_TEST(rollback_takes_the_stage_back),
		FIXTURE_TEST(the_runs_rollback_waits_for_the_others),
		FIXTURE_TEST(what_was_to_be_taken_back_is_so_before_anything_starts),
		FIXTURE_TEST(without_a_repository_nothing_is_taken_back),
		FIXTURE_TEST(a_contract_asks_for_its_own_retries),
		FIXTURE_TEST(a_contract_that_wants_no_more_halts),
		FIXTURE_TEST(every_error_of_a_contract_is_recorded),
		FIXTURE_TEST(conditions_and_omissions_are_said_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
