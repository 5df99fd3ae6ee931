#include "plan/heap.h"

#include <stdbool.h>

void heap_init(struct heap *heap, struct arena *arena, uint32_t capacity)
{
	*heap = (struct heap){.items = ARENA_ARRAY(arena, struct heap_item, capacity)};
}

static bool is_smaller(struct heap_item left, struct heap_item right)
{
	return left.key != right.key ? left.key < right.key : left.value < right.value;
}

void heap_push(struct heap *heap, int64_t key, uint32_t value)
{
	struct heap_item item = {key, value};
	uint32_t place = heap->count++;
	while (place > 0) {
		uint32_t above = (place - 1) / 2;
		if (!is_smaller(item, heap->items[above]))
			break;
		heap->items[place] = heap->items[above];
		place = above;
	}
	heap->items[place] = item;
}

struct heap_item heap_pop(struct heap *heap)
{
	struct heap_item top = heap->items[0];
	struct heap_item last = heap->items[--heap->count];
	uint32_t place = 0;
	for (;;) {
		uint32_t below = 2 * place + 1;
		if (below >= heap->count)
			break;
		if (below + 1 < heap->count &&
			is_smaller(heap->items[below + 1], heap->items[below]))
			below++;
		if (!is_smaller(heap->items[below], last))
			break;
		heap->items[place] = heap->items[below];
		place = below;
	}
	if (heap->count > 0)
		heap->items[place] = last;
	return top;
}
