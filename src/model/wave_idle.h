#ifndef WAVETRAIN_MODEL_WAVE_IDLE_H
#define WAVETRAIN_MODEL_WAVE_IDLE_H

#include "base/arena.h"
#include "model/run.h"

/*
 * Fills idle_ms of every wave from its steps' attempts; what has not ended is left out. The same
 * measure as stage_idle_ms of a simulation: slots x time - work.
 */
void wave_idle_measure(struct run *run, struct arena *scratch);

#endif
