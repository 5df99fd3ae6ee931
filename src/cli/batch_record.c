#include "cli/batch_record.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "checkpoint/commit_text.h"
#include "cli/batch_resume.h"
#include "record/database.h"

#define NAMED_RUNS 5

/* A run of this state folder that is not on record. */
struct lost_run {
	const char *id; /* NULL: there is none */
	struct commit_words last;
	bool is_told; /* its last commit says how far it is */
};

static void say(const struct batch *batch, const char *sentence)
{
	struct cli loud = *batch->cli;
	loud.quiet = false;
	cli_print_note(&loud, "%s", sentence);
}

static bool asks_to_resume(const struct batch *batch)
{
	return batch->choices->must_resume || batch->choices->resume == RESUME_AUTO ||
	       batch->choices->resume == RESUME_REQUIRE;
}

/* The run that was asked for by name; NULL: the latest. */
static const char *asked_run(const struct batch *batch)
{
	const char *word = batch->choices->must_resume ? batch->choices->run : NULL;
	return word && strcmp(word, "latest") != 0 ? word : NULL;
}

static const char *runs_folder(const struct batch *batch)
{
	return path_join(batch->cli->arena, batch->project.state_folder, "runs");
}

static bool is_on_record(struct batch *batch, const char *id)
{
	struct error ignored;
	const char *found;
	return record_find_run(batch->record, id, batch->cli->arena, &found, &ignored) &&
	       text_equal(found, id);
}

static int compare_ids(const void *left, const void *right)
{
	return strcmp(*(const char *const *)right, *(const char *const *)left);
}

/* The runs that have a folder here, the newest first; the cli's arena's. */
static const char **list_folders(const struct batch *batch, uint32_t *count)
{
	CLEANUP(close_folder) DIR *folder = opendir(runs_folder(batch));
	const char **ids = NULL;
	uint32_t capacity = 0;
	*count = 0;
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		if (entry->d_name[0] == '.')
			continue;
		GROW(ids, *count, capacity);
		ids[(*count)++] = arena_copy_text(batch->cli->arena, entry->d_name);
	}
	const char **copy = ARENA_ARRAY(batch->cli->arena, const char *, *count);
	for (uint32_t i = 0; i < *count; i++)
		copy[i] = ids[i];
	free(ids);
	if (*count > 0)
		qsort(copy, *count, sizeof *copy, compare_ids);
	return copy;
}

/* Work trees share their references: without a name only what has its folder here is ours. */
static void find_lost(struct batch *batch, struct commit_reader *reader, struct lost_run *lost)
{
	const char *asked = asked_run(batch);
	uint32_t count = 0;
	const char **ids = asked ? &asked : list_folders(batch, &count);
	if (asked)
		count = 1;
	for (uint32_t i = 0; i < count && !is_on_record(batch, ids[i]); i++) {
		if (!commit_reader_run(reader, ids[i], batch->cli->arena, &lost->last)) {
			/* Of a record that is gone it is the latest all the same. */
			if (asked || !record_damage(batch->record).what)
				continue;
			lost->id = ids[i];
			return;
		}
		lost->id = ids[i];
		lost->is_told = lost->last.state != NULL;
		return;
	}
}

struct pieces {
	struct run_state_piece *items; /* heap, the newest first */
	uint32_t count;
	uint32_t capacity;
};

static bool refuse_gap(const char *id, const char *commit, struct error *error)
{
	error_set(error, ERROR_GIT,
		"commit %.12s, which says how far run '%s' was, is not in this clone", commit, id);
	return error_hint(
		error, "fetch it from the clone the run was in and then 'wavetrain resume %s'", id);
}

static bool collect_pieces(struct batch *batch, struct commit_reader *reader,
	const struct lost_run *lost, struct pieces *pieces, struct error *error)
{
	struct commit_words words = lost->last;
	const char *previous = words.id;
	while (previous) {
		const char *id = NULL;
		const char *commit = previous;
		if (pieces->count > 0 &&
			!commit_reader_commit(reader, commit, batch->cli->arena, &words))
			return refuse_gap(lost->id, commit, error);
		if (!words.state ||
			!record_state_origin(words.state, batch->cli->arena, &id, &previous) ||
			!text_equal(id, lost->id))
			return refuse_gap(lost->id, commit, error);
		GROW(pieces->items, pieces->count, pieces->capacity);
		pieces->items[pieces->count++] = (struct run_state_piece){
			words.id, words.parent, words.subject, words.state};
	}
	for (uint32_t i = 0; i < pieces->count / 2; i++) {
		struct run_state_piece piece = pieces->items[i];
		pieces->items[i] = pieces->items[pieces->count - 1 - i];
		pieces->items[pieces->count - 1 - i] = piece;
	}
	return true;
}

