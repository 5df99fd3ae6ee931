/*
 * First the lists are read into arrays, with what refers to what; when nothing is wrong the new
 * form is written from them, and read once more, so that nobody gets a file that cannot be read.
 */
#include "load/old_layout.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "load/old_layout_parts.h"
#include "load/schema_reference.h"

#define ID_LENGTH 100u
static const char *const connector_keys[] = {"connectors", NULL};
static const char *const analyser_keys[] = {"analysers", "analyzers", "plugins", NULL};
static const char *const analyser_words[] = {"analyser", "analyzer", "plugin", NULL};
static const char *const input_schema_words[] = {"input_schema", "input_schema_name", NULL};
static const char *const output_schema_words[] = {"output_schema", "output_schema_name", NULL};

/* The first of the keys that the mapping has, or the first of all. */
static const char *key_of(const struct yaml_tree *tree, uint32_t mapping, const char *const *keys)
{
	for (const char *const *key = keys; *key; key++) {
		if (tree_find(tree, mapping, *key) != INDEX_NONE)
			return *key;
	}
	return *keys;
}

static bool has_any(const struct yaml_tree *tree, uint32_t mapping, const char *const *keys)
{
	return tree_find(tree, mapping, key_of(tree, mapping, keys)) != INDEX_NONE;
}

bool old_layout_is(const struct yaml_tree *tree, uint32_t root)
{
	return tree->nodes[root].kind == NODE_MAPPING &&
	       tree_find(tree, root, "steps") == INDEX_NONE &&
	       tree_find(tree, root, "artifacts") == INDEX_NONE &&
	       (has_any(tree, root, connector_keys) || has_any(tree, root, analyser_keys));
}

void old_layout_report(const struct yaml_tree *tree, uint32_t root, struct diagnostics *diagnostics)
{
	CLEANUP(buffer_release) struct buffer file = BUFFER_INIT;
	const char *key = has_any(tree, root, connector_keys) ? "connectors"
							      : key_of(tree, root, analyser_keys);
	if (!text_is_empty(diagnostics->file))
		shell_quote_append(&file, diagnostics->file);
	diagnostics_add(diagnostics, FINDING_OLD_FORM, tree_key_where(tree, root, key),
		"this is the older layout of 'connectors', 'analysers' and 'execution'; runbooks "
		"are written with 'artifacts' now")
		->hint = arena_format(diagnostics->arena, "wavetrain init --from %s",
		file.size ? buffer_text(&file) : "FILE");
}

/* The text of a key; NULL when it is not given or null; a finding for what is no text. */
static const char *text_of(struct old_layout *layout, uint32_t mapping, const char *key)
{
	const struct yaml_tree *tree = layout->tree;
	uint32_t node = tree_find(tree, mapping, key);
	if (node == INDEX_NONE)
		return NULL;
	if (tree->nodes[node].kind != NODE_SCALAR) {
		diagnostics_add(layout->diagnostics, FINDING_WRONG_TYPE, tree_where(tree, node),
			"'%s' must be text", key);
		return NULL;
	}
	return tree_scalar_type(tree, node) == SCALAR_NULL ? NULL : tree_text(tree, node);
}

/* What is taken over as it is must be what the new form takes. */
static void check_texts(struct old_layout *layout, uint32_t mapping)
{
	text_of(layout, mapping, "description");
	text_of(layout, mapping, "contact");
}

/* Lower-case letters, digits and '_', beginning with a letter or digit. */
static const char *make_id(struct old_layout *layout, const char *text)
{
	char id[ID_LENGTH + 1];
	size_t length = 0;
	for (; *text && length < ID_LENGTH; text++) {
		bool is_word = isalnum((unsigned char)*text);
		if (is_word || (length > 0 && id[length - 1] != '_'))
			id[length++] = is_word ? (char)tolower((unsigned char)*text) : '_';
	}
	while (length > 0 && id[length - 1] == '_')
		length--;
	return arena_copy_bytes(layout->arena, length ? id : "artifact", length ? length : 8);
}

/* The same, made unlike all before it by a number. */
static const char *make_new_id(struct old_layout *layout, const char *text)
{
	const char *base = make_id(layout, text);
	if (map_add(&layout->ids, base, 0))
		return base;
	uint32_t place = map_find(&layout->id_bases, base);
	if (place == INDEX_NONE) {
		place = layout->base_count;
		GROW(layout->next_numbers, layout->base_count, layout->base_capacity);
		layout->next_numbers[layout->base_count++] = 2;
		map_add(&layout->id_bases, base, place);
	}
	const char *id = base;
	while (!map_add(&layout->ids, id, 0))
		id = arena_format(layout->arena, "%s_%u", base, layout->next_numbers[place]++);
	return id;
}

