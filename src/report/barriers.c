/* What waiting for whole waves cost. The last one has nothing behind it: its idle time is the end's. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "report/report.h"

#define WAVES_SHOWN 3u

static int dearest_first(const void *left, const void *right)
{
	const struct run_wave *a = *(const struct run_wave *const *)left;
	const struct run_wave *b = *(const struct run_wave *const *)right;
	if (a->idle_ms != b->idle_ms)
		return a->idle_ms > b->idle_ms ? -1 : 1;
	return a < b ? -1 : a > b;
}

bool barriers_append(const struct run *run, int64_t least_ms, struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena arena = {0};
	const struct run_wave **waves =
		ARENA_ARRAY(&arena, const struct run_wave *, run->wave_count);
	uint32_t count = 0;
	int64_t idle_ms = 0;
	for (uint32_t i = 0; i < run->wave_count; i++) {
		const struct run_wave *wave = &run->waves[i];
		if (wave->idle_ms <= 0 || wave->ended_ms == TIME_NONE ||
			wave->stage + 1 >= run->stage_count)
			continue;
		waves[count++] = wave;
		idle_ms += wave->idle_ms;
	}
	if (count == 0 || idle_ms < least_ms)
		return false;
	qsort(waves, count, sizeof(*waves), dearest_first);
	duration_append(buffer, idle_ms);
	buffer_append_text(buffer, " of ");
	duration_append(buffer, run->jobs * run->totals.wall_ms);
	buffer_printf(buffer, " with %u job%s (", run->jobs, run->jobs == 1 ? "" : "s");
	for (uint32_t i = 0; i < count && i < WAVES_SHOWN; i++) {
		buffer_printf(buffer, "%swave %u ", i > 0 ? ", " : "",
			(uint32_t)(waves[i] - run->waves) + 1);
		duration_append(buffer, waves[i]->idle_ms);
	}
	if (count > WAVES_SHOWN)
		buffer_printf(buffer, ", %u more", count - WAVES_SHOWN);
	buffer_append_byte(buffer, ')');
	return true;
}
