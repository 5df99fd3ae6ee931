#ifndef WAVETRAIN_CONTRACT_VALUE_MAP_H
#define WAVETRAIN_CONTRACT_VALUE_MAP_H

#include <jansson.h>
#include <stdint.h>

/* From a JSON value, by its identity, to an index. Zeroed memory is an empty one. */
struct value_map {
	struct value_slot {
		const json_t *value;
		uint32_t index;
	} * slots; /* owned */
	uint32_t count;
	uint32_t capacity; /* a power of two, or 0 */
};

void value_map_release(struct value_map *map);
void value_map_set(struct value_map *map, const json_t *value, uint32_t index);
uint32_t value_map_find(const struct value_map *map, const json_t *value); /* or INDEX_NONE */

#endif
