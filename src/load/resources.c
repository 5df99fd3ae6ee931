#include "load/resources.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"

/* What cannot be read was reported: no second finding about its amount. */
static void pool_start(void *item)
{
	((struct resource_pool *)item)->amount = UINT64_MAX;
}

static void claim_start(void *item)
{
	((struct resource_claim *)item)->amount = 1;
}

static void pool_finish(struct decoder *decoder, uint32_t node, void *item)
{
	((struct resource_pool *)item)->where = tree_where(decoder->tree, node);
}

static void claim_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct resource_claim *claim = item;
	claim->pool = INDEX_NONE;
	claim->where = tree_where(decoder->tree, node);
}

static const struct yaml_field pool_fields[] = {
	{.key = "amount",
		.kind = FIELD_SIZE,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct resource_pool, amount),
		.description = "How much there is of it, in whatever unit; of a lock 1."},
};

const struct yaml_table resource_pool_table = {
	.noun = "resource",
	.title = "What steps share: `execution.resources.NAME`",
	.fields = pool_fields,
	.field_count = ARRAY_LENGTH(pool_fields),
	.item_bytes = sizeof(struct resource_pool),
	.name_offset = offsetof(struct resource_pool, name),
	.short_key = "amount",
	.start = pool_start,
	.finish = pool_finish,
};

static const struct yaml_field claim_fields[] = {
	{.key = "amount",
		.kind = FIELD_SIZE,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct resource_claim, amount),
		.description = "How much of it the step needs while it runs."},
};

const struct yaml_table resource_claim_table = {
	.noun = "resource of the step",
	.title = "What a step needs of them: `steps[].resources.NAME`",
	.fields = claim_fields,
	.field_count = ARRAY_LENGTH(claim_fields),
	.item_bytes = sizeof(struct resource_claim),
	.name_offset = offsetof(struct resource_claim, name),
	.short_key = "amount",
	.start = claim_start,
	.finish = claim_finish,
};

/* --- what steps ask for --- */

struct resource_check {
	struct pipeline *pipeline;
	struct diagnostics *diagnostics;
	struct map pools;                              /* owned; name to place */
	const struct step *kinds[RESOURCE_KIND_LIMIT]; /* one step of each */
	uint32_t kind_count;
	uint64_t comparisons_left; /* for hints: bounded in all */
};

/* False: there is nothing of it, which is reported. */
static bool check_amount(struct resource_check *check, const char *name, uint64_t amount,
	struct source_position where)
{
	if (amount > 0)
		return true;
	diagnostics_add(check->diagnostics, FINDING_BAD_VALUE, where,
		"the amount of '%s' must be 1 or more", shorten(check->diagnostics->arena, name));
	return false;
}

static void report_unknown(struct resource_check *check, const struct resource_claim *claim)
{
	const struct execution *execution = &check->pipeline->execution;
	struct nearest nearest;
	nearest_start(&nearest, claim->name);
	bool is_worth_it = execution->pool_count <= check->comparisons_left;
	check->comparisons_left -= is_worth_it ? execution->pool_count : 0;
	for (uint32_t i = 0; is_worth_it && i < execution->pool_count; i++)
		nearest_offer(&nearest, execution->pools[i].name);
	diagnostics_add_near(check->diagnostics, FINDING_UNKNOWN_REFERENCE, claim->where,
		nearest.best, "'execution.resources' has no '%s'",
		shorten(check->diagnostics->arena, claim->name));
}

static bool check_claim(
	struct resource_check *check, const struct step *step, struct resource_claim *claim)
{
	const struct resource_pool *pools = check->pipeline->execution.pools;
	claim->pool = map_find(&check->pools, claim->name);
	if (claim->pool == INDEX_NONE) {
		report_unknown(check, claim);
		return false;
	}
	if (!check_amount(check, claim->name, claim->amount, claim->where))
		return false;
	if (claim->amount <= pools[claim->pool].amount)
		return true;
	diagnostics_add(check->diagnostics, FINDING_BAD_VALUE, claim->where,
		"the step '%s' asks for %" PRIu64 " of '%s', and there are %" PRIu64,
		shorten(check->diagnostics->arena, step->id), claim->amount,
		shorten(check->diagnostics->arena, claim->name), pools[claim->pool].amount);
	return false;
}

static int compare_claims(const void *left, const void *right)
{
	const struct resource_claim *a = left;
	const struct resource_claim *b = right;
	return a->pool < b->pool ? -1 : a->pool > b->pool;
}

/* False: there are too many different ones, which was reported. */
static bool count_kind(struct resource_check *check, const struct step *step)
{
	for (uint32_t i = 0; i < check->kind_count; i++) {
		const struct step *kind = check->kinds[i];
		if (resource_claims_equal(
			    kind->claims, kind->claim_count, step->claims, step->claim_count))
			return true;
	}
	if (check->kind_count == RESOURCE_KIND_LIMIT) {
		diagnostics_add(check->diagnostics, FINDING_BAD_VALUE, step->claims[0].where,
			"the steps ask for resources in more than %u different ways",
			RESOURCE_KIND_LIMIT);
		return false;
	}
	check->kinds[check->kind_count++] = step;
	return true;
}

/* Instances of a fan-out share what their step asks for: it is sound, or was reported, once. */
static bool check_step(struct resource_check *check, struct step *step)
{
	bool is_sound = true;
	if (step->instance && step->instance->number > 0)
		return true;
	for (uint32_t i = 0; i < step->claim_count; i++)
		is_sound &= check_claim(check, step, &step->claims[i]);
	if (!is_sound || step->claim_count == 0)
		return true;
	qsort(step->claims, step->claim_count, sizeof *step->claims, compare_claims);
	return count_kind(check, step);
}

void resources_check(struct pipeline *pipeline, struct diagnostics *diagnostics)
{
	struct resource_check check = {.pipeline = pipeline,
		.diagnostics = diagnostics,
		.comparisons_left = COMPARISON_LIMIT};
	for (uint32_t i = 0; i < pipeline->execution.pool_count; i++) {
		const struct resource_pool *pool = &pipeline->execution.pools[i];
		map_add(&check.pools, pool->name, i);
		check_amount(&check, pool->name, pool->amount, pool->where);
	}
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		if (!check_step(&check, &pipeline->steps[i]))
			break;
	}
	map_release(&check.pools);
}
