#include "record/run_reader.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "record/lost_run.h"
#include "record/run_reading.h"
#include "record/summaries.h"

typedef const char *name_function(unsigned value);

static const char *format_word(unsigned value)
{
	return pipeline_format_name((enum pipeline_format)value);
}

static const char *mode_word(unsigned value)
{
	return execution_mode_name((enum execution_mode)value);
}

static const char *origin_word(unsigned value)
{
	return wave_origin_name((enum wave_origin)value);
}

static const char *trigger_word(unsigned value)
{
	return checkpoint_trigger_name((enum checkpoint_trigger)value);
}

/* The value with that name; 0 for a word we do not know: it is for show only. */
static unsigned word_value(name_function *name_of, unsigned count, const char *word)
{
	for (unsigned value = 0; word && value < count; value++)
		if (strcmp(name_of(value), word) == 0)
			return value;
	return 0;
}

bool read_run_row(struct record *record, struct statement *row, struct arena *arena,
	struct run *run, struct error *error)
{
	run->id = column_copy(row, 0, arena);
	run->pipeline_name = column_copy(row, 1, arena);
	run->pipeline_file = column_copy(row, 2, arena);
	run->format =
		(enum pipeline_format)word_value(format_word, FORMAT_COUNT, column_text(row, 3));
	run->mode = (enum execution_mode)word_value(mode_word, MODE_COUNT, column_text(row, 4));
	run->jobs = (uint32_t)column_integer(row, 5);
	if (!column_state(record, row, 6, &run->state, error))
		return false;
	run->reason = column_copy(row, 7, arena);
	run->started_ms = column_time(row, 8);
	run->ended_ms = column_time(row, 9);
	run->resume_count = (uint32_t)column_integer(row, 10);
	run->paused_ms = column_integer(row, 11);
	run->version = column_copy(row, 12, arena);
	run->host = column_copy(row, 13, arena);
	run->base_commit = column_copy(row, 14, arena);
	run->branch = column_copy(row, 15, arena);
	run->stage_count = (uint32_t)column_integer(row, 16);
	run->folder = arena_format(arena, "%s/runs/%s", record->state_folder, run->id);
	return true;
}

static bool read_head(struct run_reading *reading, struct error *error)
{
	struct statement *row = record_statement(reading->record, SQL_READ_RUN, error);
	bool present;

	if (!row)
		return false;
	bind_integer(row, 1, reading->number);
	if (!statement_next(row, &present, error))
		return false;
	if (!present)
		return record_refuse_row(reading->record, "the run is gone", error);
	if (!read_run_row(reading->record, row, reading->arena, reading->run, error))
		return false;
	statement_reset(row);
	return true;
}

static bool read_counts(struct run_reading *reading, struct error *error)
{
	struct statement *row = record_statement(reading->record, SQL_READ_COUNTS, error);
	struct run *run = reading->run;
	struct arena *arena = reading->arena;
	bool present;

	if (!row)
		return false;
	bind_integer(row, 1, reading->number);
	if (!statement_next(row, &present, error))
		return false;
	run->step_count = column_index(row, 0);
	run->edge_count = column_index(row, 1);
	run->wave_count = column_index(row, 2);
	run->group_count = column_index(row, 3);
	run->attempt_count = column_index(row, 4);
	run->artifact_count = column_index(row, 5);
	run->contract_count = column_index(row, 6);
	run->checkpoint_count = column_index(row, 7);
	statement_reset(row);
	run->steps = ARENA_ARRAY(arena, struct run_step, run->step_count);
	run->edges = ARENA_ARRAY(arena, uint32_t, run->edge_count);
	run->waves = ARENA_ARRAY(arena, struct run_wave, run->wave_count);
	run->groups = ARENA_ARRAY(arena, struct run_group, run->group_count);
	run->attempts = ARENA_ARRAY(arena, struct run_attempt, run->attempt_count);
	run->artifacts = ARENA_ARRAY(arena, struct run_artifact, run->artifact_count);
	run->contracts = ARENA_ARRAY(arena, struct run_contract, run->contract_count);
	run->checkpoints = ARENA_ARRAY(arena, struct checkpoint, run->checkpoint_count);
	reading->edges = ARENA_ARRAY(&reading->scratch, struct run_edge, run->edge_count);
	reading->contract_rows =
		ARENA_ARRAY(&reading->scratch, struct contract_row, run->contract_count);
	reading->places = ARENA_ARRAY(&reading->scratch, uint32_t, run->step_count);
	return true;
}

bool read_rows(struct run_reading *reading, enum sql sql, uint32_t count, row_reader *read,
	struct error *error)
{
	struct statement *statement = record_statement(reading->record, sql, error);
	uint32_t index = 0;
	bool row;

