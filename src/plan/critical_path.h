#ifndef WAVETRAIN_PLAN_CRITICAL_PATH_H
#define WAVETRAIN_PLAN_CRITICAL_PATH_H

#include <stdbool.h>

#include "base/arena.h"
#include "model/plan.h"

/*
 * The critical path method (Kelley and Walker, 1959): earliest and latest start, slack and tail
 * of every step, and one path of the longest length; ties go to the smaller id. Estimates, order
 * and stages must be there.
 */
void critical_path_find(struct plan *plan, struct arena *arena);

/*
 * True when stages wait for each other by what they mean: groups, serial steps and declared waves. They then
 * count as edges from every step of one stage to every step of the next. Derived waves only
 * follow from the edges and add none.
 */
bool plan_has_barriers(const struct plan *plan);

#endif
