#ifndef WAVETRAIN_RUN_TRIGGERS_H
#define WAVETRAIN_RUN_TRIGGERS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/checkpoint.h"
#include "model/plan.h"

/*
 * When a checkpoint is due while steps run, besides the one at a stage's end. Pure: whoever runs
 * the steps tells what happens and what time it is. Several triggers at once are one checkpoint,
 * which is called after the first of: signal, milestone, progress, time.
 */
struct triggers {
	int64_t every_ns;       /* 0: not by time */
	uint32_t every_percent; /* 0: not by progress */
	uint32_t to_run;        /* steps */
	uint32_t done;          /* of them */
	uint32_t held;          /* of those: what the last checkpoint holds */
	int64_t since_ns;       /* the last checkpoint, or the start */
	bool was_signalled;
	bool has_milestone; /* of what is done and not held */
};

/* Nothing is due but what somebody asks for where the plan commits nothing. */
void triggers_init(struct triggers *triggers, const struct plan *plan, int64_t now_ns);

void triggers_step_done(struct triggers *triggers, const struct step *step);

/* SIGUSR1 has come: also with nothing done since the last one. */
void triggers_signalled(struct triggers *triggers);

/* A checkpoint was made, whatever for. */
void triggers_checkpoint_made(struct triggers *triggers, int64_t now_ns);

bool triggers_due(
	const struct triggers *triggers, int64_t now_ns, enum checkpoint_trigger *trigger);

/* When time alone will make one due; 0: it will not as things are. */
int64_t triggers_deadline_ns(const struct triggers *triggers);

#endif
