#ifndef WAVETRAIN_RUN_REMOVAL_H
#define WAVETRAIN_RUN_REMOVAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Gets rid of files and folders of steps little by little. A folder holds what is to go; one
 * rename puts something there, and it is as good as gone. No link is ever followed, whatever still
 * running processes do meanwhile; nothing on another file system is entered; a folder may be as
 * deep as it likes and without permissions. What cannot be removed is left, and told of.
 */
struct removal {
	int folder; /* descriptor; -1: not open */
	uint64_t next_number;
	uint32_t stuck_count; /* entries at the top that cannot be removed */
	int stuck_errno;
};

/* Makes the folder in parent (an open folder's descriptor) if it is not there. */
bool removal_open(struct removal *removal, int parent, const char *name, struct error *error);
void removal_close(struct removal *removal); /* also when it is not open */

/* Nothing there is success. On failure it is where it was. */
bool removal_take(struct removal *removal, int parent, const char *name, struct error *error);

/* Removes about entry_limit entries. True while there is more that can be removed. */
bool removal_advance(struct removal *removal, uint32_t entry_limit);

/* Removes all that can be; false with *error when something is left. */
bool removal_finish(struct removal *removal, struct error *error);

#endif
