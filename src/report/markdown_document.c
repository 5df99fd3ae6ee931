/* Markdown that a step wrote for people: it formats, and can do nothing else. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "report/markdown.h"

#define WORD_JOINER "\u2060"
#define FENCE_LENGTH 3u

/* A fenced block that is open. */
struct fence {
	char byte;     /* '`' or '~'; 0: none is open */
	size_t length; /* what closes it is at least so long */
};

/* The fence a line begins with; length 0: none. */
static struct fence line_fence(const char *line, size_t size)
{
	size_t indent = 0;
	size_t length = 0;
	while (indent < size && line[indent] == ' ')
		indent++;
	char byte = indent < size ? line[indent] : 0;
	while ((byte == '`' || byte == '~') && indent + length < size &&
		line[indent + length] == byte)
		length++;
	return indent > 3 || length < FENCE_LENGTH ? (struct fence){0}
						   : (struct fence){byte, length};
}

/* The length of the code span that begins here, with its back-ticks; 0: it does not end. */
static size_t span_length(const char *text, size_t size)
{
	size_t ticks = strspn(text, "`");
	for (size_t i = ticks; i < size;) {
		size_t run = strspn(text + i, "`");
		if (run == ticks)
			return i + run;
		i += run ? run : 1;
	}
	return 0;
}

/* Tags are text, mentions and numbers of issues are no references; headings stay. */
static void append_inline(struct buffer *buffer, const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char next = i + 1 < size ? (unsigned char)text[i + 1] : 0;
		size_t span = text[i] == '`' ? span_length(text + i, size - i) : 0;
		if (span) {
			buffer_append(buffer, text + i, span);
			i += span - 1;
			continue;
		}
		if (text[i] == '<')
			buffer_append_text(buffer, "&lt;");
		else
			buffer_append_byte(buffer, text[i]);
		bool is_issue = text[i] == '-' && isdigit(next) && i >= 2 &&
				strncasecmp(text + i - 2, "GH", 2) == 0;
		if (text[i] == '@' || (text[i] == '#' && isdigit(next)) || is_issue)
			buffer_append_text(buffer, WORD_JOINER);
	}
}

static void append_line(struct buffer *buffer, struct fence *open, const char *text, size_t size)
{
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
	text_append_visible(&line, text, size);
	struct fence fence = line_fence(buffer_text(&line), line.size);
	if (open->byte) {
		if (fence.byte == open->byte && fence.length >= open->length)
			*open = (struct fence){0};
		buffer_append(buffer, buffer_text(&line), line.size);
	} else if (fence.byte) {
		*open = fence;
		buffer_append(buffer, buffer_text(&line), line.size);
	} else {
		append_inline(buffer, buffer_text(&line), line.size);
	}
	buffer_append_byte(buffer, '\n');
}

void markdown_append_document(struct buffer *buffer, const char *text, size_t size)
{
	struct fence open = {0};
	for (size_t i = 0; i < size;) {
		const char *end = memchr(text + i, '\n', size - i);
		size_t stop = end ? (size_t)(end - text) : size;
		bool has_return = stop > i && text[stop - 1] == '\r';
		append_line(buffer, &open, text + i, stop - i - has_return);
		i = stop + 1;
	}
	if (!open.byte)
		return;
	buffer_append_repeated(buffer, open.byte == '`' ? "`" : "~", open.length);
	buffer_append_byte(buffer, '\n');
}
