/*
 * Subschemas wait in a line (jobs), one for each node: a schema of any depth is compiled without
 * recursion, and a reference to one that is in the line already is just its number.
 */
#include "contract/schema_compile.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "contract/schema_limits.h"
#include "contract/schema_pattern.h"

uint32_t schema_compiler_node(
	struct schema_compiler *compiler, json_t *value, const struct schema_job *origin)
{
	struct schema *schema = compiler->schema;
	if (json_is_boolean(value))
		return json_is_true(value) ? SCHEMA_NODE_TRUE : SCHEMA_NODE_FALSE;
	uint32_t node = value_map_find(&compiler->nodes, value);
	if (node != INDEX_NONE)
		return node;
	node = schema->nodes.count;
	GROW(schema->nodes.items, schema->nodes.count, schema->nodes.capacity);
	schema->nodes.count++;
	GROW(compiler->jobs.items, compiler->jobs.count, compiler->jobs.capacity);
	struct schema_job *job = &compiler->jobs.items[compiler->jobs.count++];
	*job = *origin;
	job->value = value;
	uint32_t resource = value_map_find(&compiler->loader.roots, value);
	if (resource != INDEX_NONE)
		job->resource = resource;
	value_map_set(&compiler->nodes, value, node);
	return node;
}

uint32_t schema_compiler_child(struct schema_compiler *compiler,
	const struct schema_draft_node *draft, enum schema_keyword keyword, json_t *value,
	const char *name, uint32_t position)
{
	const struct schema_job origin = {
		.resource = compiler->jobs.items[draft->job].resource,
		.parent = draft->job,
		.keyword = schema_keywords[keyword].name,
		.name = name,
		.position = position,
	};
	return schema_compiler_node(compiler, value, &origin);
}

struct schema_instruction *schema_compiler_emit(
	struct schema_draft_node *draft, enum schema_keyword keyword, uint32_t index)
{
	struct schema_instruction *instruction = &draft->instructions[draft->count++];
	*instruction = (struct schema_instruction){.keyword = (uint8_t)keyword, .index = index};
	return instruction;
}

uint32_t schema_compiler_push_child(struct schema *schema, uint32_t node)
{
	GROW(schema->children.items, schema->children.count, schema->children.capacity);
	schema->children.items[schema->children.count] = node;
	return schema->children.count++;
}

bool schema_compiler_pattern(struct schema_compiler *compiler, const char *text, size_t size,
	uint32_t *place, struct error *error)
{
	struct schema *schema = compiler->schema;
	*place = map_find(&compiler->patterns, text);
	if (*place != INDEX_NONE)
		return true;
	if (schema->patterns.count >= SCHEMA_PATTERN_COUNT_LIMIT)
		return error_set(error, ERROR_PIPELINE_INVALID,
			"more than %u different regular expressions", SCHEMA_PATTERN_COUNT_LIMIT);
	struct schema_pattern *pattern =
		schema_pattern_new_within(text, size, &compiler->pattern_room, error);
	if (!pattern)
		return error_context(error, "'%.100s'", text);
	*place = schema->patterns.count;
	GROW(schema->patterns.items, schema->patterns.count, schema->patterns.capacity);
	schema->patterns.items[schema->patterns.count++] = pattern;
	map_add(&compiler->patterns, schema_pattern_text(pattern), *place);
	return true;
}

static void compile_type(struct schema_draft_node *draft)
{
	static const struct {
		const char *name;
		uint8_t bits;
	} types[] = {
		{"null", 1u << JSON_NULL},
		{"boolean", 1u << JSON_TRUE | 1u << JSON_FALSE},
		{"integer", 1u << JSON_INTEGER},
		{"number", 1u << JSON_INTEGER | 1u << JSON_REAL},
		{"string", 1u << JSON_STRING},
		{"array", 1u << JSON_ARRAY},
		{"object", 1u << JSON_OBJECT},
	};
	const json_t *value = draft->values[KEYWORD_TYPE];
	size_t count = json_is_array(value) ? json_array_size(value) : 1;
	if (!value)
		return;
	draft->node.types = 0;
	for (size_t i = 0; i < count; i++) {
		const json_t *name = json_is_array(value) ? json_array_get(value, i) : value;
		for (size_t j = 0; j < ARRAY_LENGTH(types); j++) {
			if (text_equal(json_string_value(name), types[j].name))
				draft->node.types |= types[j].bits;
		}
	}
	draft->node.allows_whole_real =
		(draft->node.types & 1u << JSON_INTEGER) && !(draft->node.types & 1u << JSON_REAL);
}

static uint64_t count_of(const json_t *value, uint64_t absent)
{
	if (!value)
		return absent;
	if (json_is_integer(value))
		return (uint64_t)json_integer_value(value);
	double real = json_real_value(value);
	return real < 1e18 ? (uint64_t)real : UINT64_MAX;
}

