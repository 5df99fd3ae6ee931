#ifndef WAVETRAIN_RUN_GIT_FOLDERS_H
#define WAVETRAIN_RUN_GIT_FOLDERS_H

#include "base/arena.h"

/*
 * Where git keeps what belongs to a work tree, which need not be in it: a linked work tree, a
 * submodule and `git init --separate-git-dir` have a file `.git` that names another place.
 */
struct git_folders {
	const char *own;    /* canonical; NULL: folder is in no work tree */
	const char *common; /* of all linked work trees; the same as own where there are none */
};

/* The texts are the arena's. */
struct git_folders git_folders_find(const char *folder, struct arena *arena);

#endif
