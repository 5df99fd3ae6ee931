#ifndef WAVETRAIN_PLAN_WAVE_PARTS_H
#define WAVETRAIN_PLAN_WAVE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/diagnostic.h"
#include "model/plan.h"

/* What detected and declared waves have in common. */

/* Moves the checks of every wave behind its other steps, both in the order of the file. */
void wave_checks_move_last(struct plan *plan);

/* Waves that have groups and no name are named after them: "backend + web". */
void wave_name_after_groups(struct plan *plan, struct arena *arena);

/*
 * Reports a step that needs a check of its own wave, which runs after it. True when the need at
 * hand was one.
 */
bool wave_check_is_late(
	const struct plan *plan, uint32_t step, uint32_t need, struct diagnostics *diagnostics);

#endif