static uint32_t narrow(uint64_t count)
{
	return count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

static bool compile_scalars(
	struct schema_compiler *compiler, struct schema_draft_node *draft, struct error *error)
{
	struct schema *schema = compiler->schema;
	for (unsigned i = KEYWORD_MULTIPLE_OF; i <= KEYWORD_EXCLUSIVE_MAXIMUM; i++) {
		if (!draft->values[i])
			continue;
		schema_compiler_emit(draft, (enum schema_keyword)i, schema->numbers.count);
		GROW(schema->numbers.items, schema->numbers.count, schema->numbers.capacity);
		schema->numbers.items[schema->numbers.count++] =
			schema_number_make(draft->values[i]);
	}
	static const uint8_t counts[] = {KEYWORD_MIN_LENGTH, KEYWORD_MAX_LENGTH, KEYWORD_MIN_ITEMS,
		KEYWORD_MAX_ITEMS, KEYWORD_MIN_PROPERTIES, KEYWORD_MAX_PROPERTIES};
	for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
		if (draft->values[counts[i]])
			schema_compiler_emit(draft, (enum schema_keyword)counts[i], 0)->limit =
				count_of(draft->values[counts[i]], 0);
	}
	const json_t *pattern = draft->values[KEYWORD_PATTERN];
	uint32_t place;
	if (!pattern)
		return true;
	if (!schema_compiler_pattern(compiler, json_string_value(pattern),
		    json_string_length(pattern), &place, error))
		return error_context(error, "pattern");
	schema_compiler_emit(draft, KEYWORD_PATTERN, place);
	return true;
}

/* The schemas of a list as children; gives the place of the first. */
static uint32_t compile_list(struct schema_compiler *compiler,
	const struct schema_draft_node *draft, enum schema_keyword keyword, const json_t *list)
{
	size_t i;
	json_t *value;
	uint32_t first = compiler->schema->children.count;
	json_array_foreach(list, i, value) schema_compiler_push_child(compiler->schema,
		schema_compiler_child(compiler, draft, keyword, value, NULL, (uint32_t)i));
	return first;
}

static void compile_arrays(struct schema_compiler *compiler, struct schema_draft_node *draft)
{
	enum schema_keyword of_list = KEYWORD_PREFIX_ITEMS;
	enum schema_keyword of_rest = KEYWORD_ITEMS;
	if (draft->values[KEYWORD_ITEMS] && json_is_array(draft->values[KEYWORD_ITEMS])) {
		of_list = KEYWORD_ITEMS;
		of_rest = KEYWORD_ADDITIONAL_ITEMS;
	}
	const json_t *list = draft->values[of_list];
	json_t *rest = draft->values[of_rest];
	if (list || rest) {
		uint32_t first = compile_list(compiler, draft, of_list, list);
		struct schema_instruction *items =
			schema_compiler_emit(draft, KEYWORD_ITEMS, first);
		items->count = (uint32_t)json_array_size(list);
		items->extra = INDEX_NONE;
		if (rest)
			items->extra = schema_compiler_child(
				compiler, draft, of_rest, rest, NULL, INDEX_NONE);
	}
	if (draft->values[KEYWORD_CONTAINS]) {
		uint32_t node = schema_compiler_child(compiler, draft, KEYWORD_CONTAINS,
			draft->values[KEYWORD_CONTAINS], NULL, INDEX_NONE);
		struct schema_instruction *contains =
			schema_compiler_emit(draft, KEYWORD_CONTAINS, node);
		contains->count = narrow(count_of(draft->values[KEYWORD_MIN_CONTAINS], 1));
		contains->extra = narrow(count_of(draft->values[KEYWORD_MAX_CONTAINS], UINT32_MAX));
	}
	if (json_is_true(draft->values[KEYWORD_UNIQUE_ITEMS]))
		schema_compiler_emit(draft, KEYWORD_UNIQUE_ITEMS, 0);
}

static bool compile_reference(struct schema_compiler *compiler, struct schema_draft_node *draft,
	enum schema_keyword keyword, struct error *error)
{
	struct schema_target target;
	const json_t *value = draft->values[keyword];
	if (!value)
		return true;
	if (!schema_loader_resolve(&compiler->loader, compiler->jobs.items[draft->job].resource,
		    json_string_value(value), &target, error))
		return error_context(error, "%s", schema_keywords[keyword].name);
	const struct schema_job origin = {
		.resource = target.resource,
		.parent = INDEX_NONE,
		.keyword = json_string_value(value),
		.position = INDEX_NONE,
	};
	uint32_t node = schema_compiler_node(compiler, target.value, &origin);
	bool is_dynamic = keyword == KEYWORD_DYNAMIC_REF && target.dynamic_name;
	struct schema_instruction *instruction =
		schema_compiler_emit(draft, is_dynamic ? KEYWORD_DYNAMIC_REF : KEYWORD_REF, node);
	if (!is_dynamic)
		return true;
	instruction->count = compiler->schema->names.count;
	GROW(compiler->schema->names.items, compiler->schema->names.count,
		compiler->schema->names.capacity);
	compiler->schema->names.items[compiler->schema->names.count++] =
		(struct schema_name){target.dynamic_name, strlen(target.dynamic_name)};
	return true;
}

