#include "load/yaml_write.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

#define INDENT_SPACES 2u
#define KEY_LIMIT_BYTES 500u /* libyaml looks 1024 characters ahead for the ':' of a plain key */

static const char plain_bytes[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./ ()+-:',@<>";

/* In block style, which all is written in; a ':' before a space would make it a key. */
static bool is_plain(const char *text, size_t size)
{
	return size > 0 &&
	       (isalnum((unsigned char)text[0]) || text[0] == '_' ||
		       (text[0] == '.' && text[1] == '/')) &&
	       text[size - 1] != ' ' && text[size - 1] != ':' && !strstr(text, ": ") &&
	       strspn(text, plain_bytes) == size && scalar_type_of(text) == SCALAR_TEXT;
}

/* What a reader would take for a line end or refuse. */
static bool needs_escape(uint32_t code_point)
{
	return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0) ||
	       code_point == 0x2028 || code_point == 0x2029 || code_point == 0xFEFF ||
	       code_point == 0xFFFE || code_point == 0xFFFF;
}

static void append_quoted(struct buffer *buffer, const char *text, size_t size)
{
	buffer_append_byte(buffer, '"');
	for (size_t at = 0; at < size;) {
		uint32_t code_point;
		size_t length = utf8_decode(text + at, size - at, &code_point);
		if (code_point == '\n')
			buffer_append_text(buffer, "\\n");
		else if (code_point == '"' || code_point == '\\')
			buffer_printf(buffer, "\\%c", (int)code_point);
		else if (needs_escape(code_point))
			buffer_printf(buffer, "\\u%04X", code_point);
		else
			buffer_append(buffer, text + at, length);
		at += length;
	}
	buffer_append_byte(buffer, '"');
}

void yaml_append_text(struct buffer *buffer, const char *text, size_t size)
{
	if (is_plain(text, size))
		buffer_append(buffer, text, size);
	else
		append_quoted(buffer, text, size);
}

void yaml_append_comment(struct buffer *buffer, const char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		uint32_t code_point;
		size_t length = utf8_decode(text + at, size - at, &code_point);
		if (needs_escape(code_point))
			buffer_append_byte(buffer, '?');
		else
			buffer_append(buffer, text + at, length);
		at += length;
	}
}

static void append_scalar(struct buffer *buffer, const struct yaml_tree *tree, uint32_t node)
{
	const char *text = tree_text(tree, node);
	if (tree_scalar_type(tree, node) == SCALAR_TEXT)
		yaml_append_text(buffer, text, tree->nodes[node].count);
	else
		buffer_append_text(buffer, *text ? text : "null");
}

/* As deep as TREE_NESTING_LIMIT at most. */
void yaml_append_value(
	struct buffer *buffer, const struct yaml_tree *tree, uint32_t node, uint32_t indent)
{
	const struct tree_node *value = &tree->nodes[node];
	bool is_mapping = value->kind == NODE_MAPPING;
	if (value->kind == NODE_SCALAR) {
		buffer_append_byte(buffer, ' ');
		append_scalar(buffer, tree, node);
		buffer_append_byte(buffer, '\n');
		return;
	}
	if (value->count == 0) {
		buffer_append_text(buffer, is_mapping ? " {}\n" : " []\n");
		return;
	}
	buffer_append_byte(buffer, '\n');
	for (uint32_t i = 0; i < value->count; i++) {
		uint32_t child = tree_child(tree, node, is_mapping ? 2 * i + 1 : i);
		buffer_append_repeated(buffer, " ", indent);
		if (is_mapping) {
			uint32_t key = tree_child(tree, node, 2 * i);
			bool is_long = tree->nodes[key].count > KEY_LIMIT_BYTES;
			if (is_long)
				buffer_append_text(buffer, "? ");
			append_scalar(buffer, tree, key);
			if (is_long) {
				buffer_append_byte(buffer, '\n');
				buffer_append_repeated(buffer, " ", indent);
			}
			buffer_append_byte(buffer, ':');
		} else {
			buffer_append_byte(buffer, '-');
		}
		yaml_append_value(buffer, tree, child, indent + INDENT_SPACES);
	}
}
