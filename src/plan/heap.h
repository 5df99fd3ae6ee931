#ifndef WAVETRAIN_PLAN_HEAP_H
#define WAVETRAIN_PLAN_HEAP_H

#include <stdint.h>

#include "base/arena.h"

/* The smallest key comes out first, of equal keys the smallest value. */
struct heap_item {
	int64_t key;
	uint32_t value;
};

struct heap {
	struct heap_item *items; /* the arena's, with room for what heap_init() was told */
	uint32_t count;
};

void heap_init(struct heap *heap, struct arena *arena, uint32_t capacity);
void heap_push(struct heap *heap, int64_t key, uint32_t value);
struct heap_item heap_pop(struct heap *heap); /* count must be above 0 */

#endif
