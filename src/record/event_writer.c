#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "record/record_internal.h"

/* Whose state an event moves. */
enum event_subject { SUBJECT_NONE, SUBJECT_RUN, SUBJECT_WAVE, SUBJECT_GROUP, SUBJECT_STEP };

typedef bool row_writer(
	struct record *record, const struct event *event, enum state to, struct error *error);

/* What an event does to the rows. */
struct event_rule {
	enum event_subject subject; /* that must be there, by its index in the event */
	bool moves;                 /* to the state below; else the subject's state is left */
	enum state to;
	bool may_stay;     /* also legal when it is in that state already */
	row_writer *write; /* NULL: no row but the event's own */
};

static bool run_started(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct statement *change = record_statement(record, SQL_RUN_STARTED, error);

	(void)to;
	if (!change)
		return false;
	bind_integer(change, 1, record->cursor.run);
	bind_integer(change, 2, event->time_ms);
	return statement_run(change, NULL, error);
}

static bool run_resumed(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct statement *change = record_statement(record, SQL_RUN_RESUMED, error);

	(void)to;
	if (!change)
		return false;
	bind_integer(change, 1, record->cursor.run);
	bind_integer(change, 2, event->time_ms);
	bind_time(change, 3, record->cursor.last_time_ms);
	return statement_run(change, NULL, error);
}

static bool run_ended(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct statement *change = record_statement(record, SQL_RUN_ENDED, error);

	if (!change)
		return false;
	bind_integer(change, 1, record->cursor.run);
	bind_text(change, 2, state_name(to));
	bind_integer(change, 3, event->time_ms);
	bind_text(change, 4, event->reason);
	return statement_run(change, NULL, error);
}

static bool part_started(struct record *record, enum sql sql, uint32_t index,
	const struct event *event, struct error *error)
{
	struct statement *change = record_statement(record, sql, error);

	if (!change)
		return false;
	bind_integer(change, 1, record->cursor.run);
	bind_integer(change, 2, index);
	bind_integer(change, 3, event->time_ms);
	return statement_run(change, NULL, error);
}

static bool part_ended(struct record *record, enum sql sql, const struct event *event,
	enum state to, struct error *error)
{
	struct statement *change = record_statement(record, sql, error);

	if (!change)
		return false;
	bind_integer(change, 1, record->cursor.run);
	bind_integer(change, 2, sql == SQL_WAVE_ENDED ? event->wave : event->group);
	bind_text(change, 3, state_name(to));
	bind_integer(change, 4, event->time_ms);
	return statement_run(change, NULL, error);
}

static bool wave_started(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	(void)to;
	return part_started(record, SQL_WAVE_STARTED, event->wave, event, error);
}

static bool wave_ended(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	return part_ended(record, SQL_WAVE_ENDED, event, to, error);
}

static bool group_started(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	(void)to;
	return part_started(record, SQL_GROUP_STARTED, event->group, event, error);
}

static bool group_ended(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	return part_ended(record, SQL_GROUP_ENDED, event, to, error);
}

uint32_t event_step_number(const struct record *record, const struct event *event)
{
	return record->cursor.numbers[event->step];
}

static bool step_skipped(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct statement *change = record_statement(record, SQL_STEP_SKIPPED, error);

	if (!change)
		return false;
	bind_integer(change, 1, record->cursor.run);
	bind_integer(change, 2, event_step_number(record, event));
	bind_text(change, 3, state_name(to));
	bind_text(change, 4, event->reason);
	return statement_run(change, NULL, error);
}

static bool artifact_created(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct statement *add = record_statement(record, SQL_ADD_ARTIFACT, error);
	const struct artifact *artifact = event->artifact;

	(void)to;
	if (!add)
		return false;
	if (!artifact)
		return error_set(error, ERROR_DATABASE, "it names no artifact");
	bind_integer(add, 1, record->cursor.run);
	bind_integer(add, 2, event_step_number(record, event));
	bind_text(add, 3, artifact->name);
	bind_text(add, 4, artifact->path);
	bind_integer(add, 5, artifact->file_count);
	bind_integer(add, 6, artifact->is_folder);
	bind_integer(add, 7, (int64_t)artifact->size_bytes);
	bind_text(add, 8, artifact->sha256);
	return statement_run(add, NULL, error);
}

