#include "load/yaml_decode.h"

#include <assert.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"

/* The field of a key or alias, or INDEX_NONE. */
static uint32_t field_find(const struct yaml_table *table, const char *key)
{
	for (uint32_t i = 0; i < table->field_count; i++) {
		const struct yaml_field *field = &table->fields[i];
		if (text_equal(key, field->key) || (field->alias && text_equal(key, field->alias)))
			return i;
	}
	return INDEX_NONE;
}

static const char *article(const char *noun)
{
	return strchr("aeio", *noun) ? "an" : "a";
}

/* For what other tools write; NULL: no key of this table is called so elsewhere. */
static const char *usual_key(const struct yaml_table *table, const char *key)
{
	static const struct {
		const char *word;
		const char *meant;
	} usual[] = {
		{"cmd", "run"},
		{"command", "run"},
		{"script", "run"},
		{"exec", "run"},
		{"cmd", "command"},
		{"run", "command"},
		{"depends", "needs"},
		{"depends_on", "needs"},
		{"dependsOn", "needs"},
		{"requires", "needs"},
		{"after", "needs"},
		{"cwd", "workdir"},
		{"dir", "workdir"},
		{"working-directory", "workdir"},
		{"working_directory", "workdir"},
		{"working_dir", "workdir"},
		{"environment", "env"},
		{"variables", "env"},
		{"when", "if"},
		{"condition", "if"},
		{"continue-on-error", "optional"},
		{"continue_on_error", "optional"},
		{"allow_failure", "optional"},
		{"ignore_errors", "optional"},
		{"retries", "retry"},
		{"attempts", "retry"},
		{"strategy", "matrix"},
		{"stage", "group"},
		{"tasks", "steps"},
		{"stages", "steps"},
		{"parallel", "jobs"},
		{"parallelism", "jobs"},
		{"concurrency", "jobs"},
		{"max-parallel", "jobs"},
		{"max_parallel", "jobs"},
		{"max_concurrency", "jobs"},
		{"workers", "jobs"},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(usual); i++)
		if (text_equal(key, usual[i].word) &&
			field_find(table, usual[i].meant) != INDEX_NONE)
			return usual[i].meant;
	return NULL;
}

static void report_unknown_key(
	struct decoder *decoder, const struct yaml_table *table, uint32_t key_node)
{
	const char *key = tree_text(decoder->tree, key_node);
	struct nearest nearest;
	nearest_start(&nearest, key);
	bool is_kept = decoder->diagnostics->count < DIAGNOSTICS_LIMIT;
	for (uint32_t i = 0; is_kept && i < table->field_count; i++) {
		nearest_offer(&nearest, table->fields[i].key);
		if (table->fields[i].alias)
			nearest_offer(&nearest, table->fields[i].alias);
	}
	if (!nearest.best)
		nearest.best = usual_key(table, key);
	diagnostics_add_near(decoder->diagnostics, FINDING_UNKNOWN_KEY,
		tree_where(decoder->tree, key_node), nearest.best, "%s %s has no key '%s'",
		article(table->noun), table->noun, is_kept ? shorten(decoder->arena, key) : "");
}

static void report_missing_keys(struct decoder *decoder, const struct yaml_table *table,
	uint32_t node, const uint32_t *seen)
{
	for (uint32_t i = 0; i < table->field_count; i++) {
		if (table->fields[i].flags & FIELD_REQUIRED && seen[i] == INDEX_NONE)
			diagnostics_add(decoder->diagnostics, FINDING_MISSING_KEY,
				tree_where(decoder->tree, node), "this %s lacks the key '%s'",
				table->noun, table->fields[i].key);
	}
}

