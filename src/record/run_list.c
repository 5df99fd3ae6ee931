#include <string.h>

#include "base/text.h"
#include "record/lost_run.h"
#include "record/run_reader.h"

/* So many ids that fit a prefix are named in the message. */
#define NAMED_LIMIT 4

/* What the walk over all ids finds for a word. */
struct id_search {
	const char *word;
	struct nearest nearest;
	const char *exact;
	const char *newest;
	const char *fitting[NAMED_LIMIT]; /* that the word is a prefix of, newest first */
	uint32_t fitting_count;
};

static bool search_ids(
	struct record *record, struct arena *arena, struct id_search *search, struct error *error)
{
	struct statement *list = record_statement(record, SQL_LIST_IDS, error);
	bool row;

	if (!list)
		return false;
	while (statement_next(list, &row, error)) {
		const char *id;

		if (!row)
			return true;
		id = column_copy(list, 0, arena);
		if (!search->newest)
			search->newest = id;
		if (!search->word)
			continue;
		if (strcmp(id, search->word) == 0)
			search->exact = id;
		if (text_starts_with(id, search->word)) {
			if (search->fitting_count < NAMED_LIMIT)
				search->fitting[search->fitting_count] = id;
			search->fitting_count++;
		}
		nearest_offer(&search->nearest, id);
	}
	return false;
}

static bool refuse_ambiguous(const struct id_search *search, struct error *error)
{
	struct buffer names = BUFFER_INIT;

	for (uint32_t i = 0; i < search->fitting_count && i < NAMED_LIMIT; i++)
		buffer_printf(&names, "%s%s", i ? ", " : "", search->fitting[i]);
	error_set(error, ERROR_RUN_UNKNOWN, "'%s' fits %u runs: %s%s", search->word,
		search->fitting_count, buffer_text(&names),
		search->fitting_count > NAMED_LIMIT ? " …" : "");
	buffer_release(&names);
	return error_hint(error, "give more of the name");
}

static bool refuse_unknown(
	struct record *record, const struct id_search *search, struct error *error)
{
	if (!search->newest) {
		error_set(error, ERROR_RUN_UNKNOWN, "no run is on record in %s",
			record->state_folder);
		return error_hint(error, "wavetrain run starts one");
	}
	error_set(error, ERROR_RUN_UNKNOWN, "no run '%s' is on record", search->word);
	if (search->nearest.best)
		return error_hint(error, "did you mean '%s'?", search->nearest.best);
	return error_hint(error, "wavetrain runs lists them");
}

bool record_find_run(struct record *record, const char *word, struct arena *arena, const char **id,
	struct error *error)
{
	struct arena scratch = {0};
	struct id_search search = {0};
	const char *found = NULL;
	bool done;

	if (word && strcmp(word, "latest") != 0)
		search.word = word;
	nearest_start(&search.nearest, word ? word : "");
	done = search_ids(record, &scratch, &search, error);
	if (done && !search.word)
		found = search.newest;
	else if (done && search.exact)
		found = search.exact;
	else if (done && search.fitting_count == 1 && *word)
		found = search.fitting[0];
	if (found)
		*id = arena_copy_text(arena, found);
	else if (done && search.word && search.fitting_count > 1)
		done = refuse_ambiguous(&search, error);
	else if (done)
		done = refuse_unknown(record, &search, error);
	arena_release(&scratch);
	return done;
}

static bool count_states(
	struct record *record, int64_t number, struct run *run, struct error *error)
{
	struct statement *count = record_statement(record, SQL_COUNT_STATES, error);
	bool row;

	if (!count)
		return false;
	bind_integer(count, 1, number);
	while (statement_next(count, &row, error)) {
		enum state state;

		if (!row)
			return true;
		if (!column_state(record, count, 0, &state, error))
			return false;
		run->totals.by_state[state] = (uint32_t)column_integer(count, 1);
		run->step_count += run->totals.by_state[state];
	}
	return false;
}

static void measure_wall(struct run *run)
{
	if (run->started_ms != TIME_NONE && run->ended_ms != TIME_NONE)
		run->totals.wall_ms = run->ended_ms - run->started_ms - run->paused_ms;
}

static bool fill_totals(struct record *record, int64_t number, struct run *run, struct error *error)
{
	struct statement *retried = record_statement(record, SQL_COUNT_RETRIED, error);
	bool row;

	if (!retried || !count_states(record, number, run, error))
		return false;
	bind_integer(retried, 1, number);
	if (!statement_next(retried, &row, error))
		return false;
	run->totals.retried = (uint32_t)column_integer(retried, 0);
	run->totals.cached = (uint32_t)column_integer(retried, 1);
	statement_reset(retried);
	return true;
}

/* Only once the list is read: a look at another moment is no part of it. */
static bool settle_lost_runs(
	struct record *record, struct run *runs, uint32_t count, struct error *error)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!lost_run_settle(record, &runs[i], error))
			return false;
		measure_wall(&runs[i]);
	}
	return true;
}

bool record_list_runs(struct record *record, struct arena *arena, struct run **runs,
	uint32_t *count, struct error *error)
{
	struct statement *list = record_statement(record, SQL_LIST_RUNS, error);
	int64_t all = 0;
	bool row = true;

	*count = 0;
	if (!list || !attempt_starts_settle(record, error) ||
		!database_number(record->database, "SELECT count(*) FROM runs", &all, error))
		return false;
	*runs = ARENA_ARRAY(arena, struct run, (size_t)all);
	while (row && *count < all) {
		struct run *run = &(*runs)[*count];

		if (!statement_next(list, &row, error))
			return false;
		if (!row)
			break;
		if (!read_run_row(record, list, arena, run, error))
			return false;
		if (!fill_totals(record, column_integer(list, 17), run, error)) {
			statement_reset(list);
			return false;
		}
		(*count)++;
	}
	if (row)
		statement_reset(list);
	return settle_lost_runs(record, *runs, *count, error);
}

bool record_knows_commit(struct record *record, const char *run_id, const char *commit, bool *known,
	struct error *error)
{
	struct statement *read = record_statement(record, SQL_KNOWS_COMMIT, error);
	int64_t number;
	bool row;

	if (!read || !record_run_number(record, run_id, &number, error))
		return false;
	bind_integer(read, 1, number);
	bind_text(read, 2, commit);
	if (!statement_next(read, &row, error))
		return false;
	*known = row && column_integer(read, 0) > 0;
	statement_reset(read);
	return true;
}
