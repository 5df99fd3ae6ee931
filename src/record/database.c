#include "record/database.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"

#define BUSY_TIMEOUT_MS 5000

struct database {
	sqlite3 *handle;
	char *path;
	enum database_access access;
	uint32_t wal_pages;      /* after the last commit of this connection */
	uint32_t tidy_at;        /* no sooner than at this many: readers held the last one up */
	struct statement *begin; /* prepared when first used; NULL: not yet */
	struct statement *commit;
};

struct statement {
	sqlite3_stmt *handle;
	struct database *database;
	int bind_result; /* the first fault in binding; SQLITE_OK: none */
};

/* The errno behind an SQLite result; 0: none that tells more. */
static int result_errno(struct database *database, int result)
{
	if ((result & 0xff) == SQLITE_FULL)
		return ENOSPC;
	if ((result & 0xff) == SQLITE_IOERR || (result & 0xff) == SQLITE_CANTOPEN)
		return database->handle ? sqlite3_system_errno(database->handle) : 0;
	return 0;
}

static bool refuse_damaged(struct database *database, struct error *error)
{
	error_set(error, ERROR_RECORD_DAMAGED, "%s is damaged or not a record of wavetrain",
		database->path);
	return error_hint(error, DAMAGED_HINT);
}

static bool refuse_full(struct database *database, int number, struct error *error)
{
	error_set(error, ERROR_DISK_FULL, "%s cannot be written: %s", database->path,
		strerror(number));
	error->number = number;
	return error_hint(error, "free some space; what was recorded before is safe and the run "
				 "can be resumed");
}

static bool refuse_access(struct database *database, int number, struct error *error)
{
	const char *verb = database->access == DATABASE_WRITE ? "written" : "opened";

	error_set(error, ERROR_FILE, "%s cannot be %s: %s", database->path, verb,
		number ? strerror(number) : "the file or its folder is read-only");
	error->number = number;
	if (number == EMFILE || number == ENFILE)
		return error_hint(error, "raise the number of files that may be open, `ulimit -n`");
	return error_hint(error, "check who owns the folder and whether it may be written");
}

/* Always false. */
static bool database_failure(struct database *database, int result, struct error *error)
{
	int number = result_errno(database, result);

	if (number == ENOSPC || number == EDQUOT)
		return refuse_full(database, number, error);
	switch (result & 0xff) {
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return refuse_damaged(database, error);
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
		return refuse_access(database, number, error);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		error_set(error, ERROR_DATABASE, "%s is held by another program", database->path);
		return error_hint(error, "end the other program and try again");
	default:
		return error_set(error, ERROR_DATABASE, "%s: %s%s%s", database->path,
			database->handle ? sqlite3_errmsg(database->handle)
					 : sqlite3_errstr(result),
			number ? ": " : "", number ? strerror(number) : "");
	}
}

static int remember_wal_pages(void *context, sqlite3 *handle, const char *name, int pages)
{
	struct database *database = context;

	(void)handle;
	(void)name;
	if ((uint32_t)pages < database->wal_pages)
		database->tidy_at = 0;
	database->wal_pages = (uint32_t)pages;
	return SQLITE_OK;
}

/* The name as SQLite wants it: a file name, or a URI that says that nobody writes. */
static void append_name(struct buffer *buffer, const char *path, enum database_access access)
{
	const char *character;

	buffer_append_text(buffer, "file:");
	for (character = path; *character; character++) {
		if (strchr("%?#", *character))
			buffer_printf(buffer, "%%%02X", (unsigned char)*character);
		else
			buffer_append_byte(buffer, *character);
	}
	if (access == DATABASE_IMMUTABLE)
		buffer_append_text(buffer, "?immutable=1");
}

