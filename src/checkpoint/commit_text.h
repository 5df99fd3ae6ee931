#ifndef WAVETRAIN_CHECKPOINT_COMMIT_TEXT_H
#define WAVETRAIN_CHECKPOINT_COMMIT_TEXT_H

#include <git2.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * A commit with one header more than libgit2 writes: git keeps and carries headers that it does
 * not know and shows them to nobody (`git cat-file -p COMMIT` does). In it stands what the commit
 * says of its run's state.
 */
#define STATE_HEADER "wavetrain-state"

struct commit_text {
	const git_oid *tree;
	const git_oid **parents;
	size_t parent_count;
	const git_signature *author;
	const git_signature *committer;
	const char *state; /* lines; NULL or "": no such header */
	const char *message;
};

bool commit_text_write(const struct commit_text *commit, git_repository *repository, git_oid *id,
	struct error *error);

/* The same read back. *state is NULL when there is no such header; texts are the arena's. */
struct commit_words {
	const char *id;
	const char *parent; /* NULL: none */
	const char *subject;
	const char *state;
};

/*
 * What the commits of a repository say. folder: the repository's, or one beneath it. Where there
 * is none *reader is NULL, and all calls find nothing.
 */
struct commit_reader;
bool commit_reader_open(const char *folder, struct commit_reader **reader, struct error *error);
void commit_reader_close(struct commit_reader *reader);

/* The last commit of a run; and a commit by its id. False: it is not here, or cannot be read. */
bool commit_reader_run(struct commit_reader *reader, const char *run_id, struct arena *arena,
	struct commit_words *words);
bool commit_reader_commit(struct commit_reader *reader, const char *id, struct arena *arena,
	struct commit_words *words);

/* Whether a commit has another one, that is here, before it. */
bool commit_reader_descends(struct commit_reader *reader, const char *id, const char *earlier);

#endif
