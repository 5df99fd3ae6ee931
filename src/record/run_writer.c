#include <string.h>

#include "base/map.h"
#include "record/record_internal.h"

/* Steps of the record that a new plan is laid over. */
struct known_steps {
	struct map numbers; /* id to number */
	enum state *states; /* by number */
	uint32_t *places;   /* by number: in the new plan; INDEX_NONE: gone */
	uint32_t count;
};

static bool add_run_row(struct record *record, const struct run *run, struct error *error)
{
	struct statement *add = record_statement(record, SQL_ADD_RUN, error);

	if (!add)
		return false;
	bind_text(add, 1, run->id);
	bind_text(add, 2, run->pipeline_name);
	bind_text(add, 3, run->pipeline_file);
	bind_text(add, 4, pipeline_format_name(run->format));
	bind_text(add, 5, execution_mode_name(run->mode));
	bind_integer(add, 6, run->jobs);
	bind_text(add, 7, state_name(run->state));
	bind_text(add, 8, run->reason);
	bind_time(add, 9, run->started_ms);
	bind_time(add, 10, run->ended_ms);
	bind_integer(add, 11, run->resume_count);
	bind_integer(add, 12, run->paused_ms);
	bind_text(add, 13, run->version);
	bind_text(add, 14, run->host);
	bind_text(add, 15, run->base_commit);
	bind_text(add, 16, run->branch);
	bind_integer(add, 17, run->stage_count);
	return statement_run(add, NULL, error);
}

static bool add_waves(
	struct record *record, int64_t number, const struct run *run, struct error *error)
{
	struct statement *add = record_statement(record, SQL_ADD_WAVE, error);

	if (!add)
		return false;
	for (uint32_t i = 0; i < run->wave_count; i++) {
		const struct run_wave *wave = &run->waves[i];

		bind_integer(add, 1, number);
		bind_integer(add, 2, i);
		bind_text(add, 3, wave->name);
		bind_text(add, 4, wave_origin_name(wave->origin));
		bind_integer(add, 5, wave->stage);
		bind_integer(add, 6, wave->step_count);
		bind_text(add, 7, state_name(wave->state));
		bind_time(add, 8, wave->started_ms);
		bind_time(add, 9, wave->ended_ms);
		if (!statement_run(add, NULL, error))
			return false;
	}
	return true;
}

static bool add_groups(
	struct record *record, int64_t number, const struct run *run, struct error *error)
{
	struct statement *add = record_statement(record, SQL_ADD_GROUP, error);

	if (!add)
		return false;
	for (uint32_t i = 0; i < run->group_count; i++) {
		const struct run_group *group = &run->groups[i];

		bind_integer(add, 1, number);
		bind_integer(add, 2, i);
		bind_text(add, 3, group->name);
		bind_integer(add, 4, group->wave);
		bind_integer(add, 5, group->steps.first);
		bind_integer(add, 6, group->steps.count);
		bind_text(add, 7, state_name(group->state));
		bind_time(add, 8, group->started_ms);
		bind_time(add, 9, group->ended_ms);
		if (!statement_run(add, NULL, error))
			return false;
	}
	return true;
}

/* Where a step of a plan goes in the record. */
struct step_slot {
	int64_t run;
	uint32_t number;
	uint32_t place;
	bool is_new;
	enum state state;
};

static bool write_step(struct record *record, const struct step_slot *slot,
	const struct run_step *step, struct error *error)
{
	struct statement *row =
		record_statement(record, slot->is_new ? SQL_ADD_STEP : SQL_CHANGE_STEP, error);
	struct statement *texts = record_statement(
		record, slot->is_new ? SQL_ADD_STEP_TEXTS : SQL_CHANGE_STEP_TEXTS, error);

	if (!row || !texts)
		return false;
	bind_integer(row, 1, slot->run);
	bind_integer(row, 2, slot->number);
	bind_integer(row, 3, slot->place);
	bind_text(row, 4, step->id);
	bind_text(row, 5, state_name(slot->state));
	bind_text(row, 6, step->reason);
	bind_time(row, 7, step->started_ms);
	bind_time(row, 8, step->ended_ms);
	bind_index(row, 9, step->wave);
	bind_index(row, 10, step->group);
	bind_integer(row, 11, step->stage);
	bind_integer(row, 12, step->estimate_ms);
	bind_integer(row, 13, step->critical);
	bind_text(row, 14, step->fingerprint);
	if (!statement_run(row, NULL, error))
		return false;
	bind_integer(texts, 1, slot->run);
	bind_integer(texts, 2, slot->number);
	bind_text(texts, 3, step->name);
	bind_text(texts, 4, step->command);
	bind_text(texts, 5, step->base_id);
	bind_integer(texts, 6, step->is_optional);
	return statement_run(texts, NULL, error);
}

