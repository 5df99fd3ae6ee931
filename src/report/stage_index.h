#ifndef WAVETRAIN_REPORT_STAGE_INDEX_H
#define WAVETRAIN_REPORT_STAGE_INDEX_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "model/run.h"

/* A run's steps sorted by stage; ties by declaration. Belongs to the arena it was built in. */
struct stage_index {
	uint32_t *first; /* stage s has steps[first[s]] up to but without steps[first[s + 1]] */
	uint32_t *steps;
};
struct stage_index stage_index_build(const struct run *run, struct arena *arena);

static inline const uint32_t *stage_index_steps(
	const struct stage_index *index, uint32_t stage, uint32_t *count)
{
	*count = index->first[stage + 1] - index->first[stage];
	return index->steps + index->first[stage];
}

/* The stage's wave, or INDEX_NONE for a serial step or an empty stage. */
uint32_t stage_index_wave(const struct stage_index *index, const struct run *run, uint32_t stage);

/* The state of the stage: its wave's, or its serial step's. */
enum state stage_index_state(
	const struct stage_index *index, const struct run *run, uint32_t stage);

/* "wave 2", "wave 2 (backend + web)", "step deploy"; as it is, not made safe for any format. */
void stage_index_title(const struct stage_index *index, const struct run *run, uint32_t stage,
	struct buffer *buffer);

#endif
