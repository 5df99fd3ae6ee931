#ifndef WAVETRAIN_PLAN_TOTALS_H
#define WAVETRAIN_PLAN_TOTALS_H

#include "base/arena.h"
#include "model/plan.h"

/*
 * Fills plan->totals; everything else must be there. frontier_ms is that of list_schedule_run(),
 * with no barriers but those of groups, serial steps and declared waves.
 */
void totals_compute(struct plan *plan, struct arena *scratch);

#endif
