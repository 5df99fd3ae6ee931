#include "base/mask_automaton.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static int compare_forms(const void *left, const void *right, void *context)
{
	const struct mask_form *a = left, *b = right;
	const char *bytes = context;
	size_t common = a->size < b->size ? a->size : b->size;
	int order = memcmp(bytes + a->offset, bytes + b->offset, common);
	return order ? order : (a->size > b->size) - (a->size < b->size);
}

/* The forms of a state: those that begin with its text. */
struct range {
	uint32_t first, end;
};

struct builder {
	struct mask *mask;
	const struct mask_forms *forms; /* sorted */
	struct range *ranges;           /* of each state */
};

static unsigned char form_byte(const struct builder *builder, uint32_t form, uint32_t at)
{
	const struct mask_forms *forms = builder->forms;
	return (unsigned char)forms->bytes.bytes[forms->items[form].offset + at];
}

static void add_children(struct builder *builder, uint32_t state)
{
	struct mask *mask = builder->mask;
	struct range range = builder->ranges[state];
	uint32_t depth = mask->depth[state];
	mask->first_child[state] = mask->state_count;
	while (range.first < range.end && builder->forms->items[range.first].size == depth) {
		mask->match[state] = depth;
		range.first++;
	}
	while (range.first < range.end) {
		uint32_t child = mask->state_count++;
		unsigned char byte = form_byte(builder, range.first, depth);
		uint32_t end = range.first + 1;
		while (end < range.end && form_byte(builder, end, depth) == byte)
			end++;
		mask->byte[child] = byte;
		mask->depth[child] = depth + 1;
		builder->ranges[child] = (struct range){range.first, end};
		range.first = end;
	}
}

/* State after state: what a link leads to is nearer to the root, and linked already. */
static void link_failures(struct mask *mask)
{
	for (uint32_t child = mask->first_child[0]; child < mask->first_child[1]; child++)
		mask->root[mask->byte[child]] = child;
	for (uint32_t state = 1; state < mask->state_count; state++) {
		if (!mask->match[state])
			mask->match[state] = mask->match[mask->failure[state]];
		for (uint32_t child = mask->first_child[state];
			child < mask->first_child[state + 1]; child++)
			mask->failure[child] =
				mask_next_state(mask, mask->failure[state], mask->byte[child]);
		/* The end of a form that none goes on from: only what its end begins counts. */
		if (mask->first_child[state] == mask->first_child[state + 1])
			mask->depth[state] = mask->depth[mask->failure[state]];
	}
}

static void fill_strides(struct mask *mask, const struct mask_forms *forms)
{
	mask->window = MASK_STRIDE_WINDOW_MAX;
	for (size_t i = 0; i < forms->count; i++) {
		if (forms->items[i].size < mask->window)
			mask->window = forms->items[i].size;
	}
	size_t last = mask->window - MASK_GRAM;
	memset(mask->stride, (int)(last + 1), sizeof mask->stride);
	for (size_t i = 0; i < forms->count; i++) {
		const char *form = forms->bytes.bytes + forms->items[i].offset;
		for (size_t at = 0; at <= last; at++) {
			unsigned char *stride = &mask->stride[mask_stride_slot(form + at)];
			if (*stride > last - at)
				*stride = (unsigned char)(last - at);
		}
	}
}

/* Forms have beginnings in common: there are far fewer states than bytes. */
static void shrink(struct mask *mask)
{
	const size_t states = mask->state_count;
	mask->first_child = heap_resize(mask->first_child, states + 1, sizeof *mask->first_child);
	mask->failure = heap_resize(mask->failure, states, sizeof *mask->failure);
	mask->depth = heap_resize(mask->depth, states, sizeof *mask->depth);
	mask->match = heap_resize(mask->match, states, sizeof *mask->match);
	mask->byte = heap_resize(mask->byte, states, sizeof *mask->byte);
}

struct mask *mask_automaton_new(struct mask_forms *forms)
{
	struct mask *mask = heap_allocate(1, sizeof *mask);
	size_t states = forms->bytes.size + 1; /* at most */
	qsort_r(forms->items, forms->count, sizeof *forms->items, compare_forms,
		forms->bytes.bytes);
	mask->first_child = heap_allocate(states + 1, sizeof *mask->first_child);
	mask->failure = heap_allocate(states, sizeof *mask->failure);
	mask->depth = heap_allocate(states, sizeof *mask->depth);
	mask->match = heap_allocate(states, sizeof *mask->match);
	mask->byte = heap_allocate(states, sizeof *mask->byte);
	struct builder builder = {.mask = mask, .forms = forms};
	builder.ranges = heap_allocate(states, sizeof *builder.ranges);
	builder.ranges[0].end = (uint32_t)forms->count;
	mask->state_count = 1;
	for (uint32_t state = 0; state < mask->state_count; state++)
		add_children(&builder, state);
	mask->first_child[mask->state_count] = mask->state_count;
	free(builder.ranges);
	shrink(mask);
	link_failures(mask);
	fill_strides(mask, forms);
	return mask;
}