	if (!statement)
		return false;
	bind_integer(statement, 1, reading->number);
	while (statement_next(statement, &row, error)) {
		if (!row && index == count)
			return true;
		if (!row || index == count) {
			statement_reset(statement);
			return record_refuse_row(reading->record, "rows are missing", error);
		}
		if (!read(reading, statement, index++, error)) {
			statement_reset(statement);
			return false;
		}
	}
	return false;
}

static bool read_wave(
	struct run_reading *reading, struct statement *row, uint32_t index, struct error *error)
{
	struct run_wave *wave = &reading->run->waves[index];

	wave->name = column_copy(row, 0, reading->arena);
	wave->origin =
		(enum wave_origin)word_value(origin_word, WAVE_ORIGIN_COUNT, column_text(row, 1));
	wave->stage = (uint32_t)column_integer(row, 2);
	wave->step_count = (uint32_t)column_integer(row, 3);
	wave->started_ms = column_time(row, 5);
	wave->ended_ms = column_time(row, 6);
	wave->checkpoint = INDEX_NONE;
	return column_state(reading->record, row, 4, &wave->state, error);
}

static bool read_group(
	struct run_reading *reading, struct statement *row, uint32_t index, struct error *error)
{
	struct run_group *group = &reading->run->groups[index];

	group->name = column_copy(row, 0, reading->arena);
	group->wave = (uint32_t)column_integer(row, 1);
	group->steps.first = (uint32_t)column_integer(row, 2);
	group->steps.count = (uint32_t)column_integer(row, 3);
	group->started_ms = column_time(row, 5);
	group->ended_ms = column_time(row, 6);
	return column_state(reading->record, row, 4, &group->state, error);
}

/* An index of a row that must point into an array, or INDEX_NONE. */
static uint32_t column_place(struct statement *row, int column, uint32_t count)
{
	uint32_t index = column_index(row, column);

	return index < count ? index : INDEX_NONE;
}

static void copy_digest(struct statement *row, int column, char digest[65])
{
	const char *text = column_text(row, column);

	if (text && strlen(text) < 65)
		memcpy(digest, text, strlen(text) + 1);
}

static bool read_step(
	struct run_reading *reading, struct statement *row, uint32_t index, struct error *error)
{
	struct run *run = reading->run;
	uint32_t place = column_index(row, 1);
	struct run_step *step;

	if (column_index(row, 0) != index || place >= run->step_count || run->steps[place].id)
		return record_refuse_row(reading->record, "a step is out of place", error);
	reading->places[index] = place;
	step = &run->steps[place];
	step->id = column_copy(row, 2, reading->arena);
	step->reason = column_copy(row, 4, reading->arena);
	step->started_ms = column_time(row, 5);
	step->ended_ms = column_time(row, 6);
	step->wave = column_place(row, 7, run->wave_count);
	step->group = column_place(row, 8, run->group_count);
	step->stage = (uint32_t)column_integer(row, 9);
	step->estimate_ms = column_integer(row, 10);
	step->critical = column_integer(row, 11) != 0;
	copy_digest(row, 12, step->fingerprint);
	step->name = column_copy(row, 13, reading->arena);
	step->command = column_copy(row, 14, reading->arena);
	step->base_id = column_copy(row, 15, reading->arena);
	step->is_optional = column_integer(row, 16) != 0;
	return column_state(reading->record, row, 3, &step->state, error);
}

uint32_t row_place(struct run_reading *reading, struct statement *row, int column)
{
	uint32_t number = column_index(row, column);

	return number < reading->run->step_count ? reading->places[number] : INDEX_NONE;
}

static bool read_attempt(
	struct run_reading *reading, struct statement *row, uint32_t index, struct error *error)
{
	struct run_attempt *attempt = &reading->run->attempts[index];
	const char *failure = column_text(row, 3);

	attempt->step = row_place(reading, row, 0);
	attempt->number = (uint32_t)column_integer(row, 1);
	if (failure && !failure_class_parse(failure, &attempt->failure))
		return record_refuse_row(reading->record, "an attempt failed oddly", error);
	attempt->started_ms = column_time(row, 4);
	attempt->ended_ms = column_time(row, 5);
	attempt->queue_ms = column_integer(row, 6);
	attempt->exit_status = (int)column_integer(row, 7);
	attempt->signal = (int)column_integer(row, 8);
	attempt->cpu_ms = column_integer(row, 9);
	attempt->peak_rss_bytes = (uint64_t)column_integer(row, 10);
	attempt->log_bytes = (uint64_t)column_integer(row, 11);
	attempt->log_truncated = column_integer(row, 12) != 0;
	attempt->log_path = column_copy(row, 13, reading->arena);
	attempt->reason = column_copy(row, 14, reading->arena);
	attempt->containment = (uint8_t)column_integer(row, 15);
	return column_state(reading->record, row, 2, &attempt->state, error);
}

