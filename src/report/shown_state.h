#ifndef WAVETRAIN_REPORT_SHOWN_STATE_H
#define WAVETRAIN_REPORT_SHOWN_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/run.h"
#include "report/stage_index.h"

/*
 * How a wave or a group is shown to people. On record `failed` says that not all of it is done;
 * shown as failed is only what a step of its own has failed in, so that the eye finds the cause.
 * Where an earlier failure kept its steps from running it is incomplete, and looks skipped.
 */
struct shown_state {
	enum state state; /* whose look and sign it has */
	const char *word; /* "completed", "failed", "incomplete" … */
	bool is_incomplete;
};

struct shown_state shown_state_of_wave(
	const struct run *run, const struct stage_index *index, uint32_t wave);
struct shown_state shown_state_of_group(const struct run *run, const struct run_group *group);

#endif
