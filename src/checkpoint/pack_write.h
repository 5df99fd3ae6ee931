#ifndef WAVETRAIN_CHECKPOINT_PACK_WRITE_H
#define WAVETRAIN_CHECKPOINT_PACK_WRITE_H

#include <git2.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * Many objects in one pack file with its index, both of version 2 (gitformat-pack(5)). Objects
 * are compressed as git compresses loose ones and are no deltas of one another: `git gc` makes
 * them. A pack is held in memory until it is written, so the caller bounds it.
 */
struct pack_writer;

struct pack_writer *pack_writer_new(void);
void pack_writer_free(struct pack_writer *writer); /* NULL is fine; what was not written is lost */

/* The caller sees to it that no id comes twice. The bytes are not needed afterwards. */
void pack_writer_add(struct pack_writer *writer, const git_oid *id, git_object_t type,
	const void *bytes, size_t size);

/* What the pack has grown to; 0: nothing was added. */
size_t pack_writer_size(const struct pack_writer *writer);

/*
 * Writes pack and index into objects_folder/pack and empties the writer. When it returns true
 * both are on the disk: three flushes (pack, index, folder), and not one syncfs(), which would
 * also wait for whatever else the steps have written to that disk. The names git looks for
 * appear only after the content is safe; a crash leaves files "tmp_…", an index without a
 * pack or a pack that no reference needs: all of them git gc removes. Failure leaves at most
 * what a crash does.
 */
bool pack_writer_finish(
	struct pack_writer *writer, const char *objects_folder, struct error *error);

#endif
