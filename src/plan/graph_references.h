#ifndef WAVETRAIN_PLAN_GRAPH_REFERENCES_H
#define WAVETRAIN_PLAN_GRAPH_REFERENCES_H

#include <stdint.h>

#include "model/pipeline.h"

/* What a step names of other steps, in one row: its needs, its inputs, the list of its foreach. */
static inline uint32_t reference_count(const struct step *step)
{
	return step->need_count + step->input_count + (step->foreach ? 1 : 0);
}

/* The step that a reference leads to. */
static inline uint32_t reference_target(const struct step *step, uint32_t place)
{
	if (place < step->need_count)
		return step->needs[place].step;
	place -= step->need_count;
	return place < step->input_count ? step->inputs[place].step : step->foreach->from.step;
}

/* Where the step's file says that it needs the other one; the step's own place where it does not. */
static inline struct source_position reference_where(const struct step *step, uint32_t target)
{
	for (uint32_t i = 0; i < reference_count(step); i++) {
		if (reference_target(step, i) != target)
			continue;
		if (i < step->need_count)
			return step->needs[i].where;
		i -= step->need_count;
		return i < step->input_count ? step->inputs[i].where : step->foreach->from.where;
	}
	return step->where;
}

#endif
