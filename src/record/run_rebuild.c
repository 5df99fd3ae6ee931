/*
 * A run from what its commits say of it. The pieces are read from the first to the newest, so that
 * what a later one says of a step counts; then the run is begun and told as events, like any other.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/parse.h"
#include "record/record_internal.h"
#include "record/run_state.h"

struct told_step {
	const char *id;
	char fingerprint[HASH_TEXT_SIZE];
	int64_t started_ms;
	int64_t ended_ms;
	struct index_range artifacts; /* of the last time it was told of: only that counts */
	bool is_done;
};

struct telling {
	struct arena *arena;
	struct run run; /* head only */
	uint32_t step_count;
	struct map places;       /* id to steps */
	struct told_step *steps; /* heap, like the two below */
	uint32_t count;
	uint32_t capacity;
	struct artifact *artifacts;
	uint32_t artifact_count;
	uint32_t artifact_capacity;
	struct checkpoint *checkpoints;
	uint32_t checkpoint_count;
	uint32_t checkpoint_capacity;
	uint32_t last_step; /* that artifacts belong to; INDEX_NONE: none */
	const struct run_state_piece *piece;
};

static int64_t number_of(const char *word)
{
	int64_t number = 0;

	return word && parse_signed(word, &number) ? number : 0;
}

static uint32_t count_of(const char *word)
{
	int64_t number = number_of(word);

	return number > 0 && number < INDEX_NONE ? (uint32_t)number : 0;
}

static bool copy_digest(char digest[HASH_TEXT_SIZE], const char *word)
{
	if (!word || strlen(word) != HASH_TEXT_SIZE - 1)
		return false;
	memcpy(digest, word, HASH_TEXT_SIZE);
	return true;
}

typedef bool line_reader(struct telling *telling, char **words);

static bool read_run(struct telling *telling, char **words)
{
	struct run *run = &telling->run;

	run->pipeline_name = words[1];
	run->pipeline_file = words[2];
	for (unsigned i = 0; words[3] && i < FORMAT_COUNT; i++)
		if (strcmp(pipeline_format_name((enum pipeline_format)i), words[3]) == 0)
			run->format = (enum pipeline_format)i;
	for (unsigned i = 0; words[4] && i < MODE_COUNT; i++)
		if (strcmp(execution_mode_name((enum execution_mode)i), words[4]) == 0)
			run->mode = (enum execution_mode)i;
	run->jobs = count_of(words[5]);
	run->started_ms = number_of(words[6]);
	run->base_commit = words[7];
	run->branch = words[8];
	telling->step_count = count_of(words[9]);
	return words[2] != NULL;
}

static bool read_checkpoint(struct telling *telling, char **words)
{
	struct checkpoint checkpoint = {.number = count_of(words[1]),
		.wave = words[3] ? count_of(words[3]) : INDEX_NONE,
		.partial = number_of(words[4]) != 0,
		.commit = telling->piece->commit,
		.parent = telling->piece->parent,
		.subject = telling->piece->subject};

	for (unsigned i = 0; words[2] && i < TRIGGER_COUNT; i++)
		if (strcmp(checkpoint_trigger_name((enum checkpoint_trigger)i), words[2]) == 0)
			checkpoint.trigger = (enum checkpoint_trigger)i;
	GROW(telling->checkpoints, telling->checkpoint_count, telling->checkpoint_capacity);
	telling->checkpoints[telling->checkpoint_count++] = checkpoint;
	return true;
}

static struct told_step *tell_step(struct telling *telling, const char *id)
{
	telling->last_step = map_find(&telling->places, id);
	if (telling->last_step == INDEX_NONE) {
		GROW(telling->steps, telling->count, telling->capacity);
		telling->last_step = telling->count++;
		telling->steps[telling->last_step] = (struct told_step){.id = id};
		map_add(&telling->places, id, telling->last_step);
	}
	telling->steps[telling->last_step].artifacts =
		(struct index_range){telling->artifact_count, 0};
	return &telling->steps[telling->last_step];
}

static bool read_done(struct telling *telling, char **words)
{
	struct told_step *step;

	if (!words[1])
		return false;
	step = tell_step(telling, words[1]);
	step->started_ms = number_of(words[3]);
	step->ended_ms = number_of(words[4]);
	step->is_done = copy_digest(step->fingerprint, words[2]);
	return step->is_done;
}

static bool read_undone(struct telling *telling, char **words)
{
	if (!words[1])
		return false;
	tell_step(telling, words[1])->is_done = false;
	return true;
}

