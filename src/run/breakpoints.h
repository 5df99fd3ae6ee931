#ifndef WAVETRAIN_RUN_BREAKPOINTS_H
#define WAVETRAIN_RUN_BREAKPOINTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/debug_stop.h"
#include "model/pipeline.h"

/* One that was set or taken away by a person, after what the file says. */
struct breakpoint_wish {
	const char *id;  /* of a step, or the base id of several instances */
	uint8_t moments; /* bits of enum debug_moment */
	bool is_removal;
};

/* Where a run stops. Outlives the plan: a list that becomes steps makes another one. */
struct breakpoints {
	struct arena arena;             /* of the ids */
	struct breakpoint_wish *wishes; /* owned; in the order they came */
	uint32_t wish_count;
	uint32_t wish_capacity;
	const struct pipeline *pipeline; /* the one that moments is for; not owned */
	uint8_t *moments;                /* owned; of each step */
	bool is_stepping;                /* also before the next step that starts */
};

void breakpoints_release(struct breakpoints *breakpoints);

/* From now on these are the steps: what the file says of them, then the wishes. */
void breakpoints_adopt(struct breakpoints *breakpoints, const struct pipeline *pipeline);

/* After breakpoints_adopt(). False: there is no such step, and *error has the nearest id. */
bool breakpoints_set(
	struct breakpoints *breakpoints, const struct breakpoint_wish *wish, struct error *error);

/* Bits of enum debug_moment; breakpoints may be NULL. */
uint8_t breakpoints_at(const struct breakpoints *breakpoints, uint32_t step);

bool breakpoints_has_any(const struct breakpoints *breakpoints);

#endif
