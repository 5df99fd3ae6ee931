#include "record_fixture.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/text.h"

static const char *state_file(struct fixture *fixture, const char *name)
{
	return path_join(&fixture->arena, fixture->state, name);
}

static void refused(
	struct fixture *fixture, enum record_access access, enum error_code code, const char *text)
{
	struct record *record = NULL;

	assert_false(record_open(fixture->state, access, &record, &fixture->error));
	assert_null(record);
	assert_int_equal(fixture->error.code, code);
	if (!strstr(fixture->error.text, text))
		fail_msg("'%s' is not in '%s'", text, fixture->error.text);
	assert_true(fixture->error.hint[0] != '\0');
}

static void change_database(struct fixture *fixture, const char *sql)
{
	sqlite3 *database;

	assert_int_equal(sqlite3_open(state_file(fixture, "state.db"), &database), SQLITE_OK);
	assert_int_equal(sqlite3_exec(database, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(database);
}

static void nothing_on_record_is_said(void **state)
{
	struct fixture *fixture = *state;

	refused(fixture, RECORD_READ, ERROR_RUN_UNKNOWN, "no run is on record");
	assert_false(path_exists(fixture->state));
}

static void the_folder_keeps_itself_out_of_commits(void **state)
{
	struct fixture *fixture = *state;
	struct buffer text = BUFFER_INIT;

	record_close(open_record(fixture, RECORD_WRITE));
	must(fixture, file_read(state_file(fixture, ".gitignore"), 1000, &text, &fixture->error));
	assert_string_equal(buffer_text(&text),
		"/state.db*\n/runs/\n/cache/\n/passed*\n/lock\n/.gitignore*\n/running*\n");
	buffer_release(&text);
}

static void a_newer_schema_is_refused(void **state)
{
	struct fixture *fixture = *state;

	record_close(open_record(fixture, RECORD_WRITE));
	change_database(fixture, "PRAGMA user_version = 99");
	refused(fixture, RECORD_WRITE, ERROR_RECORD_DAMAGED, "its header is not of schema 4");
	refused(fixture, RECORD_READ, ERROR_RECORD_DAMAGED, "its header is not of schema 4");
	change_database(fixture, "UPDATE seals SET digest = 'schema 99' WHERE event = 0");
	refused(fixture, RECORD_WRITE, ERROR_DATABASE, "written by a newer wavetrain (schema 99");
	refused(fixture, RECORD_READ, ERROR_DATABASE, "written by a newer wavetrain (schema 99");
}

static void a_foreign_database_is_refused(void **state)
{
	struct fixture *fixture = *state;

	must(fixture, folder_make(fixture->state, &fixture->error));
	change_database(fixture, "CREATE TABLE runs (x)");
	refused(fixture, RECORD_WRITE, ERROR_DATABASE, "a database of another program");
}

static void a_damaged_file_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char garbage[8192];

	memset(garbage, 'x', sizeof garbage);
	must(fixture, folder_make(fixture->state, &fixture->error));
	must(fixture, file_write_atomic(state_file(fixture, "state.db"), garbage, sizeof garbage,
			      &fixture->error));
	refused(fixture, RECORD_WRITE, ERROR_RECORD_DAMAGED, "state.db is damaged");
	refused(fixture, RECORD_READ, ERROR_RECORD_DAMAGED, "state.db is damaged");
}

static int count_row(void *count, int column_count, char **values, char **names)
{
	(void)column_count;
	(void)values;
	(void)names;
	++*(int *)count;
	return 0;
}

/* The writer does not check them row by row. */
static void every_row_belongs_to_a_run(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct event event = event_of(EVENT_ARTIFACT_CREATED, 30);
	struct artifact artifact = {.name = "a", .path = "step-0/a", .file_count = 1};
	struct checkpoint checkpoint = {.number = 1, .wave = INDEX_NONE};
	sqlite3 *database;
	int count = 0;

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 1));
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 0, 20));
	event.step = 0;
	event.attempt = 1;
	event.artifact = &artifact;
	must(fixture, take(fixture, record, event));
	event.type = EVENT_CONTRACT_VALIDATED;
	must(fixture, take(fixture, record, event));
	must(fixture, take_step(fixture, record, EVENT_STEP_COMPLETED, 0, 40));
	event = event_of(EVENT_CHECKPOINT_CREATED, 50);
	event.checkpoint = &checkpoint;
	must(fixture, take(fixture, record, event));
	must(fixture, record_flush(record, false, &fixture->error));
	record_close(record);
	assert_int_equal(sqlite3_open(state_file(fixture, "state.db"), &database), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(database, "PRAGMA foreign_key_check", count_row, &count, NULL),
		SQLITE_OK);
	assert_int_equal(count, 0);
	assert_int_equal(sqlite3_exec(database,
				 "SELECT 1 FROM events LEFT JOIN runs USING (run) "
				 "WHERE runs.id IS NULL OR sequence < 1",
				 count_row, &count, NULL),
		SQLITE_OK);
	assert_int_equal(count, 0);
	sqlite3_close(database);
}

static void events_cannot_be_changed(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	sqlite3 *database;

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 1));
	must(fixture, record_flush(record, false, &fixture->error));
	record_close(record);
	assert_int_equal(sqlite3_open(state_file(fixture, "state.db"), &database), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(database, "DELETE FROM events", NULL, NULL, NULL), SQLITE_CONSTRAINT);
	assert_int_equal(sqlite3_exec(database, "UPDATE events SET json = ''", NULL, NULL, NULL),
		SQLITE_CONSTRAINT);
	sqlite3_close(database);
}

