/*
 * Every class of failure, with every word of on_failure, under every policy of the run, in waves and
 * frontiers, of one group and of several: what becomes of the run is what the table of reactions says.
 */
#include "run/run_fixture.h"

#include <fcntl.h>
#include <signal.h>

#include "run/reaction.h"

struct world {
	struct fixture base; /* first, so that services find it */
	int busy;           /* a program that is open for writing cannot be executed; -1: none is */
	bool frees_program; /* once `beside` has ended */
	enum undecided_answer answer;
	uint32_t ask_count;
};

/* --- what makes a step fail --- */

static const char *const scripts[FAILURE_CLASS_COUNT] = {
	[FAILURE_TRANSIENT] = "exit 75",
	[FAILURE_TIMEOUT] = "exec sleep 60",
	[FAILURE_RESOURCE] = "", /* see use_busy_program() */
	[FAILURE_CONTRACT] = "exit 0",
	[FAILURE_OUTPUT] = "exit 0",
	[FAILURE_PERMANENT] = "exit 1",
	[FAILURE_SIGNAL] = "kill -SEGV $$",
	[FAILURE_UNKNOWN] = "kill -TERM $$",
};

static struct contract broken_contract = {
	.kind = CONTRACT_COMMAND, .command = {.script = "exit 1", .shell = "sh"}};
static struct output missing_output = {.name = "nothing", .path = "nothing"};

static void use_busy_program(struct world *world, struct step *step)
{
	static const char script[] = "#!/bin/sh\nexit 0\n";
	static const char *const arguments[] = {"./busy", NULL};
	const char *path = fixture_path(&world->base, "work/busy");
	world->busy = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	assert_true(world->busy >= 0);
	assert_true(write(world->busy, script, sizeof script - 1) > 0);
	step->command = (struct command){.arguments = arguments, .argument_count = 1};
}

static void make_fail(struct world *world, struct step *step, enum failure_class failure)
{
	if (failure == FAILURE_RESOURCE)
		use_busy_program(world, step);
	if (failure == FAILURE_TIMEOUT)
		step->timeout_ms = 20;
	step->contracts = &broken_contract;
	step->contract_count = failure == FAILURE_CONTRACT;
	step->outputs = &missing_output;
	step->output_count = failure == FAILURE_OUTPUT;
}

/* `beside` waits until `bad` has come to its end, so that the order is always the same. */
static bool record(void *context, const struct event *event, struct error *error)
{
	struct world *world = context;
	bool is_end = event->type == EVENT_STEP_FAILED || event->type == EVENT_STEP_CANCELLED ||
		      (event->type == EVENT_STEP_RETRIED && world->frees_program);
	if (event->step == 0 && is_end)
		assert_true(
			file_write_atomic(fixture_path(&world->base, "bad-is-over"), "", 0, error));
	if (event->step == 1 && event->type == EVENT_STEP_COMPLETED && world->frees_program) {
		close(world->busy);
		world->busy = -1;
	}
	return fixture_record(context, event, error);
}

static enum undecided_answer ask_undecided(void *context, uint32_t step, int signal)
{
	struct world *world = context;
	assert_int_equal(step, 0);
	assert_int_equal(signal, SIGTERM);
	assert_int_equal(world->base.flushed.size, world->base.events.size);
	world->ask_count++;
	return world->answer;
}

static void open_world(struct world *world)
{
	*world = (struct world){.busy = -1};
	fixture_open(&world->base);
	world->base.services.record = record;
}

static void close_world(struct world *world)
{
	if (world->busy >= 0)
		close(world->busy);
	fixture_close(&world->base);
}

/* --- the four steps, in each form of plan --- */

enum layout { DERIVED, ONE_GROUP, TWO_GROUPS, FRONTIER, LAYOUT_COUNT };

struct layout_case {
	enum wave_origin origin;
	uint32_t group_count; /* of the first wave */
};

static const struct layout_case layouts[] = {
	[DERIVED] = {WAVE_DERIVED, 0},
	[ONE_GROUP] = {WAVE_DETECTED, 1},
	[TWO_GROUPS] = {WAVE_DETECTED, 2},
	[FRONTIER] = {WAVE_ROLLING, 0},
};

static void add_groups(struct fixture *fixture, uint32_t of_first)
{
	struct plan *plan = &fixture->plan;
	plan->groups = ARENA_ARRAY(&fixture->arena, struct plan_group, 3);
	for (uint32_t i = 0; i < of_first; i++)
		plan->groups[i] = (struct plan_group){
			.name = i ? "second" : "first", .steps = {i, 2 / of_first}};
	plan->groups[of_first] = (struct plan_group){.name = "last", .wave = 1, .steps = {2, 2}};
	plan->group_count = of_first + 1;
	plan->waves[0].groups = (struct index_range){0, of_first};
	plan->waves[1].groups = (struct index_range){of_first, 1};
	plan->steps[0].group = 0;
	plan->steps[1].group = of_first - 1;
	plan->steps[2].group = plan->steps[3].group = of_first;
}

