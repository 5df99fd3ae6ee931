#ifndef WAVETRAIN_CHECKPOINT_OBJECT_STORE_H
#define WAVETRAIN_CHECKPOINT_OBJECT_STORE_H

#include <git2.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * The new objects of one checkpoint. Few of them become loose objects, many one pack: git itself
 * asks four system calls and a file of the disk for each loose one. What the repository has
 * already is not stored again but made young, so that no collection takes it.
 */
struct object_store;

/* From how many new objects on they are packed. */
#define OBJECT_STORE_PACK_FROM 32

/* Content above this is written straight into the repository, piece by piece. */
#define OBJECT_STORE_MAX_BYTES ((size_t)1024 * 1024)

/* The repository must outlive the store. */
bool object_store_open(
	struct object_store **store, git_repository *repository, struct error *error);

/* NULL is fine. What was not finished is forgotten; a pack of it may stay, for git gc. */
void object_store_close(struct object_store *store);

/* A handle without references whose new objects go to the store; it can read none of them. */
git_repository *object_store_sink(const struct object_store *store);

/* The repository that all objects end up in. */
git_repository *object_store_repository(const struct object_store *store);

bool object_store_add_blob(struct object_store *store, const void *bytes, size_t size, git_oid *id,
	struct error *error);

/* The caller has written an object into the repository itself, which is then to be flushed. */
void object_store_note_direct(struct object_store *store);

/* Everything that was added is in the repository and on the disk when this returns true. */
bool object_store_finish(struct object_store *store, struct error *error);

#endif
