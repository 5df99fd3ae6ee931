#include "run/step_item.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

bool step_has_item(const struct step *step)
{
	return step->instance && step->instance->item;
}

static const char *item_file(const struct step *step, const char *input_folder, struct arena *arena)
{
	return arena_format(arena, "%s/%s.json", input_folder, step->instance->item_name);
}

static bool read_unit(const char **at, uint32_t *unit)
{
	*unit = 0;
	for (uint32_t i = 0; i < 4; i++) {
		static const char digits[] = "0123456789abcdef";
		char byte = **at >= 'A' && **at <= 'F' ? (char)(**at - 'A' + 'a') : **at;
		const char *digit = byte ? strchr(digits, byte) : NULL;
		if (!digit)
			return false;
		*unit = *unit * 16 + (uint32_t)(digit - digits);
		(*at)++;
	}
	return true;
}

/* What follows "\\u"; two units may be one character. False: NUL, or no JSON. */
static bool append_code(struct buffer *text, const char **at)
{
	uint32_t unit, second;
	if (!read_unit(at, &unit))
		return false;
	if (unit >= 0xd800 && unit < 0xdc00 && (*at)[0] == '\\' && (*at)[1] == 'u') {
		*at += 2;
		if (!read_unit(at, &second) || second < 0xdc00 || second > 0xdfff)
			return false;
		unit = 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
	}
	if (!unit)
		return false;
	utf8_append(text, unit);
	return true;
}

/* The text of a JSON string, which our own writer has made. False: it is none. */
static bool append_string(struct buffer *text, const char *json)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	const char *at = json + 1;
	while (*at && *at != '"') {
		if (*at != '\\') {
			buffer_append_byte(text, *at++);
			continue;
		}
		const char *found = at[1] ? strchr(from, at[1]) : NULL;
		bool is_code = at[1] == 'u';
		if (!found && !is_code)
			return false;
		at += 2;
		if (found)
			buffer_append_byte(text, to[found - from]);
		else if (!append_code(text, &at))
			return false;
	}
	return at[0] == '"' && !at[1];
}

uint32_t step_item_variables(const struct step *step, const char *input_folder, struct arena *arena,
	const char **variables)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	const char *item = step->instance->item;
	variables[0] = arena_format(arena, "WAVETRAIN_ITEM_INDEX=%u", step->instance->number);
	variables[1] =
		arena_format(arena, "WAVETRAIN_ITEM_FILE=%s", item_file(step, input_folder, arena));
	bool is_text = item[0] == '"' && append_string(&text, item);
	const char *value = is_text ? buffer_text(&text) : item;
	if (strlen(value) > STEP_ITEM_VARIABLE_LIMIT_BYTES)
		return 2;
	variables[2] = arena_format(arena, "WAVETRAIN_ITEM=%s", value);
	return STEP_ITEM_VARIABLE_COUNT;
}

bool step_item_write(const struct step *step, const char *input_folder, struct error *error)
{
	CLEANUP(arena_release) struct arena arena = {0};
	const char *path = item_file(step, input_folder, &arena);
	const char *item = step->instance->item;
	CLEANUP(close_descriptor)
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	if (file < 0)
		return error_set_errno(error, ERROR_FILE, "cannot make '%s'", path);
	return descriptor_write_all(file, item, strlen(item), error);
}
