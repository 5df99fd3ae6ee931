#include "record/record_internal.h"

/* By a step's number: its place in the present plan. */
struct place_table {
	uint32_t *places;
	uint32_t count;
};

static bool read_places(struct record *record, int64_t number, struct arena *arena,
	struct place_table *table, struct error *error)
{
	struct statement *count = record_statement(record, SQL_READ_COUNTS, error);
	struct statement *steps = record_statement(record, SQL_CURSOR_STEPS, error);
	bool row;

	if (!count || !steps)
		return false;
	bind_integer(count, 1, number);
	if (!statement_next(count, &row, error))
		return false;
	table->count = column_index(count, 0);
	statement_reset(count);
	table->places = ARENA_ARRAY(arena, uint32_t, table->count);
	bind_integer(steps, 1, number);
	while (statement_next(steps, &row, error)) {
		uint32_t step;

		if (!row)
			return true;
		step = column_index(steps, 1);
		if (step < table->count)
			table->places[step] = column_index(steps, 0);
	}
	return false;
}

/* False: the row names no event that we know. */
static bool read_event(struct statement *row, const struct place_table *table, struct event *event)
{
	const char *type = column_text(row, 1);
	const char *failure = column_text(row, 10);
	uint32_t step = column_index(row, 3);

	*event = (struct event){0};
	if (!type || !event_type_parse(type, &event->type) ||
		(failure && !failure_class_parse(failure, &event->failure)))
		return false;
	event->sequence = (uint64_t)column_integer(row, 0);
	event->time_ms = column_integer(row, 2);
	event->step = step < table->count ? table->places[step] : INDEX_NONE;
	event->wave = column_index(row, 4);
	event->group = column_index(row, 5);
	event->attempt = (uint32_t)column_integer(row, 6);
	event->duration_ms = column_integer(row, 7);
	event->exit_status = (int)column_integer(row, 8);
	event->signal = (int)column_integer(row, 9);
	event->delay_ms = column_integer(row, 11);
	event->reason = column_text(row, 12);
	event->subject = column_text(row, 13);
	return true;
}

static bool walk(struct record *record, struct statement *read, const struct place_table *table,
	record_event_visitor *visit, void *context, struct error *error)
{
	bool row;

	while (statement_next(read, &row, error)) {
		struct event event;

		if (!row)
			return true;
		if (!read_event(read, table, &event)) {
			statement_reset(read);
			return record_refuse_row(record, "an event is of no known type", error);
		}
		if (!visit(context, &event, column_text(read, 14))) {
			statement_reset(read);
			return true;
		}
	}
	return false;
}

bool record_read_events(struct record *record, const char *id, record_event_visitor *visit,
	void *context, struct error *error)
{
	struct statement *read = record_statement(record, SQL_READ_EVENTS, error);
	struct place_table table = {0};
	struct arena arena = {0};
	int64_t number;
	bool done;

	if (!read || !record_run_number(record, id, &number, error))
		return false;
	done = read_places(record, number, &arena, &table, error);
	if (done) {
		bind_integer(read, 1, number);
		done = walk(record, read, &table, visit, context, error);
	}
	arena_release(&arena);
	return done;
}
