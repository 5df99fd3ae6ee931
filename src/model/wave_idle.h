#ifndef WAVETRAIN_MODEL_WAVE_IDLE_H
#define WAVETRAIN_MODEL_WAVE_IDLE_H

#include "base/arena.h"
#include "model/run.h"

/*
 * Fills stage_idle_ms, a view of it in every wave's idle_ms, and barrier_count, from the steps'
 * attempts; what has not ended is left out. The same measure as stage_idle_ms of a simulation:
 * slots x time - work, with the slots of the time. stage_idle_ms belongs to the arena.
 */
void wave_idle_measure(struct run *run, struct arena *arena);

#endif
