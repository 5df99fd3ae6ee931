#ifndef WAVETRAIN_PLAN_WAVE_H
#define WAVETRAIN_PLAN_WAVE_H

#include <stdbool.h>

#include "base/arena.h"
#include "model/diagnostic.h"
#include "model/plan.h"

/*
 * Each fills plan->waves, wave_steps, groups and stages, and the wave, group and stage of every
 * step. Estimates are not theirs. plan->order must be there.
 */

/* Wave k: the steps whose longest path from a root has k edges. */
void wave_derive(struct plan *plan, struct arena *arena);

/*
 * Derived waves whose sum is smaller by the estimates, which must be there: steps with slack move
 * to later waves, needs stay in earlier ones, no wave becomes empty.
 */
void wave_balance(struct plan *plan, struct arena *arena);

/*
 * Frontier mode: one wave of all steps, which start as soon as what they need has ended. Only what
 * needs a step with a gate or a worktree comes in a wave after it: approval and merge are things
 * of a wave's end. False, and a finding, when the file makes waves of its own.
 */
bool wave_roll(struct plan *plan, struct arena *arena, struct diagnostics *diagnostics);

/* Waves of that kind last as long as the schedule says. Tails must be there. */
void wave_roll_estimate(struct plan *plan, struct arena *scratch);

/* The rest, once plan->steps[].wave is there: a stage for each wave, no groups. */
void wave_fill(
	struct plan *plan, uint32_t wave_count, enum wave_origin origin, struct arena *arena);

/* True for tables, and when some step has a group: then waves are detected, not derived. */
bool wave_is_detected(const struct pipeline *pipeline);

/*
 * A span is a maximal run of consecutive steps of one group, a wave a maximal sequence of spans.
 * A step without a group is a stage of its own. A check that stands in a wave or directly after it
 * belongs to the wave, is in no span and breaks none but the one it stands in; any other check is
 * a step without a group. False when a step needs one of a later stage.
 */
bool wave_detect(struct plan *plan, struct arena *arena, struct diagnostics *diagnostics);

/*
 * The waves of the pipeline's file; those that hold no step are left out. False when a step is in
 * no wave or in several, or needs one that is not in an earlier wave. Checks may need steps of
 * their own wave.
 */
bool wave_declare(struct plan *plan, struct arena *arena, struct diagnostics *diagnostics);

#endif