static void compile_single(struct schema_compiler *compiler, struct schema_draft_node *draft,
	enum schema_keyword keyword)
{
	json_t *value = draft->values[keyword];
	if (value)
		schema_compiler_emit(draft, keyword,
			schema_compiler_child(compiler, draft, keyword, value, NULL, INDEX_NONE));
}

static void compile_conditions(struct schema_compiler *compiler, struct schema_draft_node *draft)
{
	static const uint8_t lists[] = {KEYWORD_ALL_OF, KEYWORD_ANY_OF, KEYWORD_ONE_OF};
	static const uint8_t parts[] = {KEYWORD_IF, KEYWORD_THEN, KEYWORD_ELSE};
	for (size_t i = 0; i < ARRAY_LENGTH(lists); i++) {
		enum schema_keyword keyword = (enum schema_keyword)lists[i];
		if (!draft->values[keyword])
			continue;
		uint32_t first = compile_list(compiler, draft, keyword, draft->values[keyword]);
		schema_compiler_emit(draft, keyword, first)->count =
			(uint32_t)json_array_size(draft->values[keyword]);
	}
	compile_single(compiler, draft, KEYWORD_NOT);
	if (draft->values[KEYWORD_IF]) {
		schema_compiler_emit(draft, KEYWORD_IF, compiler->schema->children.count);
		for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
			json_t *part = draft->values[parts[i]];
			uint32_t node = SCHEMA_NODE_TRUE;
			if (part)
				node = schema_compiler_child(compiler, draft,
					(enum schema_keyword)parts[i], part, NULL, INDEX_NONE);
			schema_compiler_push_child(compiler->schema, node);
		}
	}
	compile_single(compiler, draft, KEYWORD_UNEVALUATED_ITEMS);
	compile_single(compiler, draft, KEYWORD_UNEVALUATED_PROPERTIES);
	draft->node.has_late = draft->values[KEYWORD_UNEVALUATED_ITEMS] ||
			       draft->values[KEYWORD_UNEVALUATED_PROPERTIES];
}

static bool collect_values(
	struct schema_compiler *compiler, struct schema_draft_node *draft, struct error *error)
{
	const struct schema_job *job = &compiler->jobs.items[draft->job];
	const struct schema_resource *resource = &compiler->loader.resources.items[job->resource];
	const char *key;
	json_t *value;
	bool is_reference =
		resource->draft == DRAFT_7 && json_is_string(json_object_get(job->value, "$ref"));
	json_object_foreach(job->value, key, value)
	{
		enum schema_keyword keyword =
			schema_loader_keyword(&compiler->loader, resource, key);
		/* Draft 7: what stands beside a $ref says nothing. */
		if (keyword == KEYWORD_COUNT || (is_reference && keyword != KEYWORD_REF))
			continue;
		enum schema_value_kind kind =
			(enum schema_value_kind)schema_keywords[keyword].kinds[resource->draft];
		if (!schema_check_value(kind, value, error))
			return error_context(error, "%s", key);
		draft->values[keyword] = value;
	}
	return true;
}

static void write_node(struct schema *schema, struct schema_draft_node *draft)
{
	for (uint32_t group = 0; group < GROUP_COUNT; group++) {
		draft->node.start[group] = schema->instructions.count;
		for (uint32_t i = 0; i < draft->count; i++) {
			if (schema_keywords[draft->instructions[i].keyword].group != group)
				continue;
			GROW(schema->instructions.items, schema->instructions.count,
				schema->instructions.capacity);
			schema->instructions.items[schema->instructions.count++] =
				draft->instructions[i];
		}
	}
	draft->node.start[GROUP_COUNT] = schema->instructions.count;
	draft->node.is_reference = draft->count == 1 && draft->node.types == SCHEMA_TYPES_ALL &&
				   draft->instructions[0].keyword == KEYWORD_REF;
	schema->nodes.items[draft->job] = draft->node;
}

static bool compile_job(struct schema_compiler *compiler, uint32_t job, struct error *error)
{
	struct schema_draft_node draft = {.job = job};
	draft.node.types = SCHEMA_TYPES_ALL;
	draft.node.resource = compiler->jobs.items[job].resource;
	if (!collect_values(compiler, &draft, error))
		return false;
	compile_type(&draft);
	if (!compile_scalars(compiler, &draft, error) ||
		!compile_reference(compiler, &draft, KEYWORD_REF, error) ||
		!compile_reference(compiler, &draft, KEYWORD_DYNAMIC_REF, error) ||
		!schema_compile_objects(compiler, &draft, error))
		return false;
	compile_arrays(compiler, &draft);
	schema_compile_enums(compiler, &draft);
	compile_conditions(compiler, &draft);
	write_node(compiler->schema, &draft);
	return true;
}

