#ifndef WAVETRAIN_PLAN_SCOPE_CHECK_H
#define WAVETRAIN_PLAN_SCOPE_CHECK_H

#include <stdbool.h>

#include "model/diagnostic.h"
#include "model/plan.h"

/*
 * A contract diff_scope looks at what the step changed. That can only be told in a worktree of its
 * own, or when nothing else runs in the step's stage. False: some step has neither; the findings
 * name it and one of the others. Stages must be there.
 */
bool scope_contracts_check(const struct plan *plan, struct diagnostics *diagnostics);

#endif
