#include "run/run_fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/clock.h"

/* One step whose text follows: each of these ends a run in its own way. */
struct single_case {
	const char *script;
	enum run_outcome outcome;
	const char *event;
};

static const struct single_case single_cases[] = {
	{"true", RUN_COMPLETED, "step_completed a.1 exit=0\n"},
	{"exit 0", RUN_COMPLETED, "step_completed a.1 exit=0\n"},
	{"false", RUN_FAILED, "step_failed a.1 exit=1 permanent: exit status 1\n"},
	{"exit 3", RUN_FAILED, "step_failed a.1 exit=3 permanent: exit status 3\n"},
	{"exit 75", RUN_FAILED, "step_failed a.1 exit=75 transient: exit status 75\n"},
	{"kill -SEGV $$", RUN_FAILED, "step_failed a.1 exit=-1 signal: killed by SIGSEGV\n"},
	{"no-such-program-at-all x", RUN_FAILED,
		"step_failed a.1 exit=127 permanent: program 'no-such-program-at-all' not found in "
		"PATH\n"},
	{"./missing.sh", RUN_FAILED,
		"step_failed a.1 exit=127 permanent: program './missing.sh' does not exist\n"},
	{"false; true", RUN_FAILED, "step_failed a.1 exit=1 permanent: exit status 1\n"},
	{"no-such-program-at-all; true", RUN_FAILED,
		"exit=127 permanent: exit status 127 (a command was not found)\n"},
};

static void every_end_has_its_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(single_cases); i++) {
		struct fixture fixture;
		fixture_open(&fixture);
		fixture_step(&fixture, "a", single_cases[i].script);
		fixture_plan(&fixture);
		assert_true(fixture_run(&fixture));
		assert_event(&fixture, single_cases[i].event);
		assert_int_equal(fixture.outcome, single_cases[i].outcome);
		fixture_close(&fixture);
	}
}

static void waves_follow_each_other_with_a_checkpoint_each(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a", "echo one; echo two >&2; echo three");
	fixture_step(fixture, "b", "true");
	fixture_step(fixture, "c", "true");
	fixture_need(fixture, "c", "a");
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_event(fixture, "wave_completed 0\ncheckpoint_prepared 0 #1 wave [c0ffee] "
			      "'wavetrain: wave complete (a b)'\ncheckpoint_created 0 #1 wave "
			      "[c0ffee] 'wavetrain: wave complete (a b)'\nwave_started 1\n");
	assert_event(fixture, "checkpoint_created 1 #2 wave [c0ffee]");
	assert_event(fixture, "pipeline_completed\n");
	assert_string_equal(fixture_read(fixture, "run/log/a.1.log"), "one\ntwo\nthree\n");
	assert_false(fixture_exists(fixture, "run/log/b.1.log"));
	assert_false(fixture_exists(fixture, "run/work"));
	assert_int_equal(fixture->flushed.size, fixture->events.size);
	assert_non_null(strstr(buffer_text(&fixture->bodies), "- a: "));
	assert_non_null(strstr(buffer_text(&fixture->shown), "0:three\n"));
}

static void nothing_changed_makes_no_commit_but_a_checkpoint(void **state)
{
	struct fixture *fixture = *state;
	fixture->commit = NULL;
	fixture_step(fixture, "a", "true");
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "checkpoint_created 0 #1 wave [-]");
	assert_no_event(fixture, "checkpoint_prepared");
}

static void a_refused_checkpoint_ends_the_run(void **state)
{
	struct fixture *fixture = *state;
	fixture->refuses_checkpoint = true;
	fixture_step(fixture, "a", "true");
	fixture_step(fixture, "b", "true");
	fixture_need(fixture, "b", "a");
	fixture_plan(fixture);
	assert_false(fixture_run(fixture));
	assert_int_equal(fixture->error.code, ERROR_GIT);
	assert_event(fixture, "checkpoint_failed 0 #1 wave [-]");
	assert_event(fixture, "pipeline_failed: no commit today\n");
	assert_no_event(fixture, "step_started b");
}

