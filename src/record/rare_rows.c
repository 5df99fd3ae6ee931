/*
 * What few steps have: contracts and what they found, results besides files, gates, instances; and
 * what few runs have, other slots since they were continued.
 */
#include "record/run_reading.h"

/* With the run and the event's step as its first parameters; NULL with *error on failure. */
static struct statement *step_statement(
	struct record *record, enum sql sql, const struct event *event, struct error *error)
{
	struct statement *statement = record_statement(record, sql, error);

	if (!statement)
		return NULL;
	bind_integer(statement, 1, record->cursor.run);
	bind_integer(statement, 2, event_step_number(record, event));
	return statement;
}

static bool add_contract_error(
	struct record *record, const struct event *event, uint32_t place, struct error *error)
{
	struct statement *add = step_statement(record, SQL_ADD_CONTRACT_ERROR, event, error);
	const struct contract_error *found = &event->errors[place];

	if (!add)
		return false;
	bind_integer(add, 3, (int64_t)event->sequence);
	bind_integer(add, 4, place);
	bind_text(add, 5, found->pointer);
	bind_text(add, 6, found->keyword);
	bind_text(add, 7, found->expected);
	bind_text(add, 8, found->actual);
	return statement_run(add, NULL, error);
}

bool contract_checked(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct statement *add = step_statement(record, SQL_ADD_CONTRACT, event, error);

	(void)to;
	if (!add)
		return false;
	bind_integer(add, 3, (int64_t)event->sequence);
	bind_integer(add, 4, event->attempt);
	bind_integer(add, 5, event->type == EVENT_CONTRACT_VALIDATED);
	bind_text(add, 6, event->subject);
	bind_text(add, 7, event->type == EVENT_CONTRACT_VALIDATED ? NULL : event->reason);
	bind_integer(add, 8, event->duration_ms);
	bind_integer(add, 9, event->was_known);
	bind_integer(add, 10, event->count);
	if (!statement_run(add, NULL, error))
		return false;
	for (uint32_t i = 0; i < event->error_count; i++)
		if (!add_contract_error(record, event, i, error))
			return false;
	return true;
}

bool step_result_kept(struct record *record, const struct event *event, struct error *error)
{
	struct statement *add = step_statement(record, SQL_ADD_RESULT, event, error);

	if (!add)
		return false;
	bind_text(add, 3, event->key);
	bind_text(add, 4, event->tree);
	return statement_run(add, NULL, error);
}

/* The step runs, without an attempt: its end follows. */
bool cache_was_hit(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct statement *change = step_statement(record, SQL_STEP_STARTED, event, error);

	(void)to;
	if (!change)
		return false;
	bind_integer(change, 3, event->time_ms);
	return statement_run(change, NULL, error);
}

/* The reason is for a list without items: no instance takes the step's row over then. */
bool step_expanded(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct statement *change = step_statement(record, SQL_STEP_SKIPPED, event, error);

	(void)to;
	if (!change)
		return false;
	bind_text(change, 3, state_name(STATE_PENDING));
	bind_text(change, 4, event->count == 0 ? REASON_NO_ITEMS : NULL);
	return statement_run(change, NULL, error);
}

bool gate_waits(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct statement *add = step_statement(record, SQL_GATE_WAITING, event, error);

	(void)to;
	if (!add)
		return false;
	bind_integer(add, 3, (int64_t)event->sequence);
	bind_integer(add, 4, event->time_ms);
	return statement_run(add, NULL, error);
}

bool gate_opened(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct statement *change = step_statement(record, SQL_GATE_OPENED, event, error);
	uint32_t changed = 0;

	(void)to;
	if (!change)
		return false;
	bind_integer(change, 3, event->time_ms);
	bind_text(change, 4, event->subject);
	if (!statement_run(change, &changed, error))
		return false;
	return changed == 1 || error_set(error, ERROR_DATABASE, "it does not wait at a gate");
}

static bool read_rare_counts(struct run_reading *reading, struct error *error)
{
	struct statement *row = record_statement(reading->record, SQL_READ_RARE_COUNTS, error);
	struct run *run = reading->run;
	bool present;

	if (!row)
		return false;
	bind_integer(row, 1, reading->number);
	if (!statement_next(row, &present, error))
		return false;
	reading->error_count = column_index(row, 0);
	reading->result_count = column_index(row, 1);
	run->gate_count = column_index(row, 2);
	statement_reset(row);
	reading->errors = ARENA_ARRAY(reading->arena, struct contract_error, reading->error_count);
	run->gates = ARENA_ARRAY(reading->arena, struct run_gate, run->gate_count);
	return true;
}