/* A process that opens the record, says so on a pipe and waits to be killed. */
static pid_t hold_elsewhere(struct fixture *fixture)
{
	int channel[2];
	char byte;
	pid_t child;

	assert_int_equal(pipe(channel), 0);
	child = fork();
	if (child == 0) {
		struct record *record;

		if (record_open(fixture->state, RECORD_WRITE, &record, &fixture->error))
			if (write(channel[1], "x", 1) == 1)
				pause();
		_exit(1);
	}
	close(channel[1]);
	assert_int_equal(read(channel[0], &byte, 1), 1);
	close(channel[0]);
	return child;
}

static void a_second_writer_is_refused_while_readers_read(void **state)
{
	struct fixture *fixture = *state;
	struct record *reader;
	int64_t before_ns;
	char expected[64];
	struct run *runs;
	uint32_t count;
	pid_t child = hold_elsewhere(fixture);

	snprintf(expected, sizeof expected, "another wavetrain (pid %d on ", (int)child);
	before_ns = clock_monotonic_ns();
	refused(fixture, RECORD_WRITE, ERROR_STATE_LOCKED, expected);
	assert_true(clock_monotonic_ns() - before_ns < 1000000000);
	reader = open_record(fixture, RECORD_READ);
	must(fixture, record_list_runs(reader, &fixture->arena, &runs, &count, &fixture->error));
	assert_int_equal(count, 0);
	record_close(reader);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	record_close(open_record(fixture, RECORD_WRITE));
}

static void a_reader_sees_what_was_flushed(void **state)
{
	struct fixture *fixture = *state;
	struct record *writer = open_record(fixture, RECORD_WRITE);
	struct record *reader;
	struct run run;

	begin_run(fixture, writer, "run_1");
	reader = open_record(fixture, RECORD_READ);
	must(fixture, take_plain(fixture, writer, EVENT_PIPELINE_STARTED, 1));
	read_run(fixture, reader, &run);
	assert_int_equal(run.state, STATE_PENDING);
	must(fixture, record_flush(writer, true, &fixture->error));
	read_run(fixture, reader, &run);
	assert_int_equal(run.state, STATE_RUNNING);
	assert_false(take_plain(fixture, reader, EVENT_PIPELINE_COMPLETED, 1));
	record_close(writer);
	record_close(reader);
}

static void names_of_runs_are_free(void **state)
{
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	static const char *const expected[] = {
		"run_20251209_143022", "run_20251209_143022_2", "run_20251209_143022_3"};
	const char *id;

	for (size_t i = 0; i < ARRAY_LENGTH(expected); i++) {
		must(fixture, record_new_run_id(record, FIXTURE_TIME_MS, &fixture->arena, &id,
				      &fixture->error));
		assert_string_equal(id, expected[i]);
		if (i == 1) /* a folder alone takes the name as well */
			must(fixture, folder_make(path_join(&fixture->arena,
							  state_file(fixture, "runs"), id),
					      &fixture->error));
		else
			begin_run(fixture, record, id);
	}
	record_close(record);
}

static void runs_are_found_and_listed(void **state)
{
	static const struct {
		const char *word;
		const char *id;   /* NULL: refused */
		const char *text; /* of the refusal or its hint */
	} cases[] = {
		{NULL, "run_20251210_080000", NULL},
		{"latest", "run_20251210_080000", NULL},
		{"run_20251209_143022", "run_20251209_143022", NULL},
		{"run_20251210", "run_20251210_080000", NULL},
		{"run_20251209", NULL, "fits 2 runs: run_20251209_143022_2, run_20251209_143022"},
		{"run_20251209_143032", NULL, "did you mean 'run_20251209_143022'?"},
		{"", NULL, "fits 3 runs"},
		{"elephant", NULL, "no run 'elephant' is on record"},
	};
	struct fixture *fixture = *state;
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct run *runs;
	uint32_t count;

	assert_false(record_find_run(
		record, NULL, &fixture->arena, &(const char *){NULL}, &fixture->error));
	assert_int_equal(fixture->error.code, ERROR_RUN_UNKNOWN);
	begin_run(fixture, record, "run_20251209_143022");
	begin_run(fixture, record, "run_20251209_143022_2");
	begin_run(fixture, record, "run_20251210_080000");
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const char *id = NULL;
		bool found = record_find_run(
			record, cases[i].word, &fixture->arena, &id, &fixture->error);

		assert_int_equal(found, cases[i].id != NULL);
		if (found)
			assert_string_equal(id, cases[i].id);
		else
			assert_true(strstr(fixture->error.text, cases[i].text) ||
				    strstr(fixture->error.hint, cases[i].text));
	}
	must(fixture, record_list_runs(record, &fixture->arena, &runs, &count, &fixture->error));
	assert_int_equal(count, 3);
	assert_string_equal(runs[0].id, "run_20251210_080000");
	assert_int_equal(runs[2].totals.by_state[STATE_PENDING], 6);
	record_close(record);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(nothing_on_record_is_said),
		TEST(the_folder_keeps_itself_out_of_commits),
		TEST(a_newer_schema_is_refused),
		TEST(a_foreign_database_is_refused),
		TEST(a_damaged_file_is_refused),
		TEST(events_cannot_be_changed),
		TEST(every_row_belongs_to_a_run),
		TEST(a_second_writer_is_refused_while_readers_read),
		TEST(a_reader_sees_what_was_flushed),
		TEST(names_of_runs_are_free),
		TEST(runs_are_found_and_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