static void a_broken_record_ends_the_run_and_its_steps(void **state)
{
	struct fixture *fixture = *state;
	fixture->record_limit = 4;
	fixture_step(fixture, "a", "true");
	fixture_step(fixture, "b", "sleep 60");
	fixture_plan(fixture);
	int64_t before_ns = clock_monotonic_ns();
	assert_false(fixture_run(fixture));
	assert_int_equal(fixture->error.code, ERROR_DATABASE);
	assert_true(clock_monotonic_ns() - before_ns < 5 * (int64_t)1000000000);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void all_steps_share_a_budget_of_retries(void **state)
{
	struct fixture *fixture = *state;
	static const char *const ids[] = {"a", "b", "c"};
	for (size_t i = 0; i < ARRAY_LENGTH(ids); i++) {
		struct step *step = fixture_step(fixture, ids[i], "exit 75");
		step->retry.max = 9;
		step->retry.on = 1u << FAILURE_TRANSIENT;
	}
	fixture->pipeline.execution.retry_budget = 4;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_FAILED);
	assert_int_equal(fixture_count(fixture, "step_retried"), 4);
	assert_int_equal(fixture_count(fixture, "step_started"), 7);
	assert_int_equal(
		fixture_count(fixture,
			"exit status 75; not tried again: the run's 4 retries are used up\n"),
		3);
}

static void a_retry_comes_after_its_delay_and_keeps_its_log(void **state)
{
	struct fixture *fixture = *state;
	struct step *step = fixture_step(fixture, "a",
		"echo try $WAVETRAIN_ATTEMPT; test $WAVETRAIN_ATTEMPT -eq 3 || exit 75");
	step->retry = (struct retry_policy){.max = 2,
		.backoff_ms = 2,
		.factor = 2,
		.max_delay_ms = 30,
		.on = 1u << FAILURE_TRANSIENT};
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_retried a.1 exit=75 transient in 2ms: exit status 75\n");
	assert_event(fixture, "step_retried a.2 exit=75 transient in 4ms: exit status 75\n");
	assert_event(fixture, "step_completed a.3 exit=0\n");
	assert_string_equal(fixture_read(fixture, "run/log/a.2.log"), "try 2\n");
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
}

static void a_class_that_is_not_retried_fails_at_once(void **state)
{
	struct fixture *fixture = *state;
	struct step *step = fixture_step(fixture, "a", "exit 1");
	step->retry.max = 2;
	step->retry.on = 1u << FAILURE_TRANSIENT;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_failed a.1");
}

static void a_timeout_gives_grace_and_then_kills(void **state)
{
	struct fixture *fixture = *state;
	struct step *polite =
		fixture_step(fixture, "polite", "trap 'echo bye; exit 0' TERM; sleep 60 & wait");
	struct step *deaf = fixture_step(fixture, "deaf", "trap '' TERM; sleep 60; sleep 60");
	polite->timeout_ms = deaf->timeout_ms = 100;
	deaf->grace_ms = 100;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(
		fixture, "step_failed polite.1 exit=0 timeout: no end after 100 ms, its timeout");
	assert_event(
		fixture, "step_failed deaf.1 exit=-1 timeout: no end after 100 ms, its timeout");
	assert_non_null(strstr(fixture_read(fixture, "run/log/polite.1.log"), "bye\n"));
}

static void keep_lets_the_others_finish_and_independent_branches_go_on(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "bad", "exit 1");
	fixture_step(fixture, "good", "true");
	fixture_step(fixture, "after-bad", "true");
	fixture_step(fixture, "after-good", "true");
	fixture_step(fixture, "last", "true");
	fixture_need(fixture, "after-bad", "bad");
	fixture_need(fixture, "after-good", "good");
	fixture_need(fixture, "last", "after-bad");
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_FAILED);
	assert_event(fixture, "step_skipped after-bad <bad>: needs bad, which failed\n");
	assert_event(fixture, "step_skipped last <bad>: needs bad, which failed\n");
	assert_event(fixture, "wave_failed 0: 1 of 2 steps failed, 0 not run\n");
	assert_event(fixture, "#1 wave partial [c0ffee] 'wavetrain: wave partly complete (good)'");
	assert_event(fixture, "step_completed after-good.1 exit=0\n");
	assert_event(fixture, "pipeline_failed: step bad failed\n");
	assert_no_event(fixture, "wave_started 2");
}

static void a_detected_wave_bars_what_follows(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "bad", "exit 1");
	fixture_step(fixture, "good", "true");
	fixture_step(fixture, "after-good", "true");
	fixture_need(fixture, "after-good", "good");
	fixture_plan(fixture);
	struct plan_group groups[] = {{.name = "G", .wave = 0, .steps = {0, 1}},
		{.name = "H", .wave = 0, .steps = {1, 1}}};
	fixture->plan.groups = groups;
	fixture->plan.group_count = 2;
	fixture->plan.waves[0].origin = fixture->plan.waves[1].origin = WAVE_DETECTED;
	fixture->plan.waves[0].groups = (struct index_range){0, 2};
	fixture->plan.steps[0].group = 0;
	fixture->plan.steps[1].group = 1;
	assert_true(fixture_run(fixture));
	assert_event(fixture, "group_started G\ngroup_started H\n");
	assert_event(fixture, "group_failed G: 1 of 1 steps not done\n");
	assert_event(fixture, "group_completed H\n");
	assert_event(fixture, "'wavetrain: wave partly complete (H)'");
	assert_no_event(fixture, "after-good");
	assert_int_equal(fixture->outcome, RUN_FAILED);
}

