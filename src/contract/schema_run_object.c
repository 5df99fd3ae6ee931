#include <string.h>

#include "contract/schema_error.h"
#include "contract/schema_pattern.h"
#include "contract/schema_quick.h"

/* A property at work. */
struct entry {
	const char *name;
	size_t size;
	json_t *value;
	size_t position; /* in the object */
};

/* NULL also when no steps are left. */
static const struct schema_property *find_property(
	struct schema_run *run, const struct schema_object *object, const struct entry *entry)
{
	const struct schema *schema = run->schema;
	uint32_t hash = schema_name_hash(entry->name, entry->size, object->hashes_whole_name);
	uint32_t at = schema->slots.items[object->slot_first + (hash & object->slot_mask)];
	while (at != INDEX_NONE && run->steps >= 0) {
		const struct schema_property *property = &schema->properties.items[at];
		if (property->hash == hash && property->size == entry->size &&
			memcmp(property->name, entry->name, entry->size) == 0)
			return property;
		run->steps--;
		at = property->slot_next;
	}
	return NULL;
}

static bool run_name(struct schema_run *run, uint32_t node, const struct entry *entry)
{
	json_t *name = json_stringn_nocheck(entry->name, entry->size);
	run->is_name = true;
	bool is_valid = schema_run_property(run, node, entry->name, name);
	run->is_name = false;
	json_decref(name);
	return is_valid;
}

static bool run_patterns(struct schema_run *run, const struct schema_object *object,
	const struct entry *entry, bool *is_known)
{
	const struct schema *schema = run->schema;
	bool is_valid = true;
	for (uint32_t i = 0; i < object->pattern_count && !run->is_stopped; i++) {
		const uint32_t *pair = &schema->children.items[object->pattern_first + 2 * i];
		const struct schema_pattern *pattern = schema->patterns.items[pair[0]];
		enum schema_pattern_verdict verdict = schema_pattern_match(
			pattern, run->match, entry->name, entry->size, &run->steps);
		if (verdict == PATTERN_BEYOND_LIMIT)
			return schema_run_stop(run,
				"an answer of the regular expression within its limit",
				schema_error_text(run, "'%.60s' needs more for a name of %zu bytes",
					schema_pattern_text(pattern), entry->size));
		if (verdict == PATTERN_DIFFERS)
			continue;
		*is_known = true;
		is_valid = schema_run_property(run, pair[1], entry->name, entry->value) && is_valid;
		if (!is_valid && !schema_run_goes_on(run))
			return false;
	}
	return is_valid;
}

static bool run_additional(
	struct schema_run *run, const struct schema_object *object, const struct entry *entry)
{
	if (object->additional == SCHEMA_NODE_FALSE)
		return schema_fail_additional(
			run, KEYWORD_ADDITIONAL_PROPERTIES, object, entry->name);
	return schema_run_property(run, object->additional, entry->name, entry->value);
}

static bool run_entry(struct schema_run *run, const struct schema_object *object,
	const struct entry *entry, uint32_t *required, uint32_t record)
{
	const struct schema_property *property = find_property(run, object, entry);
	bool is_known = false;
	bool is_valid = true;
	if (--run->steps < 0)
		return schema_run_stop_at_limit(run);
	if (property) {
		*required += property->is_required;
		is_known = property->node != INDEX_NONE;
		if (is_known)
			is_valid =
				schema_run_property(run, property->node, entry->name, entry->value);
	}
	if (object->pattern_count && (is_valid || schema_run_goes_on(run)))
		is_valid = run_patterns(run, object, entry, &is_known) && is_valid;
	if (!is_known && object->additional != INDEX_NONE) {
		is_known = true;
		is_valid = run_additional(run, object, entry) && is_valid;
	}
	if (object->names != INDEX_NONE && (is_valid || schema_run_goes_on(run)))
		is_valid = run_name(run, object->names, entry) && is_valid;
	if (is_known)
		schema_record_mark(run, record, entry->position);
	return is_valid;
}

static bool fail_missing(
	struct schema_run *run, const struct schema_object *object, const json_t *value)
{
	uint32_t seen = 0;
	for (uint32_t i = object->first; i < object->first + object->count; i++) {
		const struct schema_property *property = &run->schema->properties.items[i];
		seen += property->is_required;
		if (property->is_required && !json_object_get(value, property->name) &&
			schema_run_goes_on(run))
			schema_fail_required(run, KEYWORD_REQUIRED, property->name, NULL);
	}
	/* Names with a NUL are counted and have no row. */
	if (seen < object->required_count && schema_run_goes_on(run))
		schema_fail_required(run, KEYWORD_REQUIRED, "a name with a NUL byte", NULL);
	return false;
}

/* strcmp() for names, most of which are shorter than a call of it takes. */
static inline bool is_same(const char *one, const char *other)
{
	while (*one == *other && *one) {
		one++;
		other++;
	}
	return *one == *other;
}

/*
 * Objects of one kind have their properties in one order, most often: the one that is expected
 * next is compared before it is looked up.
 */
