#ifndef WAVETRAIN_PLAN_RESUMPTION_H
#define WAVETRAIN_PLAN_RESUMPTION_H

#include "base/arena.h"
#include "plan/plan_build.h"

/*
 * Decides what happens to every step, and says why. ACTION_SKIP is only for what was done, is
 * defined as it was, whose artifacts are still as recorded, and of whose needs none runs again; in
 * a new run there is none. ACTION_OMIT: its condition never holds, a person leaves it out, or an
 * input is made by an omitted step. Order and fingerprints must be there; the reasons belong to the arena.
 */
void resumption_decide(const struct plan_request *request, struct arena *arena, struct plan *plan);

#endif
