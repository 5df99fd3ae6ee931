#ifndef WAVETRAIN_PLAN_FINGERPRINT_H
#define WAVETRAIN_PLAN_FINGERPRINT_H

#include "model/plan.h"

/*
 * Fills every step's fingerprint: SHA-256 over what decides what the step does and leaves behind:
 * command, environment, working directory, inputs, outputs, contracts, the parameters' values; an
 * agent's task, persona and adapter, a component and its properties, the workspace, the item of an
 * instance, the globs of a cache rule. Not over its id, needs, condition, gate, timeout or retries,
 * nor the contents of files. The same definition gives the same text on every machine and day.
 */
void fingerprint_steps(struct plan *plan);

#endif
