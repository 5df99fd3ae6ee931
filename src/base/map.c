/*
 * Open addressing with linear probing, at most two thirds full. The hash is FNV-1a over a
 * per-process seed, with a final mix: enough against files that aim at collisions, because the
 * seed is not known to whoever wrote them.
 */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/arena.h"
#include "base/index.h"

struct map_slot {
	const char *key; /* NULL: free */
	uint32_t hash;
	uint32_t value;
};

static uint64_t process_seed(void)
{
	/* Sixteen random bytes that the kernel gives every process at its start (getauxval(3)). */
	const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM);
	uint64_t seed = 0x9e3779b97f4a7c15u;
	if (random)
		memcpy(&seed, random, sizeof(seed));
	return seed;
}

static uint32_t hash_text(const char *text)
{
	uint64_t hash = 0xcbf29ce484222325u ^ process_seed();
	for (const unsigned char *at = (const unsigned char *)text; *at; at++)
		hash = (hash ^ *at) * 0x100000001b3u;
	hash ^= hash >> 32;
	hash *= 0xd6e8feb86659fd93u;
	return (uint32_t)(hash >> 32);
}

static struct map_slot *slot_of(const struct map *map, const char *key, uint32_t hash)
{
	uint32_t place = hash & (map->capacity - 1);
	while (map->slots[place].key) {
		if (map->slots[place].hash == hash && strcmp(map->slots[place].key, key) == 0)
			break;
		place = (place + 1) & (map->capacity - 1);
	}
	return &map->slots[place];
}

void map_release(struct map *map)
{
	free(map->slots);
	*map = (struct map){0};
}

void map_reserve(struct map *map, uint32_t count)
{
	uint64_t least = (uint64_t)count + count / 2 + 1;
	uint32_t capacity = map->capacity ? map->capacity : 16;
	while (capacity < least && capacity < (1u << 31))
		capacity *= 2;
	if (capacity == map->capacity)
		return;
	struct map larger = {
		.slots = heap_allocate(capacity, sizeof(struct map_slot)),
		.count = map->count,
		.capacity = capacity,
	};
	for (uint32_t i = 0; i < map->capacity; i++) {
		const struct map_slot *slot = &map->slots[i];
		if (slot->key)
			*slot_of(&larger, slot->key, slot->hash) = *slot;
	}
	free(map->slots);
	*map = larger;
}

bool map_add(struct map *map, const char *key, uint32_t value)
{
	map_reserve(map, map->count + 1);
	uint32_t hash = hash_text(key);
	struct map_slot *slot = slot_of(map, key, hash);
	if (slot->key)
		return false;
	*slot = (struct map_slot){.key = key, .hash = hash, .value = value};
	map->count++;
	return true;
}

uint32_t map_find(const struct map *map, const char *key)
{
	if (!map->count)
		return INDEX_NONE;
	const struct map_slot *slot = slot_of(map, key, hash_text(key));
	return slot->key ? slot->value : INDEX_NONE;
}
