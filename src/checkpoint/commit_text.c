#include "checkpoint/commit_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "checkpoint/git_failure.h"

#define RUNS_FOLDER "refs/wavetrain/runs/"

static void append_id(struct buffer *text, const char *word, const git_oid *id)
{
	char digits[GIT_OID_HEXSZ + 1];

	buffer_printf(text, "%s %s\n", word, git_oid_tostr(digits, sizeof digits, id));
}

static void append_signature(struct buffer *text, const char *word, const git_signature *signature)
{
	buffer_printf(text, "%s %s <%s> %" PRId64 " +0000\n", word, signature->name,
		signature->email, (int64_t)signature->when.time);
}

/* Lines after the first of a header begin with a space. */
static void append_state(struct buffer *text, const char *state)
{
	size_t size = strlen(state);

	while (size > 0 && state[size - 1] == '\n')
		size--;
	if (size == 0)
		return;
	buffer_append_text(text, STATE_HEADER " ");
	for (size_t i = 0; i < size; i++) {
		buffer_append_byte(text, state[i]);
		if (state[i] == '\n')
			buffer_append_byte(text, ' ');
	}
	buffer_append_byte(text, '\n');
}

bool commit_text_write(const struct commit_text *commit, git_repository *repository, git_oid *id,
	struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	git_odb *objects = NULL;
	int result = git_repository_odb(&objects, repository);

	append_id(&text, "tree", commit->tree);
	for (size_t i = 0; i < commit->parent_count; i++)
		append_id(&text, "parent", commit->parents[i]);
	append_signature(&text, "author", commit->author);
	append_signature(&text, "committer", commit->committer);
	if (commit->state)
		append_state(&text, commit->state);
	buffer_append_byte(&text, '\n');
	buffer_append_text(&text, commit->message);
	if (result == 0)
		result = git_odb_write(
			id, objects, buffer_text(&text), text.size, GIT_OBJECT_COMMIT);
	git_odb_free(objects);
	return result == 0 || git_failure(error, result, "cannot write the commit");
}

struct commit_reader {
	git_repository *repository;
};

bool commit_reader_open(const char *folder, struct commit_reader **reader, struct error *error)
{
	git_repository *repository = NULL;
	int result;

	*reader = NULL;
	git_libgit2_init();
	result = git_repository_open_ext(&repository, folder, 0, NULL);
	if (result == 0) {
		*reader = heap_allocate(1, sizeof **reader);
		(*reader)->repository = repository;
		return true;
	}
	if (result != GIT_ENOTFOUND)
		git_failure(error, result, "cannot open the repository of '%s'", folder);
	git_libgit2_shutdown();
	return result == GIT_ENOTFOUND;
}

void commit_reader_close(struct commit_reader *reader)
{
	if (!reader)
		return;
	git_repository_free(reader->repository);
	git_libgit2_shutdown();
	free(reader);
}

static const char *copy_id(const git_oid *id, struct arena *arena)
{
	char digits[GIT_OID_HEXSZ + 1];

	return arena_copy_text(arena, git_oid_tostr(digits, sizeof digits, id));
}

static bool read_words(const struct commit_reader *reader, const git_oid *id, struct arena *arena,
	struct commit_words *words)
{
	git_commit *commit = NULL;
	git_buf state = {0};

	if (git_commit_lookup(&commit, reader->repository, id) != 0)
		return false;
	*words = (struct commit_words){.id = copy_id(id, arena)};
	if (git_commit_parentcount(commit) > 0)
		words->parent = copy_id(git_commit_parent_id(commit, 0), arena);
	words->subject = arena_copy_text(
		arena, git_commit_summary(commit) ? git_commit_summary(commit) : "");
	if (git_commit_header_field(&state, commit, STATE_HEADER) == 0)
		words->state = arena_copy_bytes(arena, state.ptr, state.size);
	git_buf_dispose(&state);
	git_commit_free(commit);
	return true;
}

bool commit_reader_run(struct commit_reader *reader, const char *run_id, struct arena *arena,
	struct commit_words *words)
{
	git_oid id;

	return reader &&
	       git_reference_name_to_id(&id, reader->repository,
		       arena_format(arena, RUNS_FOLDER "%s", run_id)) == 0 &&
	       read_words(reader, &id, arena, words);
}

bool commit_reader_commit(struct commit_reader *reader, const char *id, struct arena *arena,
	struct commit_words *words)
{
	git_oid commit;

	return reader && git_oid_fromstr(&commit, id) == 0 &&
	       read_words(reader, &commit, arena, words);
}

bool commit_reader_descends(struct commit_reader *reader, const char *id, const char *earlier)
{
	git_oid commit, ancestor;

	return reader && git_oid_fromstr(&commit, id) == 0 &&
	       git_oid_fromstr(&ancestor, earlier) == 0 &&
	       git_graph_descendant_of(reader->repository, &commit, &ancestor) == 1;
}
