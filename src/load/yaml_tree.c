#include "load/yaml_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "load/yaml_check.h"
#include "load/yaml_decode.h"

/*
 * libyaml's own composer (yaml_parser_load) searches all anchors for each alias and checks nothing,
 * so the tree is composed here from events. Children of open containers wait on one stack and are
 * moved to their final place, side by side, when the container is closed. Nothing recurses.
 */

struct frame {
	uint32_t node;
	uint32_t first_pending; /* of its children on the pending stack */
	uint32_t anchor;        /* INDEX_NONE: none */
	uint32_t height;        /* of the highest child so far; a scalar has 0 */
	uint64_t expanded;      /* nodes when aliases are written out, itself counted */
};

struct anchor {
	uint32_t node;
	uint32_t height;
	uint64_t expanded;
	bool is_open; /* its node is still being read: an alias to it would never end */
};

struct composer {
	struct yaml_tree *tree;
	const char *bytes; /* of the file */
	size_t size;
	size_t offset;          /* of the literal block that was met last */
	size_t character_count; /* before it */
	struct diagnostics *diagnostics;
	struct frame frames[TREE_NESTING_LIMIT];
	uint32_t depth;
	uint32_t *pending; /* owned */
	uint32_t pending_count;
	uint32_t pending_capacity;
	struct anchor *anchors; /* owned */
	uint32_t anchor_count;
	uint32_t anchor_capacity;
	struct map anchor_names; /* owned; keys in names */
	struct arena names;      /* owned */
	uint32_t anchor_uses;    /* names given, again and again too */
	uint64_t expanded_nodes; /* by aliases, so far */
	uint32_t document_count;
	bool has_root;
};

static void composer_release(struct composer *composer)
{
	free(composer->pending);
	free(composer->anchors);
	map_release(&composer->anchor_names);
	arena_release(&composer->names);
}

