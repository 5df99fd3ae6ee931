#ifndef WAVETRAIN_LOAD_JSON_SCHEMA_WRITE_H
#define WAVETRAIN_LOAD_JSON_SCHEMA_WRITE_H

#include "base/buffer.h"

/*
 * The pipeline file, with `steps` and with `artifacts`, as one JSON Schema (draft 2020-12) made
 * from the decoder's own tables: for editors, and for programs that write such files. It knows
 * keys, types, words and limits; what only shows in the whole (references, cycles) is for
 * `validate`.
 */
void pipeline_schema_append(struct buffer *buffer);

#endif