/* Names that a secret was taken out of may be the same. */
static bool has_artifact(
	const struct telling *telling, const struct told_step *step, const char *name)
{
	for (uint32_t i = 0; i < step->artifacts.count; i++)
		if (strcmp(telling->artifacts[step->artifacts.first + i].name, name) == 0)
			return true;
	return false;
}

static bool read_artifact(struct telling *telling, char **words)
{
	struct artifact *artifact;

	if (telling->last_step == INDEX_NONE || !words[1] || !words[2] ||
		has_artifact(telling, &telling->steps[telling->last_step], words[1]))
		return false;
	GROW(telling->artifacts, telling->artifact_count, telling->artifact_capacity);
	artifact = &telling->artifacts[telling->artifact_count++];
	*artifact = (struct artifact){.name = words[1],
		.path = words[2],
		.file_count = count_of(words[3]),
		.is_folder = number_of(words[4]) != 0,
		.size_bytes = (uint64_t)number_of(words[5])};
	telling->steps[telling->last_step].artifacts.count++;
	return copy_digest(artifact->sha256, words[6]);
}

/* What an unreadable line leaves of the run. */
enum loss { LOSS_RUN, LOSS_STEP, LOSS_LINE };

static const struct {
	const char *word;
	uint32_t word_count;
	enum loss loss;
	line_reader *read;
} lines[] = {
	{"run", 10, LOSS_RUN, read_run},
	{"checkpoint", 5, LOSS_LINE, read_checkpoint},
	{"done", 5, LOSS_STEP, read_done},
	/* Without its name any step may be the one that is not done any more. */
	{"undone", 2, LOSS_RUN, read_undone},
	{"artifact", 7, LOSS_STEP, read_artifact},
};

/* The step of the line is not done: it runs again. */
static void lose_step(struct telling *telling, char **words, uint32_t count)
{
	if (strcmp(words[0], "done") == 0) {
		telling->last_step = INDEX_NONE;
		if (count > 1 && words[1])
			tell_step(telling, words[1]);
	}
	if (telling->last_step != INDEX_NONE)
		telling->steps[telling->last_step].is_done = false;
}

/* A line of a word that is not known is one of a newer version, which says more. */
static bool read_line(struct telling *telling, char *line)
{
	char *words[STATE_WORDS_AT_MOST];
	uint32_t count = state_words(line, words);

	for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
		if (strcmp(words[0], lines[i].word) != 0)
			continue;
		if (count >= lines[i].word_count && lines[i].read(telling, words))
			return true;
		if (lines[i].loss == LOSS_STEP)
			lose_step(telling, words, count);
		return lines[i].loss != LOSS_RUN;
	}
	return true;
}

static bool read_piece(struct telling *telling, const struct run_state_piece *piece)
{
	char *rest = arena_copy_text(telling->arena, piece->text);

	telling->piece = piece;
	telling->last_step = INDEX_NONE;
	strsep(&rest, "\n");
	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
		if (*line && !read_line(telling, line))
			return false;
	return true;
}

/* The steps that are done, in a run in which nothing has happened yet. */
static void lay_run(struct telling *telling)
{
	struct run *run = &telling->run;

	run->version = WAVETRAIN_VERSION;
	run->ended_ms = TIME_NONE;
	run->stage_count = 1;
	run->steps = ARENA_ARRAY(telling->arena, struct run_step, telling->count);
	for (uint32_t i = 0; i < telling->count; i++) {
		struct told_step *told = &telling->steps[i];
		struct run_step *step = &run->steps[run->step_count];

		if (!told->is_done)
			continue;
		*step = (struct run_step){.id = told->id,
			.name = told->id, /* until a plan says more: it may be in none */
			.wave = INDEX_NONE,
			.group = INDEX_NONE,
			.started_ms = TIME_NONE,
			.ended_ms = TIME_NONE};
		memcpy(step->fingerprint, told->fingerprint, sizeof step->fingerprint);
		run->step_count++;
	}
}

static bool tell(struct record *record, const struct telling *telling, struct event event,
	const char *step_id, struct error *error)
{
	struct event_names names = {.run_id = telling->run.id, .step_id = step_id};

	event.wave = event.checkpoint ? event.checkpoint->wave : INDEX_NONE;
	event.group = INDEX_NONE;
	return record_event(record, telling->run.id, &event, &names, error);
}

static bool tell_done(struct record *record, const struct telling *telling, uint32_t number,
	uint32_t place, struct error *error)
{
	const struct told_step *step = &telling->steps[number];
	struct event event = {.type = EVENT_STEP_STARTED,
		.time_ms = step->started_ms,
		.step = place,
		.attempt = 1};

	if (!tell(record, telling, event, step->id, error))
		return false;
	event.time_ms = step->ended_ms;
	event.type = EVENT_ARTIFACT_CREATED;
	for (uint32_t i = 0; i < step->artifacts.count; i++) {
		event.artifact = &telling->artifacts[step->artifacts.first + i];
		if (!tell(record, telling, event, step->id, error))
			return false;
	}
	event.artifact = NULL;
	event.type = EVENT_STEP_COMPLETED;
	event.duration_ms = step->ended_ms - step->started_ms;
	return tell(record, telling, event, step->id, error);
}