static struct source_position mark_where(yaml_mark_t mark)
{
	return (struct source_position){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* For faults after which nothing more is read. */
#define REFUSE(composer, code, where, ...)                                                         \
	(diagnostics_add((composer)->diagnostics, (code), (where), __VA_ARGS__), false)

static bool node_add(
	struct composer *composer, enum node_kind kind, yaml_mark_t mark, uint32_t *place)
{
	struct yaml_tree *tree = composer->tree;
	if (tree->node_count >= TREE_NODE_LIMIT)
		return REFUSE(composer, FINDING_PARSE, mark_where(mark),
			"the file has more than %u values", TREE_NODE_LIMIT);
	GROW(tree->nodes, tree->node_count, tree->node_capacity);
	struct source_position where = mark_where(mark);
	tree->nodes[tree->node_count] = (struct tree_node){
		.kind = (uint8_t)kind,
		.line = where.line,
		.column = where.column,
	};
	*place = tree->node_count++;
	return true;
}

/* Hands a finished node (or the node of an alias) to the container around it. */
static void node_attach(
	struct composer *composer, uint32_t node, uint32_t height, uint64_t expanded)
{
	if (composer->depth == 0) {
		composer->tree->root = node;
		composer->has_root = true;
		return;
	}
	struct frame *frame = &composer->frames[composer->depth - 1];
	GROW(composer->pending, composer->pending_count, composer->pending_capacity);
	composer->pending[composer->pending_count++] = node;
	frame->expanded += expanded;
	if (height + 1 > frame->height)
		frame->height = height + 1;
}

static bool take_anchor(struct composer *composer, const yaml_char_t *name, yaml_mark_t mark)
{
	if (!name || composer->anchor_uses++ < TREE_ANCHOR_LIMIT)
		return true;
	return REFUSE(composer, FINDING_PARSE, mark_where(mark),
		"the file has more than %u anchors", TREE_ANCHOR_LIMIT);
}

/* Remembers the anchor; a name given again from here on means the new node, as YAML says. */
static uint32_t anchor_add(struct composer *composer, const yaml_char_t *name, uint32_t node)
{
	if (!name)
		return INDEX_NONE;
	uint32_t place = map_find(&composer->anchor_names, (const char *)name);
	if (place == INDEX_NONE) {
		place = composer->anchor_count;
		GROW(composer->anchors, composer->anchor_count, composer->anchor_capacity);
		composer->anchor_count++;
		map_add(&composer->anchor_names,
			arena_copy_text(&composer->names, (const char *)name), place);
	}
	composer->anchors[place] = (struct anchor){.node = node, .is_open = true};
	return place;
}

static void anchor_close(struct composer *composer, uint32_t place, uint32_t node, uint32_t height,
	uint64_t expanded)
{
	if (place == INDEX_NONE || composer->anchors[place].node != node)
		return;
	composer->anchors[place].height = height;
	composer->anchors[place].expanded = expanded;
	composer->anchors[place].is_open = false;
}

static const char *shown_name(const struct composer *composer, const char *name)
{
	return shorten(composer->diagnostics->arena, name);
}

static bool on_alias(struct composer *composer, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct source_position where = mark_where(event->start_mark);
	uint32_t place = map_find(&composer->anchor_names, name);
	if (place == INDEX_NONE)
		return REFUSE(composer, FINDING_PARSE, where,
			"the alias '*%s' has no anchor '&%s' before it", shown_name(composer, name),
			shown_name(composer, name));
	const struct anchor *anchor = &composer->anchors[place];
	if (anchor->is_open)
		return REFUSE(composer, FINDING_PARSE, where,
			"the alias '*%s' stands inside its own anchor and would never end",
			shown_name(composer, name));
	composer->expanded_nodes += anchor->expanded;
	if (composer->expanded_nodes > TREE_ALIAS_LIMIT)
		return REFUSE(composer, FINDING_PARSE, where,
			"the file's aliases stand for more than %u values", TREE_ALIAS_LIMIT);
	if (composer->depth + anchor->height > TREE_NESTING_LIMIT)
		return REFUSE(composer, FINDING_PARSE, where,
			"the alias '*%s' makes the file nest deeper than %u levels",
			shown_name(composer, name), TREE_NESTING_LIMIT);
	node_attach(composer, anchor->node, anchor->height, anchor->expanded);
	return true;
}

/* Tags other than those of the core schema could mean anything: they are refused. */
static bool check_tag(
	struct composer *composer, const yaml_char_t *tag, const char *expected, yaml_mark_t mark)
{
	if (!tag || text_equal((const char *)tag, expected) || text_equal((const char *)tag, "!"))
		return true;
	return REFUSE(composer, FINDING_PARSE, mark_where(mark),
		"the tag '%s' is not supported here; leave it out",
		shown_name(composer, (const char *)tag));
}

static size_t count_characters(const char *text, size_t length)
{
	size_t count = 0;
	for (size_t i = 0; i < length; i++)
		count += (text[i] & 0xC0) != 0x80;
	return count;
}

/* libyaml counts characters; events come in the file's order, so each byte is passed once. */
static size_t offset_of(struct composer *composer, yaml_mark_t mark)
{
	const char *bytes = composer->bytes;
	while (composer->character_count < mark.index && composer->offset < composer->size) {
		composer->offset++;
		while (composer->offset < composer->size &&
			(bytes[composer->offset] & 0xC0) == 0x80)
			composer->offset++;
		composer->character_count++;
	}
	return composer->offset;
}

static void set_form(struct composer *composer, const yaml_event_t *event, struct tree_node *scalar)
{
	const char *text = (const char *)event->data.scalar.value;
	yaml_scalar_style_t style = event->data.scalar.style;
	bool is_plain = style == YAML_PLAIN_SCALAR_STYLE;
	size_t written = event->end_mark.index - event->start_mark.index;
	scalar->form = SCALAR_CHANGED;
	if (style == YAML_LITERAL_SCALAR_STYLE) {
		uint32_t indent = yaml_literal_indent(composer->bytes, composer->size,
			offset_of(composer, event->start_mark), text);
		if (indent > UINT8_MAX)
			return;
		scalar->form = SCALAR_LITERAL;
		scalar->indent = (uint8_t)indent;
	} else if (event->start_mark.line == event->end_mark.line &&
		   count_characters(text, event->data.scalar.length) + (is_plain ? 0 : 2) ==
			   written) {
		scalar->form = is_plain ? SCALAR_PLAIN : SCALAR_QUOTED;
	}
}

static bool on_scalar(struct composer *composer, const yaml_event_t *event)
{
	struct yaml_tree *tree = composer->tree;
	const char *value = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length;
	if (!check_tag(composer, event->data.scalar.tag, YAML_STR_TAG, event->start_mark))
		return false;
	if (memchr(value, 0, length))
		return REFUSE(composer, FINDING_PARSE, mark_where(event->start_mark),
			"a text must not contain the character \\0");
	uint32_t node;
	if (!take_anchor(composer, event->data.scalar.anchor, event->start_mark) ||
		!node_add(composer, NODE_SCALAR, event->start_mark, &node))
		return false;
	tree->nodes[node].is_quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
				      event->data.scalar.tag != NULL;
	set_form(composer, event, &tree->nodes[node]);
	tree->nodes[node].first = (uint32_t)tree->texts.size;
	tree->nodes[node].count = (uint32_t)length;
	buffer_append(&tree->texts, value, length + 1);
	uint32_t anchor = anchor_add(composer, event->data.scalar.anchor, node);
	uint64_t expanded = 1 + length / TREE_ALIAS_TEXT_BYTES;
	anchor_close(composer, anchor, node, 0, expanded);
	node_attach(composer, node, 0, expanded);
	return true;
}

static bool open_container(struct composer *composer, enum node_kind kind,
	const yaml_char_t *anchor, const yaml_event_t *event)
{
	if (composer->depth >= TREE_NESTING_LIMIT)
		return REFUSE(composer, FINDING_PARSE, mark_where(event->start_mark),
			"lists and mappings are nested deeper than %u levels", TREE_NESTING_LIMIT);
	uint32_t node;
	if (!take_anchor(composer, anchor, event->start_mark) ||
		!node_add(composer, kind, event->start_mark, &node))
		return false;
	composer->frames[composer->depth++] = (struct frame){
		.node = node,
		.first_pending = composer->pending_count,
		.anchor = anchor_add(composer, anchor, node),
		.expanded = 1,
	};
	return true;
}

static bool on_container_end(struct composer *composer)
{
	struct yaml_tree *tree = composer->tree;
	struct frame frame = composer->frames[--composer->depth];
	uint32_t count = composer->pending_count - frame.first_pending;
	struct tree_node *node = &tree->nodes[frame.node];

	node->first = tree->child_count;
	node->count = node->kind == NODE_MAPPING ? count / 2 : count;
	for (uint32_t i = 0; i < count; i++) {
		GROW(tree->children, tree->child_count, tree->child_capacity);
		tree->children[tree->child_count++] = composer->pending[frame.first_pending + i];
	}
	composer->pending_count = frame.first_pending;
	if (node->kind == NODE_MAPPING)
		yaml_check_keys(tree, frame.node, composer->diagnostics);
	anchor_close(composer, frame.anchor, frame.node, frame.height, frame.expanded);
	node_attach(composer, frame.node, frame.height, frame.expanded);
	return true;
}

static bool on_document(struct composer *composer, const yaml_event_t *event)
{
	if (composer->document_count++ > 0)
		return REFUSE(composer, FINDING_PARSE, mark_where(event->start_mark),
			"a second document begins here; a pipeline file holds one");
	const yaml_version_directive_t *version = event->data.document_start.version_directive;
	if (version && version->major != 1)
		return REFUSE(composer, FINDING_PARSE, mark_where(event->start_mark),
			"YAML %d.%d is not known; 1.2 is", version->major, version->minor);
	return true;
}

static bool on_event(struct composer *composer, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return on_document(composer, event);
	case YAML_ALIAS_EVENT:
		return on_alias(composer, event);
	case YAML_SCALAR_EVENT:
		return on_scalar(composer, event);
	case YAML_SEQUENCE_START_EVENT:
		return check_tag(composer, event->data.sequence_start.tag, YAML_SEQ_TAG,
			       event->start_mark) &&
		       open_container(
			       composer, NODE_SEQUENCE, event->data.sequence_start.anchor, event);
	case YAML_MAPPING_START_EVENT:
		return check_tag(composer, event->data.mapping_start.tag, YAML_MAP_TAG,
			       event->start_mark) &&
		       open_container(
			       composer, NODE_MAPPING, event->data.mapping_start.anchor, event);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_container_end(composer);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	}
	return true;
}

/* libyaml's words, and a hint for the most common reason. */
static bool refuse_syntax(
	struct composer *composer, const yaml_parser_t *parser, const char *bytes, size_t size)
{
	struct source_position where = mark_where(parser->problem_mark);
	if (parser->error == YAML_MEMORY_ERROR)
		out_of_memory();
	if (parser->error == YAML_READER_ERROR)
		where = yaml_offset_where(bytes, size, parser->problem_offset);
	const char *problem = parser->problem ? parser->problem : "it cannot be read";
	struct source_position begin = mark_where(parser->context_mark);
	char from[40] = "";
	if (parser->context && begin.line < where.line)
		snprintf(from, sizeof from, " that begins on line %u", (unsigned)begin.line);
	struct finding *finding = diagnostics_add(composer->diagnostics, FINDING_PARSE, where,
		"not valid YAML: %s%s%s%s", problem, parser->context ? " " : "",
		parser->context ? parser->context : "", from);
	if (yaml_line_has_tab_indent(bytes, size, where.line))
		finding->hint = "YAML is indented with spaces, never with tabs";
	return false;
}

static bool compose(
	struct composer *composer, yaml_parser_t *parser, const char *bytes, size_t size)
{
	for (bool at_end = false; !at_end;) {
		yaml_event_t event;
		if (!yaml_parser_parse(parser, &event))
			return refuse_syntax(composer, parser, bytes, size);
		at_end = event.type == YAML_STREAM_END_EVENT;
		bool is_good = on_event(composer, &event);
		yaml_event_delete(&event);
		if (!is_good)
			return false;
	}
	if (!composer->has_root)
		return REFUSE(composer, FINDING_PARSE, ((struct source_position){1, 1}),
			"the file is empty");
	return true;
}

bool yaml_tree_read(
	struct yaml_tree *tree, const char *bytes, size_t size, struct diagnostics *diagnostics)
{
	*tree = (struct yaml_tree){0};
	if (!yaml_check_bytes(bytes, size, diagnostics))
		return false;
	CLEANUP(yaml_parser_delete) yaml_parser_t parser;
	if (!yaml_parser_initialize(&parser))
		out_of_memory();
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);

	CLEANUP(composer_release)
	struct composer composer = {
		.tree = tree, .bytes = bytes, .size = size, .diagnostics = diagnostics};
	bool is_read = compose(&composer, &parser, bytes, size);
	if (!is_read)
		yaml_tree_release(tree);
	return is_read;
}

void yaml_tree_release(struct yaml_tree *tree)
{
	free(tree->nodes);
	free(tree->children);
	buffer_release(&tree->texts);
	*tree = (struct yaml_tree){0};
}
