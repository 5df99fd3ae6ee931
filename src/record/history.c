#include <stdlib.h>

#include "record/record_internal.h"

/* Runs that broke off early have little to tell, so more are looked at than are counted. */
#define RUNS_LOOKED_AT (2 * HISTORY_DEPTH)

/* The newest durations of one step. */
struct durations {
	const char *step_id;
	uint32_t count;
	int64_t values[HISTORY_DEPTH];
	uint64_t peak_rss_bytes; /* the highest of them */
};

struct duration_table {
	struct durations *steps; /* heap */
	uint32_t count;
	uint32_t capacity;
};

static int compare_durations(const void *left, const void *right)
{
	const int64_t *a = left;
	const int64_t *b = right;

	return (*a > *b) - (*a < *b);
}

/* Of an even number the mean of the two in the middle. values are sorted. */
static int64_t median(const int64_t *values, uint32_t count)
{
	if (count % 2)
		return values[count / 2];
	return values[count / 2 - 1] + (values[count / 2] - values[count / 2 - 1]) / 2;
}

/* By nearest rank: the smallest value that nine in ten do not exceed. values are sorted. */
static int64_t ninth_decile(const int64_t *values, uint32_t count)
{
	return values[(count * 9 + 9) / 10 - 1];
}

static void add_duration(struct duration_table *table, struct history *history, struct arena *arena,
	struct statement *row)
{
	const char *id = column_text(row, 0);
	int64_t duration_ms = column_integer(row, 1);
	int64_t peak_rss_bytes = column_integer(row, 2);
	struct durations *step;
	uint32_t index = map_find(&history->by_id, id);

	if (index == INDEX_NONE) {
		GROW(table->steps, table->count, table->capacity);
		index = table->count++;
		table->steps[index].step_id = arena_copy_text(arena, id);
		map_add(&history->by_id, table->steps[index].step_id, index);
	}
	step = &table->steps[index];
	if (step->count == HISTORY_DEPTH)
		return;
	/* A clock that was set back makes a negative duration. */
	step->values[step->count++] = duration_ms > 0 ? duration_ms : 0;
	if (peak_rss_bytes > 0 && (uint64_t)peak_rss_bytes > step->peak_rss_bytes)
		step->peak_rss_bytes = (uint64_t)peak_rss_bytes;
}

static bool read_durations(struct statement *read, struct duration_table *table,
	struct history *history, struct arena *arena, struct error *error)
{
	bool row;

	while (statement_next(read, &row, error)) {
		if (!row)
			return true;
		add_duration(table, history, arena, read);
	}
	return false;
}

bool record_read_history(struct record *record, const char *pipeline_name, struct arena *arena,
	struct history *history, struct error *error)
{
	struct statement *read = record_statement(record, SQL_READ_HISTORY, error);
	struct duration_table table = {0};
	bool done;

	*history = (struct history){0};
	if (!read)
		return false;
	bind_text(read, 1, pipeline_name);
	bind_integer(read, 2, RUNS_LOOKED_AT);
	done = read_durations(read, &table, history, arena, error);
	history->entries = ARENA_ARRAY(arena, struct history_entry, table.count);
	for (uint32_t i = 0; done && i < table.count; i++) {
		struct durations *step = &table.steps[i];
		struct history_entry *entry = &history->entries[i];

		entry->step_id = step->step_id;
		entry->run_count = step->count;
		entry->peak_rss_bytes = step->peak_rss_bytes;
		qsort(step->values, step->count, sizeof *step->values, compare_durations);
		entry->median_ms = median(step->values, step->count);
		entry->ninth_decile_ms = ninth_decile(step->values, step->count);
	}
	history->count = table.count;
	free(table.steps);
	if (!done)
		map_release(&history->by_id);
	return done;
}
