#include <assert.h>
#include <string.h>

#include "base/index.h"
#include "report/template.h"

static const char *html_entity(char byte)
{
	switch (byte) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

static void escape_html(const char *bytes, size_t size, struct buffer *buffer)
{
	struct buffer visible = BUFFER_INIT;
	size_t start = 0;

	page_visible_append(&visible, bytes, size, false);
	for (size_t at = 0; at < visible.size; at++) {
		const char *entity = html_entity(visible.bytes[at]);

		if (!entity)
			continue;
		buffer_append(buffer, visible.bytes + start, at - start);
		buffer_append_text(buffer, entity);
		start = at + 1;
	}
	if (visible.size > start)
		buffer_append(buffer, visible.bytes + start, visible.size - start);
	buffer_release(&visible);
}

static void escape_markdown(const char *bytes, size_t size, struct buffer *buffer)
{
	struct buffer visible = BUFFER_INIT;

	page_visible_append(&visible, bytes, size, false);
	for (size_t at = 0; at < visible.size; at++) {
		char byte = visible.bytes[at];
		const char *entity = byte == '\'' ? NULL : html_entity(byte);

		if (entity)
			buffer_append_text(buffer, entity);
		else if (byte == '\n' || byte == '\t')
			buffer_append_byte(buffer, ' ');
		else if (byte != '\0' && strchr("\\`*_{}[]()#+-.!|~:@", byte))
			buffer_append(buffer, (const char[]){'\\', byte}, 2);
		else
			buffer_append_byte(buffer, byte);
	}
	buffer_release(&visible);
}

static void escape_nothing(const char *bytes, size_t size, struct buffer *buffer)
{
	buffer_append(buffer, bytes, size);
}

static void (*const escapes[])(const char *, size_t, struct buffer *) = {
	[TEMPLATE_HTML] = escape_html,
	[TEMPLATE_MARKDOWN] = escape_markdown,
	[TEMPLATE_TEXT] = escape_nothing,
};
static_assert(ARRAY_LENGTH(escapes) == TEMPLATE_TARGET_COUNT, "an escaper for every target");

void template_escape(
	enum template_target target, const char *bytes, size_t size, struct buffer *buffer)
{
	escapes[target](bytes, size, buffer);
}
