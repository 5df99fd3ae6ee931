#ifndef WAVETRAIN_BASE_MASK_AUTOMATON_H
#define WAVETRAIN_BASE_MASK_AUTOMATON_H

#include <stddef.h>
#include <stdint.h>

#include "base/mask_forms.h"

/*
 * All forms, sorted, become a trie whose states are numbered level by level: the children of a
 * state are neighbours, in the order of their bytes, so that it takes two arrays. Failure links
 * make an automaton of it. Where it is in its root state and nothing is pending, a table of three
 * bytes says how far at least the next beginning of a form is, as in Wu and Manber's search.
 */

#define MASK_GRAM 3
#define MASK_STRIDE_SLOTS 65536
#define MASK_LINEAR_SEARCH_MAX 8   /* children */
#define MASK_STRIDE_WINDOW_MAX 200 /* of the forms' first bytes; a stride fits into a byte */

struct mask {
	uint32_t state_count;
	uint32_t *first_child; /* one more than states: where the next one's begin */
	uint32_t *failure;
	uint32_t *depth; /* so many of the last bytes may belong to a form that is not at its end */
	uint32_t *match; /* size of the longest form that ends in the state; 0: none */
	unsigned char *byte;
	uint32_t root[256]; /* the root's child for each byte, or the root */
	size_t window;      /* the least size of a form, at most MASK_STRIDE_WINDOW_MAX */
	unsigned char stride[MASK_STRIDE_SLOTS];
};

/* The forms come sorted out of it, and are not needed after. At least one. */
struct mask *mask_automaton_new(struct mask_forms *forms);

static inline uint32_t mask_find_child(const struct mask *mask, uint32_t state, unsigned char byte)
{
	uint32_t low = mask->first_child[state];
	uint32_t high = mask->first_child[state + 1];
	while (high - low > MASK_LINEAR_SEARCH_MAX) {
		uint32_t middle = low + (high - low) / 2;
		if (mask->byte[middle] > byte)
			high = middle;
		else
			low = middle;
	}
	for (; low < high; low++) {
		if (mask->byte[low] == byte)
			return low;
	}
	return 0;
}

static inline uint32_t mask_next_state(const struct mask *mask, uint32_t state, unsigned char byte)
{
	while (state) {
		uint32_t child = mask_find_child(mask, state, byte);
		if (child)
			return child;
		state = mask->failure[state];
	}
	return mask->root[byte];
}

/* Where the table has the three bytes. */
static inline size_t mask_stride_slot(const char *gram)
{
	uint32_t value = (uint32_t)(unsigned char)gram[0] | (uint32_t)(unsigned char)gram[1] << 8 |
			 (uint32_t)(unsigned char)gram[2] << 16;
	return (value * 2654435761u) >> 16;
}

#endif