static const struct schema_property *expect_property(
	struct schema_run *run, const struct schema_object *object, void *at, uint32_t *follower)
{
	const struct schema *schema = run->schema;
	struct entry entry = {.name = json_object_iter_key(at)};
	const struct schema_property *property;
	if (*follower != INDEX_NONE) {
		property = &schema->properties.items[*follower];
		if (is_same(property->name, entry.name))
			return property;
	}
	entry.size = json_object_iter_key_len(at);
	property = find_property(run, object, &entry);
	if (property)
		*follower = (uint32_t)(property - schema->properties.items);
	return property;
}

/* As run_properties(), for the verdict alone of what most objects are. */
static bool run_plain(struct schema_run *run, const struct schema_object *object, json_t *value)
{
	const struct schema *schema = run->schema;
	uint32_t required = 0;
	uint32_t *follower = &run->followers[schema->properties.count +
					     (uint32_t)(object - schema->objects.items)];
	run->steps -= (int64_t)json_object_size(value);
	void *next;
	for (void *at = json_object_iter(value); at; at = next) {
		json_t *child = json_object_iter_value(at);
		/* It lies elsewhere in memory, and the name takes a while. */
		__builtin_prefetch(child);
		next = json_object_iter_next(value, at);
		const struct schema_property *property = expect_property(run, object, at, follower);
		uint32_t node = object->additional;
		if (property) {
			follower = &run->followers[property - schema->properties.items];
			required += property->is_required;
			node = property->node == INDEX_NONE ? node : property->node;
		} else if (run->steps < 0) {
			break;
		}
		if (node == INDEX_NONE)
			continue;
		if (!schema_accepts_quickly(schema, node, child) &&
			!schema_run_node(run, node, child, RECORD_NONE))
			return false;
	}
	if (run->steps < 0)
		return schema_run_stop_at_limit(run);
	return required == object->required_count;
}

static bool run_properties(
	struct schema_run *run, const struct schema_object *object, json_t *value, uint32_t record)
{
	bool is_valid = true;
	uint32_t required = 0;
	struct entry entry = {.position = 0};
	if (object->is_plain && record == RECORD_NONE && !run->errors)
		return run_plain(run, object, value);
	for (void *at = json_object_iter(value); at; at = json_object_iter_next(value, at)) {
		entry.name = json_object_iter_key(at);
		entry.size = json_object_iter_key_len(at);
		entry.value = json_object_iter_value(at);
		if (!run_entry(run, object, &entry, &required, record)) {
			is_valid = false;
			if (!schema_run_goes_on(run))
				return false;
		}
		entry.position++;
	}
	if (required < object->required_count)
		return fail_missing(run, object, value);
	return is_valid;
}

static bool run_dependency(struct schema_run *run, const struct schema_instruction *instruction,
	const struct schema_dependency *row, json_t *value, uint32_t record)
{
	bool is_valid = true;
	run->steps--;
	if (!json_object_getn(value, row->name, row->size))
		return true;
	if (row->node != INDEX_NONE)
		return schema_run_node(run, row->node, value, record);
	run->steps -= row->count;
	for (uint32_t i = 0; i < row->count; i++) {
		const struct schema_name *name = &run->schema->names.items[row->first + i];
		if (json_object_getn(value, name->text, name->size))
			continue;
		is_valid = false;
		if (!schema_run_goes_on(run))
			break;
		schema_fail_required(
			run, (enum schema_keyword)instruction->keyword, name->text, row->name);
	}
	return is_valid;
}

static bool run_dependencies(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record)
{
	bool is_valid = true;
	for (uint32_t i = 0; i < instruction->count; i++) {
		const struct schema_dependency *row =
			&run->schema->dependencies.items[instruction->index + i];
		if (run_dependency(run, instruction, row, value, record))
			continue;
		is_valid = false;
		if (!schema_run_goes_on(run))
			break;
	}
	return is_valid;
}

static bool run_unevaluated(struct schema_run *run, uint32_t node, json_t *value, uint32_t record)
{
	bool is_valid = true;
	size_t position = 0;
	const char *name;
	json_t *child;
	if (!json_is_object(value))
		return true;
	json_object_foreach(value, name, child)
	{
		if (!schema_record_has(run, record, position)) {
			bool is_good = node == SCHEMA_NODE_FALSE
					       ? schema_fail_additional(run,
							 KEYWORD_UNEVALUATED_PROPERTIES, NULL, name)
					       : schema_run_property(run, node, name, child);
			if (!is_good && !schema_run_goes_on(run))
				return false;
			is_valid = is_valid && is_good;
			schema_record_mark(run, record, position);
		}
		position++;
	}
	return is_valid;
}

bool schema_run_object(struct schema_run *run, const struct schema_instruction *instruction,
	json_t *value, uint32_t record)
{
	size_t size;
	switch (instruction->keyword) {
	case KEYWORD_PROPERTIES:
		return run_properties(
			run, &run->schema->objects.items[instruction->index], value, record);
	case KEYWORD_MIN_PROPERTIES:
	case KEYWORD_MAX_PROPERTIES:
		size = json_object_size(value);
		if (instruction->keyword == KEYWORD_MIN_PROPERTIES ? size >= instruction->limit
								   : size <= instruction->limit)
			return true;
		return schema_fail_instruction(run, instruction, value);
	case KEYWORD_UNEVALUATED_PROPERTIES:
		return run_unevaluated(run, instruction->index, value, record);
	default:
		return run_dependencies(run, instruction, value, record);
	}
}