static bool read_artifact(
	struct run_reading *reading, struct statement *row, uint32_t index, struct error *error)
{
	struct run_artifact *artifact = &reading->run->artifacts[index];

	(void)error;
	artifact->step = row_place(reading, row, 0);
	artifact->artifact.name = column_copy(row, 1, reading->arena);
	artifact->artifact.path = column_copy(row, 2, reading->arena);
	artifact->artifact.file_count = (uint32_t)column_integer(row, 3);
	artifact->artifact.is_folder = column_integer(row, 4) != 0;
	artifact->artifact.size_bytes = (uint64_t)column_integer(row, 5);
	copy_digest(row, 6, artifact->artifact.sha256);
	return true;
}

static bool read_contract(
	struct run_reading *reading, struct statement *row, uint32_t index, struct error *error)
{
	struct run_contract *contract = &reading->run->contracts[index];

	(void)error;
	contract->step = row_place(reading, row, 0);
	contract->attempt = (uint32_t)column_integer(row, 1);
	contract->passed = column_integer(row, 2) != 0;
	contract->subject = column_copy(row, 3, reading->arena);
	contract->reason = column_copy(row, 4, reading->arena);
	contract->duration_ms = column_integer(row, 5);
	contract->was_known = column_integer(row, 7) != 0;
	contract->error_total = (uint32_t)column_integer(row, 8);
	reading->contract_rows[index] =
		(struct contract_row){column_index(row, 0), column_integer(row, 6)};
	return true;
}

void read_checkpoint_row(struct statement *row, struct arena *arena, struct checkpoint *checkpoint)
{
	checkpoint->number = (uint32_t)column_integer(row, 0);
	checkpoint->trigger = (enum checkpoint_trigger)word_value(
		trigger_word, TRIGGER_COUNT, column_text(row, 1));
	checkpoint->wave = column_index(row, 2);
	checkpoint->partial = column_integer(row, 3) != 0;
	checkpoint->time_ms = column_integer(row, 4);
	checkpoint->duration_ms = column_integer(row, 5);
	checkpoint->commit = column_copy(row, 6, arena);
	checkpoint->parent = column_copy(row, 7, arena);
	checkpoint->reference = column_copy(row, 8, arena);
	checkpoint->files_changed = (uint32_t)column_integer(row, 9);
	checkpoint->bytes = (uint64_t)column_integer(row, 10);
	checkpoint->subject = column_copy(row, 11, arena);
}

static bool read_checkpoint(
	struct run_reading *reading, struct statement *row, uint32_t index, struct error *error)
{
	struct checkpoint *checkpoint = &reading->run->checkpoints[index];

	(void)error;
	read_checkpoint_row(row, reading->arena, checkpoint);
	if (checkpoint->wave >= reading->run->wave_count)
		checkpoint->wave = INDEX_NONE;
	else
		reading->run->waves[checkpoint->wave].checkpoint = index;
	return true;
}

/*
 * Puts items (whose first field is the place of a step) into the order of places, keeping the
 * order within one, and returns each place's range of them; NULL when an item has no step. They
 * are in that order already unless the run was continued with another pipeline.
 */
static struct index_range *group_by_place(
	struct run_reading *reading, void *items, size_t item_bytes, uint32_t count)
{
	uint32_t step_count = reading->run->step_count;
	struct index_range *ranges = ARENA_ARRAY(&reading->scratch, struct index_range, step_count);
	char *copy = ARENA_ARRAY(&reading->scratch, char, count *item_bytes);
	uint32_t place;
	uint32_t next = 0;

	if (count == 0)
		return ranges;
	memcpy(copy, items, count * item_bytes);
	for (size_t i = 0; i < count; i++) {
		memcpy(&place, copy + i * item_bytes, sizeof place);
		if (place >= step_count)
			return NULL;
		ranges[place].count++;
	}
	for (uint32_t i = 0; i < step_count; i++) {
		ranges[i].first = next;
		next += ranges[i].count;
		ranges[i].count = 0;
	}
	for (size_t i = 0; i < count; i++) {
		memcpy(&place, copy + i * item_bytes, sizeof place);
		memcpy((char *)items + (ranges[place].first + ranges[place].count) * item_bytes,
			copy + i * item_bytes, item_bytes);
		ranges[place].count++;
	}
	return ranges;
}

/* Groups the items and gives every step its range, which stands offset bytes into run_step. */
static bool give_ranges(
	struct run_reading *reading, void *items, size_t item_bytes, uint32_t count, size_t offset)
{
	struct index_range *ranges = group_by_place(reading, items, item_bytes, count);

