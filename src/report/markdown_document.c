/*
 * Markdown that a step wrote for people: it formats, and can do nothing else. It is quoted line by
 * line, so that whatever block it leaves open ends with the quotation; and what could be a tag, a
 * mention or a reference is broken by an invisible character wherever it stands, because only
 * GitHub's own parser knows for sure what is code and what is not.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "report/markdown.h"

#define WORD_JOINER "\u2060"

/* Whether text[place] and what follows would mean something together; text ends with a NUL. */
static bool begins_something(const char *text, size_t place)
{
	const char *next = text + place + 1;
	switch (text[place]) {
	case '@':
		return true;
	case '#':
		return isdigit((unsigned char)*next);
	case '<': /* a tag, a comment, an address; "a < b" stays as it is */
		return isalpha((unsigned char)*next) || (*next && strchr("/!?", *next));
	case '&': /* "@" and "#" by their names and numbers */
		return *next == '#' || text_starts_with(next, "commat;") ||
		       text_starts_with(next, "num;");
	case '-': { /* "GH-7", and "GH\-7", which becomes the same */
		size_t name = place > 0 && text[place - 1] == '\\' ? place - 1 : place;
		return isdigit((unsigned char)*next) && name >= 2 &&
		       strncasecmp(text + name - 2, "GH", 2) == 0;
	}
	default:
		return false;
	}
}

static void append_line(struct buffer *buffer, const char *text, size_t size)
{
	CLEANUP(buffer_release) struct buffer visible = BUFFER_INIT;
	text_append_visible(&visible, text, size);
	const char *line = buffer_text(&visible);
	buffer_append_text(buffer, visible.size > 0 ? "> " : ">");
	for (size_t i = 0; i < visible.size; i++) {
		buffer_append_byte(buffer, line[i]);
		if (begins_something(line, i))
			buffer_append_text(buffer, WORD_JOINER);
	}
	buffer_append_byte(buffer, '\n');
}

void markdown_append_document(struct buffer *buffer, const char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		const char *end = memchr(text + i, '\n', size - i);
		size_t stop = end ? (size_t)(end - text) : size;
		bool has_return = stop > i && text[stop - 1] == '\r';
		append_line(buffer, text + i, stop - i - has_return);
		i = stop + 1;
	}
}
