#ifndef WAVETRAIN_LOAD_PIPELINE_CHECK_H
#define WAVETRAIN_LOAD_PIPELINE_CHECK_H

#include <stdbool.h>

#include "model/diagnostic.h"
#include "model/pipeline.h"

/*
 * What can only be seen with the whole pipeline at hand: ids, names and paths of the right shape,
 * no id twice, every need and input leads to a step or artifact. Fills need.step, input.step and
 * input.output. Linear in the size of the pipeline, also when everything is wrong. Takes steps
 * that could not be decoded whole: what is NULL is passed over.
 */
void pipeline_check(struct pipeline *pipeline, struct diagnostics *diagnostics);

/* [A-Za-z0-9][A-Za-z0-9._-]{0,127} */
bool id_is_valid(const char *id);

#endif
