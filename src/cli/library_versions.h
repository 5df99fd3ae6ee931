#ifndef WAVETRAIN_CLI_LIBRARY_VERSIONS_H
#define WAVETRAIN_CLI_LIBRARY_VERSIONS_H

#include "base/buffer.h"

/* "  sqlite3 3.40.1\n" for each library that is linked, as it says of itself at run time. */
void library_versions_append(struct buffer *buffer);

#endif
