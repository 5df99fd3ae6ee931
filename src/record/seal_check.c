/*
 * A run as it was written: its events and seals are walked side by side, in the order of both,
 * then the rows that a start wrote are hashed again, and what the events say is looked for in the
 * rows that they add up to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "record/record_internal.h"

struct walk {
	struct record *record;
	struct run_verdict *verdict;
	struct statement *events;
	struct statement *seals;
	bool has_event;
	bool has_seal;
	int64_t run;
};

static uint64_t sequence_of(struct statement *row)
{
	return (uint64_t)(column_integer(row, 0) & UINT32_MAX);
}

static void refuse(struct walk *walk, uint64_t first, uint64_t last, const char *what)
{
	walk->verdict->first = first;
	walk->verdict->last = last;
	walk->verdict->what = what;
}

static bool next_event(struct walk *walk, struct error *error)
{
	return statement_next(walk->events, &walk->has_event, error);
}

/* The events up to the seal that the walk stands on, into hash; *first: of them. */
static bool add_sealed(
	struct walk *walk, struct hash *hash, uint64_t *first, bool *has_gap, struct error *error)
{
	uint64_t last = sequence_of(walk->seals);

	*first = walk->verdict->event_count + 1;
	while (walk->has_event && sequence_of(walk->events) <= last) {
		*has_gap = *has_gap || sequence_of(walk->events) != ++walk->verdict->event_count;
		seal_add_row(hash, walk->events, SEALED_EVENT_COLUMN_COUNT);
		if (!next_event(walk, error))
			return false;
	}
	*has_gap = *has_gap || walk->verdict->event_count != last;
	return true;
}

/* One seal and the events it is over. *fits is false once something does not. */
static bool check_seal(struct walk *walk, struct seal *seal, bool *fits, struct error *error)
{
	const char *digest = column_text(walk->seals, 1);
	uint64_t last = sequence_of(walk->seals);
	uint64_t first;
	bool has_gap = false;
	bool is_first = walk->verdict->event_count == 0;

	if (!add_sealed(walk, &seal->hash, &first, &has_gap, error))
		return false;
	*fits = !has_gap && digest;
	if (!*fits) {
		refuse(walk, first, last, "an event is missing");
	} else if (!*digest && is_first) {
		/* Of a start, before any event; or of a version that did not seal. */
		walk->verdict->unsealed_count = walk->verdict->event_count;
		seal_start(seal, "");
	} else if (strcmp(seal_next(seal), digest) != 0) {
		*fits = false;
		refuse(walk, first, last, "does not fit its seal");
	}
	return true;
}

static void keep_rows_digest(struct walk *walk, char rows[HASH_TEXT_SIZE])
{
	const char *text = column_text(walk->seals, 2);

	if (text && strlen(text) < HASH_TEXT_SIZE)
		memcpy(rows, text, strlen(text) + 1);
}

/* rows: of the last start, "" when it is not known. */
static bool walk_seals(struct walk *walk, char rows[HASH_TEXT_SIZE], struct error *error)
{
	struct seal seal = {0};
	bool fits = true;
	bool done;

	seal_start(&seal, "");
	bind_integer(walk->events, 1, walk->run);
	bind_integer(walk->seals, 1, walk->run);
	done = next_event(walk, error) && statement_next(walk->seals, &walk->has_seal, error);
	while (done && fits && walk->has_seal) {
		keep_rows_digest(walk, rows);
		done = check_seal(walk, &seal, &fits, error) &&
		       (!fits || statement_next(walk->seals, &walk->has_seal, error));
	}
	seal_release(&seal);
	if (done && fits && walk->has_event)
		refuse(walk, sequence_of(walk->events), sequence_of(walk->events), "has no seal");
	statement_reset(walk->events);
	statement_reset(walk->seals);
	return done;
}

/* The rows that a start writes, hashed. */
static bool hash_rows(
	struct record *record, int64_t run, char digest[HASH_TEXT_SIZE], struct error *error)
{
	static const struct {
		enum sql sql;
		int column_count;
	} parts[] = {{SQL_CHECK_RUN, 12}, {SQL_CHECK_STEPS, 11}, {SQL_CHECK_EDGES, 2}};
	struct hash hash;
	bool done = true;

