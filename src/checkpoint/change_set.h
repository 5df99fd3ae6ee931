#ifndef WAVETRAIN_CHECKPOINT_CHANGE_SET_H
#define WAVETRAIN_CHECKPOINT_CHANGE_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "checkpoint/object_store.h"
#include "checkpoint/repository.h"

/* One path that the steps changed. */
struct change {
	git_index_entry entry; /* as it is to be in the index; mode 0: the path is gone */
	uint64_t size_bytes;
	int64_t changed_ns; /* stat(2)'s ctime where it tells a later change, else 0 */
};

struct change_set {
	struct change *items; /* heap, sorted by path as bytes */
	size_t count;
	size_t capacity;
	uint64_t bytes;
	/* Set before: steps run, so that what is refused, or changes while it is read, may yet become
	 * fit to be committed: it is as if it had not changed. */
	bool leaves_out;
	bool is_lacking; /* something was left out */
	/* Paths whose content is what it was, with fresher stat: only the snapshot needs them. */
	struct change *refreshed; /* heap */
	size_t refreshed_count;
	size_t refreshed_capacity;
};

void change_set_release(struct change_set *set);

/*
 * Compares the work tree with the snapshot and puts the blobs of what has changed into the store
 * (NULL: their ids are all that is wanted). Refused by name: changed submodules and nested
 * repositories, files that go through LFS. Texts belong to the arena.
 */
bool change_set_collect(struct checkpointer *checkpointer, struct arena *arena,
	struct object_store *store, struct change_set *set, struct error *error);

/*
 * The same for what is to be committed for others: also refused are files larger than the limit
 * and files that hold a secret.
 */
bool change_set_collect_for_commit(struct checkpointer *checkpointer, struct arena *arena,
	struct object_store *store, struct change_set *set, struct error *error);

/* Records everything that differs from the snapshot as the user's own. */
bool change_set_record_baseline(struct checkpointer *checkpointer, struct error *error);

/* Puts the set's entries into an index. */
bool change_set_apply(const struct change_set *set, git_index *index, struct error *error);

/* Makes the tree that parent (NULL: empty) becomes by the changes; only changed folders. */
bool change_set_write_tree(const struct change_set *set, struct object_store *store,
	const git_tree *parent, git_oid *tree, struct error *error);

#endif
