#include "record/schema.h"

#include <errno.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/index.h"

extern const unsigned char embedded_schema_sql[];

/* "WvTr": tells our file from any other SQLite database. */
#define APPLICATION_ID 1467372658

#define EVENT_COLUMNS                                                                              \
	"type, time_ms, step, wave, group_number, attempt, duration_ms, exit_status, signal, "     \
	"failure, delay_ms, reason, subject, json"

/* Row n leads from schema version n + 1 to n + 2. A new file gets schema.sql as a whole. */
static const char *const migrations[] = {
	"ALTER TABLE step_texts ADD COLUMN base_id TEXT;"
	"ALTER TABLE step_texts ADD COLUMN optional INTEGER NOT NULL DEFAULT 0 "
	"CHECK (optional IN (0, 1));"
	"ALTER TABLE contracts ADD COLUMN was_known INTEGER NOT NULL DEFAULT 0 "
	"CHECK (was_known IN (0, 1));"
	"ALTER TABLE contracts ADD COLUMN error_total INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE step_results (run INTEGER NOT NULL REFERENCES runs, "
	"step INTEGER NOT NULL CHECK (step >= 0), cache_key TEXT, tree TEXT, "
	"PRIMARY KEY (run, step)) WITHOUT ROWID, STRICT;"
	"CREATE TABLE gates (run INTEGER NOT NULL REFERENCES runs, "
	"step INTEGER NOT NULL CHECK (step >= 0), sequence INTEGER NOT NULL, "
	"waiting_ms INTEGER NOT NULL, opened_ms INTEGER, approved_by TEXT, "
	"PRIMARY KEY (run, step)) WITHOUT ROWID, STRICT;"
	"CREATE TABLE contract_errors (run INTEGER NOT NULL REFERENCES runs, "
	"step INTEGER NOT NULL CHECK (step >= 0), sequence INTEGER NOT NULL, "
	"place INTEGER NOT NULL CHECK (place >= 0), pointer TEXT, keyword TEXT, expected TEXT, "
	"actual TEXT, PRIMARY KEY (run, step, sequence, place)) WITHOUT ROWID, STRICT;",
	/* A file of version 2 may have the events of either shape: both have these columns. */
	"CREATE TABLE events_new (event INTEGER PRIMARY KEY, "
	"run INTEGER GENERATED ALWAYS AS (event >> 32), "
	"sequence INTEGER GENERATED ALWAYS AS (event & 4294967295), "
	"type TEXT NOT NULL, time_ms INTEGER NOT NULL, step INTEGER, wave INTEGER, "
	"group_number INTEGER, attempt INTEGER NOT NULL, duration_ms INTEGER NOT NULL, "
	"exit_status INTEGER NOT NULL, signal INTEGER NOT NULL, failure TEXT, "
	"delay_ms INTEGER NOT NULL, reason TEXT, subject TEXT, json TEXT NOT NULL) STRICT;"
	"INSERT INTO events_new (event, " EVENT_COLUMNS ") "
	"SELECT run << 32 | sequence, " EVENT_COLUMNS " FROM events;"
	"DROP TABLE events; ALTER TABLE events_new RENAME TO events;"
	"CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events BEGIN "
	"SELECT RAISE(ABORT, 'events are append-only'); END;"
	"CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events BEGIN "
	"SELECT RAISE(ABORT, 'events are append-only'); END;",
	"ALTER TABLE attempts ADD COLUMN containment INTEGER NOT NULL DEFAULT 0;"
	"CREATE TABLE seals (event INTEGER PRIMARY KEY, digest TEXT NOT NULL, rows TEXT) STRICT;"
	/* What earlier versions wrote is not sealed: a seal of today would vouch for it. */
	"INSERT INTO seals (event, digest) SELECT max(event), '' FROM events GROUP BY event >> 32;"
	"INSERT OR IGNORE INTO seals (event, digest) SELECT run << 32, '' FROM runs "
	"WHERE NOT EXISTS (SELECT 1 FROM events WHERE event > runs.run << 32 "
	"AND event < (runs.run + 1) << 32);",
};
#define NEWEST_VERSION ((int64_t)ARRAY_LENGTH(migrations) + 1)

