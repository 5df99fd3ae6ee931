/*
 * The ledger of flaky steps. It is made from the attempts that are on record anyway. What is the
 * same input: within a run, attempts between two resumptions, as somebody may have mended something
 * before each; from run to run, the same definition (the fingerprint) at the same commit. First the
 * failures are read, of which there are few; successes only where something failed.
 */
#include <assert.h>
#include <string.h>

#include "record/record_internal.h"

static_assert(FLAKY_RUNS <= 32, "one bit a run");

struct ledger {
	struct run *run;
	struct arena *arena;
	struct run_flaky *tallies;   /* of each step of the run; attempts 0: none in it */
	uint32_t *done;              /* of each step */
	uint32_t *seen;              /* of each step: bits, the earlier runs it was in */
	int64_t numbers[FLAKY_RUNS]; /* of earlier runs, in the order found */
	uint32_t number_count;
	struct map places; /* id to place in run->steps; made when there is a row */
	bool has_failure;
};

/* --- this run --- */

static bool is_verdict(const struct run_attempt *attempt)
{
	if (attempt->state == STATE_DONE)
		return true;
	return attempt->state == STATE_FAILED && attempt->failure != FAILURE_CANCELLED &&
	       attempt->failure != FAILURE_RESOURCE && attempt->failure != FAILURE_UNKNOWN;
}

/* When the run was started or continued for the last time before this moment. */
static int64_t session_start_ms(const struct run *run, int64_t time_ms)
{
	int64_t start_ms = INT64_MIN;
	for (uint32_t i = 0; i < run->slots_count; i++)
		if (run->slots[i].from_ms <= time_ms)
			start_ms = run->slots[i].from_ms;
	return start_ms;
}

static void note_failure(struct run_flaky *tally, const struct run_attempt *attempt, const char *id)
{
	tally->failed++;
	if (tally->last_run && attempt->ended_ms < tally->last_failed_ms)
		return;
	tally->last_failure = attempt->failure;
	tally->last_reason = attempt->reason;
	tally->last_run = id;
	tally->last_failed_ms = attempt->ended_ms;
}

static void count_own(struct ledger *ledger, uint32_t index)
{
	const struct run *run = ledger->run;
	const struct run_step *step = &run->steps[index];
	struct run_flaky *tally = &ledger->tallies[index];
	const struct run_attempt *last = run_last_attempt(run, index);
	if (!last || step->cache_key)
		return;
	int64_t start_ms = session_start_ms(run, last->started_ms);
	for (uint32_t i = 0; i < step->attempts.count; i++) {
		const struct run_attempt *attempt = &run->attempts[step->attempts.first + i];
		if (!is_verdict(attempt) || attempt->started_ms < start_ms)
			continue;
		tally->attempts++;
		tally->run_count = 1;
		if (attempt->state == STATE_FAILED)
			note_failure(tally, attempt, run->id);
		else
			ledger->done[index]++;
	}
}

/* --- earlier runs --- */

/* The step of this run that the row is about, if it is defined as it was then; or INDEX_NONE. */
static uint32_t find_step(struct ledger *ledger, struct statement *row)
{
	const struct run *run = ledger->run;
	if (!ledger->places.count) {
		map_reserve(&ledger->places, run->step_count);
		for (uint32_t i = 0; i < run->step_count; i++)
			map_add(&ledger->places, run->steps[i].id, i);
	}
	uint32_t place = map_find(&ledger->places, column_text(row, 0));
	bool is_same = place != INDEX_NONE && ledger->tallies[place].attempts &&
		       strcmp(run->steps[place].fingerprint, column_text(row, 1)) == 0;
	return is_same ? place : INDEX_NONE;
}

static uint32_t place_of_run(struct ledger *ledger, int64_t number)
{
	uint32_t place = 0;
	while (place < ledger->number_count && ledger->numbers[place] != number)
		place++;
	if (place == ledger->number_count && place < FLAKY_RUNS)
		ledger->numbers[ledger->number_count++] = number;
	return place;
}

static void count_run(struct ledger *ledger, uint32_t index, int64_t number)
{
	uint32_t bit = 1u << place_of_run(ledger, number);
	ledger->tallies[index].attempts++;
	ledger->tallies[index].run_count += !(ledger->seen[index] & bit);
	ledger->seen[index] |= bit;
}

