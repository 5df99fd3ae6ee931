#ifndef WAVETRAIN_PLAN_RESUMPTION_H
#define WAVETRAIN_PLAN_RESUMPTION_H

#include "base/arena.h"
#include "plan/plan_build.h"

/*
 * Decides for every step whether it runs, and says why. Skipped is only what was done, is defined
 * as it was, whose artifacts are still as recorded, and of whose needs none runs again. In a new
 * run every step runs. Order and fingerprints must be there; the reasons belong to the arena.
 */
void resumption_decide(const struct plan_request *request, struct arena *arena, struct plan *plan);

#endif
