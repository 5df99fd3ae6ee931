/* A part of the tree as JSON: schemas and properties that are written in the pipeline file. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/parse.h"
#include "base/text.h"
#include "load/yaml_decode.h"

/* A list or mapping that is open; the composer lets none be deeper than TREE_NESTING_LIMIT. */
struct json_frame {
	uint32_t node;
	uint32_t next;  /* of its children */
	uint32_t total; /* keys and values */
};

struct json_writer {
	struct decoder *decoder;
	const struct yaml_field *field;
	struct buffer *buffer;
	struct json_frame frames[TREE_NESTING_LIMIT + 1];
	uint32_t depth;
	bool is_whole; /* no text lacks a value so far */
};

/* JSON (RFC 8259) has no sign '+', no zeros in front and a digit on both sides of the point. */
static bool is_json_number(const char *text)
{
	static const char digits[] = "0123456789";
	text += *text == '-';
	size_t whole = strspn(text, digits);
	if (whole == 0 || (whole > 1 && *text == '0'))
		return false;
	text += whole;
	if (*text == '.') {
		size_t fraction = strspn(text + 1, digits);
		if (fraction == 0)
			return false;
		text += 1 + fraction;
	}
	return *text == '\0' || *text == 'e' || *text == 'E';
}

/*
 * More than its reader holds: 64 bits with a sign, or a double. That of schemas takes longer
 * integers as doubles, too.
 */
static bool is_too_large(const char *text, bool takes_wide)
{
	int64_t integer;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'o')) {
		errno = 0;
		uint64_t number = strtoull(text + 2, NULL, text[1] == 'x' ? 16 : 8);
		return errno == ERANGE || (number > INT64_MAX && !takes_wide);
	}
	text += *text == '+';
	if (!strpbrk(text, ".eE") && !takes_wide)
		return !parse_signed(text, &integer);
	return !isfinite(strtod(text, NULL)); /* 0 for .inf and .nan, which are texts */
}

/* 0x1F and 0o17. */
static void append_based_integer(struct buffer *buffer, const char *text)
{
	unsigned base = text[1] == 'x' ? 16 : 8;
	uint64_t number = 0;
	for (const char *at = text + 2; *at; at++) {
		unsigned digit =
			*at <= '9' ? (unsigned)(*at - '0') : (unsigned)((*at | 32) - 'a') + 10;
		number = number * base + digit;
	}
	buffer_append_unsigned(buffer, number);
}

static bool append_number(struct buffer *buffer, const char *text)
{
	double number;
	if (is_json_number(text)) {
		buffer_append_text(buffer, text);
		return true;
	}
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'o')) {
		append_based_integer(buffer, text);
		return true;
	}
	const char *digits = text + (*text == '+' || *text == '-');
	digits += strspn(digits, "0");
	if (*digits && strspn(digits, "0123456789") == strlen(digits)) {
		buffer_printf(buffer, "%s%s", *text == '-' ? "-" : "", digits);
		return true;
	}
	if (!parse_number(text + (*text == '+'), &number))
		return false; /* .inf, .nan */
	buffer_printf(buffer, "%.17g", number);
	return true;
}

/* Not in a text that is only shown. */
static void report_too_large(struct json_writer *writer, uint32_t node, const char *text)
{
	struct decoder *decoder = writer->decoder;
	if (writer->field->flags & FIELD_LITERAL)
		return;
	diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE, tree_where(decoder->tree, node),
		"the number '%s' is too large", shorten(decoder->arena, text));
	writer->is_whole = false;
}

static void append_scalar(struct json_writer *writer, uint32_t node)
{
	struct decoder *decoder = writer->decoder;
	const struct tree_node *scalar = &decoder->tree->nodes[node];
	const char *text = tree_text(decoder->tree, node);
	enum scalar_type type = tree_scalar_type(decoder->tree, node);
	if (type == SCALAR_TEXT) {
		text = decode_text(decoder, writer->field, node);
		writer->is_whole = writer->is_whole && text;
		if (text && !scalar->is_quoted)
			type = scalar_type_of(text);
	}
	if (!text || type == SCALAR_NULL) {
		buffer_append_text(writer->buffer, "null");
		return;
	}
	if (type == SCALAR_BOOLEAN) {
		buffer_append_text(writer->buffer, (*text | 32) == 't' ? "true" : "false");
		return;
	}
	bool is_number = type == SCALAR_INTEGER || type == SCALAR_FLOAT;
	if (is_number && is_too_large(text, writer->field->flags & FIELD_WIDE_NUMBERS))
		report_too_large(writer, node, text);
	else if (is_number && append_number(writer->buffer, text))
		return;
	json_append_text(writer->buffer, text);
}

/* A scalar is written, a list or mapping opened. */
static void append_value(struct json_writer *writer, uint32_t node)
{
	const struct tree_node *value = &writer->decoder->tree->nodes[node];
	if (value->kind == NODE_SCALAR) {
		append_scalar(writer, node);
		return;
	}
	bool is_mapping = value->kind == NODE_MAPPING;
	buffer_append_byte(writer->buffer, is_mapping ? '{' : '[');
	writer->frames[writer->depth++] = (struct json_frame){
		.node = node, .total = is_mapping ? 2 * value->count : value->count};
}

static void append_next_child(struct json_writer *writer)
{
	const struct yaml_tree *tree = writer->decoder->tree;
	struct json_frame *frame = &writer->frames[writer->depth - 1];
	bool is_mapping = tree->nodes[frame->node].kind == NODE_MAPPING;
	if (frame->next == frame->total) {
		buffer_append_byte(writer->buffer, is_mapping ? '}' : ']');
		writer->depth--;
		return;
	}
	uint32_t child = tree_child(tree, frame->node, frame->next);
	bool is_value = !is_mapping || frame->next % 2 == 1;
	if (frame->next > 0)
		buffer_append_byte(writer->buffer, is_mapping && is_value ? ':' : ',');
	frame->next++;
	if (is_value)
		append_value(writer, child);
	else /* a key that is not a scalar was reported as it was read */
		json_append_text(writer->buffer,
			tree->nodes[child].kind == NODE_SCALAR ? tree_text(tree, child) : "");
}

const char *decode_json(struct decoder *decoder, const struct yaml_field *field, uint32_t node)
{
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct json_writer writer = {
		.decoder = decoder, .field = field, .buffer = &buffer, .is_whole = true};
	append_value(&writer, node);
	while (writer.depth > 0)
		append_next_child(&writer);
	return writer.is_whole ? arena_copy_bytes(decoder->arena, buffer_text(&buffer), buffer.size)
			       : NULL;
}
