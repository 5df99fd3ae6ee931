#include <stdlib.h>
#include <string.h>

#include "contract/schema_error.h"
#include "contract/schema_quick.h"

#define FEW_ITEMS 12u /* compared each with each */

static bool run_items(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record)
{
	const uint32_t *children = run->schema->children.items;
	size_t count = json_array_size(value);
	bool is_valid = true;
	if (instruction->extra == INDEX_NONE && count > instruction->count)
		count = instruction->count;
	run->steps -= (int64_t)count;
	for (size_t i = 0; i < count; i++) {
		uint32_t node = i < instruction->count ? children[instruction->index + i]
						       : instruction->extra;
		json_t *item = json_array_get(value, i);
		schema_record_mark(run, record, i);
		if (schema_accepts_quickly(run->schema, node, item) ||
			schema_run_item(run, node, (uint32_t)i, item))
			continue;
		is_valid = false;
		if (!schema_run_goes_on(run))
			break;
	}
	return is_valid;
}

static const char *describe_contained(struct schema_run *run, uint32_t found, size_t count)
{
	return schema_error_text(run, "%u of %zu item%s", found, count, count == 1 ? "" : "s");
}

static bool run_contains(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record)
{
	size_t count = json_array_size(value);
	uint32_t found = 0;
	for (size_t i = 0; i < count; i++) {
		if (!schema_run_quietly(
			    run, instruction->index, json_array_get(value, i), RECORD_NONE)) {
			if (run->is_stopped)
				return false;
			continue;
		}
		found++;
		schema_record_mark(run, record, i);
		if (record == RECORD_NONE && instruction->extra == UINT32_MAX &&
			found >= instruction->count)
			break;
	}
	if (found < instruction->count)
		return schema_fail(run,
			found || instruction->count > 1 ? KEYWORD_MIN_CONTAINS : KEYWORD_CONTAINS,
			schema_error_text(run, "at least %u item%s that fit%s 'contains'",
				instruction->count, instruction->count == 1 ? "" : "s",
				instruction->count == 1 ? "s" : ""),
			describe_contained(run, found, count));
	if (found > instruction->extra)
		return schema_fail(run, KEYWORD_MAX_CONTAINS,
			schema_error_text(run, "at most %u item%s that fit%s 'contains'",
				instruction->extra, instruction->extra == 1 ? "" : "s",
				instruction->extra == 1 ? "s" : ""),
			describe_contained(run, found, count));
	return true;
}

static bool fail_unique(struct schema_run *run, size_t first, size_t second)
{
	return schema_fail(run, KEYWORD_UNIQUE_ITEMS, "no two equal items",
		schema_error_text(run, "items %zu and %zu, which are equal", first, second));
}

struct item {
	uint64_t hash;
	size_t position;
};

static int compare_items(const void *left, const void *right)
{
	const struct item *one = left;
	const struct item *other = right;
	if (one->hash != other->hash)
		return one->hash < other->hash ? -1 : 1;
	return (one->position > other->position) - (one->position < other->position);
}

/* Equal items have equal hashes, so only neighbours with the same hash are compared. */
static bool check_unique_by_hash(struct schema_run *run, const json_t *value)
{
	size_t count = json_array_size(value);
	struct item *items = heap_resize(NULL, count, sizeof *items);
	bool is_valid = true;
	for (size_t i = 0; i < count; i++)
		items[i] =
			(struct item){schema_value_hash(json_array_get(value, i), &run->steps), i};
	if (run->steps >= 0)
		qsort(items, count, sizeof *items, compare_items);
	for (size_t i = 1; i < count && is_valid && run->steps >= 0; i++) {
		for (size_t j = i; j-- > 0 && items[j].hash == items[i].hash && is_valid;) {
			if (--run->steps < 0)
				break;
			if (schema_value_equal(json_array_get(value, items[j].position),
				    json_array_get(value, items[i].position), &run->steps))
				is_valid = fail_unique(run, items[j].position, items[i].position);
		}
	}
	free(items);
	return is_valid;
}

static bool check_unique(struct schema_run *run, const json_t *value)
{
	size_t count = json_array_size(value);
	if (count > FEW_ITEMS)
		return check_unique_by_hash(run, value);
	for (size_t i = 1; i < count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (schema_value_equal(json_array_get(value, j), json_array_get(value, i),
				    &run->steps))
				return fail_unique(run, j, i);
		}
	}
	return true;
}

static bool run_unevaluated(struct schema_run *run, uint32_t node, json_t *value, uint32_t record)
{
	bool is_valid = true;
	if (!json_is_array(value))
		return true;
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (schema_record_has(run, record, i))
			continue;
		bool is_good =
			node == SCHEMA_NODE_FALSE
				? schema_fail_item(run, KEYWORD_UNEVALUATED_ITEMS, (uint32_t)i)
				: schema_run_item(run, node, (uint32_t)i, json_array_get(value, i));
		if (!is_good) {
			is_valid = false;
			if (!schema_run_goes_on(run))
				return false;
		}
		schema_record_mark(run, record, i);
	}
	return is_valid;
}

bool schema_run_array(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record)
{
	size_t size;
	switch (instruction->keyword) {
	case KEYWORD_ITEMS:
		return run_items(run, instruction, value, record);
	case KEYWORD_CONTAINS:
		return run_contains(run, instruction, value, record);
	case KEYWORD_UNIQUE_ITEMS:
		return check_unique(run, value);
	case KEYWORD_UNEVALUATED_ITEMS:
		return run_unevaluated(run, instruction->index, value, record);
	default:
		size = json_array_size(value);
		if (instruction->keyword == KEYWORD_MIN_ITEMS ? size >= instruction->limit
							      : size <= instruction->limit)
			return true;
		return schema_fail_instruction(run, instruction, value);
	}
}
