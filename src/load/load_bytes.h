#ifndef WAVETRAIN_LOAD_LOAD_BYTES_H
#define WAVETRAIN_LOAD_LOAD_BYTES_H

#include <stddef.h>

#include "load/pipeline_load.h"

/*
 * pipeline_load() for a file that is in memory already: for tests and fuzzing. The bytes must
 * live as long as *diagnostics, which shows lines of them.
 */
void pipeline_load_bytes(const struct load_request *request, const char *bytes, size_t size,
	struct arena *arena, struct diagnostics *diagnostics, struct pipeline *pipeline);

#endif