/* numbers: by place, the steps' numbers; NULL: the place is the number. */
static bool add_edges(struct record *record, int64_t number, const struct run *run,
	const uint32_t *numbers, struct error *error)
{
	struct statement *add = record_statement(record, SQL_ADD_EDGE, error);

	if (!add)
		return false;
	for (uint32_t i = 0; i < run->step_count; i++) {
		struct index_range needs = run->steps[i].needs;

		for (uint32_t k = needs.first; k < needs.first + needs.count; k++) {
			uint32_t need = run->edges[k];

			bind_integer(add, 1, number);
			bind_integer(add, 2, numbers ? numbers[i] : i);
			bind_integer(add, 3, numbers ? numbers[need] : need);
			if (!statement_run(add, NULL, error))
				return false;
		}
	}
	return true;
}

static bool add_steps(
	struct record *record, int64_t number, const struct run *run, struct error *error)
{
	for (uint32_t i = 0; i < run->step_count; i++) {
		struct step_slot slot = {number, i, i, true, run->steps[i].state};

		if (!write_step(record, &slot, &run->steps[i], error))
			return false;
	}
	return true;
}

bool record_add_run(struct record *record, const struct run *run, struct error *error)
{
	int64_t number = 0;

	if (!record_open_transaction(record, error) || !record_settle(record, error))
		return false;
	cursor_forget(&record->cursor);
	return add_run_row(record, run, error) &&
	       record_run_number(record, run->id, &number, error) &&
	       add_waves(record, number, run, error) && add_groups(record, number, run, error) &&
	       add_steps(record, number, run, error) &&
	       add_edges(record, number, run, NULL, error) &&
	       record_seal_start(record, number, error);
}

bool record_begin_run(struct record *record, const struct run *run, struct error *error)
{
	if (record_add_run(record, run, error) && record_flush(record, false, error))
		return true;
	database_rollback(record->database);
	return error_context(error, "run '%s' cannot be begun", run->id);
}

static bool read_known(struct record *record, int64_t number, struct arena *arena,
	struct known_steps *known, struct error *error)
{
	struct statement *read = record_statement(record, SQL_READ_STEPS, error);
	bool row;

	if (!read)
		return false;
	bind_integer(read, 1, number);
	while (statement_next(read, &row, error)) {
		const char *id;

		if (!row)
			return true;
		if (column_index(read, 0) != known->numbers.count ||
			known->numbers.count >= known->count) {
			statement_reset(read);
			return record_refuse_row(record, "steps are missing", error);
		}
		if (!column_state(record, read, 3, &known->states[known->numbers.count], error))
			return false;
		id = column_copy(read, 2, arena);
		if (!id || !map_add(&known->numbers, id, known->numbers.count)) {
			statement_reset(read);
			return record_refuse_row(record, "a step is there twice", error);
		}
	}
	return false;
}

static bool count_steps(struct record *record, int64_t number, uint32_t *count, struct error *error)
{
	struct statement *counts = record_statement(record, SQL_READ_COUNTS, error);
	bool row;

	if (!counts)
		return false;
	bind_integer(counts, 1, number);
	if (!statement_next(counts, &row, error))
		return false;
	*count = column_index(counts, 0);
	statement_reset(counts);
	return true;
}

/* What a known step is after the new plan was laid over it. */
static enum state continued_state(enum state before, enum plan_action action)
{
	return action != ACTION_SKIP || before == STATE_RUNNING ? STATE_PENDING : before;
}

/*
 * The number of the step's row; INDEX_NONE: it has none yet. The first instance of a fan-out
 * takes over the row of the step that stood for all.
 */
static uint32_t known_number(
	const struct known_steps *known, const struct plan *plan, uint32_t place)
{
	const struct step *step = &plan->pipeline->steps[place];
	uint32_t number = map_find(&known->numbers, step->id);

	if (number == INDEX_NONE && step->instance && step->instance->number == 0)
		number = map_find(&known->numbers, step->instance->base_id);
	return number;
}

/* Writes the plan's steps over the known ones; numbers (by place) is filled. */
static bool lay_steps(struct record *record, int64_t number, const struct plan *plan,
	const struct run *fresh, struct known_steps *known, uint32_t *numbers, struct error *error)
{
	uint32_t next = known->count;

	for (uint32_t i = 0; i < fresh->step_count; i++) {
		uint32_t before = known_number(known, plan, i);
		struct step_slot slot = {number, before, i, before == INDEX_NONE, STATE_PENDING};

		if (slot.is_new) {
			slot.number = next++;
		} else {
			slot.state = continued_state(known->states[before], plan->steps[i].action);
			known->places[before] = i;
		}
		numbers[i] = slot.number;
		if (!write_step(record, &slot, &fresh->steps[i], error))
			return false;
	}
	return true;
}

