#ifndef WAVETRAIN_CHECKPOINT_REPOSITORY_H
#define WAVETRAIN_CHECKPOINT_REPOSITORY_H

#include <git2.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"
#include "checkpoint/baseline.h"
#include "checkpoint/checkpoint_save.h"
#include "checkpoint/work_tree.h"

/* Where commits go besides the run's own reference. */
enum target_kind {
	TARGET_NONE,
	TARGET_CURRENT, /* the branch that HEAD names: HEAD's commit and the user's index move too */
	TARGET_NAMED,   /* a branch that is checked out nowhere */
};

struct identity {
	const char *author_name;
	const char *author_email;
	const char *committer_name;
	const char *committer_email;
	int64_t time_s; /* SOURCE_DATE_EPOCH; -1: the clock's */
};

/* A reference of ours, and the value that we know it to have. */
struct known_reference {
	const char *name; /* full; NULL: none */
	git_oid id;
	bool exists;
};

struct checkpointer {
	struct arena arena; /* texts of the whole run */
	git_repository *repository;
	struct repository_facts facts;
	struct identity identity;
	enum target_kind target_kind;
	struct known_reference target;
	struct known_reference run;
	const char *run_id;
	const char *run_folder;
	bool claimed; /* the run's name is held: run_claim_drop() */
	uint64_t max_file_bytes;
	const struct mask *mask;
	bool file_mode;

	git_oid tip; /* the commit whose tree the snapshot is; the next one's parent */
	bool has_tip;
	git_oid extra_parent; /* a named branch's old tip that HEAD does not hold */
	bool has_extra_parent;
	/*
	 * What the tip holds, with what stat(2) said of the files: an index of our own. An entry
	 * whose file could have changed unseen since (same clock tick) has a zero mtime.
	 */
	git_index *snapshot;
	struct baseline baseline;

	/*
	 * The user's index has the snapshot's entries as long as nobody else has written it:
	 * then the snapshot itself is written to it, and nothing is read again.
	 */
	bool mirrors_index;
	struct stat index_status; /* of the index file, when it was last read or written */

	struct change_set *prepared; /* heap, of the last prepare(); publish() applies it */
	struct arena prepared_arena;
	git_oid prepared_commit; /* zero: none */
};

/* The value of NAME in "NAME=VALUE" entries, or NULL. Empty counts as not set. */
const char *environment_value(const char *const *environment, const char *name);

/* Author and committer: environment, else git's configuration, else the Action's bot. */
bool identity_read(
	struct checkpointer *checkpointer, const char *const *environment, struct error *error);

/* Decides target_kind, target and tip for a first start. */
bool target_choose(struct checkpointer *checkpointer, const struct checkpointer_settings *settings,
	struct error *error);

/* Takes the target as the first start chose it, and looks up where it is now. */
bool target_recall(struct checkpointer *checkpointer, struct error *error);

/*
 * Decides target_kind and target anew for a resumed run that has no baseline any more: as
 * target_choose(), but a dirty work tree is nothing to refuse, and where the run's commits are
 * here HEAD's branch is the target only when it has them. The tip must be HEAD's commit.
 */
bool target_find_again(struct checkpointer *checkpointer,
	const struct checkpointer_settings *settings, struct error *error);

/* A named branch must be where the run's commits lead on from it. */
bool target_resume(struct checkpointer *checkpointer, struct error *error);

/* An error unless HEAD names the target. */
bool target_check_head(struct checkpointer *checkpointer, struct error *error);

/*
 * The current branch may have been moved by a step that commits. When HEAD is our last commit or
 * has it in its history, it becomes the tip and the snapshot follows; else an error that says
 * what to do.
 */
bool target_follow(struct checkpointer *checkpointer, struct error *error);

/* The reference's value now; a missing one is success with exists false. */
bool reference_look_up(
	git_repository *repository, struct known_reference *reference, struct error *error);

/* The command of git that waits to be finished, "merge" or "rebase"; NULL: none. */
const char *operation_name(git_repository *repository);

/* The word that makes it end without a result: "--abort" of most. */
const char *operation_ending(const char *operation);

/* True when ancestor is commit or in its history, as far as that is in this clone. */
bool commit_descends(git_repository *repository, const git_oid *commit, const git_oid *ancestor);

/* The tree of a commit; the caller frees it. NULL with *error set when it cannot be read. */
git_tree *commit_tree(git_repository *repository, const git_oid *commit, struct error *error);

/* Reads an index file, without what it says of files that may have changed unseen. */
bool index_open(
	git_repository *repository, git_index **index, const char *path, struct error *error);

/* Reads the user's index into checkpointer->snapshot and makes it equal to the tip's tree. */
bool snapshot_open(struct checkpointer *checkpointer, bool *staged, struct error *error);

/* The user's index file. Texts belong to the arena. */
const char *index_path(const struct checkpointer *checkpointer, struct arena *arena);

/* Brings the snapshot from one commit's tree to another's; changed paths lose their stat. */
bool snapshot_move(struct checkpointer *checkpointer, const git_oid *to, struct error *error);

/* Makes the next comparison read the file: it may have changed in the very tick it was noted. */
void snapshot_forget_status(git_index_entry *entry);

#endif