/* The items of a list of mappings under key; a finding when it is something else. */
static uint32_t list_of(struct old_layout *layout, const char *key, uint32_t *list)
{
	const struct yaml_tree *tree = layout->tree;
	*list = tree_find(tree, layout->root, key);
	if (*list == INDEX_NONE || (tree->nodes[*list].kind == NODE_SCALAR &&
					   tree_scalar_type(tree, *list) == SCALAR_NULL))
		return 0;
	if (tree->nodes[*list].kind == NODE_SEQUENCE)
		return tree->nodes[*list].count;
	diagnostics_add(layout->diagnostics, FINDING_WRONG_TYPE, tree_where(tree, *list),
		"'%s' must be a list", key);
	return 0;
}

static bool is_mapping(struct old_layout *layout, uint32_t node, const char *key)
{
	if (layout->tree->nodes[node].kind == NODE_MAPPING)
		return true;
	diagnostics_add(layout->diagnostics, FINDING_WRONG_TYPE, tree_where(layout->tree, node),
		"an item of '%s' must be a mapping of keys to values", key);
	return false;
}

static void demand(struct old_layout *layout, uint32_t node, const char *list, const char *key,
	const char *text)
{
	if (text_is_empty(text))
		diagnostics_add(layout->diagnostics, FINDING_MISSING_KEY,
			tree_where(layout->tree, node), "this item of '%s' lacks the key '%s'",
			list, key);
}

static void read_part(
	struct old_layout *layout, struct old_parts *parts, const char *key, uint32_t node)
{
	struct old_part part = {.node = node};
	if (!is_mapping(layout, node, key))
		return;
	part.name = text_of(layout, node, "name");
	part.type = text_of(layout, node, "type");
	demand(layout, node, key, "name", part.name);
	demand(layout, node, key, "type", part.type);
	if (!part.name || !part.type)
		return;
	part.component = make_id(layout, part.type);
	uint32_t properties = tree_find(layout->tree, node, "properties");
	if (properties != INDEX_NONE && layout->tree->nodes[properties].kind != NODE_MAPPING &&
		(layout->tree->nodes[properties].kind != NODE_SCALAR ||
			tree_scalar_type(layout->tree, properties) != SCALAR_NULL))
		diagnostics_add(layout->diagnostics, FINDING_WRONG_TYPE,
			tree_where(layout->tree, properties), "'properties' must be a mapping");
	if (text_equal(part.type, "artifact") && properties != INDEX_NONE)
		part.step = text_of(layout, properties, "step_id");
	if (map_add(&parts->by_name, part.name, parts->count))
		parts->items[parts->count++] = part;
	else
		diagnostics_add(layout->diagnostics, FINDING_DUPLICATE_ID,
			tree_where(layout->tree, node), "the name '%s' is given twice in '%s'",
			shorten(layout->arena, part.name), key);
}

static void read_parts(struct old_layout *layout, struct old_parts *parts, const char *const *keys)
{
	const char *key = key_of(layout->tree, layout->root, keys);
	uint32_t list;
	uint32_t count = list_of(layout, key, &list);
	parts->items = ARENA_ARRAY(layout->arena, struct old_part, count);
	for (uint32_t i = 0; i < count; i++)
		read_part(layout, parts, key, tree_child(layout->tree, list, i));
}

/* The part a text names, marked as used; a finding when there is none. */
static uint32_t find_part(struct old_layout *layout, struct old_parts *parts, const char *noun,
	const char *name, struct source_position where)
{
	uint32_t place = map_find(&parts->by_name, name);
	struct nearest nearest;
	if (place != INDEX_NONE) {
		parts->items[place].is_used = true;
		return place;
	}
	nearest_start(&nearest, name);
	if (layout->comparisons_left >= parts->count) {
		layout->comparisons_left -= parts->count;
		for (uint32_t i = 0; i < parts->count; i++)
			nearest_offer(&nearest, parts->items[i].name);
	}
	diagnostics_add_near(layout->diagnostics, FINDING_UNKNOWN_REFERENCE, where, nearest.best,
		"there is no %s '%s'", noun, shorten(layout->arena, name));
	return INDEX_NONE;
}

