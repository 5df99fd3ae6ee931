#ifndef WAVETRAIN_RUN_UNDECIDED_H
#define WAVETRAIN_RUN_UNDECIDED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "model/plan.h"

/*
 * Steps that were killed by a signal from elsewhere. Whatever does not need them goes on; then
 * somebody has to say whether they are tried again or left out.
 */
struct undecided_step {
	struct undecided_step *next;
	uint32_t step; /* in the plan */
	int signal;
};

struct undecided {
	struct undecided_step *first; /* in the order they were killed; the arena's */
	uint32_t count;
};

void undecided_add(struct undecided *undecided, uint32_t step, int signal, struct arena *arena);
void undecided_remove(struct undecided *undecided, const struct undecided_step *found);

/* Nothing that must wait for them comes after this stage. */
bool undecided_may_be_passed(const struct plan *plan, uint32_t stage);

/* Why the run stops, and the commands that go on; at least one is there. */
const char *undecided_reason(
	const struct undecided *undecided, const struct plan *plan, struct arena *arena);

#endif
