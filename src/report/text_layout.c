#include "report/text_layout.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "report/palette.h"

#define COLUMNS_DEFAULT 80
#define COLUMNS_LEAST 40
#define PATH_NAMES_SHOWN 8
#define PATH_NAMES_LAST 3

/* Twins are as wide as what they stand for, so that columns stay aligned. */
static const struct {
	const char *unicode;
	const char *ascii;
} twins[] = {
	{"═", "="},
	{"─", "-"},
	{"│", "|"},
	{"┬", "+"},
	{"█", "#"},
	{"▒", "%"},
	{"·", "."},
	{"—", "-"},
	{"→", ">"},
	{"…", "~"},
	{"◆", "*"},
	{"×", "x"},
	{"✅", "OK"},
	{"❌", "!!"},
	{"🔄", ">>"},
	{"⏳", ".."},
	{"⏩", "//"},
};

size_t layout_columns(const struct text_style *style)
{
	if (style->columns == 0)
		return COLUMNS_DEFAULT;
	return style->columns < COLUMNS_LEAST ? COLUMNS_LEAST : style->columns;
}

static const char *ascii_twin(const char *bytes, size_t length)
{
	for (size_t i = 0; i < ARRAY_LENGTH(twins); i++)
		if (strlen(twins[i].unicode) == length &&
			memcmp(twins[i].unicode, bytes, length) == 0)
			return twins[i].ascii;
	for (enum step_look look = 0; look < LOOK_COUNT; look++) {
		const char *glyph = palette_look(look)->glyph;
		if (strlen(glyph) == length && memcmp(glyph, bytes, length) == 0)
			return palette_look(look)->ascii;
	}
	return NULL;
}

void layout_finish(const struct text_style *style, struct buffer *buffer, size_t start)
{
	if (!style->ascii)
		return;
	CLEANUP(buffer_release) struct buffer folded = BUFFER_INIT;
	for (size_t i = start; i < buffer->size;) {
		uint32_t code_point;
		const char *bytes = buffer->bytes + i;
		size_t length = utf8_decode(bytes, buffer->size - i, &code_point);
		i += length;
		if (code_point < 0x80) {
			buffer_append_byte(&folded, bytes[0]);
			continue;
		}
		const char *twin = ascii_twin(bytes, length);
		if (twin)
			buffer_append_text(&folded, twin);
		else
			buffer_append_repeated(&folded, "?", utf8_width(bytes, length));
	}
	buffer->size = start;
	buffer_append(buffer, folded.bytes, folded.size);
}

void layout_paint(struct buffer *buffer, const struct text_style *style, const char *parameters,
	const char *text)
{
	if (style->color)
		buffer_printf(buffer, "\033[%sm", parameters);
	buffer_append_text(buffer, text);
	if (style->color)
		buffer_append_text(buffer, "\033[0m");
}

void layout_look(struct buffer *buffer, const struct text_style *style, enum step_look look)
{
	layout_paint(buffer, style, palette_look(look)->sgr, palette_look(look)->glyph);
}

void layout_pad(struct buffer *buffer, size_t start, size_t columns)
{
	size_t width = utf8_width(buffer->bytes + start, buffer->size - start);
	if (width < columns)
		buffer_append_repeated(buffer, " ", columns - width);
}

void layout_phrase(struct buffer *buffer, const char *phrase)
{
	size_t size = strlen(phrase);
	for (size_t i = 0; i < size;) {
		size_t plain = strcspn(phrase + i, "\t\r\n");
		text_append_visible(buffer, phrase + i, plain);
		i += plain;
		if (i >= size)
			break;
		buffer_append_byte(buffer, ' ');
		i += strspn(phrase + i, "\t\r\n");
	}
}

void layout_name(struct buffer *buffer, const char *name, size_t columns)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
	layout_phrase(&line, name);
	size_t start = buffer->size;
	text_append_shortened(buffer, buffer_text(&line), columns);
	layout_pad(buffer, start, columns);
}

size_t layout_name_width(const char *name, size_t maximum)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
	layout_phrase(&line, name);
	size_t width = utf8_width(buffer_text(&line), line.size);
	return width < maximum ? width : maximum;
}

void layout_duration(struct buffer *buffer, int64_t duration_ms, size_t columns)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	duration_append(&text, duration_ms);
	size_t width = utf8_width(buffer_text(&text), text.size);
	if (width < columns)
		buffer_append_repeated(buffer, " ", columns - width);
	buffer_append(buffer, text.bytes, text.size);
}

void layout_rule(struct buffer *buffer, size_t columns)
{
	buffer_append_repeated(buffer, "═", columns);
	buffer_append_byte(buffer, '\n');
}

void layout_count(struct buffer *buffer, uint64_t count, const char *noun)
{
	buffer_append_unsigned(buffer, count);
	buffer_append_byte(buffer, ' ');
	buffer_append_text(buffer, noun);
	if (count != 1)
		buffer_append_byte(buffer, 's');
}

void layout_path(struct buffer *buffer, const char *const *names, uint32_t count)
{
	bool whole = count <= PATH_NAMES_SHOWN;
	uint32_t first = whole ? count : PATH_NAMES_SHOWN - PATH_NAMES_LAST;
	for (uint32_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_append_text(buffer, " → ");
		if (i == first) {
			buffer_printf(buffer, "… %u more … → ", count - PATH_NAMES_SHOWN);
			i = count - PATH_NAMES_LAST;
		}
		layout_phrase(buffer, names[i]);
	}
}
