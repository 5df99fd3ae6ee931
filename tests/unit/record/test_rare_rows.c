/* What few steps have: contracts' errors, results, gates, fan-outs. */
#include "record/record_fixture.h"

static struct record *begin(struct fixture *fixture)
{
	struct record *record = open_record(fixture, RECORD_WRITE);

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 0));
	return record;
}

static void flush(struct fixture *fixture, struct record *record)
{
	must(fixture, record_flush(record, false, &fixture->error));
}

static void fail_contract(
	struct fixture *fixture, struct record *record, uint32_t step, const char *pointer)
{
	struct contract_error errors[] = {
		{pointer, "type", "an integer", "the text 'x'"}, {"", "required", "'id'", NULL}};
	struct event event = event_of(EVENT_CONTRACT_FAILED, 10);

	event.step = step;
	event.attempt = 1;
	event.subject = "json_schema out.json";
	event.reason = "2 errors";
	event.errors = errors;
	event.error_count = 2;
	event.count = 7;
	must(fixture, take(fixture, record, event));
}

static void test_contract_errors(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = begin(fixture);
	struct event known = event_of(EVENT_CONTRACT_VALIDATED, 12);
	struct run run;

	for (uint32_t step = 0; step < 2; step++)
		must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, step, 1));
	fail_contract(fixture, record, 1, "/b");
	fail_contract(fixture, record, 0, "/a");
	known.step = 0;
	known.was_known = true;
	must(fixture, take(fixture, record, known));
	flush(fixture, record);
	read_run(fixture, record, &run);
	record_close(record);
	assert_int_equal(run.contract_count, 3);
	const struct run_contract *first = &run.contracts[run.steps[0].contracts.first];
	assert_int_equal(run.steps[0].contracts.count, 2);
	assert_int_equal(first->error_count, 2);
	assert_int_equal(first->error_total, 7);
	assert_string_equal(first->errors[0].pointer, "/a");
	assert_string_equal(first->errors[0].actual, "the text 'x'");
	assert_string_equal(first->errors[1].keyword, "required");
	assert_null(first->errors[1].actual);
	assert_false(first->was_known);
	assert_true(first[1].was_known);
	assert_int_equal(first[1].error_count, 0);
	assert_string_equal(run.contracts[run.steps[1].contracts.first].errors[0].pointer, "/b");
}

static void test_cache_hit(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = begin(fixture);
	struct event done = event_of(EVENT_STEP_COMPLETED, 5);
	struct run run;

	done.step = 2;
	done.key = "abc123";
	assert_false(take(fixture, record, done)); /* it does not run */
	must(fixture, take_step(fixture, record, EVENT_CACHE_HIT, 2, 5));
	must(fixture, take(fixture, record, done));
	flush(fixture, record);
	read_run(fixture, record, &run);
	record_close(record);
	assert_int_equal(run.steps[2].state, STATE_DONE);
	assert_string_equal(run.steps[2].cache_key, "abc123");
	assert_null(run.steps[2].tree);
	assert_int_equal(run.steps[2].started_ms, FIXTURE_TIME_MS + 5);
	assert_int_equal(run.steps[2].ended_ms, FIXTURE_TIME_MS + 5);
	assert_int_equal(run.attempt_count, 0);
	assert_int_equal(run.totals.cached, 1);
	assert_int_equal(run_step_look(&run, 2), LOOK_CACHED);
}

/* A step that was rolled back does not keep its result. */
static void test_rolled_back(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = begin(fixture);
	struct event done = event_of(EVENT_STEP_COMPLETED, 5);
	struct event back = event_of(EVENT_STEP_ROLLED_BACK, 6);
	struct run run;

	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 0, 1));
	done.step = 0;
	done.attempt = 1;
	done.tree = "0123";
	must(fixture, take(fixture, record, done));
	flush(fixture, record);
	read_run(fixture, record, &run);
	assert_string_equal(run.steps[0].tree, "0123");
	back.step = 0;
	back.reason = "files went back";
	must(fixture, take(fixture, record, back));
	flush(fixture, record);
	read_run(fixture, record, &run);
	record_close(record);
	assert_int_equal(run.steps[0].state, STATE_PENDING);
	assert_string_equal(run.steps[0].reason, "files went back");
	assert_null(run.steps[0].tree);
}

static void test_gates(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = begin(fixture);
	struct event open = event_of(EVENT_GATE_OPENED, 9);
	struct run run;

	open.step = 1;
	open.subject = "octocat";
	must(fixture, take_step(fixture, record, EVENT_GATE_WAITING, 2, 3));
	must(fixture, take_step(fixture, record, EVENT_GATE_WAITING, 1, 4));
	/* Waiting again after a resume changes nothing. */
	must(fixture, take_step(fixture, record, EVENT_GATE_WAITING, 1, 6));
	must(fixture, take(fixture, record, open));
	flush(fixture, record);
	read_run(fixture, record, &run);
	assert_int_equal(run.gate_count, 2);
	assert_int_equal(run.gates[0].step, 2);
	assert_false(run.gates[0].is_open);
	assert_int_equal(run.gates[0].opened_ms, TIME_NONE);
	assert_int_equal(run.gates[1].step, 1);
	assert_int_equal(run.gates[1].waiting_ms, FIXTURE_TIME_MS + 4);
	assert_int_equal(run.gates[1].opened_ms, FIXTURE_TIME_MS + 9);
	assert_string_equal(run.gates[1].approved_by, "octocat");
	open.step = 0;
	assert_false(take(fixture, record, open));
	assert_non_null(strstr(fixture->error.text, "it does not wait at a gate"));
	record_close(record);
}

