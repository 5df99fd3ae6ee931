#ifndef WAVETRAIN_LOAD_SCHEMA_COMPAT_H
#define WAVETRAIN_LOAD_SCHEMA_COMPAT_H

#include "model/diagnostic.h"
#include "model/pipeline.h"

/*
 * Compares what artifacts are with what their consumers take, and adds a contract for every
 * declared schema that has a file. Inputs must be resolved; those that are not are passed over.
 * A consumer that lists no schema takes anything; an artifact without a declared schema is taken
 * by anyone; a pass-through is what all its inputs are.
 */
void schema_compat_check(struct pipeline *pipeline, struct diagnostics *diagnostics);

#endif
