/*
 * The machine: a node is looked up by its number, its instructions are run one after another.
 * Recursion is the document's and the schema's together and ends at SCHEMA_DEPTH_LIMIT.
 */
#include "contract/schema_run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "contract/schema_error.h"
#include "contract/schema_pattern.h"

/* The group of instructions for a json_type. */
static const uint8_t groups[] = {
	[JSON_OBJECT] = GROUP_OBJECT,
	[JSON_ARRAY] = GROUP_ARRAY,
	[JSON_STRING] = GROUP_STRING,
	[JSON_INTEGER] = GROUP_NUMBER,
	[JSON_REAL] = GROUP_NUMBER,
	[JSON_TRUE] = GROUP_COUNT,
	[JSON_FALSE] = GROUP_COUNT,
	[JSON_NULL] = GROUP_COUNT,
};

static uint32_t word_count(const json_t *value)
{
	size_t size = json_is_object(value) ? json_object_size(value) : json_array_size(value);
	return (uint32_t)(size / 64 + 1);
}

uint32_t schema_record_push(struct schema_run *run, const json_t *value, uint32_t copied)
{
	uint32_t count = word_count(value);
	uint32_t record = run->word_count;
	run->steps -= count;
	if (record + count > run->word_capacity) {
		uint32_t capacity = 2 * (record + count) + 64;
		run->words = heap_resize(run->words, capacity, sizeof *run->words);
		run->word_capacity = capacity;
	}
	run->word_count += count;
	if (copied == RECORD_NONE)
		memset(&run->words[record], 0, count * sizeof *run->words);
	else
		memcpy(&run->words[record], &run->words[copied], count * sizeof *run->words);
	return record;
}

void schema_record_pop(struct schema_run *run, uint32_t record)
{
	if (record != RECORD_NONE)
		run->word_count = record;
}

void schema_record_set(struct schema_run *run, const json_t *value, uint32_t record, uint32_t from)
{
	memcpy(&run->words[record], &run->words[from], word_count(value) * sizeof *run->words);
}

void schema_record_merge(struct schema_run *run, const json_t *value, uint32_t into, uint32_t from)
{
	for (uint32_t i = 0, count = word_count(value); i < count; i++)
		run->words[into + i] |= run->words[from + i];
}

bool schema_run_stop(struct schema_run *run, const char *expected, const char *actual)
{
	if (!run->is_stopped && run->errors)
		schema_fail(run, KEYWORD_LIMIT, expected, actual);
	run->is_stopped = true;
	return false;
}

bool schema_run_stop_at_limit(struct schema_run *run)
{
	if (run->depth >= SCHEMA_DEPTH_LIMIT)
		return schema_run_stop(run,
			schema_error_text(run, "schemas at most %u deep within one another",
				SCHEMA_DEPTH_LIMIT),
			"the schema applies itself without end, or the document is too deep");
	return schema_run_stop(run,
		schema_error_text(run, "an answer within %d steps", SCHEMA_STEP_LIMIT),
		"schema and document together need more");
}

static bool check_number(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record)
{
	(void)record;
	const struct schema_number *bound = &run->schema->numbers.items[instruction->index];
	struct schema_number number = schema_number_make(value);
	bool is_good;
	switch (instruction->keyword) {
	case KEYWORD_MULTIPLE_OF:
		is_good = schema_number_is_multiple(&number, bound);
		break;
	case KEYWORD_MINIMUM:
		is_good = schema_number_compare(&number, bound) >= 0;
		break;
	case KEYWORD_MAXIMUM:
		is_good = schema_number_compare(&number, bound) <= 0;
		break;
	case KEYWORD_EXCLUSIVE_MINIMUM:
		is_good = schema_number_compare(&number, bound) > 0;
		break;
	default:
		is_good = schema_number_compare(&number, bound) < 0;
		break;
	}
	return is_good || schema_fail_instruction(run, instruction, value);
}

static bool check_pattern(
	struct schema_run *run, const struct schema_instruction *instruction, const json_t *value)
{
	switch (schema_pattern_match(run->schema->patterns.items[instruction->index], run->match,
		json_string_value(value), json_string_length(value), &run->steps)) {
	case PATTERN_MATCHES:
		return true;
	case PATTERN_DIFFERS:
		break;
	case PATTERN_BEYOND_LIMIT:
		return schema_run_stop(run, "an answer of the regular expression within its limit",
			schema_error_text(run, "'%.60s' needs more for a text of %zu bytes",
				schema_pattern_text(
					run->schema->patterns.items[instruction->index]),
				json_string_length(value)));
	}
	return schema_fail_instruction(run, instruction, value);
}

static bool check_string(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record)
{
	(void)record;
	size_t size = json_string_length(value);
	bool is_good;
	if (instruction->keyword == KEYWORD_PATTERN)
		return check_pattern(run, instruction, value);
	/* A character has one to four bytes: most often there is nothing to count. */
	if (instruction->keyword == KEYWORD_MIN_LENGTH) {
		is_good = size >= instruction->limit &&
			  ((size + 3) / 4 >= instruction->limit ||
				  schema_text_length(json_string_value(value), size) >=
					  instruction->limit);
	} else {
		is_good = size <= instruction->limit ||
			  schema_text_length(json_string_value(value), size) <= instruction->limit;
	}
	return is_good || schema_fail_instruction(run, instruction, value);
}

