#include "report/shown_state.h"

#include "report/palette.h"

static bool is_optional_failure(const struct run_step *step)
{
	return step->state == STATE_FAILED && step->is_optional;
}

/* Nothing of it failed itself, nor has anything left to do, and something was kept from running. */
static bool is_incomplete(const struct run *run, const uint32_t *steps, struct index_range range)
{
	bool has_skipped = false;
	for (uint32_t i = 0; i < range.count; i++) {
		uint32_t place = range.first + i;
		const struct run_step *step = &run->steps[steps ? steps[place] : place];
		has_skipped |= step->state == STATE_SKIPPED;
		if (step->state != STATE_DONE && step->state != STATE_SKIPPED &&
			!is_optional_failure(step))
			return false;
	}
	/* Without any failure the wave has a fault besides its steps: files that do not merge. */
	return has_skipped && run->totals.by_state[STATE_FAILED] > 0;
}

/* steps: what the range is of; NULL: of the run's steps. */
static struct shown_state shown_state(
	const struct run *run, enum state state, const uint32_t *steps, struct index_range range)
{
	if (state == STATE_FAILED && is_incomplete(run, steps, range))
		return (struct shown_state){STATE_SKIPPED, "incomplete", true};
	return (struct shown_state){state, palette_state_word(state), false};
}

struct shown_state shown_state_of_wave(
	const struct run *run, const struct stage_index *index, uint32_t wave)
{
	uint32_t count;
	const uint32_t *steps = stage_index_steps(index, run->waves[wave].stage, &count);
	return shown_state(run, run->waves[wave].state, steps, (struct index_range){0, count});
}

struct shown_state shown_state_of_group(const struct run *run, const struct run_group *group)
{
	return shown_state(run, group->state, NULL, group->steps);
}
