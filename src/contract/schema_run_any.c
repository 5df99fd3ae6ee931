/* What applies other schemas to the same value, and enum and const. */
#include <string.h>

#include "contract/schema_describe.h"
#include "contract/schema_error.h"

static bool find_in_slots(
	struct schema_run *run, const struct schema_enum *list, const json_t *value)
{
	const struct schema_enum_slot *slots = &run->schema->enum_slots.items[list->slot_first];
	uint64_t hash = schema_value_hash(value, &run->steps);
	uint32_t at = (uint32_t)(hash >> 32) & list->slot_mask;
	for (; slots[at].value != INDEX_NONE && run->steps >= 0; at = (at + 1) & list->slot_mask) {
		if (slots[at].hash == hash &&
			schema_value_equal(
				value, run->schema->values.items[slots[at].value], &run->steps))
			return true;
		run->steps--;
	}
	return false;
}

static bool check_enum(
	struct schema_run *run, const struct schema_instruction *instruction, const json_t *value)
{
	const struct schema_enum *list = &run->schema->enums.items[instruction->index];
	bool is_good = false;
	if (!(list->types >> json_typeof(value) & 1)) {
		is_good = false;
	} else if (list->slot_mask) {
		is_good = find_in_slots(run, list, value);
	} else {
		for (uint32_t i = 0; i < list->count && !is_good; i++)
			is_good = schema_value_equal(
				value, run->schema->values.items[list->first + i], &run->steps);
	}
	return is_good || schema_fail_instruction(run, instruction, value);
}

static bool run_all(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record)
{
	bool is_valid = true;
	for (uint32_t i = 0; i < instruction->count; i++) {
		uint32_t node = run->schema->children.items[instruction->index + i];
		if (schema_run_node(run, node, value, record))
			continue;
		is_valid = false;
		if (!schema_run_goes_on(run))
			break;
	}
	return is_valid;
}

/* One alternative: what it noted stands only when it fits. */
static bool run_branch(struct schema_run *run, uint32_t node, json_t *value, uint32_t record)
{
	if (record == RECORD_NONE)
		return schema_run_node(run, node, value, record);
	uint32_t own = schema_record_push(run, value, RECORD_NONE);
	bool is_valid = schema_run_node(run, node, value, own);
	if (is_valid)
		schema_record_merge(run, value, record, own);
	schema_record_pop(run, own);
	return is_valid;
}

static bool fail_branches(struct schema_run *run, const struct schema_branches *branches,
	const struct schema_instruction *instruction, const json_t *value)
{
	const char *expected = schema_error_text(run,
		instruction->keyword == KEYWORD_ANY_OF ? "what at least one of %u schemas allows"
						       : "what exactly one of %u schemas allows",
		instruction->count);
	const char *actual = "";
	if (schema_run_goes_on(run))
		actual = schema_error_text(run, "%s; the nearest is schema %u",
			schema_describe_value(&run->errors->arena, value), branches->best);
	return schema_branches_fail(
		run, branches, (enum schema_keyword)instruction->keyword, expected, actual);
}

static bool run_any_of(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record)
{
	struct schema_branches branches;
	bool is_valid = false;
	schema_branches_start(run, &branches);
	for (uint32_t i = 0; i < instruction->count; i++) {
		uint32_t node = run->schema->children.items[instruction->index + i];
		bool fits = run_branch(run, node, value, record);
		if (run->is_stopped)
			return false;
		is_valid = is_valid || fits;
		if (!fits)
			schema_branches_end_one(run, &branches, i);
		/* Where it is asked what was looked at, every alternative that fits has its say. */
		else if (record == RECORD_NONE)
			break;
	}
	if (!is_valid)
		return fail_branches(run, &branches, instruction, value);
	schema_branches_forget(run, &branches);
	return true;
}

static bool run_one_of(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record)
{
	struct schema_branches branches;
	uint32_t found = INDEX_NONE;
	uint32_t second = INDEX_NONE;
	schema_branches_start(run, &branches);
	for (uint32_t i = 0; i < instruction->count && second == INDEX_NONE; i++) {
		uint32_t node = run->schema->children.items[instruction->index + i];
		bool fits = run_branch(run, node, value, record);
		if (run->is_stopped)
			return false;
		if (!fits)
			schema_branches_end_one(run, &branches, i);
		else if (found == INDEX_NONE)
			found = i;
		else
			second = i;
	}
	if (found == INDEX_NONE)
		return fail_branches(run, &branches, instruction, value);
	schema_branches_forget(run, &branches);
	if (second == INDEX_NONE)
		return true;
	return schema_fail(run, KEYWORD_ONE_OF,
		schema_error_text(run, "what exactly one of %u schemas allows", instruction->count),
		schema_error_text(run, "what schemas %u and %u both allow", found, second));
}

static bool run_if(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record)
{
	const uint32_t *parts = &run->schema->children.items[instruction->index];
	bool was_quiet = run->is_quiet;
	run->is_quiet = true;
	bool fits = run_branch(run, parts[0], value, record);
	run->is_quiet = was_quiet;
	if (run->is_stopped)
		return false;
	return schema_run_node(run, parts[fits ? 1 : 2], value, record);
}

/* The outermost resource on the way that has the anchor; else where the reference leads itself. */
static uint32_t dynamic_node(struct schema_run *run, const struct schema_instruction *instruction)
{
	const struct schema *schema = run->schema;
	const char *name = schema->names.items[instruction->count].text;
	uint32_t node = instruction->index;
	for (const struct schema_scope *scope = run->scope; scope; scope = scope->outer) {
		run->steps -= schema->dynamic_anchors.count;
		for (uint32_t i = 0; i < schema->dynamic_anchors.count; i++) {
			const struct schema_dynamic_anchor *anchor =
				&schema->dynamic_anchors.items[i];
			if (anchor->resource == scope->resource && !strcmp(anchor->name, name))
				node = anchor->node;
		}
	}
	return node;
}

bool schema_run_any(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record)
{
	switch (instruction->keyword) {
	case KEYWORD_REF:
		return schema_run_node(run, instruction->index, value, record);
	case KEYWORD_DYNAMIC_REF:
		return schema_run_node(run, dynamic_node(run, instruction), value, record);
	case KEYWORD_ENUM:
	case KEYWORD_CONST:
		return check_enum(run, instruction, value);
	case KEYWORD_ALL_OF:
		return run_all(run, instruction, value, record);
	case KEYWORD_ANY_OF:
		return run_any_of(run, instruction, value, record);
	case KEYWORD_ONE_OF:
		return run_one_of(run, instruction, value, record);
	case KEYWORD_NOT:
		if (!schema_run_quietly(run, instruction->index, value, RECORD_NONE))
			return !run->is_stopped;
		return schema_fail_instruction(run, instruction, value);
	case KEYWORD_IF:
		return run_if(run, instruction, value, record);
	case KEYWORD_UNEVALUATED_ITEMS:
		return schema_run_array(run, instruction, value, record);
	default:
		return schema_run_object(run, instruction, value, record);
	}
}
