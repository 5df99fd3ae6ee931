#include "record/record.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "record/record_internal.h"
#include "record/schema.h"
#include "record/state_lock.h"

/* The WAL is moved into the database at a moment that syncs anyway, else only when it is big. */
#define TIDY_AT_SYNC_PAGES 1000
#define TIDY_PAGES 8192

/*
 * Nothing of the state is committed by accident; pipelines kept beside it may be. The star covers
 * what a killed file_write_atomic() leaves.
 */
#define GITIGNORE "/state.db*\n/runs/\n/cache/\n/passed*\n/lock\n/.gitignore*\n"

#define RUN_ID_LIMIT 10000

static bool prepare_folder(const char *state_folder, struct arena *arena, struct error *error)
{
	const char *path = path_join(arena, state_folder, ".gitignore");

	if (!folder_make(state_folder, error))
		return false;
	return path_exists(path) || file_write_atomic(path, GITIGNORE, strlen(GITIGNORE), error);
}

static bool open_to_write(struct record *record, struct arena *arena, struct error *error)
{
	const char *path = path_join(arena, record->state_folder, "state.db");

	if (!prepare_folder(record->state_folder, arena, error) ||
		!state_lock_take(record->state_folder, &record->lock, error) ||
		!database_open(path, DATABASE_WRITE, &record->database, error))
		return error_context(error, "the record of runs cannot be opened");
	return schema_bring_forward(record->database, error);
}

static bool refuse_no_record(const char *state_folder, struct error *error)
{
	error_set(error, ERROR_RUN_UNKNOWN, "no run is on record in %s", state_folder);
	return error_hint(error, "wavetrain run starts one");
}

/*
 * Beside a writer SQLite needs its shared-memory file. Where that cannot be made (a read-only
 * filesystem) the database is read as it lies there, provided that nobody writes.
 */
static bool open_to_read(struct record *record, struct arena *arena, struct error *error)
{
	const char *path = path_join(arena, record->state_folder, "state.db");
	bool present = false;
	bool opened;

	if (!path_exists(path))
		return refuse_no_record(record->state_folder, error);
	bool is_quiet = record->access == RECORD_LOOK &&
			!path_exists(arena_format(arena, "%s-wal", path)) &&
			!state_lock_is_held(record->state_folder);
	opened = database_open(
		path, is_quiet ? DATABASE_IMMUTABLE : DATABASE_READ, &record->database, error);
	if (!opened && error->code == ERROR_FILE && !state_lock_is_held(record->state_folder))
		opened = database_open(path, DATABASE_IMMUTABLE, &record->database, error);
	if (!opened || !schema_check(record->database, &present, error))
		return false;
	return present || refuse_no_record(record->state_folder, error);
}

bool record_open(const char *state_folder, enum record_access access, struct record **result,
	struct error *error)
{
	struct record *record = heap_allocate(1, sizeof *record);
	struct arena arena = {0};
	bool opened;

	*result = NULL;
	record->state_folder = heap_allocate(strlen(state_folder) + 1, 1);
	memcpy(record->state_folder, state_folder, strlen(state_folder));
	record->access = access;
	record->lock = -1;
	opened = access == RECORD_WRITE ? open_to_write(record, &arena, error)
					: open_to_read(record, &arena, error);
	arena_release(&arena);
	if (opened)
		*result = record;
	else
		record_close(record);
	return opened;
}

void record_close(struct record *record)
{
	if (!record)
		return;
	for (size_t i = 0; i < SQL_COUNT; i++)
		statement_free(record->statements[i]);
	database_close(record->database);
	if (record->lock >= 0)
		close(record->lock);
	cursor_forget(&record->cursor);
	free(record->starts);
	buffer_release(&record->json);
	free(record->state_folder);
	free(record);
}

struct statement *record_statement(struct record *record, enum sql sql, struct error *error)
{
	if (!record->statements[sql])
		record->statements[sql] = statement_new(record->database, sql_text(sql), error);
	return record->statements[sql];
}

bool record_open_transaction(struct record *record, struct error *error)
{
	if (record->access != RECORD_WRITE)
		return error_set(error, ERROR_DATABASE, "%s was opened to be read",
			database_path(record->database));
	if (record->is_broken)
		return error_set(error, ERROR_DATABASE,
			"%s takes nothing more after a failed write",
			database_path(record->database));
	if (database_in_transaction(record->database))
		return true;
	return database_begin(record->database, error);
}

