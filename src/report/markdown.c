#include "report/markdown.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"

#define WORD_JOINER "\u2060"

/* What begins a mention, a reference or an issue's number once GitHub has rendered the text. */
static bool starts_reference(const char *text, size_t at, size_t size)
{
	unsigned char next = at + 1 < size ? (unsigned char)text[at + 1] : 0;
	if (text[at] == '@')
		return true;
	if (text[at] == '#')
		return true;
	return text[at] == '-' && isdigit(next) && at >= 2 &&
	       strncasecmp(text + at - 2, "GH", 2) == 0;
}

static void append_entity(struct buffer *buffer, char byte)
{
	switch (byte) {
	case '&':
		buffer_append_text(buffer, "&amp;");
		break;
	case '<':
		buffer_append_text(buffer, "&lt;");
		break;
	case '>':
		buffer_append_text(buffer, "&gt;");
		break;
	default:
		buffer_append_text(buffer, "&quot;");
	}
}

static void append_escaped(struct buffer *buffer, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (strchr("&<>\"", text[i]))
			append_entity(buffer, text[i]);
		else if (strchr("\\`*_{}[]()#+-.!|~:@", text[i]))
			buffer_append(buffer, (char[]){'\\', text[i]}, 2);
		else
			buffer_append_byte(buffer, text[i]);
		if (starts_reference(text, i, size))
			buffer_append_text(buffer, WORD_JOINER);
	}
}

/* Safe characters on one line: line ends and tabs become one space each run. */
static void append_one_line(struct buffer *line, const char *text)
{
	for (size_t i = 0, size = strlen(text); i < size;) {
		size_t plain = strcspn(text + i, "\t\r\n");
		text_append_visible(line, text + i, plain);
		i += plain;
		if (i < size)
			buffer_append_byte(line, ' ');
		i += strspn(text + i, "\t\r\n");
	}
}

void markdown_append_text(struct buffer *buffer, const char *text)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
	append_one_line(&line, text);
	append_escaped(buffer, buffer_text(&line), line.size);
}

void markdown_append_html(struct buffer *buffer, const char *text)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
	append_one_line(&line, text);
	for (size_t i = 0; i < line.size; i++) {
		if (strchr("&<>\"", line.bytes[i]))
			append_entity(buffer, line.bytes[i]);
		else
			buffer_append_byte(buffer, line.bytes[i]);
		if (starts_reference(line.bytes, i, line.size))
			buffer_append_text(buffer, WORD_JOINER);
	}
}

static size_t longest_run(const char *text, size_t size, char byte)
{
	size_t longest = 0;
	for (size_t i = 0, run = 0; i < size; i++) {
		run = text[i] == byte ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

/* Inside code GitHub links nothing; mails and other readers of the raw text might. */
static void append_code_text(struct buffer *buffer, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		buffer_append_byte(buffer, text[i]);
		unsigned char next = i + 1 < size ? (unsigned char)text[i + 1] : 0;
		if ((text[i] == '@' && isalnum(next)) || (text[i] == '#' && isdigit(next)))
			buffer_append_text(buffer, WORD_JOINER);
	}
}

void markdown_append_code(struct buffer *buffer, const char *text, size_t size)
{
	CLEANUP(buffer_release) struct buffer visible = BUFFER_INIT;
	for (size_t i = 0; i < size;) {
		const char *end = memchr(text + i, '\n', size - i);
		size_t stop = end ? (size_t)(end - text) : size;
		text_append_visible(&visible, text + i, stop - i);
		buffer_append_byte(&visible, '\n');
		i = stop + 1;
	}
	size_t fence = longest_run(buffer_text(&visible), visible.size, '`') + 1;
	fence = fence < 3 ? 3 : fence;
	buffer_append_repeated(buffer, "`", fence);
	buffer_append_text(buffer, "text\n");
	append_code_text(buffer, buffer_text(&visible), visible.size);
	buffer_append_repeated(buffer, "`", fence);
	buffer_append_byte(buffer, '\n');
}

void markdown_append_code_span(struct buffer *buffer, const char *text)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
	append_one_line(&line, text);
	size_t fence = longest_run(buffer_text(&line), line.size, '`') + 1;
	/* A space on both sides is taken off again by the reader, and lets a back-tick stand first. */
	const char *space = fence > 1 ? " " : "";
	buffer_append_repeated(buffer, "`", fence);
	buffer_append_text(buffer, space);
	append_code_text(buffer, buffer_text(&line), line.size);
	buffer_append_text(buffer, space);
	buffer_append_repeated(buffer, "`", fence);
}

static bool is_plain_address(const char *url)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~:/?#&=%+,@";
	return (text_starts_with(url, "https://") || text_starts_with(url, "http://")) &&
	       url[strspn(url, allowed)] == '\0';
}

void markdown_append_link(struct buffer *buffer, const char *label, const char *url)
{
	if (!url || !is_plain_address(url)) {
		markdown_append_text(buffer, label);
		return;
	}
	buffer_append_byte(buffer, '[');
	markdown_append_text(buffer, label);
	buffer_printf(buffer, "](%s)", url);
}
