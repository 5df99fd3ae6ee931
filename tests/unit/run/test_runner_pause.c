#include "run/run_fixture.h"

#include <signal.h>

#include "base/clock.h"

/* --- gates --- */

static void make_gated(struct fixture *fixture, const char *script)
{
	fixture_step(fixture, "build", script)->needs_approval = true;
	fixture_step(fixture, "deploy", "true");
	fixture_need(fixture, "deploy", "build");
	fixture_plan(fixture);
}

static void a_closed_gate_stops_the_run_after_its_checkpoint(void **state)
{
	struct fixture *fixture = *state;
	make_gated(fixture, "true");
	assert_true(fixture_run(fixture));
	assert_event(fixture, "#1 wave [c0ffee] 'wavetrain: wave complete (build)'\n"
			      "gate_waiting build: done, and waiting for approval\n"
			      "pipeline_interrupted: waiting for approval of step build\n");
	assert_int_equal(fixture->ask_count, 1);
	assert_int_equal(fixture->outcome, RUN_INTERRUPTED);
}

static void an_opened_gate_lets_the_run_go_on(void **state)
{
	struct fixture *fixture = *state;
	fixture->approver = "somebody";
	make_gated(fixture, "true");
	assert_true(fixture_run(fixture));
	assert_event(fixture, "gate_waiting build: done, and waiting for approval\n"
			      "gate_opened build <somebody>\nwave_started 1\n");
	assert_event(fixture, "step_completed deploy.1");
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
}

static void a_gate_of_the_last_stage_stops_too(void **state)
{
	struct fixture *fixture = *state;
	fixture->services.ask_gate = NULL;
	fixture_step(fixture, "a", "true")->needs_approval = true;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_INTERRUPTED);
}

static void a_gate_of_a_failed_stage_is_not_asked_and_not_passed(void **state)
{
	struct fixture *fixture = *state;
	fixture->approver = "somebody";
	fixture_step(fixture, "bad", "false");
	make_gated(fixture, "true");
	assert_true(fixture_run(fixture));
	assert_no_event(fixture, "gate_waiting");
	assert_no_event(fixture, "deploy");
	assert_int_equal(fixture->outcome, RUN_FAILED);
}

static void a_gate_is_asked_beside_a_tolerated_failure(void **state)
{
	static const enum failure_reaction reactions[] = {REACTION_SKIP, REACTION_DEFAULT};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(reactions); i++) {
		struct fixture fixture;
		fixture_open(&fixture);
		fixture.approver = "somebody";
		struct step *bad = fixture_step(&fixture, "bad", "false");
		bad->on_failure = reactions[i];
		bad->is_optional = reactions[i] == REACTION_DEFAULT;
		make_gated(&fixture, "true");
		assert_true(fixture_run(&fixture));
		assert_event(&fixture, "gate_opened build <somebody>\n");
		assert_event(&fixture, "step_completed deploy.1");
		assert_int_equal(fixture.outcome, i ? RUN_COMPLETED : RUN_FAILED);
		fixture_close(&fixture);
	}
}

static void an_interrupted_run_asks_nobody(void **state)
{
	struct fixture *fixture = *state;
	fixture->approver = "somebody";
	make_gated(fixture, "trap '' TERM; kill -INT $PPID; sleep 0.3");
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->ask_count, 0);
	assert_int_equal(fixture->outcome, RUN_INTERRUPTED);
}

struct resumed_case {
	bool is_on_record;
	bool is_open;
	enum plan_action action;
	uint32_t ask_count;
	uint32_t waiting_count;
};

static void on_resume_only_closed_gates_are_asked(void **state)
{
	static const struct resumed_case cases[] = {
		{true, true, ACTION_SKIP, 0, 0},
		{true, false, ACTION_SKIP, 1, 1},
		{false, false, ACTION_SKIP, 1, 1},
		/* What was approved is not what is there now. */
		{true, true, ACTION_RUN, 1, 1},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct fixture fixture;
		struct run_step before = {.id = "build", .state = STATE_DONE, .ended_ms = 5};
		struct run_gate gate = {.is_open = cases[i].is_open, .opened_ms = 6};
		fixture_open(&fixture);
		fixture.approver = "somebody";
		fixture.settings.resumed = true;
		fixture.run.steps = &before;
		fixture.run.step_count = 1;
		fixture.run.gates = &gate;
		fixture.run.gate_count = cases[i].is_on_record;
		make_gated(&fixture, "true");
		fixture.plan.steps[0].action = cases[i].action;
		assert_true(fixture_run(&fixture));
		assert_int_equal(fixture.ask_count, cases[i].ask_count);
		assert_int_equal(fixture_count(&fixture, "gate_waiting"), cases[i].waiting_count);
		assert_int_equal(fixture.outcome, RUN_COMPLETED);
		fixture_close(&fixture);
	}
}