static void stop_ends_what_runs(void **state)
{
	struct fixture *fixture = *state;
	fixture->settings.on_failure = ON_FAILURE_STOP;
	fixture_step(fixture, "slow", "sleep 60");
	fixture_step(fixture, "bad", "exit 1");
	fixture_step(fixture, "never", "true");
	fixture->plan.jobs = 2;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(
		fixture, "step_cancelled slow.1 cancelled: ended, because another step failed");
	assert_no_event(fixture, "step_started never");
	assert_event(fixture, "pipeline_failed: step bad failed");
}

static void a_serial_step_is_a_stage_of_its_own(void **state)
{
	struct fixture *fixture = *state;
	struct step *step = fixture_step(fixture, "check", "true");
	step->name = "Backend validation";
	fixture_plan(fixture);
	fixture->plan.stages[0] = (struct plan_stage){.wave = INDEX_NONE, .step = 0};
	fixture->plan.steps[0].wave = INDEX_NONE;
	fixture->plan.wave_count = 0;
	assert_true(fixture_run(fixture));
	assert_no_event(fixture, "wave_started");
	assert_event(fixture, "#1 step [c0ffee] 'wavetrain: step 1 complete (Backend validation)'");
}

static void interruption_is_quick_and_keeps_what_is_done(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "quick", "true");
	fixture_step(fixture, "slow", "sleep 60");
	fixture_step(fixture, "signal", "kill -INT $PPID; sleep 60");
	fixture_step(fixture, "later", "true");
	fixture_need(fixture, "later", "quick");
	fixture->plan.jobs = 2;
	fixture_plan(fixture);
	int64_t before_ns = clock_monotonic_ns();
	assert_true(fixture_run(fixture));
	assert_true(clock_monotonic_ns() - before_ns < 4 * (int64_t)1000000000);
	assert_int_equal(fixture->outcome, RUN_INTERRUPTED);
	assert_event(fixture, "step_cancelled slow.1 cancelled: interrupted (SIGINT)\n");
	assert_event(fixture, "step_cancelled signal.1 cancelled");
	assert_event(fixture,
		"#1 interruption partial [c0ffee] 'wavetrain: wave partly complete (quick)'");
	assert_event(fixture, "pipeline_interrupted: interrupted (SIGINT)\n");
	assert_no_event(fixture, "later");
}

static void a_second_interrupt_and_a_termination_kill_the_deaf(void **state)
{
	static const char *const scripts[] = {
		"trap '' TERM; kill -INT $PPID; sleep 0.2; kill -INT $PPID; sleep 60; sleep 60",
		"trap '' TERM; kill -TERM $PPID; sleep 60; sleep 60"};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
		struct fixture fixture;
		fixture_open(&fixture);
		fixture_step(&fixture, "deaf", scripts[i]);
		fixture_plan(&fixture);
		int64_t before_ns = clock_monotonic_ns();
		assert_true(fixture_run(&fixture));
		assert_true(clock_monotonic_ns() - before_ns < 2 * (int64_t)1000000000);
		assert_int_equal(fixture.outcome, RUN_INTERRUPTED);
		fixture_close(&fixture);
	}
}

