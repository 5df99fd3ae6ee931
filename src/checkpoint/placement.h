#ifndef WAVETRAIN_CHECKPOINT_PLACEMENT_H
#define WAVETRAIN_CHECKPOINT_PLACEMENT_H

#include <git2.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Puts blobs into a tree of files as git checks them out. Neither a symbolic link nor ".." on the
 * way to a path is ever followed, and a file is replaced as a whole: whoever is killed leaves the
 * old one or the new one.
 */
struct placement {
	git_repository *repository; /* blobs, and the filters of the paths */
	int root;                   /* the tree; borrowed */
	const char *staging;        /* folder on the same file system, made when missing */
};

struct placed_file {
	const char *path; /* relative to the root */
	uint32_t mode;    /* git's: a file, an executable or a link */
	git_oid id;
	bool filtered; /* attributes may say something of it: line ends, ident */
};

/* Opens the folder that the path is in, making what is missing; -1 with errno set. O_PATH. */
int placement_open_parent(int root, const char *path, bool make);

/* What follows the last '/': the name in that folder. */
const char *placement_name(const char *path);

/* Puts the file at its path, over a file that is there. */
bool placement_write(
	const struct placement *placement, const struct placed_file *file, struct error *error);

/* The same for a path where nothing is, in the open folder: without a detour. */
bool placement_create(git_repository *repository, int folder, const struct placed_file *file,
	struct error *error);

/* Removes a file, if it is there, and the folders that it leaves empty. */
bool placement_remove(const struct placement *placement, const char *path, struct error *error);

#endif