/* --- what lacked memory --- */

struct lack_case {
	struct run_attempt attempts[2];
	uint32_t attempt_count;
	bool is_alone;
};

/* True: whenever "a" starts nothing else runs, and the next thing to happen is its end. */
static bool was_alone(struct fixture *fixture)
{
	uint32_t running = 0;
	bool is_next = false;
	char *rest = arena_copy_text(&fixture->arena, buffer_text(&fixture->events));
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		bool is_start = strncmp(line, "step_started", 12) == 0;
		bool is_end = strncmp(line, "step_completed", 14) == 0;
		bool is_of_a = strstr(line, " a.") != NULL;
		if ((is_start && (is_next || (is_of_a && running))) ||
			(is_end && is_next != is_of_a))
			return false;
		if (is_start || is_end)
			is_next = is_start && is_of_a;
		running += is_start;
		running -= is_end;
	}
	return true;
}

static void what_lacked_memory_runs_alone_also_when_resumed(void **state)
{
	static const char *const killed =
		"killed by the system for lack of memory, at a peak of 9 GiB";
	const struct lack_case cases[] = {
		{{{.failure = FAILURE_RESOURCE, .reason = killed}}, 1, true},
		{{{.failure = FAILURE_RESOURCE, .reason = killed}, {.failure = FAILURE_CANCELLED}},
			2, true},
		{{{.failure = FAILURE_RESOURCE, .reason = killed}, {.failure = FAILURE_PERMANENT}},
			2, false},
		{{{.failure = FAILURE_RESOURCE, .reason = "no room on the disk"}}, 1, false},
		{{{.failure = FAILURE_NONE}}, 0, false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct fixture fixture;
		struct lack_case row = cases[i];
		struct run_step before = {
			.id = "a", .state = STATE_FAILED, .attempts = {0, row.attempt_count}};
		fixture_open(&fixture);
		for (uint32_t k = 0; k < row.attempt_count; k++)
			row.attempts[k].number = k + 1;
		fixture.settings.resumed = true;
		fixture.run.steps = &before;
		fixture.run.step_count = 1;
		fixture.run.attempts = row.attempts;
		fixture.run.attempt_count = row.attempt_count;
		fixture_step(&fixture, "a", "true");
		fixture_step(&fixture, "b", "true");
		fixture_step(&fixture, "c", "true");
		fixture_plan(&fixture);
		fixture.plan.jobs = 3;
		assert_true(fixture_run(&fixture));
		assert_int_equal(fixture.outcome, RUN_COMPLETED);
		if (was_alone(&fixture) != row.is_alone)
			fail_msg("case %zu:\n%s", i, buffer_text(&fixture.events));
		fixture_close(&fixture);
	}
}

/* --- foreach --- */

static void make_foreach(struct fixture *fixture, struct foreach *each, const char *list_script)
{
	static struct output output = {.name = "list", .path = "list.json"};
	struct step *list = fixture_step(fixture, "list", list_script);
	list->outputs = &output;
	list->output_count = 1;
	*each = (struct foreach){.from = {.reference = "list"}, .item_name = "item", .batch = 1};
	fixture_step(fixture, "each", "exit 9")->foreach = each;
	fixture_step(fixture, "beside", "true");
	fixture_step(fixture, "after", "true");
	fixture_need(fixture, "each", "list");
	fixture_need(fixture, "beside", "list");
	fixture_need(fixture, "after", "each");
	fixture_plan(fixture);
}

static void a_list_that_is_there_ends_the_call(void **state)
{
	struct fixture *fixture = *state;
	struct foreach each;
	make_foreach(fixture, &each, "echo [1] > list.json");
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_TO_EXPAND);
	assert_int_equal(fixture->expand_step, 1);
	assert_event(fixture, "checkpoint_created 0 #1 wave");
	assert_no_event(fixture, "wave_started 1");
	assert_no_event(fixture, "step_started beside");
	assert_no_event(fixture, "pipeline_failed");
	assert_int_equal(fixture->flushed.size, fixture->events.size);
	/* The caller has put the instances in its place. */
	fixture->settings.expanded = true;
	fixture->steps[1].foreach = NULL;
	fixture->steps[1].command.script = "true";
	fixture->plan.steps[0].action = ACTION_SKIP;
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_no_event(fixture, "pipeline_started");
	assert_no_event(fixture, "pipeline_resumed");
	assert_event(fixture, "step_completed each.1");
	assert_event(fixture, "step_completed after.1");
}