static bool refuse_foreign(struct database *database, struct error *error)
{
	error_set(error, ERROR_DATABASE, "%s is a database of another program",
		database_path(database));
	error->number = EBADMSG;
	return error_hint(error, "move it away and start the run anew");
}

static bool refuse_newer(struct database *database, int64_t version, struct error *error)
{
	error_set(error, ERROR_DATABASE,
		"%s was written by a newer wavetrain (schema %lld, this one knows up to %lld)",
		database_path(database), (long long)version, (long long)NEWEST_VERSION);
	return error_hint(error, "use that newer wavetrain, or move the file away to start anew");
}

/* From this version on the version stands in a row too: a header's bytes have nothing that checks them. */
#define FIRST_TOLD_VERSION 4

#define TELL_VERSION "INSERT OR REPLACE INTO seals (event, digest) VALUES (0, 'schema %lld');"

/* A header that says something else than the row is damaged. */
static bool check_header(
	struct database *database, bool is_ours, int64_t version, struct error *error)
{
	struct error ignored;
	int64_t told = 0;

	/* Neither older files nor those of other programs have such a row. */
	if (!database_number(database,
		    "SELECT CAST(substr(digest, 8) AS INTEGER) FROM seals WHERE event = 0 "
		    "AND digest LIKE 'schema %'",
		    &told, &ignored) ||
		told < FIRST_TOLD_VERSION || (is_ours && told == version))
		return true;
	error_set(error, ERROR_RECORD_DAMAGED,
		"%s is damaged: its header is not of schema %lld, as a row of it says",
		database_path(database), (long long)told);
	return error_hint(error, DAMAGED_HINT);
}

static bool read_version(struct database *database, int64_t *version, struct error *error)
{
	int64_t application = 0;
	int64_t tables = 0;

	if (!database_number(database, "PRAGMA application_id", &application, error) ||
		!database_number(database, "PRAGMA user_version", version, error) ||
		!database_number(database, "SELECT count(*) FROM sqlite_schema", &tables, error))
		return false;
	if ((application != APPLICATION_ID || *version != NEWEST_VERSION) && tables > 0 &&
		!check_header(database, application == APPLICATION_ID, *version, error))
		return false;
	if (tables > 0 && application != APPLICATION_ID)
		return refuse_foreign(database, error);
	if (*version > NEWEST_VERSION)
		return refuse_newer(database, *version, error);
	if (*version < 0 || (tables == 0) != (*version == 0))
		return refuse_foreign(database, error);
	return true;
}

/* One transaction: by SQL from any version to this one. */
static bool move_to(
	struct database *database, int64_t version, const char *sql, struct error *error)
{
	struct arena arena = {0};
	const char *tell = version < FIRST_TOLD_VERSION
				   ? ""
				   : arena_format(&arena, TELL_VERSION, (long long)version);
	bool done;

	done = database_begin(database, error) && database_execute(database, sql, error) &&
	       database_execute(database,
		       arena_format(&arena,
			       "PRAGMA application_id = %d; PRAGMA user_version = %lld; %s",
			       APPLICATION_ID, (long long)version, tell),
		       error) &&
	       database_commit(database, error);
	if (!done)
		database_rollback(database);
	arena_release(&arena);
	return done;
}

bool schema_bring_forward(struct database *database, struct error *error)
{
	const void *whole = embedded_schema_sql;
	int64_t version = 0;

	if (!read_version(database, &version, error))
		return false;
	if (version == 0)
		return move_to(database, NEWEST_VERSION, whole, error);
	for (; version < NEWEST_VERSION; version++)
		if (!move_to(database, version + 1, migrations[version - 1], error))
			return error_context(error, "schema %lld", (long long)version + 1);
	return true;
}

bool schema_check(struct database *database, bool *present, struct error *error)
{
	int64_t version = 0;

	*present = false;
	if (!read_version(database, &version, error))
		return false;
	if (version != 0 && version != NEWEST_VERSION) {
		error_set(error, ERROR_DATABASE, "%s was written by an older wavetrain",
			database_path(database));
		return error_hint(error, "the next wavetrain run brings it up to date");
	}
	*present = version > 0;
	return true;
}