	for (uint32_t i = 0; ranges && i < reading->run->step_count; i++)
		memcpy((char *)&reading->run->steps[i] + offset, &ranges[i], sizeof ranges[i]);
	return ranges != NULL;
}

static int compare_edges(const void *left, const void *right)
{
	const struct run_edge *a = left;
	const struct run_edge *b = right;

	if (a->step != b->step)
		return a->step < b->step ? -1 : 1;
	return (a->need > b->need) - (a->need < b->need);
}

static bool read_edge(
	struct run_reading *reading, struct statement *row, uint32_t index, struct error *error)
{
	struct run_edge *edge = &reading->edges[index];

	(void)error;
	edge->step = row_place(reading, row, 0);
	edge->need = row_place(reading, row, 1);
	if (index > 0 && compare_edges(edge - 1, edge) > 0)
		reading->edges_need_sorting = true;
	return true;
}

static bool read_edges(struct run_reading *reading, struct error *error)
{
	struct run *run = reading->run;

	if (!read_rows(reading, SQL_READ_EDGES, run->edge_count, read_edge, error))
		return false;
	if (reading->edges_need_sorting)
		qsort(reading->edges, run->edge_count, sizeof *reading->edges, compare_edges);
	if (!give_ranges(reading, reading->edges, sizeof *reading->edges, run->edge_count,
		    offsetof(struct run_step, needs)))
		return record_refuse_row(reading->record, "an edge leads nowhere", error);
	for (uint32_t i = 0; i < run->edge_count; i++) {
		if (reading->edges[i].need >= run->step_count)
			return record_refuse_row(reading->record, "an edge leads nowhere", error);
		run->edges[i] = reading->edges[i].need;
	}
	return true;
}

static bool read_what_steps_own(struct run_reading *reading, struct error *error)
{
	struct run *run = reading->run;

	if (!read_edges(reading, error) ||
		!read_rows(reading, SQL_READ_ATTEMPTS, run->attempt_count, read_attempt, error) ||
		!read_rows(
			reading, SQL_READ_ARTIFACTS, run->artifact_count, read_artifact, error) ||
		!read_rows(
			reading, SQL_READ_CONTRACTS, run->contract_count, read_contract, error) ||
		!read_rare_rows(reading, error))
		return false;
	if (give_ranges(reading, run->attempts, sizeof *run->attempts, run->attempt_count,
		    offsetof(struct run_step, attempts)) &&
		give_ranges(reading, run->artifacts, sizeof *run->artifacts, run->artifact_count,
			offsetof(struct run_step, artifacts)) &&
		give_ranges(reading, run->contracts, sizeof *run->contracts, run->contract_count,
			offsetof(struct run_step, contracts)))
		return true;
	return record_refuse_row(reading->record, "something belongs to no step", error);
}

static bool read_whole(struct run_reading *reading, const char *id, struct error *error)
{
	struct run *run = reading->run;

	return record_run_number(reading->record, id, &reading->number, error) &&
	       read_head(reading, error) && read_counts(reading, error) &&
	       read_rows(reading, SQL_READ_WAVES, run->wave_count, read_wave, error) &&
	       read_rows(reading, SQL_READ_GROUPS, run->group_count, read_group, error) &&
	       read_rows(reading, SQL_READ_STEPS, run->step_count, read_step, error) &&
	       read_what_steps_own(reading, error) &&
	       read_rows(reading, SQL_READ_CHECKPOINTS, run->checkpoint_count, read_checkpoint,
		       error);
}

bool record_read_run(struct record *record, const char *id, struct arena *arena, struct run *run,
	struct error *error)
{
	struct run_reading reading = {.record = record, .arena = arena, .run = run};
	/* One transaction, so that all rows are of one moment; the writer may have one open. */
	bool is_ours = !database_in_transaction(record->database);
	bool done;

	*run = (struct run){0};
	if (!attempt_starts_settle(record, error))
		return false;
	if (is_ours && !database_execute(record->database, "BEGIN", error))
		return false;
	done = read_whole(&reading, id, error);
	if (is_ours)
		database_rollback(record->database);
	arena_release(&reading.scratch);
	done = done && lost_run_settle(record, run, error);
	if (done) {
		run_summarise(run, arena);
		summaries_read(run, arena);
	}
	return done;
}

bool record_read_unpublished(struct record *record, const char *run_id, struct arena *arena,
	struct checkpoint *checkpoint, bool *found, struct error *error)
{
	struct statement *read = record_statement(record, SQL_READ_UNPUBLISHED, error);
	int64_t number;

	*found = false;
	if (!read || !record_run_number(record, run_id, &number, error))
		return false;
	bind_integer(read, 1, number);
	if (!statement_next(read, found, error))
		return false;
	if (*found) {
		read_checkpoint_row(read, arena, checkpoint);
		statement_reset(read);
	}
	return true;
}