static void a_list_of_the_same_stage_waits_for_what_runs(void **state)
{
	struct fixture *fixture = *state;
	struct foreach each;
	make_foreach(fixture, &each, "echo [1] > list.json");
	fixture->plan.waves[0].steps = (struct index_range){0, 4};
	fixture->plan.stage_count = fixture->plan.wave_count = 1;
	for (uint32_t i = 0; i < 4; i++)
		fixture->plan.steps[i].wave = fixture->plan.steps[i].stage = 0;
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_TO_EXPAND);
	assert_event(fixture, "step_completed beside.1");
	assert_no_event(fixture, "wave_completed");
	assert_no_event(fixture, "wave_failed");
	assert_no_event(fixture, "step_started after");
}

static void without_a_list_the_step_is_skipped(void **state)
{
	struct fixture *fixture = *state;
	struct foreach each;
	make_foreach(fixture, &each, "exit 1");
	fixture->plan.steps[1].run_if = RUN_IF_SUCCESS | RUN_IF_FAILURE;
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_FAILED);
	assert_event(fixture, "step_skipped each <list>: the list it is to run for is not made\n");
	assert_event(fixture, "step_skipped after <list>: needs list, which failed\n");
}

static void after_a_failure_no_list_is_taken(void **state)
{
	struct fixture *fixture = *state;
	struct foreach each;
	fixture_step(fixture, "bad", "false");
	make_foreach(fixture, &each, "echo [1] > list.json");
	each.from.step = 1;
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_FAILED);
	assert_event(fixture, "pipeline_failed: step bad failed\n");
	assert_no_event(fixture, "step_started each");
	assert_no_event(fixture, "step_skipped each");
}

/* --- the time limit --- */

static void the_time_limit_stops_the_run(void **state)
{
	struct fixture *fixture = *state;
	fixture->pipeline.execution.time_limit_ms = 100;
	fixture_step(fixture, "quick", "true");
	fixture_step(fixture, "slow", "sleep 60");
	fixture_plan(fixture);
	int64_t before_ns = clock_monotonic_ns();
	assert_true(fixture_run(fixture));
	assert_true(clock_monotonic_ns() - before_ns < 5 * (int64_t)1000000000);
	assert_int_equal(fixture->outcome, RUN_INTERRUPTED);
	assert_event(fixture,
		"step_cancelled slow.1 cancelled: the run's time limit of 100 ms is over\n");
	assert_event(fixture, "#1 interruption partial");
	assert_event(fixture, "pipeline_interrupted: the run's time limit of 100 ms is over\n");
}

static void the_time_limit_counts_from_the_first_call(void **state)
{
	struct fixture *fixture = *state;
	fixture->pipeline.execution.time_limit_ms = 60000;
	fixture->settings.expanded = true;
	fixture->settings.started_ns = clock_monotonic_ns() - 61 * (int64_t)1000000000;
	fixture_step(fixture, "a", "true");
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_INTERRUPTED);
	assert_no_event(fixture, "step_started");
}

static void a_limit_that_is_not_reached_changes_nothing(void **state)
{
	struct fixture *fixture = *state;
	fixture->pipeline.execution.time_limit_ms = 60000;
	fixture_step(fixture, "a", "true");
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(a_closed_gate_stops_the_run_after_its_checkpoint),
		FIXTURE_TEST(an_opened_gate_lets_the_run_go_on),
		FIXTURE_TEST(a_gate_of_the_last_stage_stops_too),
		FIXTURE_TEST(a_gate_of_a_failed_stage_is_not_asked_and_not_passed),
		cmocka_unit_test(a_gate_is_asked_beside_a_tolerated_failure),
		FIXTURE_TEST(an_interrupted_run_asks_nobody),
		FIXTURE_TEST(on_resume_only_closed_gates_are_asked),
		FIXTURE_TEST(what_lacked_memory_runs_alone_also_when_resumed),
		FIXTURE_TEST(a_list_that_is_there_ends_the_call),
		FIXTURE_TEST(a_list_of_the_same_stage_waits_for_what_runs),
		FIXTURE_TEST(without_a_list_the_step_is_skipped),
		FIXTURE_TEST(after_a_failure_no_list_is_taken),
		FIXTURE_TEST(the_time_limit_stops_the_run),
		FIXTURE_TEST(the_time_limit_counts_from_the_first_call),
		FIXTURE_TEST(a_limit_that_is_not_reached_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