static void leftovers_are_ended_and_said(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a", "sleep 60 & echo $! > pid; echo out");
	fixture_step(fixture, "escaped",
		"mkfifo f; setsid sh -c 'echo > f; exec sleep 61' & read x < f");
	fixture_plan(fixture);
	int64_t before_ns = clock_monotonic_ns();
	assert_true(fixture_run(fixture));
	assert_true(clock_monotonic_ns() - before_ns < 5 * (int64_t)1000000000);
	assert_event(fixture, "step_completed a.1");
	assert_string_equal(fixture_read(fixture, "run/log/a.1.log"),
		"out\n[wavetrain] processes that the step left behind are being ended\n");
	assert_string_equal(fixture_read(fixture, "run/log/escaped.1.log"),
		"[wavetrain] processes that the step left behind are being ended\n");
	assert_int_equal(kill((pid_t)strtol(fixture_read(fixture, "work/pid"), NULL, 10), 0), -1);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static void a_step_finds_a_clean_world(void **state)
{
	struct fixture *fixture = *state;
	const char *const environment[] = {
		"PATH=/usr/bin:/bin", "TOKEN=secret", "SEEN=1", "WAVETRAIN_OUTPUT=/old", NULL};
	const char *const hidden[] = {"TOKEN", NULL};
	fixture->settings.environment = environment;
	fixture->settings.hidden_variables = hidden;
	fixture_step(fixture, "env", "env");
	fixture_step(fixture, "files", "ls -l /proc/self/fd");
	fixture_step(fixture, "signals", "grep -E 'SigBlk|SigIgn' /proc/self/status");
	fixture_step(fixture, "input", "cat");
	fixture_plan(fixture);
	signal(SIGPIPE, SIG_IGN);
	assert_true(fixture_run(fixture));
	signal(SIGPIPE, SIG_DFL);
	const char *env = fixture_read(fixture, "run/log/env.1.log");
	assert_null(strstr(env, "secret"));
	assert_null(strstr(env, "WAVETRAIN_OUTPUT"));
	assert_non_null(strstr(env, "SEEN=1\n"));
	assert_non_null(strstr(env, "WAVETRAIN=1\n"));
	assert_non_null(strstr(env, "WAVETRAIN_STEP_ID=env\n"));
	assert_non_null(strstr(env, "WAVETRAIN_WAVE=0\n"));
	assert_non_null(strstr(
		env, arena_format(&fixture->arena, "WAVETRAIN_RUN_ID=%s\n", fixture->run.id)));
	const char *files = fixture_read(fixture, "run/log/files.1.log");
	assert_non_null(strstr(files, "0 -> /dev/null\n"));
	assert_non_null(strstr(files, "2 -> pipe:"));
	assert_null(strstr(files, " 4 -> ")); /* 3 is the folder ls itself reads */
	assert_string_equal(fixture_read(fixture, "run/log/signals.1.log"),
		"SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	assert_event(fixture, "step_completed input.1");
}

static void artifacts_are_handed_on(void **state)
{
	struct fixture *fixture = *state;
	struct output outputs[] = {{.name = "report", .path = "out/r.json"},
		{.name = "files", .path = "out/*.txt"}, {.name = "summary"}};
	struct input inputs[] = {{.reference = "report"}, {.reference = "files", .output = 1},
		{.reference = "summary", .output = 2}};
	struct step *make = fixture_step(fixture, "make",
		"mkdir out; echo {} > out/r.json; echo 1 > out/1.txt; echo 2 > out/2.txt\n"
		"echo s > $WAVETRAIN_OUTPUT/summary.md");
	make->outputs = outputs;
	make->output_count = 3;
	struct step *use = fixture_step(fixture, "use",
		"cd $WAVETRAIN_INPUT; cat report.json files/1.txt files/2.txt summary.md");
	use->inputs = inputs;
	use->input_count = 3;
	fixture_need(fixture, "use", "make");
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_event(fixture, "artifact_created make.1 {make/report.json}\nartifact_created make.1 "
			      "{make/files}\nartifact_created make.1 {make/summary.md}\n");
	assert_event(fixture, "artifact_injected use.1 <make> {make/report.json}\n");
	assert_string_equal(fixture_read(fixture, "run/log/use.1.log"), "{}\n1\n2\ns\n");
}

static void a_missing_output_fails_the_attempt(void **state)
{
	struct fixture *fixture = *state;
	struct output outputs[] = {{.name = "report", .path = "out/r.json"}};
	struct step *step = fixture_step(fixture, "a", "true");
	step->outputs = outputs;
	step->output_count = 1;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture,
		"step_failed a.1 exit=0 output: output 'report' is missing: there is no "
		"file 'out/r.json'\n");
	assert_no_event(fixture, "artifact_created");
}

static void contracts_decide_whether_a_step_is_done(void **state)
{
	struct fixture *fixture = *state;
	struct file_rule rule = {.path = "made"};
	struct contract good[] = {{.kind = CONTRACT_FILES, .files = &rule, .file_count = 1},
		{.kind = CONTRACT_COMMAND, .command = {.script = "echo checked", .shell = "sh"}}};
	struct contract bad[] = {
		{.kind = CONTRACT_COMMAND, .command = {.script = "exit 4", .shell = "sh"}}};
	struct contract slow[] = {{.kind = CONTRACT_COMMAND,
		.timeout_ms = 50,
		.command = {.script = "sleep 60", .shell = "sh"}}};
	struct step *step = fixture_step(fixture, "good", "touch made");
	step->contracts = good;
	step->contract_count = 2;
	step = fixture_step(fixture, "bad", "true");
	step->contracts = bad;
	step->contract_count = 1;
	step = fixture_step(fixture, "slow", "true");
	step->contracts = slow;
	step->contract_count = 1;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "contract_validated good.1 <files made>\n");
	assert_event(fixture, "contract_validated good.1 <command echo checked>\n");
	assert_event(fixture, "step_completed good.1");
	assert_string_equal(fixture_read(fixture, "run/log/good.1.log"), "checked\n");
	assert_event(fixture, "contract_failed bad.1 <command exit 4>: exit status 4\n");
	assert_event(fixture,
		"step_failed bad.1 exit=0 contract: contract failed: command exit 4: exit "
		"status 4\n");
	assert_event(fixture,
		"step_failed slow.1 exit=0 contract: contract failed: command sleep 60: no "
		"end after 50 ms, its timeout\n");
}

