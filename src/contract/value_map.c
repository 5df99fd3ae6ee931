#include "contract/value_map.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/index.h"

void value_map_release(struct value_map *map)
{
	free(map->slots);
	*map = (struct value_map){0};
}

static struct value_slot *find_slot(const struct value_map *map, const json_t *value)
{
	uint64_t hash = ((uint64_t)(uintptr_t)value >> 4) * 0x9e3779b97f4a7c15u;
	uint32_t mask = map->capacity - 1;
	uint32_t at = (uint32_t)(hash >> 32) & mask;
	while (map->slots[at].value && map->slots[at].value != value)
		at = (at + 1) & mask;
	return &map->slots[at];
}

void value_map_set(struct value_map *map, const json_t *value, uint32_t index)
{
	if (2 * (map->count + 1) > map->capacity) {
		struct value_map larger = {.capacity = map->capacity ? 2 * map->capacity : 64};
		larger.slots = heap_allocate(larger.capacity, sizeof *larger.slots);
		for (uint32_t i = 0; i < map->capacity; i++) {
			if (map->slots[i].value)
				*find_slot(&larger, map->slots[i].value) = map->slots[i];
		}
		larger.count = map->count;
		free(map->slots);
		*map = larger;
	}
	struct value_slot *slot = find_slot(map, value);
	map->count += slot->value == NULL;
	*slot = (struct value_slot){value, index};
}

uint32_t value_map_find(const struct value_map *map, const json_t *value)
{
	if (!map->capacity)
		return INDEX_NONE;
	const struct value_slot *slot = find_slot(map, value);
	return slot->value ? slot->index : INDEX_NONE;
}
