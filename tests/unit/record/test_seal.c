/* What was written is told from what was changed since, whatever SQLite says of the file. */
#include <sqlite3.h>

#include "record/record_fixture.h"

static const char *database_path_of(struct fixture *fixture)
{
	return path_join(&fixture->arena, fixture->state, "state.db");
}

static void change(struct fixture *fixture, const char *sql)
{
	sqlite3 *database;
	char *message = NULL;

	assert_int_equal(sqlite3_open(database_path_of(fixture), &database), SQLITE_OK);
	if (sqlite3_exec(database,
		    "DROP TRIGGER IF EXISTS events_are_not_changed;"
		    "DROP TRIGGER IF EXISTS events_are_not_removed;",
		    NULL, NULL, &message) != SQLITE_OK ||
		sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s\n%s", message, sql);
	assert_true(sqlite3_total_changes(database) > 0);
	sqlite3_close(database);
}

static const struct artifact artifact = {.name = "book",
	.path = "step-0/book",
	.file_count = 1,
	.size_bytes = 3,
	.sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"};

/* Two steps are done in three transactions: events 1 to 3, 4 to 6 and 7. */
static void make_run(struct fixture *fixture)
{
	struct record *record = open_record(fixture, RECORD_WRITE);
	struct event event = event_of(EVENT_ARTIFACT_CREATED, 30);

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 0));
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 0, 10));
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 1, 20));
	must(fixture, record_flush(record, false, &fixture->error));
	event.step = 0;
	event.artifact = &artifact;
	must(fixture, take(fixture, record, event));
	must(fixture, take_step(fixture, record, EVENT_STEP_COMPLETED, 0, 40));
	must(fixture, take_step(fixture, record, EVENT_STEP_COMPLETED, 1, 50));
	must(fixture, record_flush(record, false, &fixture->error));
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_INTERRUPTED, 60));
	must(fixture, record_flush(record, true, &fixture->error));
	record_close(record);
}

static struct run_verdict check(struct fixture *fixture)
{
	struct record *record = open_record(fixture, RECORD_READ);
	struct run_verdict verdict;

	must(fixture, record_check_run(record, "run_1", &verdict, &fixture->error));
	assert_int_equal(
		run_verdict_require(record, "run_1", &verdict, &fixture->error), !verdict.what);
	record_close(record);
	return verdict;
}

static void what_was_written_fits(void **state)
{
	struct fixture *fixture = *state;
	struct run_verdict verdict;

	make_run(fixture);
	verdict = check(fixture);
	assert_null(verdict.what);
	assert_int_equal(verdict.event_count, 7);
	assert_int_equal(verdict.unsealed_count, 0);
}

static void every_change_is_named(void **state)
{
	static const struct {
		const char *sql;
		unsigned first;
		unsigned last;
		const char *words;
	} cases[] = {
		{"UPDATE events SET json = replace(json, 'step-1', 'step-2') WHERE sequence = 3", 1,
			3, "(events 1 to 3): does not fit its seal"},
		{"UPDATE events SET time_ms = time_ms + 1 WHERE sequence = 5", 4, 6,
			"(events 4 to 6)"},
		{"UPDATE events SET reason = '' WHERE sequence = 7", 7, 7, "(event 7): does not"},
		{"UPDATE events SET step = NULL WHERE sequence = 6", 4, 6, "(events 4 to 6)"},
		{"DELETE FROM events WHERE sequence = 4", 4, 6, "an event is missing"},
		{"DELETE FROM events WHERE sequence = 7", 7, 7, "an event is missing"},
		{"DELETE FROM seals WHERE event & 15 = 7", 7, 7, "(event 7): has no seal"},
		{"DELETE FROM seals WHERE event & 15 = 6", 4, 7, "does not fit its seal"},
		{"UPDATE seals SET digest = replace(digest, '0', '1') WHERE event & 15 = 6", 4, 6,
			"does not fit its seal"},
		{"UPDATE steps SET fingerprint = replace(fingerprint, '3', '4')", 0, 0,
			"the run's steps are not those"},
		{"UPDATE steps SET id = 'step-9' WHERE step = 3", 0, 0, "the run's steps"},
		{"UPDATE step_texts SET command = 'rm' WHERE step = 3", 0, 0, "the run's steps"},
		{"DELETE FROM edges WHERE step = 4", 0, 0, "the run's steps"},
		{"UPDATE runs SET pipeline_file = 'other.yaml'", 0, 0, "the run's steps"},
		{"UPDATE steps SET state = 'done' WHERE step = 2", 0, 0, "as done, and no event"},
		{"UPDATE artifacts SET sha256 = 'f' || sha256", 0, 0, "an artifact is not as"},
		{"INSERT INTO step_results (run, step, tree) VALUES (1, 1, 'abc')", 0, 0,
			"changes are not as its event says"},
		{"INSERT INTO gates VALUES (1, 1, 3, 3, 0, NULL)", 0, 0, "a gate is open"},
		{"INSERT INTO checkpoints VALUES (1, 1, 'done', 'wave', 0, 0, 1, 1, 'abc', NULL, "
		 "NULL, 1, 1, NULL, NULL)",
			0, 0, "a checkpoint is not as"},
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run_verdict verdict;

		make_run(fixture);
		change(fixture, cases[i].sql);
		verdict = check(fixture);
		if (!verdict.what)
			fail_msg("not noticed: %s", cases[i].sql);
		assert_int_equal(verdict.first, cases[i].first);
		assert_int_equal(verdict.last, cases[i].last);
		assert_int_equal(fixture->error.code, ERROR_RECORD_DAMAGED);
		if (!strstr(fixture->error.text, cases[i].words))
			fail_msg("%s: %s", cases[i].sql, fixture->error.text);
		must(fixture, path_remove(fixture->state, &fixture->error));
	}
}

/* What only readers see, or what is no part of what a resumed run goes by, may differ. */
static void a_run_goes_on_from_its_seals(void **state)
{
	struct fixture *fixture = *state;
	struct record *record;
	struct run_verdict verdict;
	struct run run;

	make_run(fixture);
	record = open_record(fixture, RECORD_WRITE);
	read_run(fixture, record, &run);
	fixture->plan.steps[0].action = ACTION_SKIP;
	fixture->plan.steps[1].action = ACTION_SKIP;
	must(fixture, record_continue_run(record, &run, &fixture->plan, &fixture->error));
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_RESUMED, 70));
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 2, 80));
	must(fixture, record_flush(record, false, &fixture->error));
	/* Another run's events in between do not disturb the chain. */
	begin_run(fixture, record, "run_2");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_INTERRUPTED, 90));
	must(fixture, record_flush(record, false, &fixture->error));
	record_close(record);
	verdict = check(fixture);
	assert_null(verdict.what);
	assert_int_equal(verdict.event_count, 10);
	change(fixture, "UPDATE events SET subject = 'x' WHERE sequence = 2 AND run = 1");
	assert_int_equal(check(fixture).first, 1);
}

/* A transaction that was never committed leaves neither events nor a seal. */
static void what_was_not_committed_is_nowhere(void **state)
{
	struct fixture *fixture = *state;
	struct record *record;
	struct run_verdict verdict;

	make_run(fixture);
	record = open_record(fixture, RECORD_WRITE);
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_RESUMED, 70));
	record_close(record);
	verdict = check(fixture);
	assert_null(verdict.what);
	assert_int_equal(verdict.event_count, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_was_written_fits, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			every_change_is_named, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			a_run_goes_on_from_its_seals, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(
			what_was_not_committed_is_nowhere, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
