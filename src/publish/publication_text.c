#include "publish/publication_text.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

#define CUT_NOTE "\n\n… (cut: the whole is in the report)\n"

static size_t character_count(const char *text, size_t size)
{
	size_t count = 0;
	uint32_t code_point;
	for (size_t at = 0; at < size; count++)
		at += utf8_decode(text + at, size - at, &code_point);
	return count;
}

void description_append(struct buffer *buffer, const char *text, size_t limit_characters)
{
	size_t size = strlen(text);
	bool cut = character_count(text, size) > limit_characters;
	size_t kept = cut ? limit_characters - 1 : limit_characters;
	uint32_t code_point;
	for (size_t at = 0, count = 0; at < size && count < kept; count++) {
		at += utf8_decode(text + at, size - at, &code_point);
		utf8_append(buffer, code_point_is_unsafe(code_point) ? ' ' : code_point);
	}
	if (cut)
		buffer_append_text(buffer, "…");
}

void status_context_append(struct buffer *buffer, const char *pipeline_name)
{
	buffer_append_text(buffer, "wavetrain / ");
	description_append(buffer, pipeline_name, CONTEXT_LIMIT_CHARACTERS);
}

static bool marker_may_hold(char byte, char before)
{
	if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
		(byte >= '0' && byte <= '9'))
		return true;
	/* Two dashes could be the end of the HTML comment. */
	if (byte == '-')
		return before != '-';
	return byte == '.' || byte == '_' || byte == '/';
}

void comment_marker_append(struct buffer *buffer, const char *pipeline_name)
{
	buffer_append_text(buffer, "<!-- wavetrain:");
	char before = ':';
	for (const char *byte = pipeline_name; *byte; before = *byte++) {
		if (marker_may_hold(*byte, before))
			buffer_append_byte(buffer, *byte);
		else
			buffer_printf(buffer, "%%%02X", (unsigned int)(unsigned char)*byte);
	}
	buffer_append_text(buffer, ":v1 -->");
}

static void state_append(struct buffer *buffer, const char *state)
{
	buffer_printf(buffer, "<!-- wavetrain-state:%s -->", state);
}

void publication_comment_append(
	struct buffer *buffer, const char *pipeline_name, const char *state, const char *text)
{
	comment_marker_append(buffer, pipeline_name);
	buffer_append_byte(buffer, '\n');
	state_append(buffer, state);
	buffer_append_byte(buffer, '\n');
	size_t size = strlen(text);
	if (buffer->size + size <= COMMENT_LIMIT_BYTES) {
		buffer_append(buffer, text, size);
		return;
	}
	size_t room = COMMENT_LIMIT_BYTES - sizeof CUT_NOTE;
	room = room > buffer->size ? room - buffer->size : 0;
	buffer_append(buffer, text, utf8_cut(text, size, room));
	buffer_append_text(buffer, CUT_NOTE);
}

static size_t size_without_end(const char *text)
{
	size_t size = strlen(text);
	while (size > 0 && strchr(" \t\r\n", text[size - 1]))
		size--;
	return size;
}

bool comment_equal(const char *left, const char *right)
{
	const char *left_end = left + size_without_end(left);
	const char *right_end = right + size_without_end(right);
	for (;;) {
		while (left < left_end && *left == '\r')
			left++;
		while (right < right_end && *right == '\r')
			right++;
		if (left == left_end || right == right_end)
			return left == left_end && right == right_end;
		if (*left++ != *right++)
			return false;
	}
}

bool comment_has_state(const char *body, const char *state)
{
	CLEANUP(buffer_release) struct buffer wanted = BUFFER_INIT;
	state_append(&wanted, state);
	/* Only in the second line, where publication_comment_append() puts it: the rest is made from logs. */
	const char *line = strchr(body, '\n');
	return line && text_starts_with(line + 1, wanted.bytes);
}
