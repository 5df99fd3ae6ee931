#ifndef WAVETRAIN_LOAD_TABLE_READER_H
#define WAVETRAIN_LOAD_TABLE_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "load/pipeline_load.h"
#include "model/pipeline.h"

/*
 * A table: one step a line, NUM | AGENT | CLI | GATE | PARALLEL_GROUP | TIMEOUT_MIN | PROMPT, with
 * comments, blank lines, and header lines before the first row. Fills *pipeline (file and folder
 * are the caller's); personas and adapters are not looked for. Linear in size; every fault is a
 * finding, and all of them are reported.
 */
void table_read(const struct load_request *request, const char *bytes, size_t size,
	struct diagnostics *diagnostics, struct pipeline *pipeline);

/* True for a path that ends in ".pipeline". */
bool path_is_table(const char *path);

#define TABLE_LINE_LIMIT_BYTES ((size_t)1 << 20)
#define TABLE_DEFAULT_TIMEOUT_MIN 60
#define TABLE_MAXIMUM_TIMEOUT_MIN 527040 /* 366 days */

#endif
