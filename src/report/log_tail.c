#include "report/log_tail.h"

#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define READ_BYTES (256u * 1024u)

static size_t skip_until(const char *text, size_t size, size_t at, const char *ends)
{
	while (at < size && !strchr(ends, text[at]))
		at++;
	return at;
}

/* Length of the escape sequence at text (ECMA-48: CSI, strings ended by BEL or ST, others). */
static size_t escape_length(const char *text, size_t size)
{
	size_t at = 2;
	if (size < 2)
		return size;
	if (text[1] == '[') {
		while (at < size && (unsigned char)text[at] >= 0x20 &&
			(unsigned char)text[at] < 0x40)
			at++;
		return at < size ? at + 1 : size;
	}
	if (strchr("]PX^_", text[1])) {
		at = skip_until(text, size, at, "\a\033");
		if (at < size && text[at] == '\033' && at + 1 < size && text[at + 1] == '\\')
			return at + 2;
		return at < size && text[at] == '\a' ? at + 1 : at;
	}
	return text[1] >= 0x20 && text[1] < 0x30 && size > 2 ? 3 : 2;
}

/* A progress line that rewrites itself: what stands after the last carriage return counts. */
static size_t after_carriage_return(const char *line, size_t size)
{
	while (size > 0 && line[size - 1] == '\r')
		size--;
	for (size_t i = size; i > 0; i--)
		if (line[i - 1] == '\r')
			return i;
	return 0;
}

static void append_line(const char *line, size_t size, size_t limit, struct buffer *buffer)
{
	CLEANUP(buffer_release) struct buffer plain = BUFFER_INIT;
	size_t start = after_carriage_return(line, size);
	while (size > start && line[size - 1] == '\r')
		size--;
	for (size_t i = start; i < size;) {
		if (line[i] == '\033') {
			i += escape_length(line + i, size - i);
			continue;
		}
		size_t next = i;
		while (next < size && line[next] != '\033')
			next++;
		text_append_visible(&plain, line + i, next - i);
		i = next;
	}
	size_t cut = plain.size > limit ? utf8_cut(plain.bytes, plain.size, limit) : plain.size;
	if (cut > 0)
		buffer_append(buffer, plain.bytes, cut);
	if (cut < plain.size)
		buffer_printf(buffer, "… (+%zu bytes)", plain.size - cut);
	buffer_append_byte(buffer, '\n');
}

void log_text_append(
	const char *text, size_t size, const struct log_tail_limits *limits, struct buffer *buffer)
{
	while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r'))
		size--;
	size_t start = size;
	for (uint32_t lines = 0; start > 0; start--)
		if (text[start - 1] == '\n' && ++lines == limits->lines)
			break;
	while (start < size) {
		const char *end = memchr(text + start, '\n', size - start);
		size_t stop = end ? (size_t)(end - text) : size;
		append_line(text + start, stop - start, limits->line_bytes, buffer);
		start = stop + 1;
	}
}

void log_tail_append(const struct run *run, uint32_t step, const struct log_tail_limits *limits,
	struct buffer *buffer)
{
	const struct run_attempt *attempt = run_last_attempt(run, step);
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer tail = BUFFER_INIT;
	struct error error;
	if (!attempt || !attempt->log_path || !run->folder)
		return;
	const char *path = path_join(&arena, run->folder, attempt->log_path);
	if (file_read_tail(path, READ_BYTES, &tail, &error) && tail.size > 0)
		log_text_append(tail.bytes, tail.size, limits, buffer);
}
