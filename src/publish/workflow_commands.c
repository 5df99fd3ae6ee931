#include "publish/workflow_commands.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/text.h"

#define ZERO_WIDTH_SPACE "\xE2\x80\x8B"
#define CONTROL_PICTURES 0x2400 /* U+2400 + a control character is its picture */
#define DELETE_PICTURE 0x2421

static void escape_append(struct buffer *buffer, const char *text, const char *special)
{
	for (; *text; text++) {
		if (strchr(special, *text))
			buffer_printf(buffer, "%%%02X", (unsigned int)(unsigned char)*text);
		else
			buffer_append_byte(buffer, *text);
	}
}

void workflow_command_append(struct buffer *buffer, const char *command,
	const char *const properties[], const char *message)
{
	buffer_printf(buffer, "::%s", command);
	char separator = ' ';
	for (size_t i = 0; properties && properties[i]; i += 2) {
		if (!properties[i + 1])
			continue;
		buffer_append_byte(buffer, separator);
		buffer_printf(buffer, "%s=", properties[i]);
		escape_append(buffer, properties[i + 1], "%\r\n:,");
		separator = ',';
	}
	buffer_append_text(buffer, "::");
	escape_append(buffer, message ? message : "", "%\r\n");
	buffer_append_byte(buffer, '\n');
}

void stop_commands_token(char token[STOP_COMMANDS_TOKEN_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char random[(STOP_COMMANDS_TOKEN_SIZE - 1) / 2];
	/* 16 bytes come whole or not at all, see getrandom(2). A guessable token is worse than none. */
	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		abort();
	for (size_t i = 0; i < sizeof random; i++) {
		token[2 * i] = digits[random[i] >> 4];
		token[2 * i + 1] = digits[random[i] & 15];
	}
	token[STOP_COMMANDS_TOKEN_SIZE - 1] = '\0';
}

static void code_point_append_harmless(struct buffer *buffer, uint32_t code_point)
{
	if (code_point < 0x20 && code_point != '\t' && code_point != 0x1B)
		utf8_append(buffer, CONTROL_PICTURES + code_point);
	else
		utf8_append(buffer, code_point == 0x7F ? DELETE_PICTURE : code_point);
}

/* Must a break stand before line[at] so that no command begins there? */
static bool command_begins(const char *line, size_t at, bool only_blanks_before)
{
	if (line[at] == '[' && at >= 2 && line[at - 1] == '#' && line[at - 2] == '#')
		return true;
	return line[at] == ':' && at >= 1 && line[at - 1] == ':' && only_blanks_before;
}

static void line_append_harmless(struct buffer *buffer, const char *line, size_t size)
{
	/*
	 * Whatever the runner trims as white space is not among the visible ASCII characters; so
	 * everything before the first of those counts as blank.
	 */
	bool only_blanks_before = true;
	uint32_t code_point;
	for (size_t at = 0, length; at < size; at += length) {
		length = utf8_decode(line + at, size - at, &code_point);
		if (command_begins(line, at, only_blanks_before))
			buffer_append_text(buffer, ZERO_WIDTH_SPACE);
		code_point_append_harmless(buffer, code_point);
		bool first_colon = code_point == ':' && (at == 0 || line[at - 1] != ':');
		if (code_point > ' ' && code_point < 0x7F && !first_colon)
			only_blanks_before = false;
	}
}

static void line_append(struct buffer *buffer, const char *line, size_t size, const char *log_path)
{
	size_t kept = size;
	if (size > LOG_LINE_LIMIT_BYTES)
		kept = utf8_cut(line, size, LOG_LINE_LIMIT_BYTES);
	line_append_harmless(buffer, line, kept);
	if (kept < size) {
		buffer_printf(buffer, "… (+%zu bytes", size - kept);
		if (log_path) {
			buffer_append_text(buffer, ", full log in ");
			line_append_harmless(buffer, log_path, strlen(log_path));
		}
		buffer_append_byte(buffer, ')');
	}
	buffer_append_byte(buffer, '\n');
}

void log_append_harmless(
	struct buffer *buffer, const char *bytes, size_t size, const char *log_path)
{
	while (size > 0) {
		const char *end = memchr(bytes, '\n', size);
		size_t length = end ? (size_t)(end - bytes) : size;
		size_t taken = end ? length + 1 : size;
		if (end && length > 0 && bytes[length - 1] == '\r')
			length--;
		line_append(buffer, bytes, length, log_path);
		bytes += taken;
		size -= taken;
	}
}
