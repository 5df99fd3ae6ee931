#ifndef WAVETRAIN_RUN_SCHEDULER_H
#define WAVETRAIN_RUN_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#include "model/plan.h"
#include "model/ready_queue.h"
#include "model/state.h"

/*
 * Decides which step is next. Pure: no clock, no process. Stages run one after another; among
 * the ready steps of a stage the one with the longest remaining path comes first, or the one the
 * plan ranks first (plan_step_key()), ties by place in the file. Costs log(ready) for a step and each edge once.
 *
 * A step is decided on when all it needs is settled. A hard need that failed, or was skipped
 * because something failed, makes it run only for RUN_IF_FAILURE; else RUN_IF_SUCCESS is asked
 * for. A need that is done or omitted counts as success, whatever came before it. A failure bars
 * what follows: everything behind a barrier, or, where waves are derived, what needs it. What is
 * barred stays pending, but steps that run for a failure are still given out.
 */

enum step_progress {
	PROGRESS_PENDING, /* waits for its stage or its needs, or was cancelled */
	PROGRESS_READY,   /* in the queue */
	PROGRESS_RUNNING, /* given out; also while it waits for another attempt */
	PROGRESS_DONE,
	PROGRESS_FAILED,
	PROGRESS_SKIPPED, /* because something has failed */
	PROGRESS_OMITTED, /* by its own `if`, or since an input of it is omitted */
	PROGRESS_BARRED   /* its turn came after a failure that it must not follow: pending */
};

enum skip_kind {
	SKIP_NEED,      /* something it needs has failed; cause says which */
	SKIP_INPUT,     /* an input of it is not made; cause is who would have made it */
	SKIP_CONDITION, /* its `if` wants a failure, and there was none */
	SKIP_ASKED,     /* a person has said so */
	SKIP_PLANNED    /* the plan says why */
};

struct scheduler_skip {
	uint32_t step;
	uint32_t cause; /* INDEX_NONE: no other step */
	enum skip_kind kind;
};

struct scheduler {
	const struct plan *plan;
	uint8_t *progress; /* enum step_progress of each step */
	uint8_t *traits;   /* bits, of each step */
	uint32_t *unmet;   /* needs that are not settled */
	uint32_t *cause;   /* of a step with a bad need: the step that failed */
	struct ready_queue ready;
	uint32_t
		*settled; /* in order; those from settled_taken on have not told their dependents */
	uint32_t settled_count;
	uint32_t settled_taken;
	struct scheduler_skip *skips; /* in the order found */
	uint32_t skip_count;
	uint32_t skip_taken;
	uint32_t stage; /* the one being run; INDEX_NONE: before the first */
	uint32_t running_count;
	uint32_t failed_count;
	uint32_t barring_count; /* failures that others must not follow */
	bool halted;            /* nothing at all is given out */
	bool is_barred;         /* only steps that run for a failure are given out */
	bool bars_barriers;     /* a failure was in a stage that others must not follow */
	bool has_omitted;
};

/* Steps of ACTION_SKIP count as done, of ACTION_OMIT as omitted. Ends with scheduler_release(). */
void scheduler_init(struct scheduler *scheduler, const struct plan *plan);

/*
 * Before the first stage: what failed in a way that others may follow, or was skipped, stays so and
 * is not told again. states: of each step, as recorded when the plan was made anew.
 */
void scheduler_adopt(struct scheduler *scheduler, const enum state *states);
void scheduler_release(struct scheduler *scheduler);

/* Before the first stage: what a person leaves out is told now, all else when its stage comes. */
void scheduler_tell_left_out(struct scheduler *scheduler);

/*
 * Goes to the next stage that may run. False: there is none: after halt, and, once barred, when
 * no step is left that runs for a failure.
 */
bool scheduler_next_stage(struct scheduler *scheduler);

/* True when a step of this stage has still to be given out or is running. */
bool scheduler_stage_is_open(const struct scheduler *scheduler);

/* The best ready step whose resources are free, which is then running; false: none. */
bool scheduler_next(struct scheduler *scheduler, uint32_t *step);

void scheduler_step_done(struct scheduler *scheduler, uint32_t step);

/*
 * Everything that needs the step, directly or not, is skipped, but for what runs for a failure.
 * is_tolerated: whatever does not need it goes on, also behind barriers and at its wave's end.
 */
void scheduler_step_failed(struct scheduler *scheduler, uint32_t step, bool is_tolerated);

/*
 * A running step waits for its next attempt, or for whatever comes of it: it still counts as running,
 * but others may have what it claimed.
 */
void scheduler_step_paused(struct scheduler *scheduler, uint32_t step);

/* A running step is ready for another attempt. */
void scheduler_step_again(struct scheduler *scheduler, uint32_t step);

/*
 * From its next turn on the step is given out only when nothing else runs, and nothing starts while
 * it does; it waits for READY_PASS_LIMIT others at most. For a step that runs (also between two
 * attempts) or is pending; not for a ready one.
 */
void scheduler_require_alone(struct scheduler *scheduler, uint32_t step);

/* A running step was ended by us, or must wait: pending, and not given out again. */
void scheduler_step_cancelled(struct scheduler *scheduler, uint32_t step);

/* A running step that a person does not want: it counts as one whose `if` does not hold. */
void scheduler_step_omitted(struct scheduler *scheduler, uint32_t step);

/* A step that was cancelled is ready after all, or, runs false, omitted as above. */
void scheduler_step_reopened(struct scheduler *scheduler, uint32_t step, bool runs);

/*
 * A step that was done is pending again; what follows it is not taken back. Before the first stage
 * it is given out once more.
 */
void scheduler_step_rolled_back(struct scheduler *scheduler, uint32_t step);

/* It is done or omitted, or has failed, or was skipped, in a way that others may follow. */
bool scheduler_is_passed(const struct scheduler *scheduler, uint32_t step);

/* The next step that was skipped or omitted and not yet told of; false: no more. */
bool scheduler_take_skipped(struct scheduler *scheduler, struct scheduler_skip *skip);

/* From now on only steps that run for a failure start, and further attempts. */
void scheduler_bar(struct scheduler *scheduler);

void scheduler_halt(struct scheduler *scheduler);

#endif