	hash_start(&hash);
	for (size_t i = 0; done && i < sizeof parts / sizeof *parts; i++) {
		struct statement *read = record_statement(record, parts[i].sql, error);
		bool row = read != NULL;

		if (read)
			bind_integer(read, 1, run);
		while (row && (done = statement_next(read, &row, error)) && row)
			seal_add_row(&hash, read, parts[i].column_count);
		done = done && read;
	}
	hash_finish(&hash, digest);
	return done;
}

bool record_seal_start(struct record *record, int64_t run, struct error *error)
{
	struct statement *add = record_statement(record, SQL_SEAL_START, error);
	struct statement *last = record_statement(record, SQL_LAST_EVENT, error);
	char digest[HASH_TEXT_SIZE];
	bool row;

	if (!add || !last || !hash_rows(record, run, digest, error))
		return false;
	bind_integer(last, 1, run);
	if (!statement_next(last, &row, error))
		return false;
	bind_integer(add, 1, run);
	bind_integer(add, 2, row ? column_integer(last, 0) : 0);
	bind_text(add, 3, "");
	bind_text(add, 4, digest);
	statement_reset(last);
	return statement_run(add, NULL, error);
}

/* What the events do not say although a row does. Each gives a row when there is such. */
static const struct {
	enum sql sql;
	const char *what;
} contradictions[] = {
	{SQL_CHECK_DONE, "a step is on record as done, and no event says so"},
	{SQL_CHECK_ARTIFACTS, "an artifact is not as its event says"},
	{SQL_CHECK_RESULTS, "a step's changes are not as its event says"},
	{SQL_CHECK_CHECKPOINTS, "a checkpoint is not as its event says"},
	{SQL_CHECK_GATES, "a gate is open, and no event says so"},
};

static bool check_rows(struct walk *walk, struct error *error)
{
	for (size_t i = 0; i < sizeof contradictions / sizeof *contradictions; i++) {
		struct statement *find =
			record_statement(walk->record, contradictions[i].sql, error);
		bool row;

		if (!find)
			return false;
		bind_integer(find, 1, walk->run);
		if (!statement_next(find, &row, error))
			return false;
		if (!row)
			continue;
		statement_reset(find);
		refuse(walk, 0, 0, contradictions[i].what);
		return true;
	}
	return true;
}

static bool check(struct walk *walk, struct error *error)
{
	char rows[HASH_TEXT_SIZE] = "";
	char now[HASH_TEXT_SIZE];

	if (!walk_seals(walk, rows, error))
		return false;
	if (walk->verdict->what)
		return true;
	if (*rows && !hash_rows(walk->record, walk->run, now, error))
		return false;
	if (*rows && strcmp(rows, now) != 0) {
		refuse(walk, 0, 0, "the run's steps are not those it was started with");
		return true;
	}
	return check_rows(walk, error);
}

bool record_check_run(
	struct record *record, const char *run_id, struct run_verdict *verdict, struct error *error)
{
	struct walk walk = {.record = record,
		.verdict = verdict,
		.events = record_statement(record, SQL_CHECK_EVENTS, error),
		.seals = walk.events ? record_statement(record, SQL_CHECK_SEALS, error) : NULL};
	bool done;

	*verdict = (struct run_verdict){0};
	if (!walk.seals || !database_execute(record->database, "BEGIN", error))
		return false;
	done = record_run_number(record, run_id, &walk.run, error) && check(&walk, error);
	database_rollback(record->database);
	return done;
}

bool run_verdict_require(const struct record *record, const char *run_id,
	const struct run_verdict *verdict, struct error *error)
{
	char events[64] = "";

	if (!verdict->what)
		return true;
	if (verdict->first && verdict->first < verdict->last)
		snprintf(events, sizeof events, " (events %" PRIu64 " to %" PRIu64 ")",
			verdict->first, verdict->last);
	else if (verdict->first)
		snprintf(events, sizeof events, " (event %" PRIu64 ")", verdict->first);
	error_set(error, ERROR_RECORD_DAMAGED, "%s is damaged: run '%s'%s: %s",
		database_path(record->database), run_id, events, verdict->what);
	return error_hint(error, DAMAGED_HINT);
}