static bool tell_all(struct record *record, const struct telling *telling, struct error *error)
{
	const struct run_state_piece *newest = telling->piece;
	struct event event = {.type = EVENT_PIPELINE_STARTED,
		.time_ms = telling->run.started_ms,
		.step = INDEX_NONE,
		.jobs = telling->run.jobs};
	char reason[96];
	uint32_t place = 0;

	if (!tell(record, telling, event, NULL, error))
		return false;
	for (uint32_t i = 0; i < telling->count; i++) {
		if (!telling->steps[i].is_done)
			continue;
		if (telling->steps[i].ended_ms > event.time_ms)
			event.time_ms = telling->steps[i].ended_ms;
		if (!tell_done(record, telling, i, place++, error))
			return false;
	}
	event.type = EVENT_CHECKPOINT_CREATED;
	for (uint32_t i = 0; i < telling->checkpoint_count; i++) {
		event.checkpoint = &telling->checkpoints[i];
		telling->checkpoints[i].time_ms = event.time_ms;
		if (!tell(record, telling, event, NULL, error))
			return false;
	}
	event.checkpoint = NULL;
	event.type = EVENT_PIPELINE_INTERRUPTED;
	snprintf(reason, sizeof reason, "its record was lost: rebuilt from commit %.12s",
		newest->commit);
	event.reason = reason;
	return tell(record, telling, event, NULL, error) && record_flush(record, true, error);
}

static bool refuse_pieces(struct error *error)
{
	return error_set(error, ERROR_RUN_UNKNOWN, "what the run's commits say of it makes no run");
}

/* A name that no run has, for what is on record under id. */
static bool choose_former(struct record *record, const char *id, struct arena *arena,
	const char **former, struct error *error)
{
	bool is_taken = true;

	for (uint32_t number = 1; is_taken; number++) {
		*former = number == 1 ? arena_format(arena, "%s_before", id)
				      : arena_format(arena, "%s_before_%u", id, number);
		if (!record_has_run(record, *former, &is_taken, error))
			return false;
	}
	return true;
}

/* Its rows and events stay as they are, and sealed as they are under the new id. */
static bool make_room(struct record *record, const char *id, struct arena *arena,
	const char **former, struct error *error)
{
	struct statement *rename = record_statement(record, SQL_RENAME_RUN, error);
	int64_t number;
	bool is_there;

	if (!rename || !record_has_run(record, id, &is_there, error))
		return false;
	if (!is_there)
		return true;
	if (!choose_former(record, id, arena, former, error) ||
		!record_run_number(record, id, &number, error))
		return false;
	cursor_forget(&record->cursor);
	bind_integer(rename, 1, number);
	bind_text(rename, 2, *former);
	return statement_run(rename, NULL, error) && record_seal_start(record, number, error);
}

static bool write_run(
	struct record *record, struct telling *telling, const char **former, struct error *error)
{
	lay_run(telling);
	if (record_open_transaction(record, error) && record_settle(record, error) &&
		make_room(record, telling->run.id, telling->arena, former, error) &&
		record_add_run(record, &telling->run, error) && tell_all(record, telling, error))
		return true;
	database_rollback(record->database);
	cursor_forget(&record->cursor);
	return false;
}

bool record_rebuild_run(struct record *record, const struct run_state_piece *pieces, uint32_t count,
	struct arena *arena, struct rebuilt_run *rebuilt, struct error *error)
{
	struct telling telling = {.arena = arena};
	struct run_state_origin origin = {0};
	bool done = count > 0 && record_state_origin(pieces[0].text, arena, &origin) &&
		    !origin.previous_commit;

	telling.run.id = origin.run_id;
	for (uint32_t i = 0; done && i < count; i++)
		done = read_piece(&telling, &pieces[i]);
	*rebuilt = (struct rebuilt_run){.id = origin.run_id};
	if (!done || !telling.run.pipeline_file)
		done = refuse_pieces(error);
	else
		done = write_run(record, &telling, &rebuilt->former_id, error);
	rebuilt->done_count = telling.run.step_count;
	rebuilt->step_count = telling.step_count;
	map_release(&telling.places);
	free(telling.steps);
	free(telling.artifacts);
	free(telling.checkpoints);
	return done;
}