/* "#/properties/a": where a job's schema stands. */
static const char *place_of(struct schema_compiler *compiler, uint32_t job)
{
	struct arena *arena = &compiler->schema->arena;
	const char *place = "";
	for (unsigned depth = 0; job != INDEX_NONE && depth < 20; depth++) {
		const struct schema_job *at = &compiler->jobs.items[job];
		if (at->parent == INDEX_NONE)
			return arena_format(arena, "%.200s%s", at->keyword, place);
		if (at->name)
			place = arena_format(arena, "/%s/%.60s%s", at->keyword, at->name, place);
		else if (at->position != INDEX_NONE)
			place = arena_format(arena, "/%s/%u%s", at->keyword, at->position, place);
		else
			place = arena_format(arena, "/%s%s", at->keyword, place);
		job = at->parent;
	}
	return arena_format(arena, "…%s", place);
}

/* A $dynamicRef may lead to any anchor of its name, so all of them are compiled. */
static void compile_anchors(struct schema_compiler *compiler)
{
	struct schema *schema = compiler->schema;
	for (; compiler->anchors_seen < compiler->loader.anchors.count; compiler->anchors_seen++) {
		const struct schema_anchor *anchor =
			&compiler->loader.anchors.items[compiler->anchors_seen];
		if (!anchor->is_dynamic)
			continue;
		const struct schema_job origin = {
			.resource = anchor->resource,
			.parent = INDEX_NONE,
			.keyword = arena_format(&schema->arena, "#%s", anchor->name),
			.position = INDEX_NONE,
		};
		uint32_t node = schema_compiler_node(compiler, anchor->value, &origin);
		GROW(schema->dynamic_anchors.items, schema->dynamic_anchors.count,
			schema->dynamic_anchors.capacity);
		schema->dynamic_anchors.items[schema->dynamic_anchors.count++] =
			(struct schema_dynamic_anchor){anchor->name, anchor->resource, node};
	}
}

static bool compile_all(struct schema_compiler *compiler, struct error *error)
{
	for (uint32_t job = 2;; job++) {
		compile_anchors(compiler);
		if (job >= compiler->jobs.count)
			return true;
		if (compiler->jobs.count > SCHEMA_NODE_LIMIT)
			return error_set(error, ERROR_PIPELINE_INVALID, "more than %u subschemas",
				SCHEMA_NODE_LIMIT);
		if (!compile_job(compiler, job, error))
			return error_context(error, "at %s", place_of(compiler, job));
	}
}

static bool compile(
	struct schema_compiler *compiler, const struct schema_source *source, struct error *error)
{
	struct schema *schema = compiler->schema;
	const struct schema_job origin = {
		.parent = INDEX_NONE, .keyword = "#", .position = INDEX_NONE};
	const struct schema_node constant[] = {{.types = SCHEMA_TYPES_ALL}, {.types = 0}};
	for (size_t i = 0; i < ARRAY_LENGTH(constant); i++) {
		GROW(schema->nodes.items, schema->nodes.count, schema->nodes.capacity);
		schema->nodes.items[schema->nodes.count++] = constant[i];
		GROW(compiler->jobs.items, compiler->jobs.count, compiler->jobs.capacity);
		compiler->jobs.items[compiler->jobs.count++] = origin;
	}
	if (!schema_loader_start(&compiler->loader, schema, source, error))
		return false;
	schema->root =
		schema_compiler_node(compiler, compiler->loader.resources.items[0].root, &origin);
	if (!compile_all(compiler, error))
		return false;
	hash_finish(&compiler->loader.hash, schema->hash);
	schema_link(schema);
	schema_make_quick(schema);
	return true;
}

bool schema_compile(const struct schema_source *source, struct schema **result, struct error *error)
{
	struct schema *schema = heap_allocate(1, sizeof *schema);
	struct schema_compiler compiler = {.schema = schema, .pattern_room = SCHEMA_PATTERN_ROOM};
	bool is_good = compile(&compiler, source, error);
	schema_loader_release(&compiler.loader);
	value_map_release(&compiler.nodes);
	map_release(&compiler.patterns);
	free(compiler.jobs.items);
	if (!is_good) {
		schema_free(schema);
		schema = NULL;
		/* One that cannot be read is named already. */
		if (source->file && !strstr(error->text, source->file))
			error_context(error, "%.200s", source->file);
	}
	*result = schema;
	return is_good;
}