/* seen[i] is the node of the key that gave field i. */
static void decode_pair(struct decoder *decoder, const struct yaml_table *table, uint32_t key_node,
	uint32_t *seen, uint32_t *field_place)
{
	const struct yaml_tree *tree = decoder->tree;
	*field_place = INDEX_NONE;
	if (tree->nodes[key_node].kind != NODE_SCALAR)
		return; /* reported when the tree was read */
	uint32_t place = field_find(table, tree_text(tree, key_node));
	if (place == INDEX_NONE) {
		report_unknown_key(decoder, table, key_node);
		return;
	}
	if (seen[place] == INDEX_NONE) {
		seen[place] = key_node;
		*field_place = place;
	} else if (!text_equal(tree_text(tree, seen[place]), tree_text(tree, key_node))) {
		diagnostics_add(decoder->diagnostics, FINDING_DUPLICATE_KEY,
			tree_where(tree, key_node),
			"'%s' and '%s' mean the same and only one of them can be given",
			tree_text(tree, seen[place]), tree_text(tree, key_node));
	}
}

static void decode_pairs(
	struct decoder *decoder, const struct yaml_table *table, uint32_t node, void *item)
{
	uint32_t seen[TABLE_FIELD_LIMIT];
	assert(table->field_count <= TABLE_FIELD_LIMIT);
	for (uint32_t i = 0; i < table->field_count; i++)
		seen[i] = INDEX_NONE;
	for (uint32_t i = 0; i < decoder->tree->nodes[node].count; i++) {
		uint32_t place;
		decode_pair(decoder, table, tree_child(decoder->tree, node, 2 * i), seen, &place);
		if (place != INDEX_NONE)
			decode_value(decoder, &table->fields[place],
				tree_child(decoder->tree, node, 2 * i + 1), item);
	}
	report_missing_keys(decoder, table, node, seen);
}

void decode_mapping(
	struct decoder *decoder, const struct yaml_table *table, uint32_t node, void *item)
{
	if (table->start)
		table->start(item);
	enum node_kind kind = (enum node_kind)decoder->tree->nodes[node].kind;
	if (kind == NODE_MAPPING) {
		decode_pairs(decoder, table, node, item);
	} else if (kind == NODE_SCALAR && table->short_key) {
		struct yaml_field field = table->fields[field_find(table, table->short_key)];
		if (table->short_name)
			field.key = table->short_name;
		decode_value(decoder, &field, node, item);
	} else {
		diagnostics_add(decoder->diagnostics, FINDING_WRONG_TYPE,
			tree_where(decoder->tree, node),
			"%s %s must be a mapping of keys to values", article(table->noun),
			table->noun);
		return;
	}
	if (table->finish)
		table->finish(decoder, node, item);
}

void decode_elsewhere(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	(void)decoder;
	(void)field;
	(void)node;
	(void)owner;
}

const char *decode_key(struct decoder *decoder, uint32_t node)
{
	if (decoder->tree->nodes[node].kind != NODE_SCALAR)
		return NULL;
	return arena_copy_bytes(
		decoder->arena, tree_text(decoder->tree, node), decoder->tree->nodes[node].count);
}

uint32_t decode_item_count(struct decoder *decoder, const struct yaml_field *field, uint32_t node)
{
	const struct tree_node *tree_node = &decoder->tree->nodes[node];
	if (tree_node->kind == NODE_SEQUENCE)
		return tree_node->count;
	if (node_is_null(decoder, node) && !(field->flags & FIELD_REQUIRED))
		return 0;
	if (tree_node->kind == NODE_SCALAR && !node_is_null(decoder, node))
		return 1;
	report_wrong_type(decoder, field, node);
	return 0;
}

uint32_t decode_item(const struct decoder *decoder, uint32_t node, uint32_t i)
{
	if (decoder->tree->nodes[node].kind != NODE_SEQUENCE)
		return node;
	return tree_child(decoder->tree, node, i);
}

bool node_is_null(const struct decoder *decoder, uint32_t node)
{
	return decoder->tree->nodes[node].kind == NODE_SCALAR &&
	       tree_scalar_type(decoder->tree, node) == SCALAR_NULL;
}

const char *shorten(struct arena *arena, const char *text)
{
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	text_append_shortened(&buffer, text, 60);
	return arena_copy_bytes(arena, buffer_text(&buffer), buffer.size);
}
