#include <string.h>

#include "base/index.h"
#include "base/text.h"
#include "load/yaml_tree.h"

const char *tree_text(const struct yaml_tree *tree, uint32_t node)
{
	return tree->texts.bytes + tree->nodes[node].first;
}

uint32_t tree_child(const struct yaml_tree *tree, uint32_t node, uint32_t i)
{
	return tree->children[tree->nodes[node].first + i];
}

struct source_position tree_where(const struct yaml_tree *tree, uint32_t node)
{
	return (struct source_position){tree->nodes[node].line, tree->nodes[node].column};
}

static uint32_t find_pair(const struct yaml_tree *tree, uint32_t mapping, const char *key)
{
	for (uint32_t i = 0; i < tree->nodes[mapping].count; i++) {
		uint32_t name = tree_child(tree, mapping, 2 * i);
		if (tree->nodes[name].kind == NODE_SCALAR && text_equal(tree_text(tree, name), key))
			return i;
	}
	return INDEX_NONE;
}

uint32_t tree_find(const struct yaml_tree *tree, uint32_t mapping, const char *key)
{
	if (tree->nodes[mapping].kind != NODE_MAPPING)
		return INDEX_NONE;
	uint32_t pair = find_pair(tree, mapping, key);
	return pair == INDEX_NONE ? INDEX_NONE : tree_child(tree, mapping, 2 * pair + 1);
}

bool tree_text_where(const struct yaml_tree *tree, uint32_t node, struct source_position *where)
{
	const struct tree_node *scalar = &tree->nodes[node];
	*where = tree_where(tree, node);
	if (scalar->form == SCALAR_QUOTED) {
		where->column++;
	} else if (scalar->form == SCALAR_LITERAL) {
		where->line++;
		where->column = scalar->indent + 1u;
	}
	return scalar->form != SCALAR_CHANGED;
}

struct source_position tree_key_where(
	const struct yaml_tree *tree, uint32_t mapping, const char *key)
{
	if (tree->nodes[mapping].kind != NODE_MAPPING)
		return tree_where(tree, mapping);
	uint32_t pair = find_pair(tree, mapping, key);
	return tree_where(tree, pair == INDEX_NONE ? mapping : tree_child(tree, mapping, 2 * pair));
}

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (text_equal(text, *words))
			return true;
	}
	return false;
}

static bool is_integer(const char *text)
{
	static const char decimal[] = "0123456789";
	if (text[0] == '0' && text[1] == 'o')
		return text[2] && strspn(text + 2, "01234567") == strlen(text + 2);
	if (text[0] == '0' && text[1] == 'x')
		return text[2] && strspn(text + 2, "0123456789abcdefABCDEF") == strlen(text + 2);
	text += *text == '-' || *text == '+';
	return *text && strspn(text, decimal) == strlen(text);
}

static bool is_float(const char *text)
{
	static const char *const words[] = {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN", NULL};
	static const char decimal[] = "0123456789";
	text += *text == '-' || *text == '+';
	if (is_one_of(text, words))
		return true;
	size_t digits = strspn(text, decimal);
	text += digits;
	if (*text == '.') {
		size_t fraction = strspn(++text, decimal);
		text += fraction;
		digits += fraction;
	}
	if (digits == 0)
		return false;
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '-' || *text == '+';
		digits = strspn(text, decimal);
		text += digits;
	}
	return digits > 0 && *text == '\0';
}

enum scalar_type scalar_type_of(const char *text)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
	static const char *const booleans[] = {
		"true", "True", "TRUE", "false", "False", "FALSE", NULL};
	if (is_one_of(text, nulls))
		return SCALAR_NULL;
	if (is_one_of(text, booleans))
		return SCALAR_BOOLEAN;
	if (is_integer(text))
		return SCALAR_INTEGER;
	return is_float(text) ? SCALAR_FLOAT : SCALAR_TEXT;
}

enum scalar_type tree_scalar_type(const struct yaml_tree *tree, uint32_t node)
{
	if (tree->nodes[node].is_quoted)
		return SCALAR_TEXT;
	return scalar_type_of(tree_text(tree, node));
}
