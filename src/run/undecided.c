#include "run/undecided.h"

#include <string.h>

void undecided_add(struct undecided *undecided, uint32_t step, int signal, struct arena *arena)
{
	struct undecided_step **place = &undecided->first;
	while (*place)
		place = &(*place)->next;
	*place = ARENA_NEW(arena, struct undecided_step);
	**place = (struct undecided_step){.step = step, .signal = signal};
	undecided->count++;
}

void undecided_remove(struct undecided *undecided, const struct undecided_step *found)
{
	struct undecided_step **place = &undecided->first;
	while (*place != found)
		place = &(*place)->next;
	*place = found->next;
	undecided->count--;
}

static bool is_by_needs(const struct plan *plan, uint32_t stage)
{
	uint32_t wave = plan->stages[stage].wave;
	return wave != INDEX_NONE && wave_origin_is_by_needs(plan->waves[wave].origin);
}

bool undecided_may_be_passed(const struct plan *plan, uint32_t stage)
{
	return is_by_needs(plan, stage) &&
	       (stage + 1 == plan->stage_count || is_by_needs(plan, stage + 1));
}

const char *undecided_reason(
	const struct undecided *undecided, const struct plan *plan, struct arena *arena)
{
	const char *id = plan->pipeline->steps[undecided->first->step].id;
	const char *name = sigabbrev_np(undecided->first->signal);
	if (undecided->count > 1)
		return arena_format(arena,
			"%u steps were killed, not by wavetrain, the first was %s by SIG%s: "
			"'wavetrain resume' tries them again, '--skip STEP' with it leaves one out",
			undecided->count, id, name ? name : "?");
	return arena_format(arena,
		"step %s was killed by SIG%s, not by wavetrain: 'wavetrain resume' tries it again, "
		"'wavetrain resume --skip %s' leaves it out",
		id, name ? name : "?", id);
}