/* Rows of errors come in the order of the contracts they belong to. */
static bool read_contract_error(
	struct run_reading *reading, struct statement *row, uint32_t index, struct error *error)
{
	uint32_t step = column_index(row, 0);
	int64_t sequence = column_integer(row, 1);
	struct run *run = reading->run;
	struct contract_error *found = &reading->errors[index];
	uint32_t at = reading->error_contract;

	while (at < run->contract_count && (reading->contract_rows[at].step != step ||
						   reading->contract_rows[at].sequence != sequence))
		at++;
	if (at == run->contract_count)
		return record_refuse_row(reading->record, "an error belongs to no contract", error);
	reading->error_contract = at;
	found->pointer = column_copy(row, 2, reading->arena);
	found->keyword = column_copy(row, 3, reading->arena);
	found->expected = column_copy(row, 4, reading->arena);
	found->actual = column_copy(row, 5, reading->arena);
	if (!run->contracts[at].errors)
		run->contracts[at].errors = found;
	run->contracts[at].error_count++;
	return true;
}

static bool read_result(
	struct run_reading *reading, struct statement *row, uint32_t index, struct error *error)
{
	uint32_t place = row_place(reading, row, 0);
	struct run_step *step;

	(void)index;
	if (place == INDEX_NONE)
		return record_refuse_row(reading->record, "a result belongs to no step", error);
	step = &reading->run->steps[place];
	/* What ran again since has left its result behind. */
	if (step->state != STATE_DONE)
		return true;
	step->cache_key = column_copy(row, 1, reading->arena);
	step->tree = column_copy(row, 2, reading->arena);
	return true;
}

static bool read_gate(
	struct run_reading *reading, struct statement *row, uint32_t index, struct error *error)
{
	struct run_gate *gate = &reading->run->gates[index];

	gate->step = row_place(reading, row, 0);
	gate->waiting_ms = column_time(row, 1);
	gate->opened_ms = column_time(row, 2);
	gate->is_open = gate->opened_ms != TIME_NONE;
	gate->approved_by = column_copy(row, 3, reading->arena);
	return gate->step != INDEX_NONE ||
	       record_refuse_row(reading->record, "a gate belongs to no step", error);
}

/* Of a run that was never continued run->jobs says it all, and its events need not be looked at. */
static bool read_slots(struct run_reading *reading, struct error *error)
{
	struct statement *rows = record_statement(reading->record, SQL_READ_SLOTS, error);
	struct run *run = reading->run;
	bool present;

	if (!rows || run->resume_count == 0)
		return rows != NULL;
	bind_integer(rows, 1, reading->number);
	while (statement_next(rows, &present, error)) {
		if (!present)
			return true;
		if (!run->slots)
			run->slots = ARENA_ARRAY(
				reading->arena, struct run_slots, column_index(rows, 3));
		if (!column_is_null(rows, 1))
			run->slots[run->slots_count++] = (struct run_slots){column_time(rows, 0),
				(uint32_t)column_integer(rows, 1),
				column_copy(rows, 2, reading->arena)};
	}
	return false;
}

/*
 * By the order of events, not by their times: a step may end in the millisecond of a checkpoint.
 * Only what came after the newest checkpoint is looked at.
 */
static bool read_kept(struct run_reading *reading, struct error *error)
{
	struct statement *rows = record_statement(reading->record, SQL_READ_NOT_KEPT, error);
	struct run *run = reading->run;
	bool present;

	if (!rows || run->checkpoint_count == 0)
		return rows != NULL;
	for (uint32_t i = 0; i < run->step_count; i++)
		run->steps[i].is_kept = run->steps[i].ended_ms != TIME_NONE;
	bind_integer(rows, 1, reading->number);
	while (statement_next(rows, &present, error)) {
		uint32_t place = present ? row_place(reading, rows, 0) : INDEX_NONE;
		if (!present)
			return true;
		if (place != INDEX_NONE)
			run->steps[place].is_kept = false;
	}
	return false;
}

bool read_rare_rows(struct run_reading *reading, struct error *error)
{
	return read_rare_counts(reading, error) &&
	       read_rows(reading, SQL_READ_CONTRACT_ERRORS, reading->error_count,
		       read_contract_error, error) &&
	       read_rows(reading, SQL_READ_RESULTS, reading->result_count, read_result, error) &&
	       read_rows(reading, SQL_READ_GATES, reading->run->gate_count, read_gate, error) &&
	       read_slots(reading, error) && read_kept(reading, error);
}
