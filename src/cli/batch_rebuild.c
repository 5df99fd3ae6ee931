#include "cli/batch_rebuild.h"

#include <stdlib.h>

#include "base/text.h"
#include "cli/batch_parameters.h"

struct pieces {
	struct run_state_piece *items; /* heap, the newest first */
	uint32_t count;
	uint32_t capacity;
};

void batch_say(const struct batch *batch, const char *sentence)
{
	struct cli loud = *batch->cli;
	loud.quiet = false;
	cli_print_note(&loud, "%s", sentence);
}

static bool refuse_gap(const char *id, const char *commit, struct error *error)
{
	error_set(error, ERROR_GIT,
		"commit %.12s, which says how far run '%s' was, is not in this clone", commit, id);
	return error_hint(
		error, "fetch it from the clone the run was in and then 'wavetrain resume %s'", id);
}

static void turn_around(struct pieces *pieces)
{
	for (uint32_t i = 0; i < pieces->count / 2; i++) {
		struct run_state_piece piece = pieces->items[i];
		pieces->items[i] = pieces->items[pieces->count - 1 - i];
		pieces->items[pieces->count - 1 - i] = piece;
	}
}

static bool collect_pieces(struct batch *batch, struct commit_reader *reader, const char *run_id,
	const struct commit_words *last, struct pieces *pieces, struct error *error)
{
	struct arena *arena = batch->cli->arena;
	struct run_state_origin origin = {.previous_commit = last->id};
	struct commit_words words = *last;
	while (origin.previous_commit) {
		const char *commit = origin.previous_commit;
		if (pieces->count > 0 && !commit_reader_commit(reader, commit, arena, &words))
			return refuse_gap(run_id, commit, error);
		if (!words.state || !record_state_origin(words.state, arena, &origin) ||
			!text_equal(origin.run_id, run_id))
			return refuse_gap(run_id, commit, error);
		GROW(pieces->items, pieces->count, pieces->capacity);
		pieces->items[pieces->count++] = (struct run_state_piece){
			words.id, words.parent, words.subject, words.state};
	}
	turn_around(pieces);
	return true;
}

static bool adopt_parameters(
	struct batch *batch, const char *run_id, const struct pieces *pieces, struct error *error)
{
	struct state_parameter *told;
	uint32_t count = record_state_parameters(pieces->items[0].text, batch->cli->arena, &told);
	return batch_adopt_parameters(batch, run_id, told, count, error);
}

static bool rebuild(struct batch *batch, struct commit_reader *reader, const char *run_id,
	const struct commit_words *last, struct rebuilt_run *rebuilt, struct error *error)
{
	struct pieces pieces = {0};
	bool done = collect_pieces(batch, reader, run_id, last, &pieces, error) &&
		    adopt_parameters(batch, run_id, &pieces, error) &&
		    record_rebuild_run(batch->record, pieces.items, pieces.count, batch->cli->arena,
			    rebuilt, error);
	free(pieces.items);
	return done;
}

bool batch_rebuild_run(struct batch *batch, struct commit_reader *reader, const char *run_id,
	const struct commit_words *last, struct error *error)
{
	struct rebuilt_run rebuilt = {0};
	if (!rebuild(batch, reader, run_id, last, &rebuilt, error))
		return false;
	batch_say(batch,
		arena_format(batch->cli->arena,
			"run '%s' was put on record anew from its commits up to %.12s: %u of %u "
			"steps are done; what was done since that commit runs again",
			rebuilt.id, last->id, rebuilt.done_count, rebuilt.step_count));
	return true;
}

/* The newest commit of the run that is on record here and in this clone; NULL: none is. */
static const char *newest_here(struct batch *batch, struct commit_reader *reader)
{
	struct commit_words words;
	for (uint32_t i = batch->run.checkpoint_count; i-- > 0;) {
		const char *commit = batch->run.checkpoints[i].commit;
		if (commit && commit_reader_commit(reader, commit, batch->cli->arena, &words))
			return commit;
	}
	return NULL;
}

static bool refuse_diverged(
	const char *run_id, const char *here, const char *elsewhere, struct error *error)
{
	error_set(error, ERROR_RUN_DIVERGED,
		"run '%s' went on in two places: up to commit %.12s here and up to commit %.12s "
		"elsewhere",
		run_id, here, elsewhere);
	return error_hint(error,
		"'git update-ref refs/wavetrain/runs/%s %.12s', then 'wavetrain resume %s' goes on "
		"with what was done here",
		run_id, here, run_id);
}

bool batch_rebuild_elsewhere(struct batch *batch, struct commit_reader *reader,
	const struct commit_words *last, struct error *error)
{
	const char *here = newest_here(batch, reader);
	struct rebuilt_run rebuilt = {0};
	if (here && !commit_reader_descends(reader, last->id, here))
		return refuse_diverged(batch->run_id, here, last->id, error);
	if (!rebuild(batch, reader, batch->run_id, last, &rebuilt, error))
		return false;
	batch_say(batch,
		arena_format(batch->cli->arena,
			"run '%s' went on in another work tree or clone and was put on record "
			"anew from its commits up to %.12s: %u of %u steps are done; what was on "
			"record of it here is run '%s' now",
			rebuilt.id, last->id, rebuilt.done_count, rebuilt.step_count,
			rebuilt.former_id));
	return true;
}
