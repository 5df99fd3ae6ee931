#include "plan/learned_memory.h"

#include <string.h>

#include "base/cleanup.h"

struct learning {
	uint32_t pool; /* the place of the pool */
	uint64_t pool_bytes;
	const struct history *history;
	struct map bases;      /* owned; a step's id without its instance to a place in peaks */
	uint64_t *peaks_bytes; /* of each base; the arena's */
};

static void learning_release(struct learning *learning)
{
	map_release(&learning->bases);
}

uint64_t learned_memory_amount(uint64_t peak_bytes, uint64_t pool_bytes)
{
	uint64_t unit = 1;
	if (peak_bytes >= pool_bytes)
		return pool_bytes;
	uint64_t amount = peak_bytes + peak_bytes / 4 + 1;
	if (amount < pool_bytes / MEMORY_LEAST_PART)
		amount = pool_bytes / MEMORY_LEAST_PART;
	while (amount / unit >= 8)
		unit *= 2;
	amount = (amount + unit - 1) / unit * unit;
	return amount < pool_bytes ? amount : pool_bytes;
}

/* "test[os=linux]" is an instance of "test". */
static void learn_from_instances(struct learning *learning, struct arena *arena)
{
	const struct history *history = learning->history;
	learning->peaks_bytes = ARENA_ARRAY(arena, uint64_t, history->count);
	for (uint32_t i = 0; i < history->count; i++) {
		const struct history_entry *entry = &history->entries[i];
		const char *bracket = strchr(entry->step_id, '[');
		if (!bracket)
			continue;
		const char *base =
			arena_copy_bytes(arena, entry->step_id, (size_t)(bracket - entry->step_id));
		map_add(&learning->bases, base, learning->bases.count);
		uint64_t *peak_bytes = &learning->peaks_bytes[map_find(&learning->bases, base)];
		if (entry->peak_rss_bytes > *peak_bytes)
			*peak_bytes = entry->peak_rss_bytes;
	}
}

/* 0: nothing is known. */
static uint64_t find_peak(const struct learning *learning, const struct step *step)
{
	uint32_t place = map_find(&learning->history->by_id, step->id);
	if (place != INDEX_NONE)
		return learning->history->entries[place].peak_rss_bytes;
	if (!step->instance && !step->foreach)
		return 0;
	place = map_find(&learning->bases, step->instance ? step->instance->base_id : step->id);
	return place == INDEX_NONE ? 0 : learning->peaks_bytes[place];
}

/* What the step is written with, and the claim at its place among them. */
static const struct resource_claim *add_claim(
	const struct step *step, const struct resource_claim *learned, struct arena *arena)
{
	struct resource_claim *items =
		ARENA_ARRAY(arena, struct resource_claim, (size_t)step->claim_count + 1);
	uint32_t before = 0;
	while (before < step->claim_count && step->claims[before].pool < learned->pool)
		before++;
	for (uint32_t i = 0; i < step->claim_count; i++)
		items[i < before ? i : i + 1] = step->claims[i];
	items[before] = *learned;
	return items;
}

static struct step_claims claim_step(
	const struct learning *learning, const struct step *step, struct arena *arena)
{
	struct step_claims claims = {.items = step->claims, .count = step->claim_count};
	for (uint32_t i = 0; i < step->claim_count; i++) {
		if (step->claims[i].pool != learning->pool)
			continue;
		claims.memory_from = MEMORY_DECLARED;
		claims.memory_bytes = step->claims[i].amount;
		return claims;
	}
	uint64_t peak_bytes = learning->history ? find_peak(learning, step) : 0;
	if (!peak_bytes)
		return claims;
	struct resource_claim learned = {.name = MEMORY_POOL_NAME,
		.amount = learned_memory_amount(peak_bytes, learning->pool_bytes),
		.pool = learning->pool};
	claims.items = add_claim(step, &learned, arena);
	claims.count++;
	claims.memory_from = MEMORY_LEARNED;
	claims.memory_bytes = learned.amount;
	return claims;
}

static uint32_t find_pool(const struct execution *execution)
{
	for (uint32_t i = 0; i < execution->pool_count; i++) {
		if (strcmp(execution->pools[i].name, MEMORY_POOL_NAME) == 0 &&
			execution->pools[i].amount >= MEMORY_LEAST_BYTES)
			return i;
	}
	return INDEX_NONE;
}

void learned_memory_claim(struct plan *plan, const struct history *history, struct arena *arena)
{
	const struct pipeline *pipeline = plan->pipeline;
	CLEANUP(learning_release)
	struct learning learning = {.pool = find_pool(&pipeline->execution), .history = history};
	if (learning.pool == INDEX_NONE)
		return;
	learning.pool_bytes = pipeline->execution.pools[learning.pool].amount;
	if (history)
		learn_from_instances(&learning, arena);
	plan->claims = ARENA_ARRAY(arena, struct step_claims, pipeline->step_count);
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		plan->claims[i] = claim_step(&learning, &pipeline->steps[i], arena);
}
