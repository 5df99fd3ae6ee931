/* What changed since the run before: only what is worth a look, the largest change first. */
#include <stdlib.h>

#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "report/html.h"
#include "report/palette.h"
#include "report/verdict.h"

enum change_kind {
	CHANGE_NEW_FAILURE,
	CHANGE_FIXED,
	CHANGE_SLOWER,
	CHANGE_FASTER,
	CHANGE_ADDED,
	CHANGE_REMOVED,
	CHANGE_COUNT
};

static const struct {
	const char *title;
	enum step_look look;
} kinds[] = {
	[CHANGE_NEW_FAILURE] = {"Newly failed", LOOK_FAILED},
	[CHANGE_FIXED] = {"Fixed", LOOK_OK},
	[CHANGE_SLOWER] = {"Slower", LOOK_RETRIED},
	[CHANGE_FASTER] = {"Faster", LOOK_OK},
	[CHANGE_ADDED] = {"Added", LOOK_IDLE},
	[CHANGE_REMOVED] = {"Removed", LOOK_IDLE},
};

struct change {
	const char *id;
	int64_t delta_ms;
	int64_t took_ms;
};

struct changes {
	struct change *items; /* owned */
	uint32_t count;
	uint32_t capacity;
};

static void note(struct changes *changes, struct change change)
{
	GROW(changes->items, changes->count, changes->capacity);
	changes->items[changes->count++] = change;
}

/* A change of time counts from a fifth and a second on. */
static void compare_times(
	struct changes *all, const struct html_context *context, uint32_t step, uint32_t before)
{
	const struct run *previous = context->settings->previous;
	int64_t took = run_step_duration_ms(context->run, step, context->now_ms);
	int64_t took_before = run_step_duration_ms(previous, before, context->now_ms);
	int64_t delta = took - took_before;
	struct change change = {context->run->steps[step].id, delta, took};

	if (context->run->steps[step].state != STATE_DONE ||
		previous->steps[before].state != STATE_DONE)
		return;
	if (delta > 1000 && delta * 5 > took_before)
		note(&all[CHANGE_SLOWER], change);
	if (delta < -1000 && -delta * 5 > took_before)
		note(&all[CHANGE_FASTER], change);
}

static void compare_steps(struct changes *all, const struct html_context *context)
{
	const struct run *run = context->run;
	const struct run *previous = context->settings->previous;
	struct map now = {0};
	struct map before = {0};

	for (uint32_t i = 0; i < run->step_count; i++)
		map_add(&now, run->steps[i].id, i);
	for (uint32_t i = 0; i < previous->step_count; i++) {
		map_add(&before, previous->steps[i].id, i);
		if (map_find(&now, previous->steps[i].id) == INDEX_NONE)
			note(&all[CHANGE_REMOVED], (struct change){.id = previous->steps[i].id});
	}
	for (uint32_t i = 0; i < run->step_count; i++) {
		const struct run_step *step = &run->steps[i];
		uint32_t other = map_find(&before, step->id);

		if (other == INDEX_NONE) {
			note(&all[CHANGE_ADDED], (struct change){.id = step->id});
			continue;
		}
		if (step->state == STATE_FAILED && previous->steps[other].state != STATE_FAILED)
			note(&all[CHANGE_NEW_FAILURE], (struct change){.id = step->id});
		if (step->state == STATE_DONE && previous->steps[other].state == STATE_FAILED)
			note(&all[CHANGE_FIXED], (struct change){.id = step->id});
		compare_times(all, context, i, other);
	}
	map_release(&now);
	map_release(&before);
}

static int change_order(const void *left, const void *right)
{
	int64_t a = llabs(((const struct change *)left)->delta_ms);
	int64_t b = llabs(((const struct change *)right)->delta_ms);

	return (a < b) - (a > b);
}

static void add_items(
	const struct html_context *context, struct page_value *group, struct changes *changes)
{
	struct page_value *items = page_list(context->arena, group, "items");

	qsort(changes->items, changes->count, sizeof *changes->items, change_order);
	for (uint32_t i = 0; i < changes->count && i < HTML_CHANGE_LIMIT; i++) {
		const struct change *change = &changes->items[i];
		struct page_value *item = page_object(context->arena, items, NULL);
		struct buffer text = BUFFER_INIT;

		if (change->delta_ms != 0) {
			buffer_append_text(&text, change->delta_ms < 0 ? "−" : "+");
			duration_append(&text, llabs(change->delta_ms));
			buffer_append_text(&text, " to ");
			duration_append(&text, change->took_ms);
		}
		page_text(context->arena, item, "id", change->id);
		page_bytes(context->arena, item, "text", &text);
		buffer_release(&text);
	}
}

static void add_summary(const struct html_context *context, struct page_value *root)
{
	const struct run *previous = context->settings->previous;
	int64_t now = verdict_wall_ms(context->run, context->now_ms);
	int64_t before = verdict_wall_ms(previous, context->now_ms);
	struct buffer text = BUFFER_INIT;

	buffer_append_text(&text, "The run took ");
	duration_append(&text, now);
	buffer_append_text(&text, ", the one before ");
	duration_append(&text, before);
	buffer_append_text(&text, "; critical path ");
	duration_append(&text, context->run->totals.critical_path_ms);
	buffer_append_text(&text, ", before ");
	duration_append(&text, previous->totals.critical_path_ms);
	buffer_append_text(&text, ".");
	page_bytes(context->arena, root, "compare_text", &text);
	buffer_release(&text);
}

void html_compare_add(const struct html_context *context, struct page_value *root)
{
	struct changes all[CHANGE_COUNT] = {{0}};
	struct page_value *changes;

	page_truth(context->arena, root, "compare_any", context->settings->previous != NULL);
	if (!context->settings->previous)
		return;
	page_text(context->arena, root, "previous_id", context->settings->previous->id);
	add_summary(context, root);
	compare_steps(all, context);
	changes = page_list(context->arena, root, "changes");
	for (int i = 0; i < CHANGE_COUNT; i++) {
		struct page_value *group;

		if (all[i].count == 0)
			continue;
		group = page_object(context->arena, changes, NULL);
		page_text(context->arena, group, "title", kinds[i].title);
		page_text(context->arena, group, "look", palette_look(kinds[i].look)->word);
		page_text(context->arena, group, "glyph", palette_look(kinds[i].look)->glyph);
		page_format(context->arena, group, "count", "%u", all[i].count);
		add_items(context, group, &all[i]);
		free(all[i].items);
	}
}
