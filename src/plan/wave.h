#ifndef WAVETRAIN_PLAN_WAVE_H
#define WAVETRAIN_PLAN_WAVE_H

#include <stdbool.h>

#include "base/arena.h"
#include "model/diagnostic.h"
#include "model/plan.h"

/*
 * Both fill plan->waves, wave_steps, groups and stages, and the wave, group and stage of every
 * step. Estimates are not theirs. plan->order must be there.
 */

/* Wave k: the steps whose longest path from a root has k edges. */
void wave_derive(struct plan *plan, struct arena *arena);

/* True when some step has a group: then waves are detected, not derived. */
bool wave_has_groups(const struct pipeline *pipeline);

/*
 * A span is a maximal run of consecutive steps of one group, a wave a maximal sequence of spans.
 * A step without a group is a stage of its own. False when a step needs one of a later stage.
 */
bool wave_detect(struct plan *plan, struct arena *arena, struct diagnostics *diagnostics);

#endif
