#include "record/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
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
#define GITIGNORE "/state.db*\n/runs/\n/cache/\n/passed*\n/lock\n/.gitignore*\n/running*\n"

#define RUN_ID_LIMIT 10000

/* After an unclean end a larger file is read only as far as it is needed. */
#define CHECKED_FILE_LIMIT_BYTES (256 * 1024 * 1024)

static bool may_write(const struct record *record)
{
	return record->access == RECORD_WRITE || record->access == RECORD_MEND;
}

/* None yet, or one as an earlier version wrote it: what we add stands at the end. */
static bool lacks_gitignore(const char *path)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	struct error ignored;

	if (!path_exists(path))
		return true;
	return file_read(path, sizeof GITIGNORE, &text, &ignored) && text.size > 0 &&
	       text.size < sizeof GITIGNORE - 1 &&
	       strncmp(buffer_text(&text), GITIGNORE, text.size) == 0;
}

static bool prepare_folder(const char *state_folder, struct arena *arena, struct error *error)
{
	const char *path = path_join(arena, state_folder, ".gitignore");

	if (!folder_make(state_folder, error))
		return false;
	return !lacks_gitignore(path) ||
	       file_write_atomic(path, GITIGNORE, strlen(GITIGNORE), error);
}

static const char *database_place(const struct record *record, struct arena *arena)
{
	return path_join(arena, record->state_folder, "state.db");
}

/* A runner that ended in peace has moved the WAL into the database and removed it. */
static bool ended_uncleanly(const char *path, struct arena *arena)
{
	struct stat status;

	return stat(arena_format(arena, "%s-wal", path), &status) == 0 && status.st_size > 0;
}

static bool is_too_large(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && status.st_size > CHECKED_FILE_LIMIT_BYTES;
}

static bool open_database(struct record *record, const char *path, struct error *error)
{
	return database_open(path, DATABASE_WRITE, &record->database, error) &&
	       schema_bring_forward(record->database, error);
}

/*
 * The format numbers of the header (https://www.sqlite.org/fileformat2.html): of a file with other
 * ones SQLite says that it cannot be written, or is too new. 18, 19: for writing and reading, 1 or
 * 2; 44 to 47: of the schema, at most 4.
 */
static bool has_odd_header(const char *path)
{
	CLEANUP(close_descriptor) int file = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char header[48];

	return file >= 0 && pread(file, header, sizeof header, 0) == (ssize_t)sizeof header &&
	       (header[18] < 1 || header[18] > 2 || header[19] < 1 || header[19] > 2 ||
		       header[44] || header[45] || header[46] || header[47] > 4);
}

/* The file is ours, or holds nothing, and all that is another program's came with the WAL. */
static bool has_foreign_wal(const char *path)
{
	struct database *database = NULL;
	struct error ignored;
	bool present;
	bool is_ours = database_open(path, DATABASE_IMMUTABLE, &database, &ignored) &&
		       schema_check(database, &present, &ignored);

	database_close(database);
	return is_ours;
}

static bool is_damaged(const char *path, bool is_suspect, struct error *error)
{
	bool is_foreign = error->code == ERROR_DATABASE && error->number == EBADMSG;

	if (is_foreign && is_suspect && has_foreign_wal(path))
		error_set(error, ERROR_RECORD_DAMAGED,
			"%s is damaged: its -wal file belongs to another database", path);
	return error->code == ERROR_RECORD_DAMAGED;
}

static bool open_checked(
	struct record *record, const char *path, bool is_suspect, struct error *error)
{
	if (has_odd_header(path)) {
		error_set(error, ERROR_RECORD_DAMAGED, "%s is damaged or not a record of wavetrain",
			path);
		return error_hint(error, DAMAGED_HINT);
	}
	if (!open_database(record, path, error))
		return false;
	return !is_suspect || record->access != RECORD_MEND || is_too_large(path) ||
	       record_check_file(record, error);
}

static bool open_to_write(struct record *record, struct arena *arena, struct error *error)
{
	const char *path = database_place(record, arena);
	bool is_suspect;

	if (!prepare_folder(record->state_folder, arena, error) ||
		!state_lock_take(record->state_folder, &record->lock, error))
		return error_context(error, "the record of runs cannot be opened");
	is_suspect = ended_uncleanly(path, arena);
	if (record_check_emptied(record, path, error) &&
		open_checked(record, path, is_suspect, error))
		return true;
	if (!is_damaged(path, is_suspect, error) || record->access != RECORD_MEND)
		return error_context(error, "the record of runs cannot be opened");
	return record_set_aside(record, error->text, error);
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
	struct stat facts;
	bool present = false;
	bool opened;

	if (!state_lock_is_held(record->state_folder) && !record_check_emptied(record, path, error))
		return false;
	if (stat(path, &facts) != 0)
		return errno == ENOENT ? refuse_no_record(record->state_folder, error)
				       : error_set_errno(error, ERROR_FILE,
						 "the record of runs in %s cannot be read",
						 record->state_folder);
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
	opened = may_write(record) ? open_to_write(record, &arena, error)
				   : open_to_read(record, &arena, error);
	arena_release(&arena);
	if (opened)
		*result = record;
	else
		record_close(record);
	return opened;
}

void record_leave_database(struct record *record, bool abandon)
{
	for (size_t i = 0; i < SQL_COUNT; i++) {
		statement_free(record->statements[i]);
		record->statements[i] = NULL;
	}
	cursor_forget(&record->cursor);
	record->start_count = 0;
	record->identity[0] = '\0';
	if (abandon)
		database_abandon(record->database);
	else
		database_close(record->database);
	record->database = NULL;
}

bool record_enter_database(struct record *record, struct error *error)
{
	struct arena arena = {0};
	bool done = open_database(record, database_place(record, &arena), error);

	arena_release(&arena);
	return done;
}

void record_close(struct record *record)
{
	if (!record)
		return;
	record_leave_database(record, false);
	free(record->damage);
	free(record->moved_to);
	if (record->lock >= 0)
		close(record->lock);
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
	if (!may_write(record))
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
		if (!record_settle(record, error) || !database_commit(record->database, error))
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

bool record_settle(struct record *record, struct error *error)
{
	struct run_cursor *cursor = &record->cursor;
	struct statement *add;

	if (!attempt_starts_settle(record, error))
		return false;
	if (cursor->seal.count == 0)
		return true;
	add = record_statement(record, SQL_ADD_SEAL, error);
	if (!add)
		return false;
	bind_integer(add, 1, cursor->run);
	bind_integer(add, 2, (int64_t)cursor->sequence);
	bind_text(add, 3, seal_next(&cursor->seal));
	return statement_run(add, NULL, error);
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

bool record_has_run(struct record *record, const char *id, bool *is_there, struct error *error)
{
	struct statement *find = record_statement(record, SQL_FIND_RUN, error);

	if (!find)
		return false;
	bind_text(find, 1, id);
	if (!statement_next(find, is_there, error))
		return false;
	if (*is_there)
		statement_reset(find);
	return true;
}

/* True when no run of that name is on record and no folder is there. */
static bool id_is_free(
	struct record *record, struct arena *arena, const char *id, bool *free, struct error *error)
{
	const char *folder = path_join(arena, record->state_folder, "runs");
	bool is_there;

	if (!record_has_run(record, id, &is_there, error))
		return false;
	*free = !is_there && !path_exists(path_join(arena, folder, id));
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
	error_set(error, ERROR_RECORD_DAMAGED, "%s is damaged: %s", database_path(record->database),
		what);
	return error_hint(error, DAMAGED_HINT);
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