static void make_one_wave(struct fixture *fixture)
{
	struct plan *plan = &fixture->plan;
	plan->wave_count = plan->stage_count = 1;
	plan->waves[0].steps = (struct index_range){0, fixture->pipeline.step_count};
	for (uint32_t i = 0; i < fixture->pipeline.step_count; i++)
		plan->steps[i].wave = plan->steps[i].stage = 0;
}

static void make_plan(struct world *world, enum layout layout)
{
	struct fixture *fixture = &world->base;
	fixture_plan(fixture);
	if (layouts[layout].origin == WAVE_ROLLING)
		make_one_wave(fixture);
	for (uint32_t i = 0; i < fixture->plan.wave_count; i++)
		fixture->plan.waves[i].origin = layouts[layout].origin;
	if (layouts[layout].group_count)
		add_groups(fixture, layouts[layout].group_count);
}

static struct step *make_steps(struct world *world, enum failure_class failure, const char *beside)
{
	struct fixture *fixture = &world->base;
	struct step *bad = fixture_step(fixture, "bad",
		arena_format(&fixture->arena, "while ! test -e ../running; do sleep 0.01; done; %s",
			scripts[failure]));
	fixture_step(
		fixture, "beside", arena_format(&fixture->arena, "touch ../running; %s", beside));
	fixture_step(fixture, "after-bad", "true");
	fixture_step(fixture, "after-good", "true");
	fixture_need(fixture, "after-bad", "bad");
	fixture_need(fixture, "after-good", "beside");
	make_fail(world, bad, failure);
	return bad;
}

/* --- what is to become of them --- */

struct outcome {
	bool ends_beside;  /* it does not come to its own end */
	bool passes_waves; /* what needs only `beside` runs, behind a wave of groups too */
	bool passes_needs; /* the same, but not behind such a wave */
	uint32_t roll_backs;
};

static const struct outcome outcomes[REACT_COUNT] = {
	[REACT_KEEP] = {.passes_needs = true},
	[REACT_TOLERATE] = {.passes_needs = true, .passes_waves = true},
	[REACT_HALT] = {0},
	[REACT_STOP] = {.ends_beside = true},
	[REACT_UNDO] = {.roll_backs = 1},
	[REACT_ROLL_BACK] = {.ends_beside = true, .roll_backs = 1},
	[REACT_ABORT] = {.ends_beside = true},
	[REACT_DECIDE] = {.passes_needs = true},
};

static const enum reaction by_word[] = {
	[REACTION_RETRY] = REACT_HALT,
	[REACTION_HALT] = REACT_HALT,
	[REACTION_SKIP] = REACT_TOLERATE,
	[REACTION_ROLLBACK] = REACT_ROLL_BACK,
	[REACTION_ABORT] = REACT_ABORT,
};

struct failure_case {
	enum failure_class failure;
	enum failure_reaction word;
	enum wave_failure_policy policy;
	enum layout layout;
};

static enum reaction expected_reaction(const struct failure_case *row)
{
	return row->word == REACTION_DEFAULT ? failure_rule_of(row->failure)->last[row->policy]
					     : by_word[row->word];
}

/* In a frontier files go back once all is over, and what could run did. */
static bool runs_after_good(const struct failure_case *row, enum reaction reaction)
{
	const struct outcome *outcome = &outcomes[reaction];
	bool is_by_needs = wave_origin_is_by_needs(layouts[row->layout].origin);
	return outcome->passes_waves || (outcome->passes_needs && is_by_needs) ||
	       (reaction == REACT_UNDO && row->layout == FRONTIER);
}

/* While a step lacks something, whatever runs comes to its end first: of that nothing is said. */
static void check_others(struct fixture *fixture, const struct failure_case *row)
{
	enum reaction reaction = expected_reaction(row);
	const struct outcome *outcome = &outcomes[reaction];
	bool is_done = fixture_count(fixture, "step_completed beside") == 1;
	bool is_loose = row->failure == FAILURE_RESOURCE;
	bool runs = fixture_count(fixture, "step_started after-good") == 1;
	if (is_done == outcome->ends_beside && !is_loose)
		fail_msg("'beside':\n%s", buffer_text(&fixture->events));
	if (runs != runs_after_good(row, reaction) && !(is_loose && row->layout == FRONTIER))
		fail_msg("'after-good':\n%s", buffer_text(&fixture->events));
	assert_no_event(fixture, "step_started after-bad");
	assert_int_equal(fixture->roll_back_count, outcome->roll_backs);
}