static void a_continued_run_skips_what_is_done_and_counts_on(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "done", "false");
	fixture_step(fixture, "again", "true");
	fixture_need(fixture, "again", "done");
	fixture_plan(fixture);
	fixture->plan.steps[0].action = ACTION_SKIP;
	struct run_attempt attempts[] = {{.step = 0, .number = 1}, {.step = 1, .number = 2}};
	struct run_step steps[] = {
		{.id = "done", .state = STATE_DONE, .ended_ms = 2000, .attempts = {0, 1}},
		{.id = "again", .ended_ms = 3000, .attempts = {1, 1}}};
	fixture->run.steps = steps;
	fixture->run.step_count = 2;
	fixture->run.attempts = attempts;
	fixture->run.attempt_count = 2;
	fixture->settings.resumed = true;
	assert_true(fixture_run(fixture));
	assert_event(fixture, "pipeline_resumed\ncheckpoint_prepared 0 #1 wave [c0ffee]");
	assert_no_event(fixture, "step_started done");
	assert_event(fixture, "step_completed again.3");
	struct checkpoint checkpoint = {.number = 4, .time_ms = 2500};
	fixture->run.checkpoints = &checkpoint;
	fixture->run.checkpoint_count = 1;
	steps[0].is_kept = true;
	assert_true(fixture_run(fixture));
	assert_event(fixture, "pipeline_resumed\nwave_started 1\n");
	assert_event(fixture, "checkpoint_created 1 #5 wave");
}

static void a_missing_working_directory_is_named(void **state)
{
	struct fixture *fixture = *state;
	struct step *step = fixture_step(fixture, "a", "true");
	step->workdir = "nowhere";
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_failed a.1 exit=-1 permanent: the working directory '");
	assert_event(fixture, "/nowhere' does not exist\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(every_end_has_its_event),
		FIXTURE_TEST(waves_follow_each_other_with_a_checkpoint_each),
		FIXTURE_TEST(nothing_changed_makes_no_commit_but_a_checkpoint),
		FIXTURE_TEST(a_refused_checkpoint_ends_the_run),
		FIXTURE_TEST(a_broken_record_ends_the_run_and_its_steps),
		FIXTURE_TEST(all_steps_share_a_budget_of_retries),
		FIXTURE_TEST(a_retry_comes_after_its_delay_and_keeps_its_log),
		FIXTURE_TEST(a_class_that_is_not_retried_fails_at_once),
		FIXTURE_TEST(a_timeout_gives_grace_and_then_kills),
		FIXTURE_TEST(keep_lets_the_others_finish_and_independent_branches_go_on),
		FIXTURE_TEST(a_detected_wave_bars_what_follows),
		FIXTURE_TEST(stop_ends_what_runs),
		FIXTURE_TEST(a_serial_step_is_a_stage_of_its_own),
		FIXTURE_TEST(interruption_is_quick_and_keeps_what_is_done),
		FIXTURE_TEST(a_second_interrupt_and_a_termination_kill_the_deaf),
		FIXTURE_TEST(leftovers_are_ended_and_said),
		FIXTURE_TEST(a_step_finds_a_clean_world),
		FIXTURE_TEST(artifacts_are_handed_on),
		FIXTURE_TEST(a_missing_output_fails_the_attempt),
		FIXTURE_TEST(contracts_decide_whether_a_step_is_done),
		FIXTURE_TEST(a_continued_run_skips_what_is_done_and_counts_on),
		FIXTURE_TEST(a_missing_working_directory_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