static bool rebuild(struct batch *batch, struct commit_reader *reader, const struct lost_run *lost,
	struct error *error)
{
	struct pieces pieces = {0};
	struct rebuilt_run rebuilt = {0};
	bool done = collect_pieces(batch, reader, lost, &pieces, error) &&
		    record_rebuild_run(batch->record, pieces.items, pieces.count, batch->cli->arena,
			    &rebuilt, error);
	free(pieces.items);
	if (done)
		say(batch,
			arena_format(batch->cli->arena,
				"run '%s' was put on record anew from its commits up to %.12s: %u "
				"of %u steps are done; what was done since that commit runs again",
				rebuilt.id, lost->last.id, rebuilt.done_count, rebuilt.step_count));
	return done;
}

/* A run that has left nothing to go on from is not passed over for an older one. */
static bool refuse_untold(const struct lost_run *lost, struct error *error)
{
	error_set(error, ERROR_RUN_UNKNOWN, "run '%s' is not on record any more, and %s", lost->id,
		lost->last.id ? "its commits do not say how far it was"
			      : "nothing of it was committed");
	return error_hint(error, "'wavetrain run' begins anew");
}

/* What the record does not know any more, or never did in this clone. */
static bool bring_back(struct batch *batch, struct error *error)
{
	struct commit_reader *reader = NULL;
	struct lost_run lost = {0};
	bool done = true;
	if (!asks_to_resume(batch) ||
		(!batch->choices->must_resume && !record_damage(batch->record).what))
		return true;
	if (!commit_reader_open(batch->project.root, &reader, error))
		return false;
	find_lost(batch, reader, &lost);
	if (lost.id && lost.is_told)
		done = rebuild(batch, reader, &lost, error);
	else if (lost.id && batch->choices->must_resume)
		done = refuse_untold(&lost, error);
	commit_reader_close(reader);
	return done;
}

static void say_set_aside(struct batch *batch)
{
	struct record_damage damage = record_damage(batch->record);
	say(batch, arena_format(batch->cli->arena, "%s; it lies in %s now", damage.what,
			   damage.moved_to));
}

/* Runs whose folders are here and that the new record does not list. */
static void say_unlisted(struct batch *batch)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	uint32_t count;
	uint32_t unlisted = 0;
	const char **ids = list_folders(batch, &count);
	for (uint32_t i = 0; i < count; i++) {
		if (is_on_record(batch, ids[i]))
			continue;
		if (++unlisted <= NAMED_RUNS)
			buffer_printf(&text, "%s%s", unlisted > 1 ? ", " : "", ids[i]);
	}
	if (unlisted == 0)
		return;
	if (unlisted > NAMED_RUNS)
		buffer_printf(&text, " and %u more", unlisted - NAMED_RUNS);
	say(batch, arena_format(batch->cli->arena,
			   "no longer listed, with reports and commits still there: %s",
			   buffer_text(&text)));
}

/*
 * A commit is on record before a reference moves to it. One that is not says that the newest part
 * of the record was lost, which SQLite does not notice: a WAL ends where it is damaged.
 */
static bool check_not_behind(struct batch *batch, struct error *error)
{
	struct commit_reader *reader = NULL;
	struct commit_words last = {0};
	bool known = true;
	if (!commit_reader_open(batch->project.root, &reader, error))
		return false;
	bool found = commit_reader_run(reader, batch->run_id, batch->cli->arena, &last);
	commit_reader_close(reader);
	if (!found || !last.state)
		return true;
	if (!record_knows_commit(batch->record, batch->run_id, last.id, &known, error))
		return false;
	if (known)
		return true;
	error_set(error, ERROR_RECORD_DAMAGED,
		"%s/state.db is damaged: its newest part is missing, it does not know commit %.12s "
		"of run '%s'",
		batch->project.state_folder, last.id, batch->run_id);
	return error_hint(error, DAMAGED_HINT);
}

static bool find_sound(struct batch *batch, bool *nothing_to_do, struct error *error)
{
	struct run_verdict verdict;
	if (!batch_resume_find(batch, nothing_to_do, error))
		return false;
	if (!batch->resumed || *nothing_to_do)
		return true;
	return record_check_run(batch->record, batch->run_id, &verdict, error) &&
	       run_verdict_require(batch->record, batch->run_id, &verdict, error) &&
	       check_not_behind(batch, error);
}

static bool find_after_damage(struct batch *batch, bool *nothing_to_do, struct error *error)
{
	say_set_aside(batch);
	batch->resumed = false;
	batch->on_record = false;
	bool done = bring_back(batch, error);
	say_unlisted(batch);
	return done && find_sound(batch, nothing_to_do, error);
}

bool batch_record_open(struct batch *batch, bool *nothing_to_do, struct error *error)
{
	if (!record_open(batch->project.state_folder, RECORD_MEND, &batch->record, error))
		return false;
	if (record_damage(batch->record).what)
		return find_after_damage(batch, nothing_to_do, error);
	/* A run is continued for hours on what is read now: all of it is looked at. */
	bool is_sound = !batch->choices->must_resume || record_check_file(batch->record, error);
	if (is_sound && bring_back(batch, error) && find_sound(batch, nothing_to_do, error))
		return true;
	if (error->code != ERROR_RECORD_DAMAGED)
		return false;
	return record_set_aside(
		       batch->record, arena_copy_text(batch->cli->arena, error->text), error) &&
	       find_after_damage(batch, nothing_to_do, error);
}
