/* Records that earlier versions wrote: their files become as new ones are, and nothing is lost. */
#include "record/schema.h"

#include <sqlite3.h>

#include "record/record_fixture.h"

#define EVENTS "CREATE TABLE events"

static char *state_path(struct fixture *fixture, const char *name)
{
	return path_join(&fixture->arena, fixture->state, name);
}

/* schema_1.sql, as the first version had it. */
static const char *first_schema(struct fixture *fixture)
{
	const char *source = getenv("WAVETRAIN_SOURCE");
	struct buffer text = BUFFER_INIT;
	const char *copy;

	if (!source)
		fail_msg("WAVETRAIN_SOURCE must name the source folder");
	must(fixture,
		file_read(path_join(&fixture->arena, source, "tests/unit/record/schema_1.sql"),
			1 << 20, &text, &fixture->error));
	copy = arena_copy_text(&fixture->arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

static sqlite3 *open_file(struct fixture *fixture, const char *name)
{
	sqlite3 *database;

	assert_int_equal(sqlite3_open(state_path(fixture, name), &database), SQLITE_OK);
	return database;
}

static void execute(sqlite3 *database, const char *sql)
{
	char *message = NULL;

	if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s\n%s", message, sql);
}

/* The rows' first columns, one a line. */
static const char *list(struct fixture *fixture, sqlite3 *database, const char *sql)
{
	struct buffer text = BUFFER_INIT;
	sqlite3_stmt *statement;
	const char *copy;

	assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW)
		buffer_printf(&text, "%s\n", (const char *)sqlite3_column_text(statement, 0));
	assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
	copy = arena_copy_text(&fixture->arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

/* All columns, also generated ones, and all triggers. */
static const char *shape(struct fixture *fixture)
{
	sqlite3 *database = open_file(fixture, "state.db");
	const char *columns = list(fixture, database,
		"SELECT m.name || '.' || p.name || ' ' || p.type || p.\"notnull\" || p.pk || "
		"p.hidden || coalesce(p.dflt_value, '-') FROM sqlite_schema m, "
		"pragma_table_xinfo(m.name) p WHERE m.type = 'table' ORDER BY 1");
	const char *rest = list(fixture, database,
		"SELECT type || ' ' || name || ' ' || replace(replace(sql, char(10), ' '), "
		"char(9), '') FROM sqlite_schema WHERE type <> 'table' AND sql NOT NULL ORDER BY 1");
	const char *version = list(fixture, database, "PRAGMA user_version");

	sqlite3_close(database);
	return arena_format(&fixture->arena, "%s%s%s", columns, rest, version);
}

/* Into each table what the attached file `new` has for its columns. */
static void copy_rows(struct fixture *fixture, sqlite3 *database)
{
	execute(database,
		list(fixture, database,
			"SELECT 'INSERT INTO main.' || m.name || ' (' || group_concat(p.name) || "
			"') SELECT ' || group_concat(p.name) || ' FROM new.' || m.name || ';' "
			"FROM main.sqlite_schema m, pragma_table_info(m.name, 'main') p WHERE "
			"m.type = 'table' GROUP BY m.name"));
}

/* state.db by the first version's hand, with the rows of the file that is there. */
static void make_first(struct fixture *fixture)
{
	const char *new = state_path(fixture, "new.db");
	sqlite3 *database;

	assert_int_equal(rename(state_path(fixture, "state.db"), new), 0);
	database = open_file(fixture, "state.db");
	execute(database, first_schema(fixture));
	execute(database, arena_format(&fixture->arena, "ATTACH '%s' AS new", new));
	copy_rows(fixture, database);
	execute(database, "PRAGMA main.application_id = 1467372658; PRAGMA main.user_version = 1");
	sqlite3_close(database);
}

/* What version 4 brought, away. */
#define BEFORE_VERSION_4 "DROP TABLE seals; ALTER TABLE attempts DROP COLUMN containment;"

/* A file of the second version, with the events still as the first one had them. */
static void make_half(struct fixture *fixture)
{
	sqlite3 *database = open_file(fixture, "state.db");

	execute(database, BEFORE_VERSION_4);
	execute(database,
		"DROP TRIGGER events_are_not_changed; DROP TRIGGER events_are_not_removed;"
		"ALTER TABLE events RENAME TO kept");
	execute(database, strstr(first_schema(fixture), EVENTS));
	execute(database,
		"INSERT INTO events SELECT run, sequence, type, time_ms, step, wave, group_number, "
		"attempt, duration_ms, exit_status, signal, failure, delay_ms, reason, subject, "
		"json FROM kept; DROP TABLE kept; PRAGMA user_version = 2");
	sqlite3_close(database);
}

static void make_second(struct fixture *fixture)
{
	sqlite3 *database = open_file(fixture, "state.db");

	execute(database, BEFORE_VERSION_4 "PRAGMA user_version = 2");
	sqlite3_close(database);
}

static void make_third(struct fixture *fixture)
{
	sqlite3 *database = open_file(fixture, "state.db");

	execute(database, BEFORE_VERSION_4 "PRAGMA user_version = 3");
	sqlite3_close(database);
}

/* "SEQUENCE TYPE STEP JSON" of each event of the run. */
struct events {
	struct fixture *fixture;
	const char *text;
};

static bool visit(void *context, const struct event *event, const char *json)
{
	struct events *events = context;

	events->text = arena_format(&events->fixture->arena, "%s%d %s %d %s\n", events->text,
		(int)event->sequence, event_type_name(event->type), (int)event->step, json);
	return true;
}

static const char *read_events(struct fixture *fixture, struct record *record)
{
	struct events events = {fixture, ""};

	must(fixture, record_read_events(record, "run_1", visit, &events, &fixture->error));
	return events.text;
}

/* A file with one run and two events; the events as they are read. */
static const char *make_now(struct fixture *fixture)
{
	struct record *record = open_record(fixture, RECORD_WRITE);
	const char *events;

	begin_run(fixture, record, "run_1");
	must(fixture, take_plain(fixture, record, EVENT_PIPELINE_STARTED, 0));
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 1, 1));
	must(fixture, record_flush(record, false, &fixture->error));
	events = read_events(fixture, record);
	record_close(record);
	return events;
}

static void go_on(struct fixture *fixture, const char *events)
{
	struct record *record = open_record(fixture, RECORD_WRITE);
	const char *more;
	struct run_verdict verdict;
	struct run run;

	read_run(fixture, record, &run);
	assert_int_equal(run.step_count, 6);
	assert_string_equal(read_events(fixture, record), events);
	must(fixture, record_continue_run(record, &run, &fixture->plan, &fixture->error));
	must(fixture, take_step(fixture, record, EVENT_STEP_STARTED, 2, 2));
	must(fixture, record_flush(record, false, &fixture->error));
	more = read_events(fixture, record);
	must(fixture, record_check_run(record, "run_1", &verdict, &fixture->error));
	assert_null(verdict.what);
	assert_int_equal(verdict.event_count, 3);
	assert_int_equal(verdict.unsealed_count, 2);
	record_close(record);
	assert_memory_equal(more, events, strlen(events));
	assert_non_null(strstr(more + strlen(events), "3 step_started 2 "));
}

static void test_older_files(void **state)
{
	static void (*const makers[])(struct fixture *) = {
		make_first, make_half, make_second, make_third};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(makers); i++) {
		const char *events = make_now(fixture);
		const char *new = shape(fixture);
		struct record *record = NULL;

		makers[i](fixture);
		assert_string_not_equal(shape(fixture), new);
		assert_false(record_open(fixture->state, RECORD_READ, &record, &fixture->error));
		assert_non_null(strstr(fixture->error.text, "older wavetrain"));
		go_on(fixture, events);
		assert_string_equal(shape(fixture), new);
		must(fixture, path_remove(fixture->state, &fixture->error));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_older_files, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
