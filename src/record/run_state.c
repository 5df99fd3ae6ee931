#include "record/run_state.h"

#include <string.h>

#include "base/text.h"
#include "record/run_reader.h"

/* What a piece is made of. */
struct telling {
	struct record *record;
	const struct run_state_extras *extras;
	struct buffer *text;
	struct arena arena; /* of masked words */
};

/* A space and the word. */
static void add_word(struct buffer *text, const char *word)
{
	buffer_append_byte(text, ' ');
	if (!word) {
		buffer_append_byte(text, '-');
		return;
	}
	if (strcmp(word, "-") == 0 || !*word) {
		buffer_append_text(text, *word ? "%2D" : "%");
		return;
	}
	for (; *word; word++) {
		unsigned char byte = (unsigned char)*word;

		if (byte <= ' ' || byte == '%' || byte == 0x7f)
			buffer_printf(text, "%%%02X", byte);
		else
			buffer_append_byte(text, *word);
	}
}

static void add_number(struct buffer *text, int64_t number)
{
	buffer_append_byte(text, ' ');
	buffer_append_signed(text, number);
}

/* A name that anybody may have chosen: masked before it is written, so that no word of ours is. */
static void add_name(struct telling *telling, const char *name)
{
	add_word(telling->text, mask_text(telling->extras->mask, name, &telling->arena));
}

/* Below the project's root it is read in the commit's tree anyway, and found by no other name. */
static void add_file(struct telling *telling, const char *file)
{
	if (file && *file == '/')
		add_name(telling, file);
	else
		add_word(telling->text, file);
}

static bool count_steps(struct record *record, int64_t *count, struct error *error)
{
	struct statement *read = record_statement(record, SQL_COUNT_PRESENT, error);
	bool row;

	if (!read)
		return false;
	bind_integer(read, 1, record->cursor.run);
	if (!statement_next(read, &row, error))
		return false;
	*count = row ? column_integer(read, 0) : 0;
	statement_reset(read);
	return true;
}

/* Their names stand in the pipeline file as well. */
static void append_parameters(struct telling *telling)
{
	for (uint32_t i = 0; i < telling->extras->parameter_count; i++) {
		buffer_append_text(telling->text, "parameter");
		add_word(telling->text, telling->extras->parameters[i].name);
		add_word(telling->text, telling->extras->parameters[i].digest);
		buffer_append_byte(telling->text, '\n');
	}
}

static bool append_run(struct telling *telling, struct error *error)
{
	struct record *record = telling->record;
	struct statement *read = record_statement(record, SQL_READ_RUN, error);
	struct buffer *text = telling->text;
	struct arena arena = {0};
	struct run run = {0};
	int64_t count = 0;
	bool row = false;
	bool done;

	if (!read)
		return false;
	bind_integer(read, 1, record->cursor.run);
	done = statement_next(read, &row, error) && row &&
	       read_run_row(record, read, &arena, &run, error);
	statement_reset(read);
	done = done && count_steps(record, &count, error);
	if (done) {
		buffer_append_text(text, "run");
		add_name(telling, run.pipeline_name);
		add_file(telling, run.pipeline_file);
		add_word(text, pipeline_format_name(run.format));
		add_word(text, execution_mode_name(run.mode));
		add_number(text, run.jobs);
		add_number(text, run.started_ms);
		add_word(text, run.base_commit);
		add_name(telling, run.branch);
		add_number(text, count);
		buffer_append_byte(text, '\n');
		append_parameters(telling);
	}
	arena_release(&arena);
	return done;
}

static bool append_artifacts(struct telling *telling, int64_t step, struct error *error)
{
	struct record *record = telling->record;
	struct statement *read = record_statement(record, SQL_STATE_ARTIFACTS, error);
	struct buffer *text = telling->text;
	bool row;

	if (!read)
		return false;
	bind_integer(read, 1, record->cursor.run);
	bind_integer(read, 2, step);
	while (statement_next(read, &row, error)) {
		if (!row)
			return true;
		buffer_append_text(text, "artifact");
		add_name(telling, column_text(read, 0));
		add_name(telling, column_text(read, 1));
		add_number(text, column_integer(read, 2));
		add_number(text, column_integer(read, 3));
		add_number(text, column_integer(read, 4));
		add_word(text, column_text(read, 5));
		buffer_append_byte(text, '\n');
	}
	return false;
}

static bool append_step(struct telling *telling, struct statement *read, struct error *error)
{
	struct buffer *text = telling->text;
	bool is_done = column_integer(read, 2) != 0;

	buffer_append_text(text, is_done ? "done" : "undone");
	add_name(telling, column_text(read, 1));
	if (is_done) {
		add_word(text, column_text(read, 3));
		add_number(text, column_integer(read, 4));
		add_number(text, column_integer(read, 5));
	}
	buffer_append_byte(text, '\n');
	return !is_done || append_artifacts(telling, column_integer(read, 0), error);
}

static bool append_steps(struct telling *telling, struct error *error)
{
	struct record *record = telling->record;
	struct statement *read = record_statement(record, SQL_STATE_STEPS, error);
	bool row;

	if (!read)
		return false;
	bind_integer(read, 1, record->cursor.run);
	bind_integer(read, 2, (int64_t)record->cursor.stated);
	while (statement_next(read, &row, error)) {
		if (!row)
			return true;
		if (!append_step(telling, read, error)) {
			statement_reset(read);
			return false;
		}
	}
	return false;
}

static void append_checkpoint(struct buffer *text, const struct checkpoint_request *request)
{
	buffer_append_text(text, "checkpoint");
	add_number(text, request->number);
	add_word(text, checkpoint_trigger_name(request->trigger));
	if (request->wave == INDEX_NONE)
		add_word(text, NULL);
	else
		add_number(text, request->wave);
	add_number(text, request->partial);
	buffer_append_byte(text, '\n');
}

bool record_append_state(struct record *record, const struct checkpoint_request *request,
	const struct run_state_extras *extras, struct buffer *text, struct error *error)
{
	struct telling telling = {.record = record, .extras = extras, .text = text};
	struct run_cursor *cursor = &record->cursor;
	bool is_first;
	bool done;

	if (!record_identify(record, error) || !cursor_move(record, request->run_id, error))
		return false;
	is_first = !*cursor->stated_commit;
	buffer_append_text(text, STATE_WORD " " STATE_FORM);
	add_word(text, request->run_id);
	add_word(text, is_first ? NULL : cursor->stated_commit);
	add_word(text, record->identity);
	buffer_append_byte(text, '\n');
	done = !is_first || append_run(&telling, error);
	if (done)
		append_checkpoint(text, request);
	/* What was left out may be any step's: all of them wait for a later commit. */
	cursor->stating = request->is_lacking ? cursor->stated : cursor->sequence;
	done = done && (request->is_lacking || append_steps(&telling, error));
	arena_release(&telling.arena);
	return done;
}
