/* What waiting for whole stages cost. The last one that ran had nothing behind it. */
#include <stdlib.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "report/report.h"
#include "report/stage_index.h"
#include "report/text_layout.h"

#define STAGES_SHOWN 3u

struct barrier {
	uint32_t stage;
	int64_t idle_ms;
};

static int dearest_first(const void *left, const void *right)
{
	const struct barrier *a = left;
	const struct barrier *b = right;
	if (a->idle_ms != b->idle_ms)
		return a->idle_ms > b->idle_ms ? -1 : 1;
	return a->stage < b->stage ? -1 : a->stage > b->stage;
}

/* " of 8m 20s with 4 jobs", or " with 1 to 8 jobs" of a run that was continued with others. */
static void append_slots(const struct run *run, struct buffer *buffer)
{
	uint32_t least = run->jobs;
	uint32_t most = run->jobs;
	for (uint32_t i = 0; i < run->slots_count; i++) {
		least = run->slots[i].jobs < least ? run->slots[i].jobs : least;
		most = run->slots[i].jobs > most ? run->slots[i].jobs : most;
	}
	if (least < most) {
		buffer_printf(buffer, " with %u to %u jobs", least, most);
		return;
	}
	buffer_append_text(buffer, " of ");
	duration_append(buffer, run->jobs * run->totals.wall_ms);
	buffer_append_text(buffer, " with ");
	layout_count(buffer, run->jobs, "job");
}

/* "wave 2" or "step deploy"; the wave's name would take too much of one line. */
static void append_title(const struct run *run, const struct stage_index *index, uint32_t stage,
	struct buffer *buffer)
{
	uint32_t count;
	const uint32_t *steps = stage_index_steps(index, stage, &count);
	if (count > 0 && run->steps[steps[0]].wave != INDEX_NONE) {
		buffer_printf(buffer, "wave %u", run->steps[steps[0]].wave + 1);
		return;
	}
	buffer_append_text(buffer, "step ");
	layout_phrase(buffer, count > 0 ? run->steps[steps[0]].id : "?");
}

bool barriers_append(const struct run *run, int64_t least_ms, struct buffer *buffer)
{
	CLEANUP(arena_release) struct arena arena = {0};
	struct barrier *barriers = ARENA_ARRAY(&arena, struct barrier, run->barrier_count);
	uint32_t count = 0;
	int64_t idle_ms = 0;
	for (uint32_t stage = 0; stage < run->barrier_count; stage++) {
		if (run->stage_idle_ms[stage] == 0)
			continue;
		barriers[count++] = (struct barrier){stage, run->stage_idle_ms[stage]};
		idle_ms += run->stage_idle_ms[stage];
	}
	if (count == 0 || idle_ms < least_ms)
		return false;
	qsort(barriers, count, sizeof *barriers, dearest_first);
	struct stage_index index = stage_index_build(run, &arena);
	duration_append(buffer, idle_ms);
	append_slots(run, buffer);
	for (uint32_t i = 0; i < count && i < STAGES_SHOWN; i++) {
		buffer_append_text(buffer, i > 0 ? ", " : " (");
		append_title(run, &index, barriers[i].stage, buffer);
		buffer_append_byte(buffer, ' ');
		duration_append(buffer, barriers[i].idle_ms);
	}
	if (count > STAGES_SHOWN)
		buffer_printf(buffer, ", %u more", count - STAGES_SHOWN);
	buffer_append_byte(buffer, ')');
	return true;
}
