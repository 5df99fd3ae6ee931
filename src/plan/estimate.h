#ifndef WAVETRAIN_PLAN_ESTIMATE_H
#define WAVETRAIN_PLAN_ESTIMATE_H

#include "base/arena.h"
#include "model/history.h"
#include "model/plan.h"

/*
 * How long each step will take: the median of its earlier runs, of an instance else what other
 * instances of its step took, else its effort, else its timeout, else the lower median of what is known of the
 * pipeline's other steps, else ESTIMATE_DEFAULT_MS. history may be NULL.
 */
void estimate_steps(struct plan *plan, const struct history *history, struct arena *scratch);

/* Groups and waves: the longest of their steps, and the checks of a wave after it. */
void estimate_waves(struct plan *plan);

#endif
