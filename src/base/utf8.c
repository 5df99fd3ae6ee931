/* The UTF-8 part of text.h, by RFC 3629: no overlong forms, no surrogates, nothing over U+10FFFF. */
#include <string.h>

#include "base/index.h"
#include "base/text.h"

#define REPLACEMENT 0xfffdu

size_t utf8_decode(const char *bytes, size_t size, uint32_t *code_point)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *at = (const unsigned char *)bytes;
	size_t length = at[0] < 0x80   ? 1
			: at[0] < 0xc2 ? 0
			: at[0] < 0xe0 ? 2
			: at[0] < 0xf0 ? 3
			: at[0] < 0xf5 ? 4
				       : 0;
	*code_point = at[0];
	if (length == 1)
		return 1;
	*code_point = REPLACEMENT;
	if (length == 0 || length > size)
		return 1;
	uint32_t value = at[0] & (0xffu >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 1;
		value = value << 6 | (at[i] & 0x3fu);
	}
	if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return 1;
	*code_point = value;
	return length;
}

void utf8_append(struct buffer *buffer, uint32_t code_point)
{
	char *to = buffer_reserve(buffer, 4);
	size_t length = code_point < 0x80      ? 1
			: code_point < 0x800   ? 2
			: code_point < 0x10000 ? 3
					       : 4;
	static const unsigned char lead[] = {0, 0, 0xc0, 0xe0, 0xf0};
	for (size_t i = length; i-- > 1;) {
		to[i] = (char)(0x80 | (code_point & 0x3f));
		code_point >>= 6;
	}
	to[0] = (char)(lead[length == 1 ? 0 : length] | code_point);
	buffer->size += length;
	buffer->bytes[buffer->size] = '\0';
}

static bool decodes(const char *bytes, size_t size, size_t *length)
{
	uint32_t code_point;
	*length = utf8_decode(bytes, size, &code_point);
	return code_point != REPLACEMENT || *length == 3;
}

bool utf8_is_valid(const char *bytes, size_t size)
{
	for (size_t i = 0, length; i < size; i += length)
		if (!decodes(bytes + i, size - i, &length))
			return false;
	return true;
}

size_t utf8_cut(const char *bytes, size_t size, size_t limit)
{
	if (size <= limit)
		return size;
	size_t cut = limit;
	while (cut > 0 && limit - cut < 4 && ((unsigned char)bytes[cut] & 0xc0) == 0x80)
		cut--;
	return ((unsigned char)bytes[cut] & 0xc0) == 0x80 ? limit : cut;
}

struct code_range {
	uint32_t first;
	uint32_t last;
};

static bool in_ranges(const struct code_range *ranges, size_t count, uint32_t code_point)
{
	for (size_t i = 0; i < count; i++)
		if (code_point >= ranges[i].first && code_point <= ranges[i].last)
			return true;
	return false;
}

/* Blocks of combining marks, and of East Asian wide and emoji characters (Unicode 15, rounded to blocks). */
static size_t code_point_width(uint32_t code_point)
{
	static const struct code_range none[] = {{0x300, 0x36f}, {0x483, 0x489}, {0x591, 0x5bd},
		{0x610, 0x61a}, {0x64b, 0x65f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
		{0x200b, 0x200f}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
		{0xe0100, 0xe01ef}};
	static const struct code_range wide[] = {{0x1100, 0x115f}, {0x231a, 0x231b},
		{0x23e9, 0x23ec}, {0x23f0, 0x23f0}, {0x23f3, 0x23f3}, {0x25fd, 0x25fe},
		{0x2614, 0x2615}, {0x2648, 0x2653}, {0x26a1, 0x26a1}, {0x26bd, 0x26be},
		{0x26d4, 0x26d4}, {0x2705, 0x2705}, {0x270a, 0x270b}, {0x2728, 0x2728},
		{0x274c, 0x274c}, {0x2753, 0x2755}, {0x2795, 0x2797}, {0x2e80, 0x303e},
		{0x3041, 0x33ff}, {0x3400, 0x4dbf}, {0x4e00, 0x9fff}, {0xa000, 0xa4cf},
		{0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe30, 0xfe4f}, {0xff00, 0xff60},
		{0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f7e0, 0x1f7eb},
		{0x1f900, 0x1f9ff}, {0x1fa70, 0x1faff}, {0x20000, 0x3fffd}};
	if (code_point < 0x300)
		return 1;
	if (in_ranges(none, ARRAY_LENGTH(none), code_point))
		return 0;
	return in_ranges(wide, ARRAY_LENGTH(wide), code_point) ? 2 : 1;
}

size_t utf8_width(const char *bytes, size_t size)
{
	size_t width = 0;
	for (size_t i = 0; i < size;) {
		uint32_t code_point;
		i += utf8_decode(bytes + i, size - i, &code_point);
		width += code_point_width(code_point);
	}
	return width;
}

bool code_point_is_unsafe(uint32_t code_point)
{
	static const struct code_range unsafe[] = {{0x00, 0x1f}, {0x7f, 0x9f}, {0x061c, 0x061c},
		{0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff},
		{0xfff9, 0xfffb}};
	if (code_point >= 0x20 && code_point < 0x7f)
		return false;
	return in_ranges(unsafe, ARRAY_LENGTH(unsafe), code_point);
}

static void json_append_escaped(struct buffer *buffer, uint32_t code_point)
{
	switch (code_point) {
	case '"':
		buffer_append_text(buffer, "\\\"");
		break;
	case '\\':
		buffer_append_text(buffer, "\\\\");
		break;
	case '\n':
		buffer_append_text(buffer, "\\n");
		break;
	case '\t':
		buffer_append_text(buffer, "\\t");
		break;
	case '\r':
		buffer_append_text(buffer, "\\r");
		break;
	default:
		if (code_point < 0x20 || code_point == 0x7f || code_point == '<' ||
			code_point == '>' || code_point == '&' || code_point == 0x2028 ||
			code_point == 0x2029)
			buffer_printf(buffer, "\\u%04x", code_point);
		else
			utf8_append(buffer, code_point);
	}
}

static bool json_needs_no_escape(unsigned char byte)
{
	return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\' && byte != '<' &&
	       byte != '>' && byte != '&';
}

void json_append_string(struct buffer *buffer, const char *bytes, size_t size)
{
	buffer_append_byte(buffer, '"');
	for (size_t i = 0; i < size;) {
		size_t plain = i;
		while (plain < size && json_needs_no_escape((unsigned char)bytes[plain]))
			plain++;
		buffer_append(buffer, bytes + i, plain - i);
		i = plain;
		if (i < size) {
			uint32_t code_point;
			i += utf8_decode(bytes + i, size - i, &code_point);
			json_append_escaped(buffer, code_point);
		}
	}
	buffer_append_byte(buffer, '"');
}

void json_append_text(struct buffer *buffer, const char *text)
{
	if (text)
		json_append_string(buffer, text, strlen(text));
	else
		buffer_append_text(buffer, "null");
}
