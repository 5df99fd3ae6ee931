#include "cli/watch_decision.h"

#include "base/index.h"

void settling_note(struct settling *settling, int64_t now_ns)
{
	if (!settling->first_ns)
		settling->first_ns = now_ns;
	settling->last_ns = now_ns;
}

int64_t settling_deadline_ns(const struct settling *settling)
{
	if (!settling->first_ns)
		return INT64_MAX;
	int64_t quiet_ns = settling->last_ns + WATCH_QUIET_NS;
	int64_t longest_ns = settling->first_ns + WATCH_LONGEST_NS;
	return quiet_ns < longest_ns ? quiet_ns : longest_ns;
}

void change_memory_release(struct change_memory *memory)
{
	map_release(&memory->paths);
	arena_release(&memory->arena);
	*memory = (struct change_memory){0};
}

static bool starts(const struct file_change *change, enum change_moment moment,
	const struct watch_inputs *written, const struct change_memory *memory)
{
	if (moment == CHANGED_WAITING)
		return true;
	if (watch_inputs_is_written(written, change->path))
		return false;
	return moment == CHANGED_IN_RUN ||
	       (change->kind == CHANGE_CONTENT &&
		       map_find(&memory->paths, change->path) == INDEX_NONE);
}

static void remember(struct change_memory *memory, const char *path)
{
	if (map_find(&memory->paths, path) == INDEX_NONE)
		map_add(&memory->paths, arena_copy_text(&memory->arena, path), 0);
}

uint32_t changes_that_start(struct file_changes *changes, enum change_moment moment,
	const struct watch_inputs *written, struct change_memory *memory)
{
	uint32_t count = 0;
	if (moment == CHANGED_WAITING)
		change_memory_release(memory);
	for (uint32_t i = 0; i < changes->count; i++) {
		struct file_change change = changes->items[i];
		if (starts(&change, moment, written, memory)) {
			changes->items[i] = changes->items[count];
			changes->items[count++] = change;
		}
		if (moment != CHANGED_WAITING)
			remember(memory, change.path);
	}
	return count;
}
