#ifndef WAVETRAIN_BASE_MAP_H
#define WAVETRAIN_BASE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * From text to an index. Keys are not copied: they must outlive the map. Zeroed memory is an
 * empty map. Keys are hashed with a seed of the process, so that no file can aim at collisions.
 */
struct map {
	struct map_slot *slots; /* owned */
	uint32_t count;
	uint32_t capacity; /* a power of two, or 0 */
};

void map_release(struct map *map);

/* Makes room for count keys at once. */
void map_reserve(struct map *map, uint32_t count);

/* Adds the key; false when it is there already (its value is then left as it was). */
bool map_add(struct map *map, const char *key, uint32_t value);

/* The key's value, or INDEX_NONE. */
uint32_t map_find(const struct map *map, const char *key);

#endif