static bool checkpoint_written(struct record *record, const struct event *event,
	const char *checkpoint_state, struct error *error)
{
	struct statement *add = record_statement(record, SQL_ADD_CHECKPOINT, error);
	const struct checkpoint *checkpoint = event->checkpoint;

	if (!add)
		return false;
	if (!checkpoint)
		return error_set(error, ERROR_DATABASE, "it names no checkpoint");
	bind_integer(add, 1, record->cursor.run);
	bind_text(add, 2, checkpoint_state);
	bind_integer(add, 3, checkpoint->number);
	bind_text(add, 4, checkpoint_trigger_name(checkpoint->trigger));
	bind_index(add, 5, checkpoint->wave);
	bind_integer(add, 6, checkpoint->partial);
	bind_integer(add, 7, checkpoint->time_ms);
	bind_integer(add, 8, checkpoint->duration_ms);
	bind_text(add, 9, checkpoint->commit);
	bind_text(add, 10, checkpoint->parent);
	bind_text(add, 11, checkpoint->reference);
	bind_integer(add, 12, checkpoint->files_changed);
	bind_integer(add, 13, (int64_t)checkpoint->bytes);
	bind_text(add, 14, checkpoint->subject);
	bind_text(add, 15, event->reason);
	return statement_run(add, NULL, error);
}

static bool checkpoint_prepared(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	(void)to;
	return checkpoint_written(record, event, "prepared", error);
}

static bool checkpoint_created(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	(void)to;
	return checkpoint_written(record, event, "done", error);
}

/* One that failed before its commit was made names no checkpoint and leaves no row. */
static bool checkpoint_failed(
	struct record *record, const struct event *event, enum state to, struct error *error)
{
	struct statement *change;

	(void)to;
	if (event->checkpoint)
		return checkpoint_written(record, event, "failed", error);
	change = record_statement(record, SQL_CHECKPOINT_FAILED, error);
	if (!change)
		return false;
	bind_integer(change, 1, record->cursor.run);
	bind_text(change, 2, event->reason);
	return statement_run(change, NULL, error);
}

