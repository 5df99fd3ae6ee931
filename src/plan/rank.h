#ifndef WAVETRAIN_PLAN_RANK_H
#define WAVETRAIN_PLAN_RANK_H

#include "base/arena.h"
#include "model/plan.h"

/*
 * Where some step has a value, an effort or a risk, all are ranked by (value / effort) x (1 - risk),
 * twice that on the critical path: cost of delay by duration (Reinertsen, 2009). A value that is not
 * given counts as 1, an effort as the estimate. Ties by the longest remaining path, then by place.
 * Estimates and tails must be there.
 */
void rank_steps(struct plan *plan, struct arena *scratch);

#endif
