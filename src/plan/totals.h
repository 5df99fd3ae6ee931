#ifndef WAVETRAIN_PLAN_TOTALS_H
#define WAVETRAIN_PLAN_TOTALS_H

#include "base/arena.h"
#include "model/plan.h"

/*
 * Fills plan->totals; everything else must be there. frontier_ms comes from a list schedule that
 * always starts the ready step with the longest tail (Graham, 1969: at most 2 - 1/jobs times the
 * best possible). It knows no barriers but those of groups and serial steps.
 */
void totals_compute(struct plan *plan, struct arena *scratch);

#endif