static const struct event_rule rules[] = {
	[EVENT_PIPELINE_STARTED] = {SUBJECT_RUN, true, STATE_RUNNING, false, run_started},
	[EVENT_PIPELINE_RESUMED] = {SUBJECT_RUN, true, STATE_RUNNING, true, run_resumed},
	[EVENT_PIPELINE_COMPLETED] = {SUBJECT_RUN, true, STATE_DONE, false, run_ended},
	[EVENT_PIPELINE_FAILED] = {SUBJECT_RUN, true, STATE_FAILED, false, run_ended},
	[EVENT_PIPELINE_INTERRUPTED] = {SUBJECT_RUN, true, STATE_INTERRUPTED, false, run_ended},
	[EVENT_WAVE_STARTED] = {SUBJECT_WAVE, true, STATE_RUNNING, false, wave_started},
	[EVENT_WAVE_COMPLETED] = {SUBJECT_WAVE, true, STATE_DONE, false, wave_ended},
	[EVENT_WAVE_FAILED] = {SUBJECT_WAVE, true, STATE_FAILED, false, wave_ended},
	[EVENT_GROUP_STARTED] = {SUBJECT_GROUP, true, STATE_RUNNING, false, group_started},
	[EVENT_GROUP_COMPLETED] = {SUBJECT_GROUP, true, STATE_DONE, false, group_ended},
	[EVENT_GROUP_FAILED] = {SUBJECT_GROUP, true, STATE_FAILED, false, group_ended},
	[EVENT_STEP_STARTED] = {SUBJECT_STEP, true, STATE_RUNNING, true, attempt_started},
	[EVENT_STEP_COMPLETED] = {SUBJECT_STEP, true, STATE_DONE, false, attempt_ended},
	[EVENT_STEP_FAILED] = {SUBJECT_STEP, true, STATE_FAILED, false, attempt_ended},
	[EVENT_STEP_RETRIED] = {SUBJECT_STEP, true, STATE_RUNNING, true, attempt_ended},
	[EVENT_STEP_SKIPPED] = {SUBJECT_STEP, true, STATE_SKIPPED, false, step_skipped},
	[EVENT_STEP_CANCELLED] = {SUBJECT_STEP, true, STATE_PENDING, false, attempt_ended},
	[EVENT_STEP_ROLLED_BACK] = {SUBJECT_STEP, true, STATE_PENDING, false, step_skipped},
	[EVENT_STEP_EXPANDED] = {SUBJECT_STEP, false, STATE_COUNT, false, step_expanded},
	[EVENT_CACHE_HIT] = {SUBJECT_STEP, true, STATE_RUNNING, false, cache_was_hit},
	[EVENT_CONTRACT_VALIDATED] = {SUBJECT_STEP, false, STATE_COUNT, false, contract_checked},
	[EVENT_CONTRACT_FAILED] = {SUBJECT_STEP, false, STATE_COUNT, false, contract_checked},
	[EVENT_ARTIFACT_CREATED] = {SUBJECT_STEP, false, STATE_COUNT, false, artifact_created},
	[EVENT_ARTIFACT_INJECTED] = {SUBJECT_STEP, false, STATE_COUNT, false, NULL},
	[EVENT_CHECKPOINT_PREPARED] = {SUBJECT_NONE, false, STATE_COUNT, false,
		checkpoint_prepared},
	[EVENT_CHECKPOINT_CREATED] = {SUBJECT_NONE, false, STATE_COUNT, false, checkpoint_created},
	[EVENT_CHECKPOINT_FAILED] = {SUBJECT_NONE, false, STATE_COUNT, false, checkpoint_failed},
	[EVENT_GATE_WAITING] = {SUBJECT_STEP, false, STATE_COUNT, false, gate_waits},
	[EVENT_GATE_OPENED] = {SUBJECT_STEP, false, STATE_COUNT, false, gate_opened},
};
static_assert(ARRAY_LENGTH(rules) == EVENT_TYPE_COUNT, "one rule an event");

/* Where the state of the event's subject is kept: an array's place; NULL: there is no such. */
static unsigned char *subject_state(
	struct run_cursor *cursor, enum event_subject subject, const struct event *event)
{
	switch (subject) {
	case SUBJECT_WAVE:
		return event->wave < cursor->wave_count ? &cursor->wave_states[event->wave] : NULL;
	case SUBJECT_GROUP:
		return event->group < cursor->group_count ? &cursor->group_states[event->group]
							  : NULL;
	case SUBJECT_STEP:
		return event->step < cursor->step_count ? &cursor->step_states[event->step] : NULL;
	case SUBJECT_RUN:
	case SUBJECT_NONE:
		break;
	}
	return NULL;
}

/* Checks that the move is legal, and makes it in the cursor. */
static bool move_subject(struct run_cursor *cursor, const struct event_rule *rule,
	const struct event *event, struct error *error)
{
	unsigned char *place;
	enum state from;

	if (rule->subject == SUBJECT_NONE)
		return true;
	place = subject_state(cursor, rule->subject, event);
	if (!place && rule->subject != SUBJECT_RUN)
		return error_set(error, ERROR_DATABASE, "the run has no such step, wave or group");
	if (!rule->moves)
		return true;
	from = place ? (enum state) * place : cursor->state;
	if (!(rule->may_stay && from == rule->to) && !state_may_follow(from, rule->to))
		return error_set(error, ERROR_DATABASE, "what is %s cannot become %s",
			state_name(from), state_name(rule->to));
	if (place)
		*place = (unsigned char)rule->to;
	else
		cursor->state = rule->to;
	return true;
}

