#ifndef WAVETRAIN_RUN_LANDLOCK_H
#define WAVETRAIN_RUN_LANDLOCK_H

#include <stdbool.h>

#include "base/error.h"

/*
 * Landlock: a process gives up, for itself and all that it starts, what it was not allowed before.
 * Here only changes of the file system are given up; reading and executing stay free.
 */

/*
 * The version of the kernel's interface; 0: there is none (*error says why), or only the first one,
 * under which no file can be moved from folder to folder.
 */
unsigned landlock_version(struct error *error);
#define LANDLOCK_TRUNCATE_VERSION 3u /* before it, files can be emptied all the same */

enum landlock_grant {
	LANDLOCK_ALL,  /* whatever is beneath may be changed */
	LANDLOCK_WRITE /* files that are there may be written: devices */
};

/*
 * A set of rules that forbids every change, for process_request.ruleset; the caller's to close.
 * -1: *error.
 */
int landlock_open(unsigned version, struct error *error);

/* An exception: the folder with what is beneath it, or the file. It must exist. */
bool landlock_allow(int ruleset, unsigned version, const char *path, enum landlock_grant grant,
	struct error *error);

#endif
