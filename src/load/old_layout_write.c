#include "load/old_layout_parts.h"

#include <string.h>

#include "base/index.h"
#include "base/text.h"
#include "load/yaml_write.h"

#define KNOWN_KEYS_LIMIT 16u

static const char *const builtin_types[] = {"filesystem", "json", "command"};

static const char *const known_root_keys[] = {"name", "description", "contact", "connectors",
	"analysers", "analyzers", "plugins", "execution", "execution_order", NULL};
static const char *const known_part_keys[] = {"name", "type", "properties", NULL};
static const char *const known_entry_keys[] = {"id", "name", "description", "contact", "connector",
	"analyser", "analyzer", "plugin", "input_from", "input_schema", "input_schema_name",
	"output_schema", "output_schema_name", "save_output", NULL};

static bool is_builtin(const char *component)
{
	for (size_t i = 0; i < ARRAY_LENGTH(builtin_types); i++) {
		if (text_equal(component, builtin_types[i]))
			return true;
	}
	return false;
}

static void append_key(struct buffer *yaml, uint32_t indent, const char *key)
{
	buffer_append_repeated(yaml, " ", indent);
	buffer_printf(yaml, "%s:", key);
}

static void append_pair(struct buffer *yaml, uint32_t indent, const char *key, const char *text)
{
	if (!text)
		return;
	append_key(yaml, indent, key);
	buffer_append_byte(yaml, ' ');
	yaml_append_text(yaml, text, strlen(text));
	buffer_append_byte(yaml, '\n');
}

/* A key's value as it is, when it is given and says something. */
static void append_node(struct old_layout *layout, struct buffer *yaml, uint32_t indent,
	uint32_t mapping, const char *key)
{
	const struct yaml_tree *tree = layout->tree;
	uint32_t node = mapping == INDEX_NONE ? INDEX_NONE : tree_find(tree, mapping, key);
	if (node == INDEX_NONE || (tree->nodes[node].kind == NODE_SCALAR &&
					  tree_scalar_type(tree, node) == SCALAR_NULL))
		return;
	append_key(yaml, indent, key);
	yaml_append_value(yaml, tree, node, indent + 2);
}

static bool is_known(const char *key, const char *const *known)
{
	for (; *known; known++) {
		if (text_equal(key, *known))
			return true;
	}
	return false;
}

/* What has no place in the new form stays readable: "# context: {…}". */
static void append_comments(struct old_layout *layout, struct buffer *yaml, uint32_t indent,
	uint32_t mapping, const char *const *known)
{
	static const struct yaml_field field = {
		.key = "a comment", .kind = FIELD_CUSTOM, .flags = FIELD_LITERAL};
	struct decoder decoder = {
		.tree = layout->tree, .arena = layout->arena, .diagnostics = layout->diagnostics};
	if (mapping == INDEX_NONE)
		return;
	for (uint32_t i = 0; i < layout->tree->nodes[mapping].count; i++) {
		uint32_t key = tree_child(layout->tree, mapping, 2 * i);
		uint32_t value = tree_child(layout->tree, mapping, 2 * i + 1);
		const char *word = tree_text(layout->tree, key);
		if (is_known(word, known))
			continue;
		buffer_append_repeated(yaml, " ", indent);
		buffer_append_text(yaml, "# ");
		yaml_append_comment(yaml, word, layout->tree->nodes[key].count);
		const char *text = decode_json(&decoder, &field, value);
		buffer_append_text(yaml, ": ");
		yaml_append_comment(yaml, text ? text : "", text ? strlen(text) : 0);
		buffer_append_byte(yaml, '\n');
	}
}

static void append_component_use(struct old_layout *layout, struct buffer *yaml, const char *key,
	const struct old_part *part)
{
	append_key(yaml, 4, key);
	buffer_append_byte(yaml, '\n');
	append_pair(yaml, 6, "type", part->component);
	append_node(layout, yaml, 6, part->node, "properties");
	append_comments(layout, yaml, 6, part->node, known_part_keys);
}

static void append_sources(struct old_layout *layout, struct buffer *yaml)
{
	for (uint32_t i = 0; i < layout->connectors.count; i++) {
		const struct old_part *part = &layout->connectors.items[i];
		if (!part->id)
			continue;
		append_key(yaml, 2, part->id);
		buffer_append_byte(yaml, '\n');
		append_component_use(layout, yaml, "source", part);
	}
}

static void append_entry(
	struct old_layout *layout, struct buffer *yaml, const struct old_entry *entry)
{
	append_key(yaml, 2, entry->id);
	buffer_append_byte(yaml, '\n');
	append_node(layout, yaml, 4, entry->node, "name");
	append_node(layout, yaml, 4, entry->node, "description");
	append_node(layout, yaml, 4, entry->node, "contact");
	append_comments(layout, yaml, 4, entry->node, known_entry_keys);
	append_pair(yaml, 4, "inputs", entry->input);
	if (entry->analyser != INDEX_NONE)
		append_component_use(
			layout, yaml, "transform", &layout->analysers.items[entry->analyser]);
	append_pair(yaml, 4, "input_schema", entry->input_schema);
	append_pair(yaml, 4, "output_schema", entry->output_schema);
	if (!entry->is_kept_back)
		buffer_append_text(yaml, "    output: true\n");
}

/* One declaration for each type that is not built in. */
static void append_components(
	struct old_layout *layout, struct buffer *yaml, const struct old_parts *parts)
{
	for (uint32_t i = 0; i < parts->count; i++) {
		const struct old_part *part = &parts->items[i];
		if (!part->is_used || part->step || is_builtin(part->component) ||
			!map_add(&layout->components, part->component, 0))
			continue;
		if (layout->components.count == 1)
			buffer_append_text(yaml,
				"\n# These programs are yours to write: properties come on "
				"standard input,\n# artifacts in $WAVETRAIN_INPUT.\n"
				"components:\n");
		append_key(yaml, 2, part->component);
		buffer_printf(yaml, "\n    run: [./components/%s]\n", part->component);
	}
}

static void append_unused(struct buffer *yaml, const struct old_parts *parts, const char *noun)
{
	for (uint32_t i = 0; i < parts->count; i++) {
		if (parts->items[i].is_used)
			continue;
		buffer_printf(yaml, "# The %s ", noun);
		yaml_append_comment(yaml, parts->items[i].name, strlen(parts->items[i].name));
		buffer_append_text(yaml, " is used nowhere and left out.\n");
	}
}

void old_layout_write(struct old_layout *layout, const char *name, struct buffer *yaml)
{
	buffer_append_text(yaml, "# Converted from ");
	yaml_append_comment(yaml, name, strlen(name));
	buffer_append_text(yaml, "; its comments are not kept.\n");
	append_unused(yaml, &layout->connectors, "connector");
	append_unused(yaml, &layout->analysers, "analyser");
	append_comments(layout, yaml, 0, layout->root, known_root_keys);
	append_node(layout, yaml, 0, layout->root, "name");
	append_node(layout, yaml, 0, layout->root, "description");
	append_node(layout, yaml, 0, layout->root, "contact");
	append_components(layout, yaml, &layout->connectors);
	append_components(layout, yaml, &layout->analysers);
	buffer_append_text(yaml, "\nartifacts:\n");
	append_sources(layout, yaml);
	for (uint32_t i = 0; i < layout->entry_count; i++)
		append_entry(layout, yaml, &layout->entries[i]);
}