static bool commit_and_sync(struct record *record, bool power_cut, struct error *error)
{
	if (database_in_transaction(record->database)) {
		if (!attempt_starts_settle(record, error) ||
			!database_commit(record->database, error))
			return false;
		record->is_unsynced = true;
	}
	if (power_cut && record->is_unsynced) {
		if (!database_sync(record->database, error))
			return false;
		record->is_unsynced = false;
	}
	return database_tidy(record->database, power_cut ? TIDY_AT_SYNC_PAGES : TIDY_PAGES, error);
}

bool record_flush(struct record *record, bool power_cut, struct error *error)
{
	if (record->is_broken)
		return record_open_transaction(record, error);
	if (commit_and_sync(record, power_cut, error))
		return true;
	record->is_broken = true;
	return false;
}

/* True when no run of that name is on record and no folder is there. */
static bool id_is_free(
	struct record *record, struct arena *arena, const char *id, bool *free, struct error *error)
{
	struct statement *find = record_statement(record, SQL_FIND_RUN, error);
	const char *folder = path_join(arena, record->state_folder, "runs");
	bool row;

	if (!find)
		return false;
	bind_text(find, 1, id);
	if (!statement_next(find, &row, error))
		return false;
	if (row)
		statement_reset(find);
	*free = !row && !path_exists(path_join(arena, folder, id));
	return true;
}

bool record_new_run_id(struct record *record, int64_t now_ms, struct arena *arena, const char **id,
	struct error *error)
{
	struct arena scratch = {0};
	char stem[64];
	bool is_free = false;
	bool done = true;

	clock_format_as(now_ms, "run_%Y%m%d_%H%M%S", stem, sizeof stem);
	*id = arena_copy_text(arena, stem);
	for (unsigned number = 2; done && number <= RUN_ID_LIMIT; number++) {
		done = id_is_free(record, &scratch, *id, &is_free, error);
		if (!done || is_free)
			break;
		*id = arena_format(arena, "%s_%u", stem, number);
	}
	arena_release(&scratch);
	if (done && !is_free)
		return error_set(error, ERROR_FILE, "no free name for a run in %s/runs",
			record->state_folder);
	return done;
}

bool record_run_number(
	struct record *record, const char *run_id, int64_t *number, struct error *error)
{
	struct statement *find = record_statement(record, SQL_FIND_RUN, error);
	bool row;

	if (!find)
		return false;
	bind_text(find, 1, run_id);
	if (!statement_next(find, &row, error))
		return false;
	if (!row) {
		error_set(error, ERROR_RUN_UNKNOWN, "no run '%s' is on record", run_id);
		return error_hint(error, "wavetrain runs lists them");
	}
	*number = column_integer(find, 0);
	statement_reset(find);
	return true;
}

void bind_index(struct statement *statement, int parameter, uint32_t index)
{
	if (index == INDEX_NONE)
		bind_null(statement, parameter);
	else
		bind_integer(statement, parameter, index);
}

void bind_time(struct statement *statement, int parameter, int64_t time_ms)
{
	if (time_ms == TIME_NONE)
		bind_null(statement, parameter);
	else
		bind_integer(statement, parameter, time_ms);
}

uint32_t column_index(struct statement *statement, int column)
{
	int64_t number = column_integer(statement, column);

	if (column_is_null(statement, column) || number < 0 || number >= INDEX_NONE)
		return INDEX_NONE;
	return (uint32_t)number;
}

int64_t column_time(struct statement *statement, int column)
{
	return column_is_null(statement, column) ? TIME_NONE : column_integer(statement, column);
}

bool record_refuse_row(struct record *record, const char *what, struct error *error)
{
	error_set(
		error, ERROR_DATABASE, "%s is damaged: %s", database_path(record->database), what);
	return error_hint(error, "move it away and start the run anew");
}

bool column_state(struct record *record, struct statement *statement, int column, enum state *state,
	struct error *error)
{
	const char *word = column_text(statement, column);

	if (word && state_parse(word, state))
		return true;
	statement_reset(statement);
	return record_refuse_row(record, "a row has no known state", error);
}