/* "finding" and "finding/1.0.0" become "finding:1.0.0". */
static const char *read_schema(struct old_layout *layout, uint32_t node, const char *const *words)
{
	const char *key = key_of(layout->tree, node, words);
	const char *text = text_of(layout, node, key);
	struct schema_reference reference;
	if (text_is_empty(text))
		return NULL;
	size_t length = strcspn(text, ":/");
	text = arena_format(layout->arena, "%.*s:%s", (int)(length < 256 ? length : 256), text,
		text[length] ? text + length + 1 : "1.0.0");
	const char *fault = schema_reference_parse(text, layout->arena, &reference);
	if (!fault && !reference.is_exact)
		fault = "must name one version, such as 1.0.0";
	if (fault)
		diagnostics_add(layout->diagnostics, FINDING_BAD_VALUE,
			tree_where(layout->tree, tree_find(layout->tree, node, key)),
			"the '%s' '%s' %s", key, shorten(layout->arena, text), fault);
	return text;
}

static struct source_position value_where(
	const struct old_layout *layout, uint32_t node, const char *key)
{
	uint32_t value = tree_find(layout->tree, node, key);
	return tree_where(layout->tree, value == INDEX_NONE ? node : value);
}

/* `save_output` */
static bool is_result(struct old_layout *layout, uint32_t node)
{
	const struct yaml_tree *tree = layout->tree;
	uint32_t value = tree_find(tree, node, "save_output");
	if (value == INDEX_NONE)
		return true;
	enum scalar_type type = tree->nodes[value].kind == NODE_SCALAR
					? tree_scalar_type(tree, value)
					: SCALAR_TEXT;
	if (type != SCALAR_BOOLEAN && type != SCALAR_NULL)
		diagnostics_add(layout->diagnostics, FINDING_WRONG_TYPE, tree_where(tree, value),
			"'save_output' must be true or false");
	return type != SCALAR_BOOLEAN || (*tree_text(tree, value) | 32) == 't';
}

static void read_entry(struct old_layout *layout, uint32_t node)
{
	if (!is_mapping(layout, node, "execution"))
		return;
	check_texts(layout, node);
	struct old_entry *entry = &layout->entries[layout->entry_count];
	const char *analyser_key = key_of(layout->tree, node, analyser_words);
	const char *connector = text_of(layout, node, "connector");
	const char *analyser = text_of(layout, node, analyser_key);
	const char *id = text_of(layout, node, "id");
	*entry = (struct old_entry){
		.node = node,
		.name = text_of(layout, node, "name"),
		.connector = INDEX_NONE,
		.analyser = INDEX_NONE,
		.from = text_of(layout, node, "input_from"),
		.from_where = value_where(layout, node, "input_from"),
		.input_schema = read_schema(layout, node, input_schema_words),
		.output_schema = read_schema(layout, node, output_schema_words),
		.is_kept_back = !is_result(layout, node),
	};
	if (connector)
		entry->connector = find_part(layout, &layout->connectors, "connector", connector,
			value_where(layout, node, "connector"));
	else if (!entry->from)
		demand(layout, node, "execution", "connector", NULL);
	if (connector && entry->from)
		diagnostics_add(layout->diagnostics, FINDING_AMBIGUOUS, entry->from_where,
			"an entry reads from its 'connector' or from 'input_from', not from both");
	if (analyser)
		entry->analyser = find_part(layout, &layout->analysers, "analyser", analyser,
			value_where(layout, node, analyser_key));
	if (id && !map_add(&layout->entry_ids, id, layout->entry_count))
		diagnostics_add(layout->diagnostics, FINDING_DUPLICATE_ID,
			value_where(layout, node, "id"), "the id '%s' is given twice",
			shorten(layout->arena, id));
	const char *text = id ? id : entry->name ? entry->name : analyser ? analyser : connector;
	entry->id = make_new_id(layout, text ? text : "artifact");
	layout->entry_count++;
}

/* Names of analysers, which all read the one connector there is. */
static void read_order(struct old_layout *layout, uint32_t list, uint32_t i)
{
	uint32_t node = tree_child(layout->tree, list, i);
	struct source_position where = tree_where(layout->tree, node);
	if (layout->tree->nodes[node].kind != NODE_SCALAR) {
		diagnostics_add(layout->diagnostics, FINDING_WRONG_TYPE, where,
			"an item of 'execution_order' must be an analyser's name");
		return;
	}
	if (layout->connectors.count != 1) {
		diagnostics_add(layout->diagnostics, FINDING_AMBIGUOUS, where,
			"'execution_order' does not say which of the %u connectors '%s' reads",
			layout->connectors.count,
			shorten(layout->arena, tree_text(layout->tree, node)))
			->hint = "write 'execution' with a 'connector' for each analyser";
		return;
	}
	const char *name = tree_text(layout->tree, node);
	layout->connectors.items[0].is_used = true;
	layout->entries[layout->entry_count++] = (struct old_entry){
		.node = INDEX_NONE,
		.id = make_new_id(layout, name),
		.connector = 0,
		.analyser = find_part(layout, &layout->analysers, "analyser", name, where),
	};
}