/* Columns are bound and sealed in their order, so that the same bytes are read back. */
struct event_columns {
	struct statement *row;
	struct hash *hash;
	int count;
};

static void put_integer(struct event_columns *columns, int64_t number)
{
	bind_integer(columns->row, ++columns->count, number);
	seal_add_integer(columns->hash, number);
}

static void put_index(struct event_columns *columns, uint32_t index)
{
	bind_index(columns->row, ++columns->count, index);
	if (index == INDEX_NONE)
		seal_add_null(columns->hash);
	else
		seal_add_integer(columns->hash, index);
}

static void put_text(struct event_columns *columns, const char *text)
{
	bind_text(columns->row, ++columns->count, text);
	seal_add_text(columns->hash, text, text ? strlen(text) : 0);
}

static bool add_event_row(struct record *record, const struct event *event,
	const struct event_names *names, struct error *error)
{
	struct run_cursor *cursor = &record->cursor;
	struct event_columns columns = {
		record_statement(record, SQL_ADD_EVENT, error), &cursor->seal.hash, 0};
	enum failure_class failure = attempt_failure(event);

	if (!columns.row)
		return false;
	buffer_clear(&record->json);
	event_append_json(event, names, &record->json);
	put_integer(&columns, cursor->run << 32 | (int64_t)event->sequence);
	put_text(&columns, event_type_name(event->type));
	put_integer(&columns, event->time_ms);
	put_index(&columns,
		event->step < cursor->step_count ? event_step_number(record, event) : INDEX_NONE);
	put_index(&columns, event->wave);
	put_index(&columns, event->group);
	put_integer(&columns, event->attempt);
	put_integer(&columns, event->duration_ms);
	put_integer(&columns, event->exit_status);
	put_integer(&columns, event->signal);
	put_text(&columns, failure == FAILURE_NONE ? NULL : failure_class_name(failure));
	put_integer(&columns, event->delay_ms);
	put_text(&columns, event->reason);
	put_text(&columns, event->subject);
	bind_bytes(columns.row, ++columns.count, record->json.bytes, record->json.size);
	seal_add_text(columns.hash, record->json.bytes, record->json.size);
	cursor->seal.count++;
	return statement_run(columns.row, NULL, error);
}

static bool write_rows(struct record *record, const struct event *event,
	const struct event_names *names, struct error *error)
{
	const struct event_rule *rule = &rules[event->type];

	return (!rule->write || rule->write(record, event, rule->to, error)) &&
	       add_event_row(record, event, names, error);
}

static bool refuse_event(const char *run_id, const struct event *event,
	const struct event_names *names, struct error *error)
{
	if (names && names->step_id)
		return error_context(error, "run '%s': event %s of step '%s'", run_id,
			event_type_name(event->type), names->step_id);
	return error_context(error, "run '%s': event %s", run_id, event_type_name(event->type));
}

bool record_event(struct record *record, const char *run_id, struct event *event,
	const struct event_names *names, struct error *error)
{
	struct run_cursor *cursor = &record->cursor;
	struct event_names none = {.run_id = run_id};

	if (event->type >= EVENT_TYPE_COUNT)
		return error_set(error, ERROR_DATABASE, "there is no event %d", (int)event->type);
	if (!record_open_transaction(record, error) || !cursor_move(record, run_id, error))
		return refuse_event(run_id, event, names, error);
	if (!move_subject(cursor, &rules[event->type], event, error))
		return refuse_event(run_id, event, names, error);
	event->sequence = cursor->sequence + 1;
	if (!write_rows(record, event, names ? names : &none, error)) {
		/* Half of the event may be in the transaction: no commit may follow. */
		record->is_broken = true;
		return refuse_event(run_id, event, names, error);
	}
	cursor->sequence++;
	if (event->type == EVENT_CHECKPOINT_CREATED && event->checkpoint->commit) {
		cursor->stated = cursor->stating;
		snprintf(cursor->stated_commit, sizeof cursor->stated_commit, "%s",
			event->checkpoint->commit);
	}
	cursor->last_time_ms = event->time_ms;
	return true;
}
