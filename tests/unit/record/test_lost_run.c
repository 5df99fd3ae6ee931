#include "record_fixture.h"

/* The writer is closed with the run still running: as after a kill. */
static void lose_run(struct fixture *fixture)
{
	struct record *writer = open_record(fixture, RECORD_WRITE);

	begin_run(fixture, writer, "run_1");
	must(fixture, take_plain(fixture, writer, EVENT_PIPELINE_STARTED, 1));
	must(fixture, take_wave(fixture, writer, EVENT_WAVE_STARTED, 0, 2));
	must(fixture, take_step(fixture, writer, EVENT_STEP_STARTED, 0, 3));
	must(fixture, take_step(fixture, writer, EVENT_STEP_COMPLETED, 0, 40));
	must(fixture, take_step(fixture, writer, EVENT_STEP_STARTED, 1, 50));
	must(fixture, take_step(fixture, writer, EVENT_STEP_STARTED, 2, 70));
	must(fixture, record_flush(writer, true, &fixture->error));
	record_close(writer);
}

static void assert_is_lost(struct fixture *fixture, struct record *reader)
{
	struct run run, *runs;
	uint32_t count;

	read_run(fixture, reader, &run);
	assert_int_equal(run.state, STATE_INTERRUPTED);
	assert_string_equal(run.reason, "the process that ran it is gone");
	assert_int_equal(run.ended_ms, FIXTURE_TIME_MS + 70);
	assert_int_equal(run.waves[0].state, STATE_INTERRUPTED);
	assert_int_equal(run.totals.by_state[STATE_RUNNING], 0);
	assert_int_equal(run.totals.by_state[STATE_PENDING], 5);
	assert_int_equal(run.steps[1].state, STATE_PENDING);
	const struct run_attempt *attempt = run_last_attempt(&run, 1);
	assert_int_equal(attempt->state, STATE_FAILED);
	assert_int_equal(attempt->failure, FAILURE_CANCELLED);
	assert_int_equal(attempt->ended_ms, FIXTURE_TIME_MS + 70);
	must(fixture, record_list_runs(reader, &fixture->arena, &runs, &count, &fixture->error));
	for (uint32_t i = 0; i < count; i++)
		if (strcmp(runs[i].id, "run_1") == 0) {
			assert_int_equal(runs[i].state, STATE_INTERRUPTED);
			assert_int_equal(runs[i].totals.by_state[STATE_PENDING], 5);
			assert_int_equal(runs[i].totals.wall_ms, run.totals.wall_ms);
		}
}

static void a_run_that_lost_its_process_is_interrupted_for_readers(void **state)
{
	struct fixture *fixture = *state;
	struct record *record;
	struct run run;

	lose_run(fixture);
	record = open_record(fixture, RECORD_READ);
	assert_is_lost(fixture, record);
	record_close(record);
	record = open_record(fixture, RECORD_LOOK);
	assert_is_lost(fixture, record);
	record_close(record);
	/* Whoever goes on with it needs the rows as they are. */
	record = open_record(fixture, RECORD_WRITE);
	read_run(fixture, record, &run);
	assert_int_equal(run.state, STATE_RUNNING);
	assert_int_equal(run.steps[1].state, STATE_RUNNING);
	record_close(record);
}

static void one_that_runs_is_told_from_one_that_is_lost(void **state)
{
	struct fixture *fixture = *state;
	struct record *writer, *reader;
	struct event_names names = {.run_id = "run_2"};
	struct event started = event_of(EVENT_PIPELINE_STARTED, 5000);
	struct run run;

	lose_run(fixture);
	writer = open_record(fixture, RECORD_WRITE);
	begin_run(fixture, writer, "run_2");
	must(fixture, record_event(writer, "run_2", &started, &names, &fixture->error));
	must(fixture, record_flush(writer, true, &fixture->error));
	reader = open_record(fixture, RECORD_READ);
	must(fixture, record_read_run(reader, "run_2", &fixture->arena, &run, &fixture->error));
	assert_int_equal(run.state, STATE_RUNNING);
	assert_is_lost(fixture, reader);
	/* The same reader later on. */
	record_close(writer);
	must(fixture, record_read_run(reader, "run_2", &fixture->arena, &run, &fixture->error));
	assert_int_equal(run.state, STATE_INTERRUPTED);
	record_close(reader);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_run_that_lost_its_process_is_interrupted_for_readers, fixture_setup,
			fixture_teardown),
		cmocka_unit_test_setup_teardown(one_that_runs_is_told_from_one_that_is_lost,
			fixture_setup, fixture_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
