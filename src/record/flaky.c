/*
 * The ledger of flaky steps. It is made from the attempts that are on record anyway. What is the
 * same input: within a run, attempts between two resumptions, as somebody may have mended something
 * before each. From run to run, the same definition (the fingerprint), the same artifacts of what
 * the step needs, and the same commit: both runs began at it with no file changed, and had made none
 * of their own. Under the debugger somebody may mend things at any time: nothing of that counts.
 * First the failures are read, of which there are few; successes only where something failed.
 */
#include <assert.h>
#include <string.h>

#include "record/record_internal.h"

static_assert(FLAKY_RUNS <= 32, "one bit a run");

struct ledger {
	struct record *record;
	struct run *run;
	struct arena *arena;
	struct error *error;         /* the caller's */
	struct run_flaky *tallies;   /* of each step of the run; attempts 0: none in it */
	uint32_t *done;              /* of each step */
	uint32_t *seen;              /* of each step: bits, the earlier runs it was in */
	int64_t numbers[FLAKY_RUNS]; /* of earlier runs, in the order found */
	uint32_t number_count;
	struct map places;        /* id to place in run->steps; made when there is a row */
	const char *start_reason; /* of a run that was never continued */
	int64_t first_commit_ms;  /* INT64_MAX: it has made none */
	bool has_failure;
	bool is_broken; /* *error says why */
};

/* --- this run --- */

static bool is_verdict(const struct run_attempt *attempt)
{
	if (attempt->state == STATE_DONE)
		return true;
	return attempt->state == STATE_FAILED && attempt->failure != FAILURE_CANCELLED &&
	       attempt->failure != FAILURE_RESOURCE && attempt->failure != FAILURE_UNKNOWN;
}

/* The run's start or continuation that came last before this moment. */
static struct run_slots find_session(const struct ledger *ledger, int64_t time_ms)
{
	const struct run *run = ledger->run;
	struct run_slots session = {.from_ms = INT64_MIN, .reason = ledger->start_reason};
	for (uint32_t i = 0; i < run->slots_count; i++)
		if (run->slots[i].from_ms <= time_ms)
			session = run->slots[i];
	return session;
}

