#include <stdlib.h>
#include <string.h>

#include "record/record_internal.h"

void cursor_forget(struct run_cursor *cursor)
{
	seal_release(&cursor->seal);
	free(cursor->id);
	free(cursor->numbers);
	free(cursor->step_states);
	free(cursor->wave_states);
	free(cursor->group_states);
	*cursor = (struct run_cursor){0};
}

/* The run's last seal, which the next one builds on. */
static bool read_seal(struct record *record, struct run_cursor *cursor, struct error *error)
{
	struct statement *last = record_statement(record, SQL_LAST_SEAL, error);
	bool row;

	if (!last)
		return false;
	bind_integer(last, 1, cursor->run);
	if (!statement_next(last, &row, error))
		return false;
	seal_start(&cursor->seal, row && column_text(last, 0) ? column_text(last, 0) : "");
	statement_reset(last);
	return true;
}

static bool read_head(struct record *record, struct run_cursor *cursor, struct error *error)
{
	struct statement *run = record_statement(record, SQL_READ_RUN, error);
	struct statement *last = record_statement(record, SQL_LAST_EVENT, error);
	bool row;

	if (!run || !last)
		return false;
	bind_integer(run, 1, cursor->run);
	if (!statement_next(run, &row, error))
		return false;
	if (row && !column_state(record, run, 6, &cursor->state, error))
		return false;
	statement_reset(run);
	bind_integer(last, 1, cursor->run);
	if (!statement_next(last, &row, error))
		return false;
	cursor->sequence = row ? (uint64_t)column_integer(last, 0) : 0;
	cursor->last_time_ms = row ? column_integer(last, 1) : TIME_NONE;
	statement_reset(last);
	return read_seal(record, cursor, error);
}

static bool read_steps(struct record *record, struct run_cursor *cursor, struct error *error)
{
	struct statement *steps = record_statement(record, SQL_CURSOR_STEPS, error);
	uint32_t capacity = cursor->step_count;
	bool row;

	if (!steps)
		return false;
	bind_integer(steps, 1, cursor->run);
	while (statement_next(steps, &row, error)) {
		uint32_t place;
		enum state state;

		if (!row)
			return true;
		place = column_index(steps, 0);
		if (place >= capacity) {
			statement_reset(steps);
			return record_refuse_row(record, "a step is out of place", error);
		}
		if (!column_state(record, steps, 2, &state, error))
			return false;
		cursor->numbers[place] = column_index(steps, 1);
		cursor->step_states[place] = (unsigned char)state;
	}
	return false;
}

/* Waves or groups: rows of a number, counted from 0 without gaps, and a state. */
static bool read_states(struct record *record, enum sql sql, unsigned char *states, uint32_t count,
	struct error *error)
{
	struct statement *statement = record_statement(record, sql, error);
	bool row;

	if (!statement)
		return false;
	bind_integer(statement, 1, record->cursor.run);
	while (statement_next(statement, &row, error)) {
		uint32_t index;
		enum state state;

		if (!row)
			return true;
		index = column_index(statement, 0);
		if (index >= count) {
			statement_reset(statement);
			return record_refuse_row(record, "a wave or group is missing", error);
		}
		if (!column_state(record, statement, 1, &state, error))
			return false;
		states[index] = (unsigned char)state;
	}
	return false;
}

static bool read_counts(struct record *record, struct run_cursor *cursor, struct error *error)
{
	struct statement *counts = record_statement(record, SQL_READ_COUNTS, error);
	bool row;

	if (!counts)
		return false;
	bind_integer(counts, 1, cursor->run);
	if (!statement_next(counts, &row, error))
		return false;
	cursor->step_count = column_index(counts, 0);
	cursor->wave_count = column_index(counts, 2);
	cursor->group_count = column_index(counts, 3);
	statement_reset(counts);
	cursor->numbers = heap_allocate(cursor->step_count, sizeof *cursor->numbers);
	cursor->step_states = heap_allocate(cursor->step_count, 1);
	cursor->wave_states = heap_allocate(cursor->wave_count, 1);
	cursor->group_states = heap_allocate(cursor->group_count, 1);
	return true;
}

bool cursor_move(struct record *record, const char *run_id, struct error *error)
{
	struct run_cursor *cursor = &record->cursor;

	if (cursor->id && strcmp(cursor->id, run_id) == 0)
		return true;
	if (!record_settle(record, error))
		return false;
	cursor_forget(cursor);
	if (!record_run_number(record, run_id, &cursor->run, error))
		return false;
	if (!read_head(record, cursor, error) || !read_counts(record, cursor, error) ||
		!read_steps(record, cursor, error) ||
		!read_states(
			record, SQL_CURSOR_WAVES, cursor->wave_states, cursor->wave_count, error) ||
		!read_states(record, SQL_CURSOR_GROUPS, cursor->group_states, cursor->group_count,
			error)) {
		cursor_forget(cursor);
		return false;
	}
	cursor->id = heap_allocate(strlen(run_id) + 1, 1);
	memcpy(cursor->id, run_id, strlen(run_id));
	return true;
}
