#ifndef WAVETRAIN_LOAD_YAML_TREE_H
#define WAVETRAIN_LOAD_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "model/diagnostic.h"

/*
 * A YAML 1.2 document (JSON is one too) as arrays. Nodes are named by their place; an alias is the
 * place of the node it stands for, so a node may have several parents, but never itself above it.
 */

#define TREE_FILE_LIMIT_BYTES ((size_t)64 << 20)
#define TREE_NESTING_LIMIT 64u
#define TREE_ALIAS_LIMIT 1000000u /* nodes that aliases stand for, in all, when written out */
#define TREE_ANCHOR_LIMIT 100000u
#define TREE_ALIAS_TEXT_BYTES 64u /* a text counts as one more node for each of these */
#define TREE_NODE_LIMIT 16000000u
#define TREE_TAG_DIRECTIVE_LIMIT 64u /* libyaml compares each with all others */

enum node_kind { NODE_SCALAR, NODE_SEQUENCE, NODE_MAPPING };

/* The types of YAML 1.2's core schema (chapter 10.3). */
enum scalar_type { SCALAR_NULL, SCALAR_BOOLEAN, SCALAR_INTEGER, SCALAR_FLOAT, SCALAR_TEXT };

/* How a scalar's text stands in the file. */
enum scalar_form {
	SCALAR_PLAIN,   /* as it is, on one line */
	SCALAR_QUOTED,  /* the same, behind a quote */
	SCALAR_LITERAL, /* the same, line by line: a block with '|' */
	SCALAR_CHANGED, /* folded, or with escapes: its parts have no place of their own */
};

struct tree_node {
	uint8_t kind;    /* enum node_kind */
	bool is_quoted;  /* or a block scalar, or tagged !!str: always text */
	uint8_t form;    /* scalar: enum scalar_form */
	uint8_t indent;  /* of SCALAR_LITERAL: blanks before each line */
	uint32_t line;   /* from 1 */
	uint32_t column; /* in characters, from 1 */
	uint32_t first;  /* scalar: place in texts; else place of the first child in children */
	uint32_t count;  /* scalar: bytes without the NUL; sequence: items; mapping: pairs */
};

struct yaml_tree {
	struct tree_node *nodes; /* owned; node 0 exists in a tree that was read, see root */
	uint32_t node_count;
	uint32_t node_capacity;
	uint32_t *children; /* owned; of a mapping: key, value, key, value, … */
	uint32_t child_count;
	uint32_t child_capacity;
	struct buffer texts; /* of the scalars, each with a NUL behind it and none inside */
	uint32_t root;
};

/*
 * Reads one document of at most TREE_FILE_LIMIT_BYTES. False: *diagnostics says why, with one
 * finding, and *tree is empty. True: a tree, and a finding for every key that is twice in its
 * mapping (the pairs are all kept). Linear in size. The bytes are not needed afterwards.
 */
bool yaml_tree_read(
	struct yaml_tree *tree, const char *bytes, size_t size, struct diagnostics *diagnostics);

void yaml_tree_release(struct yaml_tree *tree);

/* A scalar's text; valid as long as the tree. */
const char *tree_text(const struct yaml_tree *tree, uint32_t node);

/* Child number i of a sequence; key (2 i) and value (2 i + 1) of a mapping. */
uint32_t tree_child(const struct yaml_tree *tree, uint32_t node, uint32_t i);

struct source_position tree_where(const struct yaml_tree *tree, uint32_t node);

/* The value of a scalar key, or INDEX_NONE. Linear in the mapping; the first of duplicates. */
uint32_t tree_find(const struct yaml_tree *tree, uint32_t mapping, const char *key);

/*
 * The place of the first character of a scalar's text; all lines of the text begin in its column.
 * False: the text does not stand in the file as it is, and *where is only where the value begins.
 */
bool tree_text_where(const struct yaml_tree *tree, uint32_t node, struct source_position *where);

/* The place of a key itself, or the mapping's where it is not there. */
struct source_position tree_key_where(
	const struct yaml_tree *tree, uint32_t mapping, const char *key);

/* What a plain scalar of this text is. */
enum scalar_type scalar_type_of(const char *text);

enum scalar_type tree_scalar_type(const struct yaml_tree *tree, uint32_t node);

#endif
