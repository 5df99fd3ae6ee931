/* What a table says in words: error texts and the reference page. */
#include <assert.h>

#include "base/index.h"
#include "base/text.h"
#include "load/yaml_decode.h"

static const char *const kind_words[] = {
	[FIELD_TEXT] = "text",
	[FIELD_BOOLEAN] = "true or false",
	[FIELD_UNSIGNED] = "a whole number",
	[FIELD_NUMBER] = "a number",
	[FIELD_DURATION] = "a duration such as 90, 30s, 30m or 5h30m",
	[FIELD_SIZE] = "a size such as 512KiB, 50MB or 1GiB",
	[FIELD_ENUM] = "",
	[FIELD_TEXT_LIST] = "a text or a list of texts",
	[FIELD_ENVIRONMENT] = "a mapping of names to values",
	[FIELD_COMMAND] = "a command: a text for the shell, or a list of texts run as it is",
	[FIELD_MAPPING] = "a mapping",
	[FIELD_SEQUENCE] = "a list",
	[FIELD_NAMED] = "a mapping of names",
	[FIELD_CUSTOM] = "",
};
static_assert(ARRAY_LENGTH(kind_words) == FIELD_KIND_COUNT, "words for every kind");

static void append_range(const struct yaml_field *field, struct buffer *buffer)
{
	buffer_printf(
		buffer, " from %lld to %lld", (long long)field->minimum, (long long)field->maximum);
}

static void append_duration_range(const struct yaml_field *field, struct buffer *buffer)
{
	static const int64_t day_ms = (int64_t)24 * 3600 * 1000;
	if (field->minimum >= 1000)
		buffer_printf(buffer, ", at least %llds and", (long long)(field->minimum / 1000));
	else
		buffer_append_text(buffer, field->minimum > 0 ? ", more than 0 and" : ",");
	buffer_append_text(buffer, " at most ");
	if (field->maximum % day_ms == 0)
		buffer_printf(buffer, "%lldd", (long long)(field->maximum / day_ms));
	else
		buffer_printf(buffer, "%llds", (long long)(field->maximum / 1000));
}

void field_append_expected(const struct yaml_field *field, struct buffer *buffer)
{
	if (field->expected) {
		buffer_append_text(buffer, field->expected);
		return;
	}
	buffer_append_text(buffer, kind_words[field->kind]);
	if (field->kind == FIELD_UNSIGNED || field->kind == FIELD_NUMBER)
		append_range(field, buffer);
	else if (field->kind == FIELD_DURATION)
		append_duration_range(field, buffer);
	for (size_t i = 0; field->word && field->word(i); i++)
		buffer_printf(buffer, "%s%s",
			i == 0               ? ""
			: field->word(i + 1) ? ", "
					     : " or ",
			field->word(i));
}

/* A '|' would end the table's cell. */
static void append_cell(struct buffer *buffer, const char *text)
{
	for (; *text; text++) {
		if (*text == '|')
			buffer_append_byte(buffer, '\\');
		buffer_append_byte(buffer, *text);
	}
}

static void append_row(const struct yaml_field *field, struct buffer *buffer)
{
	struct buffer expected = BUFFER_INIT;
	field_append_expected(field, &expected);
	buffer_printf(buffer, "| `%s`", field->key);
	if (field->alias)
		buffer_printf(buffer, ", `%s`", field->alias);
	buffer_append_text(buffer, " | ");
	append_cell(buffer, buffer_text(&expected));
	buffer_append_text(buffer, " | ");
	if (field->flags & FIELD_REQUIRED)
		buffer_append_text(buffer, "**required**");
	else if (field->shown_default)
		append_cell(buffer, field->shown_default);
	buffer_append_text(buffer, " | ");
	append_cell(buffer, field->description);
	buffer_append_text(buffer, " |\n");
	buffer_release(&expected);
}

void table_append_reference(const struct yaml_table *table, struct buffer *buffer)
{
	buffer_printf(buffer, "## %s\n\n", table->title);
	if (table->short_key)
		buffer_printf(buffer, "A single value in place of the mapping is its `%s`.\n\n",
			table->short_key);
	buffer_append_text(buffer, "| key | value | default | meaning |\n|---|---|---|---|\n");
	for (uint32_t i = 0; i < table->field_count; i++)
		append_row(&table->fields[i], buffer);
	buffer_append_byte(buffer, '\n');
}
