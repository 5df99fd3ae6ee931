/*
 * The rows of steps and attempts. Most attempts end in the transaction they began in: their start
 * is only remembered, and what it would have written is written together with the end, in half
 * the statements. Starts that are left when the transaction is committed are written then, so
 * nobody else ever sees the difference.
 */
#include "record/record_internal.h"

/* Among as many as run at once, mostly the oldest; NULL: it is in its rows already. */
static struct fresh_start *find_start(struct record *record, uint32_t step, uint32_t attempt)
{
	for (uint32_t i = 0; i < record->start_count; i++) {
		struct fresh_start *start = &record->starts[i];

		if (start->step == step && start->attempt == attempt)
			return start;
	}
	return NULL;
}

bool attempt_started(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	uint32_t step = event_step_number(record, event);

	(void)to;
	if (find_start(record, step, event->attempt))
		return error_set(
			error, ERROR_DATABASE, "attempt %u is running already", event->attempt);
	GROW(record->starts, record->start_count, record->start_capacity);
	record->starts[record->start_count++] = (struct fresh_start){
		.step = step,
		.attempt = event->attempt,
		.process_id = event->process_id,
		.started_ms = event->time_ms,
		.queue_ms = event->queue_ms,
		.containment = event->containment,
	};
	return true;
}

static bool write_step_started(
	struct record *record, const struct fresh_start *start, struct error *error)
{
	struct statement *change = record_statement(record, SQL_STEP_STARTED, error);

	if (!change)
		return false;
	bind_integer(change, 1, record->cursor.run);
	bind_integer(change, 2, start->step);
	bind_integer(change, 3, start->started_ms);
	return statement_run(change, NULL, error);
}

static bool write_attempt_started(
	struct record *record, const struct fresh_start *start, struct error *error)
{
	struct statement *add = record_statement(record, SQL_ATTEMPT_STARTED, error);

	if (!add)
		return false;
	bind_integer(add, 1, record->cursor.run);
	bind_integer(add, 2, start->step);
	bind_integer(add, 3, start->attempt);
	bind_integer(add, 4, start->started_ms);
	bind_integer(add, 5, start->queue_ms);
	bind_integer(add, 6, start->process_id);
	bind_integer(add, 7, start->containment);
	return statement_run(add, NULL, error);
}

bool attempt_starts_settle(struct record *record, struct error *error)
{
	bool done = true;

	for (uint32_t i = 0; done && i < record->start_count; i++)
		done = write_step_started(record, &record->starts[i], error) &&
		       write_attempt_started(record, &record->starts[i], error);
	record->start_count = 0;
	return done;
}

static bool write_step_ended(struct record *record, const struct event *event, enum state to,
	const struct fresh_start *start, struct error *error)
{
	struct statement *change = record_statement(record, SQL_STEP_ENDED, error);

	if (!change)
		return false;
	bind_integer(change, 1, record->cursor.run);
	bind_integer(change, 2, event_step_number(record, event));
	bind_text(change, 3, state_name(to));
	bind_integer(change, 4, event->time_ms);
	bind_text(change, 5, event->reason);
	bind_time(change, 6, start ? start->started_ms : TIME_NONE);
	return statement_run(change, NULL, error);
}

enum failure_class attempt_failure(const struct event *event)
{
	if (event->type == EVENT_STEP_CANCELLED && event->failure == FAILURE_NONE)
		return FAILURE_CANCELLED;
	return event->failure;
}

/* Parameters 1 to 15 are the same, whether the row is there or not. */
static void bind_end(struct statement *row, const struct record *record, const struct event *event,
	enum state to)
{
	enum failure_class failure = attempt_failure(event);

	bind_integer(row, 1, record->cursor.run);
	bind_integer(row, 2, event_step_number(record, event));
	bind_integer(row, 3, event->attempt);
	bind_text(row, 4, state_name(to == STATE_DONE ? STATE_DONE : STATE_FAILED));
	bind_text(row, 5, failure == FAILURE_NONE ? NULL : failure_class_name(failure));
	bind_integer(row, 6, event->time_ms);
	bind_integer(row, 7, event->queue_ms);
	bind_integer(row, 8, event->exit_status);
	bind_integer(row, 9, event->signal);
	bind_integer(row, 10, event->cpu_ms);
	bind_integer(row, 11, (int64_t)event->peak_rss_bytes);
	bind_integer(row, 12, (int64_t)event->log_bytes);
	bind_integer(row, 13, event->log_truncated);
	bind_text(row, 14, event->log_path);
	bind_text(row, 15, event->reason);
}

static bool write_attempt_ended(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct statement *change = record_statement(record, SQL_ATTEMPT_ENDED, error);
	uint32_t changed = 0;

	if (!change)
		return false;
	bind_end(change, record, event, to);
	if (!statement_run(change, &changed, error))
		return false;
	if (changed == 1)
		return true;
	return error_set(error, ERROR_DATABASE, "attempt %u is not running", event->attempt);
}

static bool write_whole_attempt(struct record *record, const struct event *event, enum state to,
	const struct fresh_start *start, struct error *error)
{
	struct statement *add = record_statement(record, SQL_ADD_ATTEMPT, error);

	if (!add)
		return false;
	bind_end(add, record, event, to);
	if (start->queue_ms > event->queue_ms)
		bind_integer(add, 7, start->queue_ms);
	bind_integer(add, 16, start->started_ms);
	bind_integer(add, 17, start->process_id);
	bind_integer(add, 18, start->containment);
	return statement_run(add, NULL, error);
}

bool attempt_ended(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct fresh_start *start =
		find_start(record, event_step_number(record, event), event->attempt);
	bool done;

	if (event->type == EVENT_STEP_COMPLETED && (event->key || event->tree) &&
		!step_result_kept(record, event, error))
		return false;
	/* It waited for its next attempt, or comes from the cache: no attempt of it ends now. */
	if (!event->attempt || event->key)
		return write_step_ended(record, event, to, NULL, error);
	/* A step that is tried again goes on running, so its row tells of its start alone. */
	if (event->type == EVENT_STEP_RETRIED)
		done = !start || write_step_started(record, start, error);
	else
		done = write_step_ended(record, event, to, start, error);
	if (!done || !start)
		return done && write_attempt_ended(record, event, to, error);
	done = write_whole_attempt(record, event, to, start, error);
	*start = record->starts[--record->start_count];
	return done;
}
