#include "record_fixture.h"

#include <sqlite3.h>

/* Ways an attempt ends. */
struct ending {
	enum event_type type;
	enum failure_class failure;
	int exit_status;
	const char *reason;
};

static const struct ending endings[] = {
	{EVENT_STEP_COMPLETED, FAILURE_NONE, 0, NULL},
	{EVENT_STEP_FAILED, FAILURE_PERMANENT, 3, "exit status 3"},
	{EVENT_STEP_RETRIED, FAILURE_TRANSIENT, 75, "exit status 75"},
	{EVENT_STEP_CANCELLED, FAILURE_NONE, -1, "interrupted"},
};

static struct event start_of(uint32_t step)
{
	struct event event = event_of(EVENT_STEP_STARTED, 20);

	event.step = step;
	event.attempt = 1;
	event.queue_ms = 7;
	event.process_id = 4242;
	event.containment = 11;
	return event;
}

static struct event end_of(uint32_t step, const struct ending *ending)
{
	struct event event = event_of(ending->type, 520);

	event.step = step;
	event.attempt = 1;
	event.queue_ms = 5;
	event.failure = ending->failure;
	event.exit_status = ending->exit_status;
	event.reason = ending->reason;
	event.cpu_ms = 300;
	event.peak_rss_bytes = 1u << 20;
	event.log_bytes = 12;
	event.log_path = "log/it.log";
	return event;
}

/* The rows of steps and attempts of the record as one text, the number of the step left out. */
static const char *rows_of(struct fixture *fixture, uint32_t step)
{
	const char *sql =
		"SELECT json_array(steps.state, steps.reason, steps.started_ms, "
		"steps.ended_ms, attempts.number, attempts.state, failure, "
		"attempts.started_ms, attempts.ended_ms, queue_ms, process_id, "
		"exit_status, signal, cpu_ms, peak_rss_bytes, log_bytes, log_truncated, "
		"log_path, attempts.reason, containment) FROM steps JOIN attempts USING (run, step) "
		"WHERE steps.step = ?1";
	sqlite3 *database;
	sqlite3_stmt *statement;
	const char *text;

	assert_int_equal(
		sqlite3_open(path_join(&fixture->arena, fixture->state, "state.db"), &database),
		SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
	sqlite3_bind_int(statement, 1, (int)step);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	text = arena_copy_text(&fixture->arena, (const void *)sqlite3_column_text(statement, 0));
	assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
	sqlite3_finalize(statement);
	sqlite3_close(database);
	return text;
}

static void one_batch_or_two_make_the_same_rows(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		struct record *record;

		fixture->state = arena_format(&fixture->arena, "%s/%zu", fixture->folder, i);
		record = open_record(fixture, RECORD_WRITE);
		begin_run(fixture, record, "run_1");
		must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 10));
		must(fixture, take(fixture, record, start_of(0)));
		must(fixture, record_flush(record, false, &fixture->error));
		must(fixture, take(fixture, record, start_of(1)));
		must(fixture, take(fixture, record, end_of(0, &endings[i])));
		must(fixture, take(fixture, record, end_of(1, &endings[i])));
		must(fixture, record_flush(record, false, &fixture->error));
		assert_string_equal(rows_of(fixture, 0), rows_of(fixture, 1));
		assert_non_null(strstr(rows_of(fixture, 1), "4242"));
		record_close(record);
	}
}

static void what_runs_is_there_after_a_flush(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct record *reader;
	struct run run;

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 10));
	for (uint32_t step = 0; step < 3; step++)
		must(fixture, take(fixture, record, start_of(step)));
	must(fixture, take(fixture, record, end_of(1, &endings[0])));
	must(fixture, record_flush(record, false, &fixture->error));
	reader = open_record(fixture, RECORD_READ);
	read_run(fixture, reader, &run);
	assert_int_equal(run.totals.by_state[STATE_RUNNING], 2);
	assert_int_equal(run.totals.by_state[STATE_DONE], 1);
	assert_int_equal(run.attempt_count, 3);
	assert_int_equal(run.attempts[2].state, STATE_RUNNING);
	assert_int_equal(run.attempts[2].queue_ms, 7);
	assert_int_equal(run.steps[2].started_ms, FIXTURE_TIME_MS + 20);
	record_close(reader);
	record_close(record);
}

static void an_attempt_begins_and_ends_once(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct event other = end_of(0, &endings[0]);

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 10));
	must(fixture, take(fixture, record, start_of(0)));
	other.attempt = 2;
	assert_false(take(fixture, record, other));
	assert_non_null(strstr(fixture->error.text, "attempt 2 is not running"));
	assert_false(record_flush(record, false, &fixture->error));
	record_close(record);
	record = open_record(fixture, RECORD_WRITE);
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 10));
	must(fixture, take(fixture, record, start_of(0)));
	assert_false(take(fixture, record, start_of(0)));
	assert_non_null(strstr(fixture->error.text, "attempt 1 is running already"));
	record_close(record);
}

static void a_step_between_two_attempts_is_pending_again(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct event stop = event_of(EVENT_STEP_CANCELLED, 600);
	struct run run;

	stop.step = 0;
	stop.failure = FAILURE_CANCELLED;
	stop.exit_status = -1;
	stop.reason = "interrupted (SIGINT)";
	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 10));
	must(fixture, take(fixture, record, start_of(0)));
	must(fixture, take(fixture, record, end_of(0, &endings[2])));
	must(fixture, take(fixture, record, stop));
	must(fixture, record_flush(record, false, &fixture->error));
	read_run(fixture, record, &run);
	assert_int_equal(run.totals.by_state[STATE_RUNNING], 0);
	assert_int_equal(run.steps[0].state, STATE_PENDING);
	assert_int_equal(run.attempt_count, 1);
	assert_int_equal(run.attempts[0].state, STATE_FAILED);
	assert_int_equal(run.attempts[0].failure, FAILURE_TRANSIENT);
	record_close(record);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(one_batch_or_two_make_the_same_rows),
		TEST(what_runs_is_there_after_a_flush),
		TEST(an_attempt_begins_and_ends_once),
		TEST(a_step_between_two_attempts_is_pending_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
