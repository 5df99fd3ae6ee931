#ifndef WAVETRAIN_RECORD_STATE_LOCK_H
#define WAVETRAIN_RECORD_STATE_LOCK_H

#include <stdbool.h>

#include "base/error.h"

/*
 * One runner for each state folder: flock(2) on STATE/lock, which the kernel gives back when its
 * holder dies, however it dies. What stands in the file is for the message only.
 */

/*
 * *descriptor (close-on-exec) holds the lock until it is closed. Refused at once with
 * ERROR_STATE_LOCKED and the holder's process id and host when another holds it.
 */
bool state_lock_take(const char *state_folder, int *descriptor, struct error *error);

/* True while a runner holds the folder; false also where there is no lock file. */
bool state_lock_is_held(const char *state_folder);

/*
 * True when nobody runs here: no runner gets the lock before *descriptor is closed, which is to be
 * soon (-1: there is no lock file). False, with -1: a runner holds it, or nobody can tell.
 */
bool state_lock_share(const char *state_folder, int *descriptor);

#endif
