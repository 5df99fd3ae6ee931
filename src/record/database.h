#ifndef WAVETRAIN_RECORD_DATABASE_H
#define WAVETRAIN_RECORD_DATABASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * SQLite, as far as the record needs it. Every failure becomes one sentence that names the file:
 * a full disk is ERROR_DISK_FULL, a place that cannot be opened or written ERROR_FILE, a file
 * whose bytes are not SQLite's (any more) ERROR_RECORD_DAMAGED, the rest ERROR_DATABASE.
 *
 * Durability. The writer uses WAL with synchronous=NORMAL: a commit is a write(2) to the WAL file
 * without any fsync, so it survives the death of the process, not of the machine. Where a power
 * cut matters database_sync() calls the fsync of SQLite's own file object for the WAL (the same
 * call that synchronous=FULL would make; that setting itself cannot be changed inside a
 * transaction). Frames of a WAL are chained by checksums, so one fsync makes all commits before
 * it durable. Moving the WAL into the database is done by database_tidy() alone, never by a
 * commit, and syncs both files.
 */
struct database;

enum database_access {
	DATABASE_WRITE,     /* makes the file when missing */
	DATABASE_READ,      /* beside a writer */
	DATABASE_IMMUTABLE, /* a place that cannot be written; only while no writer lives */
};

/*
 * path is absolute and must name a file the caller may use; *database is NULL on failure. Reads
 * from the file, so that one that is no database is refused here.
 */
bool database_open(const char *path, enum database_access access, struct database **database,
	struct error *error);
void database_close(struct database *database); /* NULL is fine; rolls back what is open */

/* The same, and leaves the files as they are: of a damaged one the WAL is not moved into it. */
void database_abandon(struct database *database);

/* Runs statements that give no rows, one or many. */
bool database_execute(struct database *database, const char *sql, struct error *error);

/* The one number that sql gives. */
bool database_number(
	struct database *database, const char *sql, int64_t *number, struct error *error);

bool database_begin(struct database *database, struct error *error);
bool database_commit(struct database *database, struct error *error); /* failed: rolled back */
void database_rollback(struct database *database);
bool database_in_transaction(const struct database *database);

/* Every commit so far is on the disk when this returns true. */
bool database_sync(struct database *database, struct error *error);

/* Moves the WAL into the database when it has grown beyond limit_pages; never waits for readers. */
bool database_tidy(struct database *database, uint32_t limit_pages, struct error *error);

const char *database_path(const struct database *database);

/* What mends a damaged record. */
#define DAMAGED_HINT                                                                               \
	"'wavetrain resume' sets it aside and goes on from the run's commits; 'wavetrain run' "    \
	"sets it aside and begins anew"

/* A prepared statement. Faults in binding show when it is stepped. Parameters count from 1. */
struct statement;

/* NULL on failure. For the whole life of the database: statement_free() before it is closed. */
struct statement *statement_new(struct database *database, const char *sql, struct error *error);
void statement_free(struct statement *statement); /* NULL is fine */

void bind_integer(struct statement *statement, int parameter, int64_t number);
void bind_text(struct statement *statement, int parameter, const char *text); /* NULL: NULL */
void bind_bytes(struct statement *statement, int parameter, const char *text, size_t size);
void bind_null(struct statement *statement, int parameter);

/* Runs a statement that gives no rows; *changed (may be NULL) counts the rows it changed. */
bool statement_run(struct statement *statement, uint32_t *changed, struct error *error);

/*
 * The next row. *row is false after the last one, and the statement is ready for the next use;
 * a caller that stops before that calls statement_reset().
 */
bool statement_next(struct statement *statement, bool *row, struct error *error);
void statement_reset(struct statement *statement);

/* Columns count from 0 and are valid until the next row. */
int64_t column_integer(struct statement *statement, int column);
bool column_is_null(struct statement *statement, int column);
bool column_is_integer(struct statement *statement, int column);
const char *column_text(struct statement *statement, int column); /* NULL: NULL */
size_t column_size(struct statement *statement, int column);      /* of its text in bytes */
const char *column_copy(struct statement *statement, int column, struct arena *arena);

#endif
