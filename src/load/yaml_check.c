#include "load/yaml_check.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"

/* Up to here a mapping's keys are compared pair by pair; larger ones get a hash map. */
#define PAIRWISE_LIMIT 12u

struct source_position yaml_offset_where(const char *bytes, size_t size, size_t offset)
{
	struct source_position where = {1, 1};
	for (size_t i = 0; i < offset && i < size;) {
		uint32_t code_point;
		size_t length = utf8_decode(bytes + i, size - i, &code_point);
		if (bytes[i] == '\n') {
			where.line++;
			where.column = 1;
		} else {
			where.column++;
		}
		i += length;
	}
	return where;
}

bool yaml_line_has_tab_indent(const char *bytes, size_t size, uint32_t line)
{
	const char *at = bytes;
	const char *end = bytes + size;
	for (uint32_t i = 1; i < line && at; i++) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	while (at && at < end && *at == ' ')
		at++;
	return at && at < end && *at == '\t';
}

/* The blanks of the first line that has anything else; INDEX_NONE: there is none. */
static uint32_t first_indent(const char *line, const char *end)
{
	while (line < end) {
		const char *at = line;
		while (at < end && *at == ' ')
			at++;
		if (at < end && *at != '\n' && *at != '\r')
			return (uint32_t)(at - line);
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		line = line_end ? line_end + 1 : end;
	}
	return INDEX_NONE;
}

uint32_t yaml_literal_indent(const char *bytes, size_t size, size_t offset, const char *text)
{
	const char *end = bytes + size;
	if (offset >= size || bytes[offset] != '|')
		return INDEX_NONE;
	const char *header_end = memchr(bytes + offset, '\n', size - offset);
	uint32_t whole = header_end ? first_indent(header_end + 1, end) : INDEX_NONE;
	uint32_t own = first_indent(text, text + strlen(text));
	return own > whole || own == INDEX_NONE ? INDEX_NONE : whole - own;
}

/* The first byte that is not UTF-8. A U+FFFD of length 1 is the decoder's word for it. */
static size_t invalid_offset(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size;) {
		uint32_t code_point;
		size_t length = utf8_decode(bytes + i, size - i, &code_point);
		if (code_point == 0xFFFD && length == 1)
			return i;
		i += length;
	}
	return size;
}

static bool has_many_tag_directives(const char *bytes, size_t size, size_t *offset)
{
	static const char directive[] = "%TAG";
	const char *end = bytes + size;
	uint32_t count = 0;
	for (const char *line = bytes; line && line < end;) {
		size_t left = (size_t)(end - line);
		if (left >= sizeof directive &&
			memcmp(line, directive, sizeof directive - 1) == 0 &&
			++count > TREE_TAG_DIRECTIVE_LIMIT) {
			*offset = (size_t)(line - bytes);
			return true;
		}
		const char *line_end = memchr(line, '\n', left);
		line = line_end ? line_end + 1 : NULL;
	}
	return false;
}

bool yaml_check_bytes(const char *bytes, size_t size, struct diagnostics *diagnostics)
{
	size_t offset = 0;
	if (size > TREE_FILE_LIMIT_BYTES) {
		diagnostics_add(diagnostics, FINDING_PARSE, (struct source_position){0, 0},
			"the file has %zu bytes; at most %zu are read", size,
			TREE_FILE_LIMIT_BYTES);
		return false;
	}
	if (size == 0)
		return true;
	const char *nul = memchr(bytes, 0, size);
	if (nul) {
		diagnostics_add(diagnostics, FINDING_PARSE,
			yaml_offset_where(bytes, size, (size_t)(nul - bytes)),
			"the file contains a NUL byte: it is not UTF-8 text");
		return false;
	}
	if (!utf8_is_valid(bytes, size)) {
		offset = invalid_offset(bytes, size);
		diagnostics_add(diagnostics, FINDING_PARSE, yaml_offset_where(bytes, size, offset),
			"the file is not UTF-8 from here on (byte 0x%02X)",
			(unsigned)(unsigned char)bytes[offset < size ? offset : size - 1]);
		return false;
	}
	if (has_many_tag_directives(bytes, size, &offset)) {
		diagnostics_add(diagnostics, FINDING_PARSE, yaml_offset_where(bytes, size, offset),
			"the file has more than %u %%TAG directives", TREE_TAG_DIRECTIVE_LIMIT);
		return false;
	}
	return true;
}

static void add_duplicate(
	const struct yaml_tree *tree, uint32_t key, uint32_t first, struct diagnostics *diagnostics)
{
	diagnostics_add(diagnostics, FINDING_DUPLICATE_KEY, tree_where(tree, key),
		"the key '%s' is given twice; the first is on line %u", tree_text(tree, key),
		(unsigned)tree->nodes[first].line);
}

static bool keys_equal(const struct yaml_tree *tree, uint32_t left, uint32_t right)
{
	const struct tree_node *nodes = tree->nodes;
	return nodes[right].kind == NODE_SCALAR && nodes[left].count == nodes[right].count &&
	       memcmp(tree_text(tree, left), tree_text(tree, right), nodes[left].count) == 0;
}

static void check_few(
	const struct yaml_tree *tree, uint32_t mapping, struct diagnostics *diagnostics)
{
	for (uint32_t i = 1; i < tree->nodes[mapping].count; i++) {
		uint32_t key = tree_child(tree, mapping, 2 * i);
		if (tree->nodes[key].kind != NODE_SCALAR)
			continue;
		uint32_t j = 0;
		while (j < i && !keys_equal(tree, key, tree_child(tree, mapping, 2 * j)))
			j++;
		if (j < i)
			add_duplicate(tree, key, tree_child(tree, mapping, 2 * j), diagnostics);
	}
}

static void check_many(
	const struct yaml_tree *tree, uint32_t mapping, struct diagnostics *diagnostics)
{
	CLEANUP(map_release) struct map seen = {0};
	map_reserve(&seen, tree->nodes[mapping].count);
	for (uint32_t i = 0; i < tree->nodes[mapping].count; i++) {
		uint32_t key = tree_child(tree, mapping, 2 * i);
		if (tree->nodes[key].kind == NODE_SCALAR &&
			!map_add(&seen, tree_text(tree, key), key))
			add_duplicate(
				tree, key, map_find(&seen, tree_text(tree, key)), diagnostics);
	}
}

void yaml_check_keys(
	const struct yaml_tree *tree, uint32_t mapping, struct diagnostics *diagnostics)
{
	for (uint32_t i = 0; i < tree->nodes[mapping].count; i++) {
		uint32_t key = tree_child(tree, mapping, 2 * i);
		if (tree->nodes[key].kind != NODE_SCALAR)
			diagnostics_add(diagnostics, FINDING_WRONG_TYPE, tree_where(tree, key),
				"a key must be text, not a list or a mapping");
	}
	if (tree->nodes[mapping].count <= PAIRWISE_LIMIT)
		check_few(tree, mapping, diagnostics);
	else
		check_many(tree, mapping, diagnostics);
}