static void count_earlier_failure(struct ledger *ledger, struct statement *row)
{
	uint32_t index = find_step(ledger, row);
	struct run_attempt attempt = {.state = STATE_FAILED, .ended_ms = column_integer(row, 4)};
	const char *reason;
	if (index == INDEX_NONE || !failure_class_parse(column_text(row, 5), &attempt.failure))
		return;
	reason = column_text(row, 6);
	attempt.reason = reason ? arena_copy_text(ledger->arena, reason) : NULL;
	count_run(ledger, index, column_integer(row, 2));
	note_failure(&ledger->tallies[index], &attempt,
		arena_copy_text(ledger->arena, column_text(row, 3)));
}

static void count_earlier_success(struct ledger *ledger, struct statement *row)
{
	uint32_t index = find_step(ledger, row);
	if (index == INDEX_NONE || !ledger->tallies[index].failed)
		return;
	count_run(ledger, index, column_integer(row, 2));
	ledger->done[index]++;
}

static bool read_earlier(struct record *record, struct ledger *ledger, enum sql sql,
	void (*count)(struct ledger *, struct statement *), struct error *error)
{
	struct statement *read = record_statement(record, sql, error);
	bool row;
	if (!read)
		return false;
	bind_text(read, 1, ledger->run->pipeline_name);
	bind_text(read, 2, ledger->run->base_commit);
	bind_text(read, 3, ledger->run->id);
	bind_integer(read, 4, FLAKY_RUNS - 1);
	bind_integer(read, 5, FLAKY_ROWS);
	while (statement_next(read, &row, error)) {
		if (!row)
			return true;
		count(ledger, read);
	}
	return false;
}

/* A run that was continued may have begun at another commit than its later steps saw. */
static bool has_earlier(const struct run *run)
{
	return run->base_commit && run->resume_count == 0;
}

static bool add_earlier(struct record *record, struct ledger *ledger, struct error *error)
{
	return !has_earlier(ledger->run) ||
	       (read_earlier(
			record, ledger, SQL_READ_EARLIER_FAILURES, count_earlier_failure, error) &&
		       read_earlier(record, ledger, SQL_READ_EARLIER_DONE, count_earlier_success,
			       error));
}

static void note_any(struct ledger *ledger, struct statement *row)
{
	(void)row;
	ledger->has_failure = true;
}

/* Most runs end here: nothing has failed, and no table of all steps is made. */
static bool look_for_failures(struct record *record, struct ledger *ledger, struct error *error)
{
	const struct run *run = ledger->run;
	for (uint32_t i = 0; i < run->attempt_count; i++)
		ledger->has_failure |=
			run->attempts[i].state == STATE_FAILED && is_verdict(&run->attempts[i]);
	return ledger->has_failure || !has_earlier(run) ||
	       read_earlier(record, ledger, SQL_READ_EARLIER_FAILURES, note_any, error);
}

/* --- what is flaky --- */

static void keep_flaky(const struct ledger *ledger)
{
	struct run *run = ledger->run;
	uint32_t count = 0;
	for (uint32_t i = 0; i < run->step_count; i++)
		count += ledger->tallies[i].failed && ledger->done[i];
	run->flaky = ARENA_ARRAY(ledger->arena, struct run_flaky, count);
	for (uint32_t i = 0; i < run->step_count; i++) {
		if (!ledger->tallies[i].failed || !ledger->done[i])
			continue;
		run->flaky[run->flaky_count] = ledger->tallies[i];
		run->flaky[run->flaky_count++].step = i;
	}
}

static bool fill(struct record *record, struct ledger *ledger, struct error *error)
{
	struct arena scratch = {0};
	uint32_t count = ledger->run->step_count;
	ledger->tallies = ARENA_ARRAY(&scratch, struct run_flaky, count);
	ledger->done = ARENA_ARRAY(&scratch, uint32_t, count);
	ledger->seen = ARENA_ARRAY(&scratch, uint32_t, count);
	for (uint32_t i = 0; i < count; i++)
		count_own(ledger, i);
	bool is_read = add_earlier(record, ledger, error);
	if (is_read)
		keep_flaky(ledger);
	map_release(&ledger->places);
	arena_release(&scratch);
	return is_read;
}

bool record_read_flaky(
	struct record *record, struct arena *arena, struct run *run, struct error *error)
{
	struct ledger ledger = {.run = run, .arena = arena};
	run->flaky = NULL;
	run->flaky_count = 0;
	if (!look_for_failures(record, &ledger, error))
		return false;
	return !ledger.has_failure || fill(record, &ledger, error);
}