/* An approval is of what a step has made: where it runs again, somebody is asked again. */
static void test_gates_of_what_runs_again(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = begin(fixture);
	struct run run;

	for (uint32_t step = 0; step < 2; step++) {
		struct event open = event_of(EVENT_GATE_OPENED, 9);

		open.step = step;
		must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, step, 1));
		must(fixture, take_step(fixture, record, EVENT_STEP_COMPLETED, step, 2));
		must(fixture, take_step(fixture, record, EVENT_GATE_WAITING, step, 3));
		must(fixture, take(fixture, record, open));
	}
	flush(fixture, record);
	read_run(fixture, record, &run);
	assert_int_equal(run.gate_count, 2);
	fixture->plan.steps[0].action = ACTION_SKIP;
	must(fixture, record_continue_run(record, &run, &fixture->plan, &fixture->error));
	read_run(fixture, record, &run);
	record_close(record);
	assert_int_equal(run.gate_count, 1);
	assert_int_equal(run.gates[0].step, 0);
	assert_true(run.gates[0].is_open);
}

/* The plan with the second step of the second wave replaced by so many instances. */
static void expand(struct fixture *fixture, uint32_t instance_count)
{
	struct pipeline *pipeline = &fixture->pipeline;
	struct plan *plan = &fixture->plan;
	uint32_t count = pipeline->step_count - 1 + instance_count;
	struct step *steps = ARENA_ARRAY(&fixture->arena, struct step, count);
	struct plan_step *planned = ARENA_ARRAY(&fixture->arena, struct plan_step, count);
	struct step_instance *instances =
		ARENA_ARRAY(&fixture->arena, struct step_instance, instance_count);
	uint32_t at = 0;

	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		uint32_t copies = i == 4 ? instance_count : 1;

		for (uint32_t k = 0; k < copies; k++, at++) {
			steps[at] = pipeline->steps[i];
			planned[at] = plan->steps[i];
			planned[at].group = INDEX_NONE;
			planned[at].action = i < 3 ? ACTION_SKIP : ACTION_RUN;
			if (i != 4)
				continue;
			instances[k] = (struct step_instance){
				.base_id = "step-4", .number = k, .instance_count = instance_count};
			steps[at].id = arena_format(&fixture->arena, "step-4[%u]", k);
			steps[at].instance = &instances[k];
		}
	}
	pipeline->steps = steps;
	pipeline->step_count = count;
	plan->steps = planned;
	plan->group_count = 0;
	plan->waves[0].groups.count = plan->waves[1].groups.count = 0;
	plan->waves[1].steps.count = count - 3;
}

static void take_expansion(struct fixture *fixture, uint32_t instance_count, struct run *run)
{
	struct record *record = begin(fixture);
	struct event expanded = event_of(EVENT_STEP_EXPANDED, 3);
	struct run known;

	expanded.step = 4;
	expanded.count = instance_count;
	must(fixture, take(fixture, record, expanded));
	flush(fixture, record);
	read_run(fixture, record, &known);
	expand(fixture, instance_count);
	must(fixture, record_continue_run(record, &known, &fixture->plan, &fixture->error));
	read_run(fixture, record, run);
	record_close(record);
}

static void test_instances_take_over(void **state)
{
	struct fixture *fixture = *state;
	struct run run;

	take_expansion(fixture, 3, &run);
	assert_int_equal(run.step_count, 8);
	assert_string_equal(run.steps[4].id, "step-4[0]");
	assert_string_equal(run.steps[6].id, "step-4[2]");
	assert_string_equal(run.steps[6].base_id, "step-4");
	assert_string_equal(run.steps[7].id, "step-5");
	for (uint32_t i = 0; i < run.step_count; i++)
		assert_int_equal(run.steps[i].state, STATE_PENDING);
}

static void test_no_instances(void **state)
{
	struct fixture *fixture = *state;
	struct run run;

	take_expansion(fixture, 0, &run);
	assert_int_equal(run.step_count, 6);
	assert_string_equal(run.steps[5].id, "step-4");
	assert_int_equal(run.steps[5].state, STATE_SKIPPED);
	assert_string_equal(run.steps[5].reason, "its list is empty");
}

/* How many steps could run at once is known of every time, not only of the last. */
static void test_slots_of_each_time(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = begin(fixture);
	struct event event = event_of(EVENT_PIPELINE_RESUMED, 50);
	struct run run;

	read_run(fixture, record, &run);
	assert_int_equal(run.slots_count, 0);
	must(fixture, record_continue_run(record, &run, &fixture->plan, &fixture->error));
	event.jobs = 8;
	must(fixture, take(fixture, record, event));
	event.time_ms += 50;
	event.jobs = 2;
	must(fixture, take(fixture, record, event));
	flush(fixture, record);
	read_run(fixture, record, &run);
	record_close(record);
	/* The first event is of a version that did not tell. */
	assert_int_equal(run.slots_count, 2);
	assert_int_equal(run.slots[0].jobs, 8);
	assert_int_equal(run.slots[0].from_ms, FIXTURE_TIME_MS + 50);
	assert_int_equal(run.slots[1].jobs, 2);
	assert_int_equal(run.slots[1].from_ms, FIXTURE_TIME_MS + 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_contract_errors, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_cache_hit, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_rolled_back, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_gates, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_gates_of_what_runs_again, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_instances_take_over, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(test_no_instances, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			test_slots_of_each_time, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
