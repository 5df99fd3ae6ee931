#ifndef WAVETRAIN_COMPONENT_MERGE_H
#define WAVETRAIN_COMPONENT_MERGE_H

#include <jansson.h>

#include "base/error.h"

#define MERGED_FILE "merged.json"

/*
 * The inputs in input_folder as one message, a new reference. A single file's content is passed on
 * as it is; else contents that are lists follow one another in the order of the names, and any
 * other content is one element. An input that is no message is content as a whole; of a folder,
 * every file counts. The schema is kept when all have the same and none became an element.
 * names NULL: everything in the folder, in natural order. NULL: *error says which input.
 */
json_t *merge_inputs(const char *input_folder, const char *const *names, struct error *error);

#endif