static bool is_debugged(const struct run_slots *session)
{
	return session->reason && strcmp(session->reason, REASON_DEBUGGED) == 0;
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
	struct run_slots session = find_session(ledger, last->started_ms);
	if (is_debugged(&session))
		return;
	for (uint32_t i = 0; i < step->attempts.count; i++) {
		const struct run_attempt *attempt = &run->attempts[step->attempts.first + i];
		if (!is_verdict(attempt) || attempt->started_ms < session.from_ms)
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

/* The same number for the same artifacts, in whatever order they come. */
static uint64_t mark_of(const char *id, const char *name, const char *sha256)
{
	char text[HASH_TEXT_SIZE];
	uint64_t mark;
	struct hash hash;
	hash_start(&hash);
	hash_add_text(&hash, id);
	hash_add_text(&hash, name);
	hash_add_text(&hash, sha256);
	hash_finish(&hash, text);
	memcpy(&mark, text, sizeof mark);
	return mark;
}

static uint64_t taken_now(const struct run *run, const struct run_step *step)
{
	uint64_t sum = 0;
	for (uint32_t i = 0; i < step->needs.count; i++) {
		const struct run_step *need = &run->steps[run->edges[step->needs.first + i]];
		for (uint32_t k = 0; k < need->artifacts.count; k++) {
			const struct artifact *artifact =
				&run->artifacts[need->artifacts.first + k].artifact;
			sum += mark_of(need->id, artifact->name, artifact->sha256);
		}
	}
	return sum;
}

static bool read_taken(struct ledger *ledger, struct statement *row, uint64_t *sum)
{
	struct error *error = ledger->error;
	ledger->is_broken = true;
	struct statement *read = record_statement(ledger->record, SQL_READ_TAKEN, error);
	bool is_there;
	*sum = 0;
	if (!read)
		return false;
	bind_integer(read, 1, column_integer(row, 2));
	bind_integer(read, 2, column_integer(row, 3));
	while (statement_next(read, &is_there, error)) {
		if (!is_there) {
			ledger->is_broken = false;
			return true;
		}
		*sum += mark_of(column_text(read, 0), column_text(read, 1), column_text(read, 2));
	}
	return false;
}

static bool is_before_commits(const struct ledger *ledger, uint32_t step)
{
	const struct run_attempt *last = run_last_attempt(ledger->run, step);
	return last && last->started_ms < ledger->first_commit_ms;
}

/* Its definition, its artifacts and its commit are those of the row. */
static bool is_same(struct ledger *ledger, uint32_t place, struct statement *row)
{
	const struct run *run = ledger->run;
	const struct run_step *step = &run->steps[place];
	uint64_t taken;
	return ledger->tallies[place].attempts &&
	       strcmp(step->fingerprint, column_text(row, 1)) == 0 &&
	       is_before_commits(ledger, place) && read_taken(ledger, row, &taken) &&
	       taken == taken_now(run, step);
}

/* The step of this run that the row is about, if it had the same inputs then; or INDEX_NONE. */
static uint32_t find_step(struct ledger *ledger, struct statement *row)
{
	const struct run *run = ledger->run;
	if (!ledger->places.count) {
		map_reserve(&ledger->places, run->step_count);
		for (uint32_t i = 0; i < run->step_count; i++)
			map_add(&ledger->places, run->steps[i].id, i);
	}
	uint32_t place = map_find(&ledger->places, column_text(row, 0));
	return place != INDEX_NONE && is_same(ledger, place, row) ? place : INDEX_NONE;
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
	struct run_attempt attempt = {.state = STATE_FAILED, .ended_ms = column_integer(row, 5)};
	const char *reason;
	if (index == INDEX_NONE || !failure_class_parse(column_text(row, 6), &attempt.failure))
		return;
	reason = column_text(row, 7);
	attempt.reason = reason ? arena_copy_text(ledger->arena, reason) : NULL;
	count_run(ledger, index, column_integer(row, 2));
	note_failure(&ledger->tallies[index], &attempt,
		arena_copy_text(ledger->arena, column_text(row, 4)));
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
		if (ledger->is_broken) {
			statement_reset(read);
			break;
		}
	}
	return false;
}

static bool read_start_reason(struct record *record, struct ledger *ledger, struct error *error)
{
	struct statement *read = record_statement(record, SQL_READ_START_REASON, error);
	bool row;
	if (!read)
		return false;
	bind_text(read, 1, ledger->run->id);
	if (!statement_next(read, &row, error))
		return false;
	if (row)
		ledger->start_reason = column_copy(read, 0, ledger->arena);
	statement_reset(read);
	return true;
}

/* A run that was continued may have begun at another commit than its later steps saw. */
static bool has_earlier(const struct ledger *ledger)
{
	return ledger->run->base_commit && ledger->run->resume_count == 0 && !ledger->start_reason;
}

static bool add_earlier(struct record *record, struct ledger *ledger, struct error *error)
{
	return !has_earlier(ledger) || (read_earlier(record, ledger, SQL_READ_EARLIER_FAILURES,
						count_earlier_failure, error) &&
					       read_earlier(record, ledger, SQL_READ_EARLIER_DONE,
						       count_earlier_success, error));
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
	return ledger->has_failure || !has_earlier(ledger) ||
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

static int64_t first_commit_ms(const struct run *run)
{
	for (uint32_t i = 0; i < run->checkpoint_count; i++)
		if (run->checkpoints[i].commit)
			return run->checkpoints[i].time_ms;
	return INT64_MAX;
}

bool record_read_flaky(
	struct record *record, struct arena *arena, struct run *run, struct error *error)
{
	struct ledger ledger = {.record = record,
		.run = run,
		.arena = arena,
		.error = error,
		.first_commit_ms = first_commit_ms(run)};
	run->flaky = NULL;
	run->flaky_count = 0;
	if (!read_start_reason(record, &ledger, error) ||
		!look_for_failures(record, &ledger, error))
		return false;
	return !ledger.has_failure || fill(record, &ledger, error);
}
