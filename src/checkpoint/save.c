#include <git2.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/index.h"
#include "base/text.h"
#include "checkpoint/change_set.h"
#include "checkpoint/commit_text.h"
#include "checkpoint/git_failure.h"

/* A line end in a subject or a value would begin a body or forge a trailer. */
static void append_line(struct buffer *buffer, const char *text)
{
	for (; *text; text++)
		buffer_append_byte(buffer, *text == '\n' || *text == '\r' ? ' ' : *text);
}

static void append_message(struct buffer *message, const struct checkpoint_request *request)
{
	append_line(message, request->subject);
	buffer_append_text(message, "\n\n");
	if (!text_is_empty(request->body)) {
		buffer_append_text(message, request->body);
		if (!text_ends_with(request->body, "\n"))
			buffer_append_byte(message, '\n');
		buffer_append_byte(message, '\n');
	}
	buffer_append_text(message, "Wavetrain-Run: ");
	append_line(message, request->run_id);
	if (request->wave != INDEX_NONE)
		buffer_printf(message, "\nWavetrain-Wave: %" PRIu32, request->wave);
	buffer_printf(
		message, "\nWavetrain-Trigger: %s\n", checkpoint_trigger_name(request->trigger));
}

static bool make_signature(git_signature **signature, const char *name, const char *email,
	int64_t time_s, struct error *error)
{
	int result = git_signature_new(signature, name, email, time_s, 0);

	return result == 0 ||
	       git_failure(error, result, "\"%s <%s>\" is no identity for a commit", name, email);
}

/* The commits before: of a named branch that HEAD does not hold, both. */
static size_t list_parents(const struct checkpointer *checkpointer, const git_oid **parents)
{
	size_t count = 0;

	if (checkpointer->has_extra_parent)
		parents[count++] = &checkpointer->extra_parent;
	if (checkpointer->has_tip &&
		!(checkpointer->has_extra_parent &&
			commit_descends(checkpointer->repository, &checkpointer->extra_parent,
				&checkpointer->tip)))
		parents[count++] = &checkpointer->tip;
	return count;
}

/* A commit in the making. */
struct preparation {
	struct checkpointer *checkpointer;
	const struct checkpoint_request *request;
	struct object_store *store;
	int64_t time_ms; /* of the start */
};

static bool append_state(
	const struct preparation *preparation, struct buffer *state, struct error *error)
{
	struct checkpoint_request request = *preparation->request;

	request.is_lacking = preparation->checkpointer->prepared->is_lacking;
	return !request.append_state ||
	       request.append_state(request.state_context, &request, state, error);
}

static bool write_commit(
	const struct preparation *preparation, const git_oid *tree, struct error *error)
{
	struct checkpointer *checkpointer = preparation->checkpointer;
	const struct identity *identity = &checkpointer->identity;
	int64_t time_s = identity->time_s >= 0 ? identity->time_s : preparation->time_ms / 1000;
	CLEANUP(buffer_release) struct buffer message = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer state = BUFFER_INIT;
	const git_oid *parents[2];
	size_t parent_count = list_parents(checkpointer, parents);
	git_signature *author = NULL;
	git_signature *committer = NULL;
	bool done = append_state(preparation, &state, error) &&
		    make_signature(&author, identity->author_name, identity->author_email, time_s,
			    error) &&
		    make_signature(&committer, identity->committer_name, identity->committer_email,
			    time_s, error);

	append_message(&message, preparation->request);
	if (done) {
		struct commit_text commit = {tree, parents, parent_count, author, committer,
			buffer_text(&state), buffer_text(&message)};
		done = commit_text_write(&commit, object_store_sink(preparation->store),
			&checkpointer->prepared_commit, error);
	}
	git_signature_free(author);
	git_signature_free(committer);
	return done;
}

static bool build_commit(const struct preparation *preparation, struct error *error)
{
	struct checkpointer *checkpointer = preparation->checkpointer;
	git_tree *parent = NULL;
	git_oid tree;
	bool done;

	if (checkpointer->has_tip) {
		parent = commit_tree(checkpointer->repository, &checkpointer->tip, error);
		if (!parent)
			return false;
	}
	done = change_set_write_tree(
		checkpointer->prepared, preparation->store, parent, &tree, error);
	git_tree_free(parent);
	/* A power cut must not take what the record calls committed. */
	return done && write_commit(preparation, &tree, error) &&
	       object_store_finish(preparation->store, error);
}

/* Finds what the steps changed and makes the commit, where there is anything to commit. */
static bool prepare(const struct preparation *preparation, struct error *error)
{
	struct checkpointer *checkpointer = preparation->checkpointer;
	struct change_set *set = checkpointer->prepared;

	return change_set_collect_for_commit(checkpointer, &checkpointer->prepared_arena,
		       preparation->store, set, error) &&
	       (set->count == 0 || build_commit(preparation, error));
}

static const char *copy_id(struct checkpointer *checkpointer, const git_oid *id)
{
	char text[GIT_OID_HEXSZ + 1];

	return arena_copy_text(&checkpointer->arena, git_oid_tostr(text, sizeof(text), id));
}

static void fill(struct checkpointer *checkpointer, const struct checkpoint_request *request,
	struct checkpoint *checkpoint)
{
	const struct change_set *set = checkpointer->prepared;
	const git_oid *parents[2];

	*checkpoint = (struct checkpoint){
		.number = request->number,
		.trigger = request->trigger,
		.wave = request->wave,
		.partial = request->partial,
		.subject = arena_copy_text(&checkpointer->arena, request->subject),
	};
	if (list_parents(checkpointer, parents) > 0)
		checkpoint->parent = copy_id(checkpointer, parents[0]);
	if (set->count == 0)
		return;
	checkpoint->commit = copy_id(checkpointer, &checkpointer->prepared_commit);
	checkpoint->files_changed = (uint32_t)set->count;
	checkpoint->bytes = set->bytes;
}

bool checkpointer_prepare(struct checkpointer *checkpointer,
	const struct checkpoint_request *request, struct checkpoint *checkpoint,
	struct error *error)
{
	int64_t started_ns = clock_monotonic_ns();
	struct preparation preparation = {
		.checkpointer = checkpointer, .request = request, .time_ms = clock_realtime_ms()};
	struct change_set *set = checkpointer->prepared;
	bool done;

	checkpointer->prepared_commit = (git_oid){{0}};
	change_set_release(set);
	set->leaves_out = request->steps_run;
	arena_reset(&checkpointer->prepared_arena);
	done = target_follow(checkpointer, error) &&
	       object_store_open(&preparation.store, checkpointer->repository, error) &&
	       prepare(&preparation, error);
	object_store_close(preparation.store);
	if (!done)
		return error_context(error, "no checkpoint");
	if (set->count == 0 && !change_set_apply(set, checkpointer->snapshot, error))
		return false;
	fill(checkpointer, request, checkpoint);
	checkpoint->time_ms = preparation.time_ms;
	checkpoint->duration_ms = (clock_monotonic_ns() - started_ns) / 1000000;
	return true;
}
