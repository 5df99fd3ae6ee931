#include "record/lost_run.h"

#include <stdio.h>

#include "base/cleanup.h"
#include "record/state_lock.h"

/*
 * Of several runs that are on record as running only the one in which something happened last can
 * go on: a runner has the state folder to itself.
 */
#define LAST_AT_WORK                                                                               \
	"SELECT run FROM runs WHERE state = 'running' ORDER BY (SELECT time_ms FROM events "       \
	"WHERE event > run << 32 AND event < (run + 1) << 32 ORDER BY event DESC LIMIT 1) DESC, "  \
	"run DESC LIMIT 1"

#define IS_RUNNING "SELECT count(*) FROM runs WHERE state = 'running' AND run = %lld"

static bool is_lost(struct record *record, int64_t number, bool *lost, struct error *error)
{
	/* Held meanwhile, so that no runner begins between the look at the lock and at the row. */
	CLEANUP(close_descriptor) int lock = -1;
	bool is_free = state_lock_share(record->state_folder, &lock);
	int64_t still_running = 0;
	int64_t at_work = 0;
	char sql[128];

	snprintf(sql, sizeof sql, IS_RUNNING, (long long)number);
	if (!database_number(record->database, sql, &still_running, error))
		return false;
	if (still_running && !database_number(record->database, LAST_AT_WORK, &at_work, error))
		return false;
	*lost = still_running && (is_free || at_work != number);
	return true;
}

static bool read_last_moment(
	struct record *record, int64_t number, int64_t *last_ms, struct error *error)
{
	struct statement *last = record_statement(record, SQL_LAST_EVENT, error);
	bool row;

	if (!last)
		return false;
	bind_integer(last, 1, number);
	if (!statement_next(last, &row, error))
		return false;
	if (row)
		*last_ms = column_integer(last, 1);
	statement_reset(last);
	return true;
}

bool lost_run_settle(struct record *record, struct run *run, struct error *error)
{
	int64_t number;
	int64_t last_ms = run->started_ms;
	bool lost;

	if (record->lock >= 0 || run->state != STATE_RUNNING)
		return true;
	if (!record_run_number(record, run->id, &number, error) ||
		!is_lost(record, number, &lost, error))
		return false;
	if (!lost)
		return true;
	if (!read_last_moment(record, number, &last_ms, error))
		return false;
	run_end_lost(run, STATE_INTERRUPTED, "the process that ran it is gone", last_ms);
	return true;
}