static bool database_configure(struct database *database, struct error *error)
{
	int64_t tables;

	if (sqlite3_db_config(database->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK)
		return error_set(error, ERROR_DATABASE, "SQLite has no defensive mode");
	sqlite3_busy_timeout(database->handle, BUSY_TIMEOUT_MS);
	/* Foreign keys are there for readers: the writer knows its run, and looking it up for every
	 * row that it adds costs a tenth of the row. */
	if (!database_execute(database,
		    "PRAGMA trusted_schema = OFF; PRAGMA foreign_keys = OFF;"
		    "PRAGMA temp_store = MEMORY;",
		    error))
		return false;
	if (database->access == DATABASE_WRITE &&
		!database_execute(database,
			/* Debian builds SQLite to wipe what it frees: a fifth of our time, and
			 * what we free is no secret. Few pages are written at a time: half a
			 * MiB of them costs no more time than the usual two. */
			"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
			"PRAGMA secure_delete = OFF; PRAGMA cache_size = -512;",
			error))
		return false;
	sqlite3_wal_hook(database->handle, remember_wal_pages, database);
	return database_number(database, "SELECT count(*) FROM sqlite_schema", &tables, error);
}

bool database_open(const char *path, enum database_access access, struct database **result,
	struct error *error)
{
	struct database *database = heap_allocate(1, sizeof *database);
	CLEANUP(buffer_release) struct buffer name = BUFFER_INIT;
	int flags = access == DATABASE_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
					     : SQLITE_OPEN_READONLY;
	int code;

	*result = NULL;
	database->path = heap_allocate(strlen(path) + 1, 1);
	memcpy(database->path, path, strlen(path));
	database->access = access;
	append_name(&name, path, access);
	code = sqlite3_open_v2(buffer_text(&name), &database->handle,
		flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (code != SQLITE_OK) {
		database_failure(database, code, error);
		database_close(database);
		return false;
	}
	if (!database_configure(database, error)) {
		database_abandon(database);
		return false;
	}
	*result = database;
	return true;
}

void database_close(struct database *database)
{
	if (!database)
		return;
	database_rollback(database);
	statement_free(database->begin);
	statement_free(database->commit);
	sqlite3_close_v2(database->handle);
	free(database->path);
	free(database);
}

void database_abandon(struct database *database)
{
	if (database && database->handle)
		sqlite3_db_config(
			database->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	database_close(database);
}

bool database_execute(struct database *database, const char *sql, struct error *error)
{
	int code = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);

	return code == SQLITE_OK || database_failure(database, code, error);
}

bool database_number(
	struct database *database, const char *sql, int64_t *number, struct error *error)
{
	struct statement *statement = statement_new(database, sql, error);
	bool row = false;
	bool done = statement && statement_next(statement, &row, error);

	if (done && row)
		*number = column_integer(statement, 0);
	else if (done)
		done = error_set(error, ERROR_DATABASE, "%s: no row for: %s", database->path, sql);
	statement_free(statement);
	return done;
}

static bool run_prepared(
	struct database *database, struct statement **place, const char *sql, struct error *error)
{
	if (!*place)
		*place = statement_new(database, sql, error);
	return *place && statement_run(*place, NULL, error);
}

bool database_begin(struct database *database, struct error *error)
{
	return run_prepared(database, &database->begin,
		database->access == DATABASE_WRITE ? "BEGIN IMMEDIATE" : "BEGIN", error);
}

bool database_commit(struct database *database, struct error *error)
{
	if (run_prepared(database, &database->commit, "COMMIT", error))
		return true;
	database_rollback(database);
	return false;
}

void database_rollback(struct database *database)
{
	/* A failure here leaves nothing to do: closing the connection rolls back as well. */
	if (database->handle && database_in_transaction(database))
		sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
}

bool database_in_transaction(const struct database *database)
{
	return sqlite3_get_autocommit(database->handle) == 0;
}

bool database_sync(struct database *database, struct error *error)
{
	sqlite3_file *file = NULL;
	int number = 0;
	int code =
		sqlite3_file_control(database->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file);

	if (code == SQLITE_OK && file && file->pMethods)
		code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
	if (code == SQLITE_OK)
		return true;
	/* The connection knows nothing of a file that is synced past it; the file does. */
	if (!file || file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &number) ||
		!number)
		number = EIO;
	errno = number;
	return error_set_errno(
		error, ERROR_DATABASE, "the disk did not confirm the record %s", database->path);
}

bool database_tidy(struct database *database, uint32_t limit_pages, struct error *error)
{
	int code;

	if (database->wal_pages < limit_pages || database->wal_pages < database->tidy_at)
		return true;
	database->tidy_at = database->wal_pages + limit_pages;
	code = sqlite3_wal_checkpoint_v2(
		database->handle, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY)
		return true;
	return database_failure(database, code, error);
}

const char *database_path(const struct database *database)
{
	return database->path;
}

static bool refuse_tables(struct database *database, struct error *error)
{
	error_set(error, ERROR_RECORD_DAMAGED, "%s is damaged: its tables are not ours (%s)",
		database->path, sqlite3_errmsg(database->handle));
	return error_hint(error, DAMAGED_HINT);
}

struct statement *statement_new(struct database *database, const char *sql, struct error *error)
{
	sqlite3_stmt *handle = NULL;
	struct statement *statement;
	int code = sqlite3_prepare_v3(
		database->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL);

	if (code != SQLITE_OK) {
		/* Our statements fit our tables: it is the tables that are not as they were. */
		if ((code & 0xff) == SQLITE_ERROR)
			refuse_tables(database, error);
		else
			database_failure(database, code, error);
		return NULL;
	}
	statement = heap_allocate(1, sizeof *statement);
	statement->handle = handle;
	statement->database = database;
	return statement;
}

void statement_free(struct statement *statement)
{
	if (!statement)
		return;
	sqlite3_finalize(statement->handle);
	free(statement);
}

static void note_bind(struct statement *statement, int code)
{
	if (statement->bind_result == SQLITE_OK)
		statement->bind_result = code;
}

void bind_integer(struct statement *statement, int parameter, int64_t number)
{
	note_bind(statement, sqlite3_bind_int64(statement->handle, parameter, number));
}

void bind_text(struct statement *statement, int parameter, const char *text)
{
	note_bind(statement,
		sqlite3_bind_text(statement->handle, parameter, text, -1, SQLITE_STATIC));
}

void bind_bytes(struct statement *statement, int parameter, const char *text, size_t size)
{
	note_bind(statement, size > INT_MAX ? SQLITE_TOOBIG
					    : sqlite3_bind_text(statement->handle, parameter, text,
						      (int)size, SQLITE_STATIC));
}

void bind_null(struct statement *statement, int parameter)
{
	note_bind(statement, sqlite3_bind_null(statement->handle, parameter));
}

bool statement_next(struct statement *statement, bool *row, struct error *error)
{
	int code = statement->bind_result;

	*row = false;
	if (code == SQLITE_OK)
		code = sqlite3_step(statement->handle);
	if (code == SQLITE_ROW) {
		*row = true;
		return true;
	}
	if (code != SQLITE_DONE)
		database_failure(statement->database, code, error);
	statement_reset(statement);
	return code == SQLITE_DONE;
}

bool statement_run(struct statement *statement, uint32_t *changed, struct error *error)
{
	bool row;

	if (!statement_next(statement, &row, error))
		return false;
	if (row)
		statement_reset(statement);
	if (changed)
		*changed = (uint32_t)sqlite3_changes(statement->database->handle);
	return true;
}

void statement_reset(struct statement *statement)
{
	sqlite3_reset(statement->handle);
	statement->bind_result = SQLITE_OK;
}

int64_t column_integer(struct statement *statement, int column)
{
	return sqlite3_column_int64(statement->handle, column);
}

bool column_is_null(struct statement *statement, int column)
{
	return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}

bool column_is_integer(struct statement *statement, int column)
{
	return sqlite3_column_type(statement->handle, column) == SQLITE_INTEGER;
}

size_t column_size(struct statement *statement, int column)
{
	return (size_t)sqlite3_column_bytes(statement->handle, column);
}

const char *column_text(struct statement *statement, int column)
{
	const void *text = sqlite3_column_text(statement->handle, column);

	return text;
}

const char *column_copy(struct statement *statement, int column, struct arena *arena)
{
	const void *text = sqlite3_column_text(statement->handle, column);

	if (!text)
		return NULL;
	return arena_copy_bytes(
		arena, text, (size_t)sqlite3_column_bytes(statement->handle, column));
}