static bool drop_gone_steps(struct record *record, int64_t number, const struct run *fresh,
	const struct known_steps *known, uint32_t *gone_count, struct error *error)
{
	struct statement *drop = record_statement(record, SQL_DROP_STEP, error);

	if (!drop)
		return false;
	*gone_count = 0;
	for (uint32_t i = 0; i < known->count; i++) {
		if (known->places[i] != INDEX_NONE)
			continue;
		bind_integer(drop, 1, number);
		bind_integer(drop, 2, i);
		bind_integer(drop, 3, fresh->step_count + (*gone_count)++);
		bind_text(drop, 4, "no longer in the pipeline");
		bind_integer(drop, 5, fresh->stage_count);
		if (!statement_run(drop, NULL, error))
			return false;
	}
	return true;
}

static bool change_run_row(struct record *record, int64_t number, const struct run *fresh,
	uint32_t stage_count, struct error *error)
{
	struct statement *change = record_statement(record, SQL_CHANGE_RUN, error);

	if (!change)
		return false;
	bind_integer(change, 1, number);
	bind_text(change, 2, execution_mode_name(fresh->mode));
	bind_integer(change, 3, fresh->jobs);
	bind_integer(change, 4, stage_count);
	return statement_run(change, NULL, error);
}

/* The last event's time is the best guess at when the killed runner ended. */
static bool end_lost_attempts(
	struct record *record, int64_t number, int64_t last_time_ms, struct error *error)
{
	struct statement *end = record_statement(record, SQL_END_LOST_ATTEMPTS, error);

	if (!end)
		return false;
	bind_integer(end, 1, number);
	bind_text(end, 2, failure_class_name(FAILURE_CANCELLED));
	bind_text(end, 3, "runner ended");
	bind_integer(end, 4, last_time_ms);
	return statement_run(end, NULL, error);
}

/* One statement that takes the run's number alone. */
static bool run_for(struct record *record, enum sql sql, int64_t number, struct error *error)
{
	struct statement *statement = record_statement(record, sql, error);

	if (!statement)
		return false;
	bind_integer(statement, 1, number);
	return statement_run(statement, NULL, error);
}

static bool lay_plan(struct record *record, int64_t number, const struct plan *plan,
	const struct run *fresh, struct arena *arena, struct error *error)
{
	struct known_steps known = {0};
	uint32_t *numbers = ARENA_ARRAY(arena, uint32_t, fresh->step_count);
	uint32_t gone_count = 0;
	bool done;

	if (!count_steps(record, number, &known.count, error))
		return false;
	known.states = ARENA_ARRAY(arena, enum state, known.count);
	known.places = ARENA_ARRAY(arena, uint32_t, known.count);
	memset(known.places, 0xff, known.count * sizeof *known.places);
	done = read_known(record, number, arena, &known, error) &&
	       lay_steps(record, number, plan, fresh, &known, numbers, error) &&
	       drop_gone_steps(record, number, fresh, &known, &gone_count, error) &&
	       run_for(record, SQL_DROP_WAVES, number, error) &&
	       run_for(record, SQL_DROP_GROUPS, number, error) &&
	       run_for(record, SQL_DROP_EDGES, number, error) &&
	       /* An approval is of what a step has made, not of what it makes next. */
	       run_for(record, SQL_DROP_GATES, number, error) &&
	       add_waves(record, number, fresh, error) &&
	       add_groups(record, number, fresh, error) &&
	       add_edges(record, number, fresh, numbers, error) &&
	       run_for(record, SQL_SETTLE_WAVES, number, error) &&
	       run_for(record, SQL_SETTLE_GROUPS, number, error) &&
	       change_run_row(record, number, fresh, fresh->stage_count + (gone_count > 0), error);
	map_release(&known.numbers);
	return done;
}

bool record_continue_run(
	struct record *record, const struct run *run, const struct plan *plan, struct error *error)
{
	struct arena arena = {0};
	struct run fresh = {0};
	bool done;

	run_from_plan(plan, run->id, &arena, &fresh);
	done = record_open_transaction(record, error) && cursor_move(record, run->id, error) &&
	       record_settle(record, error) &&
	       end_lost_attempts(record, record->cursor.run, record->cursor.last_time_ms, error) &&
	       lay_plan(record, record->cursor.run, plan, &fresh, &arena, error) &&
	       record_seal_start(record, record->cursor.run, error) &&
	       record_flush(record, false, error);
	if (!done)
		database_rollback(record->database);
	cursor_forget(&record->cursor);
	arena_release(&arena);
	return done || error_context(error, "run '%s' cannot be continued", run->id);
}