static void check_bad(struct fixture *fixture, const struct failure_case *row)
{
	const struct failure_rule *rule = failure_rule_of(row->failure);
	bool is_open = expected_reaction(row) == REACT_DECIDE;
	uint32_t again = rule->waits + (row->word == REACTION_RETRY ? REACTION_STEP_RETRIES : 0);
	assert_int_equal(fixture_count(fixture, "step_retried bad"), again);
	assert_int_equal(fixture_count(fixture, "step_failed bad"), !is_open);
	assert_int_equal(fixture_count(fixture, "step_cancelled bad"), is_open);
	assert_int_equal(fixture_count(fixture, "step_skipped after-bad"), !is_open);
	assert_int_equal(fixture->outcome, is_open ? RUN_INTERRUPTED : RUN_FAILED);
	assert_event(fixture, failure_class_name(row->failure));
	assert_int_equal(fixture_count(fixture, "pipeline_failed: step bad failed\n"), !is_open);
	assert_int_equal(fixture_count(fixture, "wave_failed 0"), !is_open);
}

static void run_case(const struct failure_case *row)
{
	struct world world;
	enum reaction reaction = expected_reaction(row);
	const char *beside = row->failure == FAILURE_RESOURCE ? "true"
			     : outcomes[reaction].ends_beside
				     ? "exec sleep 60"
				     : "while ! test -e ../bad-is-over; do sleep 0.01; done";
	open_world(&world);
	make_steps(&world, row->failure, beside)->on_failure = row->word;
	world.base.settings.on_failure = row->policy;
	make_plan(&world, row->layout);
	assert_true(fixture_run(&world.base));
	check_bad(&world.base, row);
	check_others(&world.base, row);
	close_world(&world);
}

static void run_class(enum failure_class failure)
{
	struct failure_case row = {.failure = failure};
	for (int word = 0; word < REACTION_COUNT; word++)
		for (int policy = 0; policy < ON_FAILURE_COUNT; policy++)
			for (int layout = 0; layout < LAYOUT_COUNT; layout++) {
				row.word = (enum failure_reaction)word;
				row.policy = (enum wave_failure_policy)policy;
				row.layout = (enum layout)layout;
				run_case(&row);
			}
}

static void transient_failures(void **state)
{
	(void)state;
	run_class(FAILURE_TRANSIENT);
}

static void timeouts(void **state)
{
	(void)state;
	run_class(FAILURE_TIMEOUT);
}

static void lacking_resources(void **state)
{
	(void)state;
	run_class(FAILURE_RESOURCE);
}

static void broken_contracts(void **state)
{
	(void)state;
	run_class(FAILURE_CONTRACT);
}

static void missing_outputs(void **state)
{
	(void)state;
	run_class(FAILURE_OUTPUT);
}

static void permanent_failures(void **state)
{
	(void)state;
	run_class(FAILURE_PERMANENT);
}

static void own_signals(void **state)
{
	(void)state;
	run_class(FAILURE_SIGNAL);
}

static void foreign_signals(void **state)
{
	(void)state;
	run_class(FAILURE_UNKNOWN);
}

/* --- resources --- */

/* Its delay is over long before; once the other has ended, it is tried again and has what it lacked. */
static void a_step_waits_for_one_that_ends(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	world.frees_program = true;
	make_steps(&world, FAILURE_RESOURCE, "while ! test -e ../bad-is-over; do sleep 0.1; done");
	make_plan(&world, FRONTIER);
	assert_true(fixture_run(&world.base));
	assert_event(&world.base, "step_retried bad.1 exit=126 resource in 1ms: ");
	assert_event(&world.base, "step_completed bad.2");
	assert_int_equal(fixture_count(&world.base, "step_retried"), 1);
	assert_int_equal(world.base.outcome, RUN_COMPLETED);
	close_world(&world);
}

static void a_signal_ends_the_wait(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	world.frees_program = true;
	make_steps(&world, FAILURE_RESOURCE,
		"while ! test -e ../bad-is-over; do sleep 0.01; done; sleep 0.1; kill -INT $PPID; "
		"exec sleep 60");
	make_plan(&world, FRONTIER);
	assert_true(fixture_run(&world.base));
	assert_int_equal(fixture_count(&world.base, "step_retried bad"), 1);
	assert_event(&world.base, "step_cancelled bad cancelled: interrupted (SIGINT)\n");
	assert_event(&world.base, "step_cancelled beside.1 cancelled");
	assert_int_equal(world.base.outcome, RUN_INTERRUPTED);
	close_world(&world);
}

