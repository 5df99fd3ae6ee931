#ifndef WAVETRAIN_LOAD_REFERENCE_CHECK_H
#define WAVETRAIN_LOAD_REFERENCE_CHECK_H

#include "base/map.h"
#include "model/diagnostic.h"
#include "model/pipeline.h"

/*
 * Every need, input, list of a foreach and step of a declared wave leads to a step or artifact.
 * Fills need.step, input.step and input.output; an input that all
 * instances of a fan-out make becomes one for each; the list of a foreach is a need as well.
 * ids: from ids to places, also from the ids of fan-outs as written to their first instance.
 */
void references_check(
	struct pipeline *pipeline, const struct map *ids, struct diagnostics *diagnostics);

#endif
