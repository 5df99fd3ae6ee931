#ifndef WAVETRAIN_CHECKPOINT_RESTORATION_H
#define WAVETRAIN_CHECKPOINT_RESTORATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"
#include "checkpoint/repository.h"

/*
 * What lies between the work tree and a commit of the run, told from the paths that differ
 * between two commits. Made by restoration_compare(), which changes nothing.
 */
struct restoration {
	const git_oid *from; /* what the work tree was checked out from; NULL: nothing */
	const git_oid *to;
	bool with_index; /* what is staged at those paths counts as a local change too */
	/*
	 * Called for each path of `missing` as soon as it is found; file is what `to` has there,
	 * NULL: nothing. False ends the comparison. NULL: nobody looks.
	 */
	bool (*visit)(
		void *context, const char *path, const git_diff_file *file, struct error *error);
	void *context;

	struct arena arena;
	size_t held;    /* paths that are as in `to` */
	char **missing; /* heap; paths that are as in `from`, or not there */
	size_t missing_count;
	size_t missing_capacity;
	size_t blocked;       /* paths with a content that neither commit has */
	char **blocked_paths; /* heap; all of them */
	size_t blocked_capacity;
	struct buffer blocked_names; /* the first few, for a sentence */
	const char *special; /* a blocked path that only git can write (LFS, a filter); or NULL */
	const char *reason;  /* why, to follow its name */
};

void restoration_release(struct restoration *restoration);

/* from, to and with_index are set by the caller and must outlive it. */
bool restoration_compare(
	struct checkpointer *checkpointer, struct restoration *restoration, struct error *error);

/*
 * Brings the missing paths into the work tree, all or none: a file that is neither as in `from`
 * nor as in `to`, also an ignored one, is never overwritten; it is named and nothing is changed.
 * The index and all references stay.
 */
bool restoration_apply(
	struct checkpointer *checkpointer, struct restoration *restoration, struct error *error);

#endif
