#include "contract/schema_describe.h"

#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "contract/schema_pattern.h"

#define COLUMNS 60u
#define ENUM_COLUMNS 120u
#define BYTES (4 * COLUMNS) /* enough for that many columns; the rest is not looked at */

const char *schema_describe_text(struct arena *arena, const char *text, size_t size)
{
	struct buffer visible CLEANUP(buffer_release) = BUFFER_INIT;
	struct buffer quoted CLEANUP(buffer_release) = BUFFER_INIT;
	size_t shown = size > BYTES ? utf8_cut(text, size, BYTES) : size;
	text_append_visible(&visible, text, shown);
	buffer_append_text(&quoted, "'");
	text_append_cut(&quoted, buffer_text(&visible), COLUMNS);
	if (shown < size && !text_ends_with(buffer_text(&quoted), "…"))
		buffer_append_text(&quoted, "…");
	buffer_append_text(&quoted, "'");
	return arena_copy_text(arena, buffer_text(&quoted));
}

static const char *describe_number(struct arena *arena, const struct schema_number *number)
{
	if (number->is_integer)
		return arena_format(arena, "%" JSON_INTEGER_FORMAT, number->integer);
	for (int digits = 15; digits < 17; digits++) {
		char *text = arena_format(arena, "%.*g", digits, number->real);
		if (strtod(text, NULL) == number->real)
			return text;
	}
	return arena_format(arena, "%.17g", number->real);
}

static const char *describe_count(
	struct arena *arena, const char *before, uint64_t count, const char *what)
{
	const char *plural = count == 1 ? "" : "s";
	if (count == 1 && text_equal(what, "property"))
		return arena_format(arena, "%s1 property", before);
	if (text_equal(what, "property"))
		return arena_format(arena, "%s%llu properties", before, (unsigned long long)count);
	return arena_format(arena, "%s%llu %s%s", before, (unsigned long long)count, what, plural);
}

const char *schema_describe_value(struct arena *arena, const json_t *value)
{
	struct schema_number number;
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		if (!json_object_size(value))
			return "an empty object";
		return describe_count(arena, "an object of ", json_object_size(value), "property");
	case JSON_ARRAY:
		if (!json_array_size(value))
			return "an empty list";
		return describe_count(arena, "a list of ", json_array_size(value), "item");
	case JSON_STRING:
		return arena_format(arena, "the text %s",
			schema_describe_text(
				arena, json_string_value(value), json_string_length(value)));
	case JSON_INTEGER:
	case JSON_REAL:
		number = schema_number_make(value);
		return arena_format(arena, "the number %s", describe_number(arena, &number));
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	case JSON_NULL:
		break;
	}
	return "null";
}

const char *schema_describe_types(struct arena *arena, uint8_t types, bool allows_whole_real)
{
	static const struct {
		uint8_t bits;
		const char *text;
	} words[] = {
		{1u << JSON_OBJECT, "an object"},
		{1u << JSON_ARRAY, "a list"},
		{1u << JSON_STRING, "a text"},
		{1u << JSON_INTEGER, "an integer"},
		{1u << JSON_TRUE, "true or false"},
		{1u << JSON_NULL, "null"},
	};
	const char *text = "";
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
		const char *word = words[i].text;
		if (!(types & words[i].bits))
			continue;
		if (words[i].bits == 1u << JSON_INTEGER && !allows_whole_real)
			word = "a number";
		text = *text ? arena_format(arena, "%s or %s", text, word) : word;
	}
	return text;
}

static const char *describe_enum(
	struct arena *arena, const struct schema *schema, const struct schema_enum *list)
{
	struct buffer text CLEANUP(buffer_release) = BUFFER_INIT;
	buffer_append_text(&text, list->count > 1 ? "one of " : "");
	if (!list->count)
		return "no value at all";
	for (uint32_t i = 0; i < list->count; i++) {
		const json_t *value = schema->values.items[list->first + i];
		if (i && utf8_width(text.bytes, text.size) >= ENUM_COLUMNS) {
			buffer_printf(&text, " and %u more", list->count - i);
			break;
		}
		buffer_append_text(&text, i ? ", " : "");
		buffer_append_text(
			&text, json_is_string(value) && list->count > 1
				       ? schema_describe_text(arena, json_string_value(value),
						 json_string_length(value))
				       : schema_describe_value(arena, value));
	}
	return arena_copy_text(arena, buffer_text(&text));
}

const char *schema_describe_instruction(struct arena *arena, const struct schema *schema,
	const struct schema_instruction *instruction)
{
	const char *at_least = "at least ";
	switch (instruction->keyword) {
	case KEYWORD_MULTIPLE_OF:
	case KEYWORD_MINIMUM:
	case KEYWORD_MAXIMUM:
	case KEYWORD_EXCLUSIVE_MINIMUM:
	case KEYWORD_EXCLUSIVE_MAXIMUM: {
		static const char *const words[] = {
			"a multiple of", "at least", "at most", "more than", "less than"};
		return arena_format(arena, "%s %s",
			words[instruction->keyword - KEYWORD_MULTIPLE_OF],
			describe_number(arena, &schema->numbers.items[instruction->index]));
	}
	case KEYWORD_MAX_LENGTH:
	case KEYWORD_MIN_LENGTH:
		at_least = instruction->keyword == KEYWORD_MIN_LENGTH ? at_least : "at most ";
		return describe_count(arena, at_least, instruction->limit, "character");
	case KEYWORD_MIN_ITEMS:
	case KEYWORD_MAX_ITEMS:
		at_least = instruction->keyword == KEYWORD_MIN_ITEMS ? at_least : "at most ";
		return describe_count(arena, at_least, instruction->limit, "item");
	case KEYWORD_MIN_PROPERTIES:
	case KEYWORD_MAX_PROPERTIES:
		at_least = instruction->keyword == KEYWORD_MIN_PROPERTIES ? at_least : "at most ";
		return describe_count(arena, at_least, instruction->limit, "property");
	case KEYWORD_PATTERN: {
		const char *text = schema_pattern_text(schema->patterns.items[instruction->index]);
		return arena_format(
			arena, "a match of %s", schema_describe_text(arena, text, strlen(text)));
	}
	case KEYWORD_ENUM:
	case KEYWORD_CONST:
		return describe_enum(arena, schema, &schema->enums.items[instruction->index]);
	default:
		return "what the schema in 'not' does not allow";
	}
}
