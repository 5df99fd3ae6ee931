#include "cli/batch_record.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/batch_rebuild.h"
#include "cli/batch_resume.h"
#include "record/database.h"

#define NAMED_RUNS 5

/* A run of this state folder that is not on record. */
struct lost_run {
	const char *id; /* NULL: there is none */
	struct commit_words last;
	bool is_told; /* its last commit says how far it is */
};

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
		done = batch_rebuild_run(batch, reader, lost.id, &lost.last, error);
	else if (lost.id && batch->choices->must_resume)
		done = refuse_untold(&lost, error);
	commit_reader_close(reader);
	return done;
}

static void say_set_aside(struct batch *batch)
{
	struct record_damage damage = record_damage(batch->record);
	batch_say(batch, arena_format(batch->cli->arena, "%s; it lies in %s now", damage.what,
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
	batch_say(batch, arena_format(batch->cli->arena,
				 "no longer listed, with reports and commits still there: %s",
				 buffer_text(&text)));
}

static bool refuse_behind(
	const struct batch *batch, const struct commit_words *last, struct error *error)
{
	error_set(error, ERROR_RECORD_DAMAGED,
		"%s/state.db is damaged: its newest part is missing, it does not know commit %.12s "
		"of run '%s'",
		batch->project.state_folder, last->id, batch->run_id);
	return error_hint(error, DAMAGED_HINT);
}

/*
 * A commit is on record before a reference moves to it. One of this record that is not says that
 * the newest part of it was lost, which SQLite does not notice: a WAL ends where it is damaged. One
 * of another record says that the run went on elsewhere.
 */
static bool follow_commits(
	struct batch *batch, struct commit_reader *reader, bool *followed, struct error *error)
{
	struct commit_words last = {0};
	struct run_state_origin origin = {0};
	bool known = true;
	bool is_author = false;
	if (!commit_reader_run(reader, batch->run_id, batch->cli->arena, &last) || !last.state)
		return true;
	if (!record_knows_commit(batch->record, batch->run_id, last.id, &known, error))
		return false;
	if (known)
		return true;
	record_state_origin(last.state, batch->cli->arena, &origin);
	if (!record_is_author(batch->record, origin.record, &is_author, error))
		return false;
	if (is_author)
		return refuse_behind(batch, &last, error);
	*followed = true;
	return batch_rebuild_elsewhere(batch, reader, &last, error);
}

static bool find_sound(struct batch *batch, bool *nothing_to_do, struct error *error)
{
	struct commit_reader *reader = NULL;
	struct run_verdict verdict;
	bool followed = false;
	if (!batch_resume_find(batch, nothing_to_do, error))
		return false;
	if (!batch->resumed || *nothing_to_do)
		return true;
	bool is_sound = record_check_run(batch->record, batch->run_id, &verdict, error) &&
			run_verdict_require(batch->record, batch->run_id, &verdict, error) &&
			commit_reader_open(batch->project.root, &reader, error) &&
			follow_commits(batch, reader, &followed, error);
	commit_reader_close(reader);
	return is_sound && (!followed || batch_resume_find(batch, nothing_to_do, error));
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
