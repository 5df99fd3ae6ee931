#include "run/breakpoints.h"

#include <stdlib.h>

#include "base/text.h"

void breakpoints_release(struct breakpoints *breakpoints)
{
	free(breakpoints->wishes);
	free(breakpoints->moments);
	arena_release(&breakpoints->arena);
	*breakpoints = (struct breakpoints){0};
}

static const char *base_id(const struct step *step)
{
	return step->instance ? step->instance->base_id : step->id;
}

static bool is_meant(const struct step *step, const char *id)
{
	return text_equal(step->id, id) || text_equal(base_id(step), id);
}

static void apply(struct breakpoints *breakpoints, const struct breakpoint_wish *wish)
{
	for (uint32_t i = 0; i < breakpoints->pipeline->step_count; i++) {
		uint8_t *moments = &breakpoints->moments[i];
		if (!is_meant(&breakpoints->pipeline->steps[i], wish->id))
			continue;
		*moments = (uint8_t)(wish->is_removal ? *moments & ~wish->moments
						      : *moments | wish->moments);
	}
}

void breakpoints_adopt(struct breakpoints *breakpoints, const struct pipeline *pipeline)
{
	free(breakpoints->moments);
	breakpoints->moments = heap_allocate(pipeline->step_count, sizeof *breakpoints->moments);
	breakpoints->pipeline = pipeline;
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		breakpoints->moments[i] = pipeline->steps[i].breakpoint;
	for (uint32_t i = 0; i < breakpoints->wish_count; i++)
		apply(breakpoints, &breakpoints->wishes[i]);
}

static bool check_id(const struct pipeline *pipeline, const char *id, struct error *error)
{
	struct nearest nearest;
	nearest_start(&nearest, id);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		if (is_meant(&pipeline->steps[i], id))
			return true;
		nearest_offer(&nearest, base_id(&pipeline->steps[i]));
		nearest_offer(&nearest, pipeline->steps[i].id);
	}
	error_set(error, ERROR_USAGE, "there is no step '%s' to stop at", id);
	if (nearest.best)
		error_hint(error, "did you mean '%s'?", nearest.best);
	return false;
}

bool breakpoints_set(
	struct breakpoints *breakpoints, const struct breakpoint_wish *wish, struct error *error)
{
	if (!check_id(breakpoints->pipeline, wish->id, error))
		return false;
	GROW(breakpoints->wishes, breakpoints->wish_count, breakpoints->wish_capacity);
	struct breakpoint_wish *kept = &breakpoints->wishes[breakpoints->wish_count++];
	*kept = *wish;
	kept->id = arena_copy_text(&breakpoints->arena, wish->id);
	apply(breakpoints, kept);
	return true;
}

uint8_t breakpoints_at(const struct breakpoints *breakpoints, uint32_t step)
{
	return breakpoints && breakpoints->moments ? breakpoints->moments[step] : 0;
}

bool breakpoints_has_any(const struct breakpoints *breakpoints)
{
	for (uint32_t i = 0; i < breakpoints->pipeline->step_count; i++) {
		if (breakpoints->moments[i])
			return true;
	}
	return false;
}
