#ifndef WAVETRAIN_RUN_CHECKPOINT_MESSAGE_H
#define WAVETRAIN_RUN_CHECKPOINT_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/plan.h"

/* What a checkpoint's first line is made from. */
struct checkpoint_words {
	const struct plan *plan;
	uint32_t stage;
	bool partial;
	const char *run_id;
	const uint8_t *
		included; /* per step: nonzero when it was done since the last one; NULL: all were */
};
#define CHECKPOINT_NAME_LIMIT 8

/*
 * The subject from the pipeline's template (CHECKPOINT_DEFAULT_MESSAGE without one): {pipeline};
 * {what}: "wave", "wave partly", "frontier", "frontier partly" or "step 4"; {groups}: the wave's groups, where it has none its
 * steps, at most CHECKPOINT_NAME_LIMIT and "and N more"; of a serial step its name; {run}; and
 * {PARAMETER}. Other braces stay. One line, whatever the words hold.
 */
void checkpoint_subject_append(const struct checkpoint_words *words, struct buffer *subject);

#endif
