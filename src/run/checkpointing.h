#ifndef WAVETRAIN_RUN_CHECKPOINTING_H
#define WAVETRAIN_RUN_CHECKPOINTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "run/journal.h"
#include "run/runner.h"

/* When a checkpoint is due, and the order of its parts. */
struct checkpointing {
	const struct runner_settings *settings;
	struct journal *journal;
	uint32_t number; /* of the last checkpoint of this run */
	uint8_t *is_new; /* per step: done since the last checkpoint */
	uint32_t new_count;
	int64_t *durations_ms; /* of each step's last attempt */
	uint8_t *is_left;      /* per step: done in an earlier start, and in no checkpoint */
};

void checkpointing_init(struct checkpointing *checkpointing, const struct runner_settings *settings,
	struct journal *journal);
void checkpointing_release(struct checkpointing *checkpointing);

void checkpointing_step_done(
	struct checkpointing *checkpointing, uint32_t step, int64_t duration_ms);

/* Its work was taken back. */
void checkpointing_step_undone(struct checkpointing *checkpointing, uint32_t step);

/* True when a checkpoint was made since the step, which is done, has ended. */
bool checkpointing_holds(const struct checkpointing *checkpointing, uint32_t step);

/*
 * True when there is work that no checkpoint has: steps done since the last one, or, in this stage,
 * before an earlier runner died.
 */
bool checkpointing_is_due(const struct checkpointing *checkpointing, uint32_t stage);

/*
 * Commit made, event prepared durable, reference moved, event created durable. False: the
 * checkpoint failed, and an event says so; or the record itself is broken.
 */
struct checkpoint_occasion {
	uint32_t stage;
	enum checkpoint_trigger trigger;
	bool partial;
	const uint32_t *running; /* steps that are at work meanwhile; they count as not done */
	uint32_t running_count;
};
bool checkpointing_make(struct checkpointing *checkpointing,
	const struct checkpoint_occasion *occasion, struct error *error);

#endif
