#ifndef WAVETRAIN_CHECKPOINT_CONTENT_H
#define WAVETRAIN_CHECKPOINT_CONTENT_H

#include <git2.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* How git would store a path. */
enum content_kind {
	CONTENT_PLAIN,     /* as it is, perhaps with other line ends */
	CONTENT_LFS,       /* a pointer; the content goes elsewhere */
	CONTENT_FILTERED,  /* what a configured program makes of it */
	CONTENT_SUBMODULE, /* the commit of another repository */
	CONTENT_KIND_COUNT
};

/* Looks at the mode and the attributes. */
bool content_classify(git_repository *repository, const char *path, uint32_t mode,
	enum content_kind *kind, struct error *error);

/* What follows the path in a refusal, and what to do then. */
const char *content_kind_sentence(enum content_kind kind);
const char *content_kind_hint(enum content_kind kind);

/* The object id the path's content would have; nothing is written. A submodule's commit. */
bool content_identify(git_repository *repository, const char *path, uint32_t mode, git_oid *id,
	struct error *error);

/*
 * Whether a path that is not plain is what the index entry says, as far as that can be told
 * without the filter: LFS by the pointer's checksum, a submodule by its HEAD. entry may be NULL.
 */
bool content_special_is_unchanged(git_repository *repository, const char *work_tree,
	const git_index_entry *entry, enum content_kind kind, bool *unchanged, struct error *error);

#endif
