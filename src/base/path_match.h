#ifndef WAVETRAIN_BASE_PATH_MATCH_H
#define WAVETRAIN_BASE_PATH_MATCH_H

#include <stdbool.h>

/*
 * True when the relative path matches the pattern as base/file_match.h has it: `*`, `?` and sets
 * within one component, `**` for any number of folders, also none; at the end, for everything
 * beneath. takes_hidden: a wildcard matches a leading dot too. Only text: no file is looked at.
 */
bool path_matches(const char *pattern, const char *path, bool takes_hidden);

#endif