static void read_entries(struct old_layout *layout)
{
	uint32_t list, order;
	uint32_t count = list_of(layout, "execution", &list);
	uint32_t order_count = list_of(layout, "execution_order", &order);
	layout->entries = ARENA_ARRAY(layout->arena, struct old_entry, (size_t)count + order_count);
	for (uint32_t i = 0; i < count; i++)
		read_entry(layout, tree_child(layout->tree, list, i));
	for (uint32_t i = 0; i < order_count; i++)
		read_order(layout, order, i);
	if (layout->entry_count == 0 && layout->diagnostics->error_count == 0)
		diagnostics_add(layout->diagnostics, FINDING_MISSING_KEY,
			tree_where(layout->tree, layout->root),
			"nothing is executed: 'execution' is missing or empty");
}

/* Where each entry reads from: a connector, or the result of another entry. */
static void connect_entries(struct old_layout *layout)
{
	for (uint32_t i = 0; i < layout->connectors.count; i++) {
		struct old_part *part = &layout->connectors.items[i];
		if (part->is_used && !part->step)
			part->id = make_new_id(layout, part->name);
	}
	for (uint32_t i = 0; i < layout->entry_count; i++) {
		struct old_entry *entry = &layout->entries[i];
		const struct old_part *connector =
			entry->connector == INDEX_NONE
				? NULL
				: &layout->connectors.items[entry->connector];
		const char *from = connector && connector->step ? connector->step : entry->from;
		if (connector && !connector->step) {
			entry->input = connector->id;
			continue;
		}
		if (!from)
			continue; /* reported as it was read */
		struct source_position where =
			connector ? tree_where(layout->tree, connector->node) : entry->from_where;
		uint32_t place = map_find(&layout->entry_ids, from);
		if (place == INDEX_NONE)
			diagnostics_add(layout->diagnostics, FINDING_UNKNOWN_REFERENCE, where,
				"there is no entry '%s' in 'execution'",
				shorten(layout->arena, from));
		else if (place == i)
			diagnostics_add(layout->diagnostics, FINDING_CYCLE, where,
				"the entry '%s' takes its own result",
				shorten(layout->arena, from));
		else
			entry->input = layout->entries[place].id;
	}
}

static void release(struct old_layout *layout)
{
	map_release(&layout->connectors.by_name);
	map_release(&layout->analysers.by_name);
	map_release(&layout->entry_ids);
	map_release(&layout->ids);
	map_release(&layout->components);
	map_release(&layout->id_bases);
	free(layout->next_numbers);
}

/* Nested one deeper, it may be beyond a limit that the old file was not. */
static void check_written(const struct buffer *yaml, struct diagnostics *diagnostics)
{
	CLEANUP(yaml_tree_release) struct yaml_tree tree = {0};
	CLEANUP(diagnostics_release) struct diagnostics faults;
	diagnostics_init(&faults, diagnostics->arena, diagnostics->file);
	if (!yaml_tree_read(&tree, buffer_text(yaml), yaml->size, &faults))
		diagnostics_add(diagnostics, FINDING_PARSE, (struct source_position){1, 1},
			"the converted runbook could not be read: %s", faults.findings[0].message);
}

bool old_layout_convert(const char *bytes, size_t size, const char *name, struct buffer *yaml,
	struct diagnostics *diagnostics)
{
	CLEANUP(yaml_tree_release) struct yaml_tree tree = {0};
	CLEANUP(release)
	struct old_layout layout = {.tree = &tree,
		.arena = diagnostics->arena,
		.diagnostics = diagnostics,
		.comparisons_left = COMPARISON_LIMIT};
	if (!yaml_tree_read(&tree, bytes, size, diagnostics) || diagnostics->error_count > 0)
		return false;
	layout.root = tree.root;
	if (!old_layout_is(&tree, tree.root)) {
		diagnostics_add(diagnostics, FINDING_OLD_FORM, tree_where(&tree, tree.root),
			"this is no runbook of 'connectors', 'analysers' and 'execution'");
		return false;
	}
	text_of(&layout, layout.root, "name");
	check_texts(&layout, layout.root);
	read_parts(&layout, &layout.connectors, connector_keys);
	read_parts(&layout, &layout.analysers, analyser_keys);
	read_entries(&layout);
	connect_entries(&layout);
	if (diagnostics->error_count > 0)
		return false;
	old_layout_write(&layout, name, yaml);
	check_written(yaml, diagnostics);
	return diagnostics->error_count == 0;
}