typedef bool instruction_function(struct schema_run *run,
	const struct schema_instruction *instruction, json_t *value, uint32_t record);

static instruction_function *const runners[] = {
	[GROUP_NUMBER] = check_number,
	[GROUP_STRING] = check_string,
	[GROUP_ARRAY] = schema_run_array,
	[GROUP_OBJECT] = schema_run_object,
	[GROUP_ANY] = schema_run_any,
	[GROUP_LATE] = schema_run_any,
};
static_assert(ARRAY_LENGTH(runners) == GROUP_COUNT, "one runner a group");

static inline bool run_group(struct schema_run *run, const struct schema_node *node, unsigned group,
	json_t *value, uint32_t record)
{
	bool is_valid = true;
	const struct schema_instruction *instructions = run->schema->instructions.items;
	for (uint32_t i = node->start[group]; i < node->start[group + 1]; i++) {
		if (runners[group](run, &instructions[i], value, record))
			continue;
		is_valid = false;
		if (!schema_run_goes_on(run))
			break;
	}
	return is_valid;
}

static bool run_late(
	struct schema_run *run, const struct schema_node *node, json_t *value, uint32_t record)
{
	/* What else is wrong leaves things unevaluated: saying so as well would help nobody. */
	return node->start[GROUP_LATE] == node->start[GROUP_COUNT] ||
	       run_group(run, node, GROUP_LATE, value, record);
}

/* A scope is entered, a record kept. */
static bool run_with_context(
	struct schema_run *run, const struct schema_node *node, json_t *value, uint32_t record)
{
	struct schema_scope scope = {run->scope, node->resource};
	const struct schema_scope *outer = run->scope;
	unsigned group = groups[json_typeof(value)];
	bool keeps_record = node->has_late && group >= GROUP_ARRAY && group <= GROUP_OBJECT;
	uint32_t own = keeps_record ? schema_record_push(run, value, RECORD_NONE) : record;
	bool is_valid = true;
	if (!outer || outer->resource != node->resource)
		run->scope = &scope;
	run->depth++;
	if (group != GROUP_COUNT)
		is_valid = run_group(run, node, group, value, own);
	if (is_valid || schema_run_goes_on(run))
		is_valid = run_group(run, node, GROUP_ANY, value, own) && is_valid;
	is_valid = is_valid && run_late(run, node, value, own);
	run->depth--;
	run->scope = outer;
	if (keeps_record) {
		if (record != RECORD_NONE)
			schema_record_merge(run, value, record, own);
		schema_record_pop(run, own);
	}
	return is_valid && !run->is_stopped;
}

static bool run_groups(
	struct schema_run *run, const struct schema_node *node, json_t *value, uint32_t record)
{
	unsigned group = groups[json_typeof(value)];
	bool is_valid = true;
	if (node->has_late || !run->scope || run->scope->resource != node->resource)
		return run_with_context(run, node, value, record);
	run->depth++;
	if (group != GROUP_COUNT)
		is_valid = run_group(run, node, group, value, record);
	if (is_valid || schema_run_goes_on(run))
		is_valid = run_group(run, node, GROUP_ANY, value, record) && is_valid;
	run->depth--;
	return is_valid && !run->is_stopped;
}

static bool has_type(const struct schema_node *node, const json_t *value)
{
	if (node->types >> json_typeof(value) & 1)
		return true;
	return node->allows_whole_real && json_is_real(value) &&
	       schema_real_is_whole(json_real_value(value));
}

bool schema_run_node(struct schema_run *run, uint32_t index, json_t *value, uint32_t record)
{
	const struct schema_node *node = &run->schema->nodes.items[index];
	if (--run->steps < 0 || run->depth >= SCHEMA_DEPTH_LIMIT)
		return schema_run_stop_at_limit(run);
	bool is_valid = has_type(node, value) || schema_fail_type(run, node, value);
	if (node->start[0] == node->start[GROUP_COUNT] || !(is_valid || schema_run_goes_on(run)))
		return is_valid;
	return run_groups(run, node, value, record) && is_valid;
}

bool schema_run_quietly(struct schema_run *run, uint32_t node, json_t *value, uint32_t record)
{
	bool was_quiet = run->is_quiet;
	run->is_quiet = true;
	bool is_valid = schema_run_node(run, node, value, record);
	run->is_quiet = was_quiet;
	return is_valid;
}

static bool run_part(
	struct schema_run *run, uint32_t node, json_t *value, struct schema_path_part part)
{
	if (!run->errors)
		return schema_run_node(run, node, value, RECORD_NONE);
	if (run->path_depth >= SCHEMA_DEPTH_LIMIT)
		return schema_run_stop_at_limit(run);
	run->path[run->path_depth++] = part;
	bool is_valid = schema_run_node(run, node, value, RECORD_NONE);
	run->path_depth--;
	return is_valid;
}

bool schema_run_property(struct schema_run *run, uint32_t node, const char *key, json_t *value)
{
	return run_part(run, node, value, (struct schema_path_part){key, 0});
}

bool schema_run_item(struct schema_run *run, uint32_t node, uint32_t position, json_t *value)
{
	return run_part(run, node, value, (struct schema_path_part){NULL, position});
}
