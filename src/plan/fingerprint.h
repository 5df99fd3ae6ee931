#ifndef WAVETRAIN_PLAN_FINGERPRINT_H
#define WAVETRAIN_PLAN_FINGERPRINT_H

#include "model/plan.h"

/*
 * Fills every step's fingerprint: SHA-256 over what decides what the step does and leaves behind:
 * command, shell, environment, working directory, inputs, outputs, contracts and the parameters'
 * values. Not over its id, needs, timeout or retries, nor the contents of files. The same
 * definition gives the same text on every machine and day.
 */
void fingerprint_steps(struct plan *plan);

#endif
