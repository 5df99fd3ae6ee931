#ifndef WAVETRAIN_RUN_SCHEDULER_H
#define WAVETRAIN_RUN_SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#include "model/plan.h"

/*
 * Decides which step is next. Pure: no clock, no process. Stages run one after another; among
 * the ready steps of a stage the one with the longest remaining path comes first, ties by place
 * in the file. Costs log(ready) for a step and each edge once.
 */

enum step_progress {
	PROGRESS_PENDING, /* waits for its stage or its needs, or was cancelled */
	PROGRESS_READY,   /* in the heap */
	PROGRESS_RUNNING, /* given out; also while it waits for another attempt */
	PROGRESS_DONE,
	PROGRESS_FAILED,
	PROGRESS_SKIPPED /* something it needs has failed */
};

struct scheduler {
	const struct plan *plan;
	uint8_t *progress; /* enum step_progress of each step */
	uint32_t *unmet;   /* needs that are not done */
	uint32_t *cause;   /* of skipped steps: the step that failed */
	uint32_t *ready;   /* heap, the best first */
	uint32_t ready_count;
	uint32_t *skipped; /* in the order found */
	uint32_t skipped_count;
	uint32_t skipped_taken;
	uint32_t stage; /* the one being run; INDEX_NONE: before the first */
	uint32_t running_count;
	uint32_t failed_count;
	bool halted;        /* nothing new is given out */
	bool bars_barriers; /* a failure was in a stage that others must not follow */
};

/* Steps of ACTION_SKIP count as done. Ends with scheduler_release(). */
void scheduler_init(struct scheduler *scheduler, const struct plan *plan);
void scheduler_release(struct scheduler *scheduler);

/*
 * Goes to the next stage. False: there is none, or it must not start: after halt, and after a
 * failure unless the failure and the next stage are both derived waves, whose independent
 * branches go on.
 */
bool scheduler_next_stage(struct scheduler *scheduler);

/* True when a step of this stage has still to be given out or is running. */
bool scheduler_stage_is_open(const struct scheduler *scheduler);

/* The best ready step, which is then running; false: none. */
bool scheduler_next(struct scheduler *scheduler, uint32_t *step);

void scheduler_step_done(struct scheduler *scheduler, uint32_t step);

/* Everything that needs the step, directly or not, is skipped. */
void scheduler_step_failed(struct scheduler *scheduler, uint32_t step);

/* A running step is ready for another attempt. */
void scheduler_step_again(struct scheduler *scheduler, uint32_t step);

/* A running step was ended by us: pending, and not given out again. */
void scheduler_step_cancelled(struct scheduler *scheduler, uint32_t step);

/* The next step that was skipped and not yet told of; false: no more. */
bool scheduler_take_skipped(struct scheduler *scheduler, uint32_t *step, uint32_t *cause);

void scheduler_halt(struct scheduler *scheduler);

#endif
