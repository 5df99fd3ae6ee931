#include "report/stage_index.h"

struct stage_index stage_index_build(const struct run *run, struct arena *arena)
{
	uint32_t *first = ARENA_ARRAY(arena, uint32_t, (size_t)run->stage_count + 2);
	uint32_t *steps = ARENA_ARRAY(arena, uint32_t, (size_t)run->step_count + 1);
	for (uint32_t step = 0; step < run->step_count; step++)
		first[run->steps[step].stage + 2]++;
	for (uint32_t stage = 2; stage < run->stage_count + 2; stage++)
		first[stage] += first[stage - 1];
	/* first[s + 1] is the next free place of stage s, and in the end where it ends. */
	for (uint32_t step = 0; step < run->step_count; step++)
		steps[first[run->steps[step].stage + 1]++] = step;
	return (struct stage_index){first, steps};
}

uint32_t stage_index_wave(const struct stage_index *index, const struct run *run, uint32_t stage)
{
	uint32_t count;
	const uint32_t *steps = stage_index_steps(index, stage, &count);
	return count > 0 ? run->steps[steps[0]].wave : INDEX_NONE;
}

enum state stage_index_state(const struct stage_index *index, const struct run *run, uint32_t stage)
{
	uint32_t count;
	const uint32_t *steps = stage_index_steps(index, stage, &count);
	if (count == 0)
		return STATE_PENDING;
	uint32_t wave = run->steps[steps[0]].wave;
	return wave == INDEX_NONE ? run->steps[steps[0]].state : run->waves[wave].state;
}

void stage_index_title(const struct stage_index *index, const struct run *run, uint32_t stage,
	struct buffer *buffer)
{
	uint32_t count;
	const uint32_t *steps = stage_index_steps(index, stage, &count);
	uint32_t wave = count > 0 ? run->steps[steps[0]].wave : INDEX_NONE;
	if (wave == INDEX_NONE) {
		buffer_append_text(buffer, "step ");
		buffer_append_text(buffer, count > 0 ? run->steps[steps[0]].id : "?");
		return;
	}
	buffer_printf(buffer, "wave %u", wave + 1);
	if (run->waves[wave].name) {
		buffer_append_text(buffer, " (");
		buffer_append_text(buffer, run->waves[wave].name);
		buffer_append_byte(buffer, ')');
	}
}