static void waits_are_of_the_runs_budget(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	make_steps(&world, FAILURE_RESOURCE, "true");
	world.base.pipeline.execution.retry_budget = 2;
	make_plan(&world, DERIVED);
	assert_true(fixture_run(&world.base));
	assert_int_equal(fixture_count(&world.base, "step_retried bad"), 2);
	assert_event(&world.base, "not tried again: the run's 2 retries are used up\n");
	close_world(&world);
}

/* --- decisions --- */

static void ask_and_run(struct world *world, enum undecided_answer answer, enum layout layout)
{
	struct fixture *fixture = &world->base;
	open_world(world);
	world->answer = answer;
	fixture->services.ask_undecided = ask_undecided;
	struct step *bad = make_steps(world, FAILURE_UNKNOWN, "true");
	bad->command.script = "test -e ../again || { touch ../again; kill -TERM $$; }";
	make_plan(world, layout);
	assert_true(fixture_run(fixture));
}

static void who_says_retry_gets_another_attempt(void **state)
{
	struct world world;
	(void)state;
	for (int layout = 0; layout < LAYOUT_COUNT; layout++) {
		ask_and_run(&world, UNDECIDED_RETRY, (enum layout)layout);
		assert_int_equal(world.ask_count, 1);
		assert_event(&world.base, "step_cancelled bad.1 unknown: killed by SIGTERM, not by "
					  "wavetrain\n");
		assert_event(&world.base, "step_completed bad.2");
		assert_event(&world.base, "step_completed after-bad.1");
		assert_event(&world.base, "wave_completed 0\n");
		assert_no_event(&world.base, "wave_failed");
		assert_no_event(&world.base, "group_failed");
		assert_int_equal(world.base.outcome, RUN_COMPLETED);
		close_world(&world);
	}
}

static void who_says_skip_goes_on_without_it(void **state)
{
	struct world world;
	(void)state;
	for (int layout = 0; layout < LAYOUT_COUNT; layout++) {
		ask_and_run(&world, UNDECIDED_SKIP, (enum layout)layout);
		assert_event(&world.base, "step_skipped bad: left out by choice, after it was "
					  "killed by SIGTERM\n");
		assert_event(&world.base, "step_completed after-bad.1");
		assert_event(&world.base, "wave_completed 0\n");
		assert_no_event(&world.base, "group_failed");
		assert_int_equal(world.base.outcome, RUN_COMPLETED);
		close_world(&world);
	}
}

static void who_quits_can_go_on_later(void **state)
{
	struct world world;
	(void)state;
	for (int layout = 0; layout < LAYOUT_COUNT; layout++) {
		ask_and_run(&world, UNDECIDED_QUIT, (enum layout)layout);
		assert_event(&world.base, "step_completed beside.1");
		assert_no_event(&world.base, "step_started after-bad");
		assert_event(&world.base, " partial [c0ffee]");
		assert_event(&world.base,
			"pipeline_interrupted: step bad was killed by SIGTERM, not by wavetrain: "
			"'wavetrain resume' tries it again, 'wavetrain resume --skip bad' leaves "
			"it out\n");
		assert_int_equal(world.base.outcome, RUN_INTERRUPTED);
		close_world(&world);
	}
}

static void a_failure_beside_it_is_a_failure_of_the_run(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	make_steps(&world, FAILURE_UNKNOWN, "exit 1");
	make_plan(&world, DERIVED);
	assert_true(fixture_run(&world.base));
	assert_event(&world.base, "step_cancelled bad.1 unknown");
	assert_event(&world.base, "wave_failed 0: 1 of 2 steps failed, 1 not run\n");
	assert_event(&world.base, "pipeline_failed: step beside failed\n");
	close_world(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transient_failures),
		cmocka_unit_test(timeouts),
		cmocka_unit_test(lacking_resources),
		cmocka_unit_test(broken_contracts),
		cmocka_unit_test(missing_outputs),
		cmocka_unit_test(permanent_failures),
		cmocka_unit_test(own_signals),
		cmocka_unit_test(foreign_signals),
		cmocka_unit_test(a_step_waits_for_one_that_ends),
		cmocka_unit_test(a_signal_ends_the_wait),
		cmocka_unit_test(waits_are_of_the_runs_budget),
		cmocka_unit_test(who_says_retry_gets_another_attempt),
		cmocka_unit_test(who_says_skip_goes_on_without_it),
		cmocka_unit_test(who_quits_can_go_on_later),
		cmocka_unit_test(a_failure_beside_it_is_a_failure_of_the_run),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
