#ifndef WAVETRAIN_CHECKPOINT_CHANGES_H
#define WAVETRAIN_CHECKPOINT_CHANGES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

struct changes {
	const char *const *paths; /* the arena's; relative to folder, those outside are left out */
	uint32_t count;
};

/*
 * Paths beneath folder (absolute) that differ between a commit and the work tree as it is now,
 * files that git does not know yet included, ignored ones not. Reads only. False: folder is in no
 * repository, or the commit is not there (a shallow clone).
 */
bool changes_since(const char *folder, const char *commit, struct arena *arena,
	struct changes *changes, struct error *error);

#endif
