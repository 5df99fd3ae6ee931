#include "load/table_reader.h"

#include <string.h>

#include "base/index.h"
#include "base/text.h"
#include "load/steps_reader.h"
#include "load/table_row.h"
#include "load/yaml_check.h"
#include "load/yaml_decode.h"

#define TABLE_ENDING ".pipeline"
#define ERROR_LIMIT 100000u /* whoever makes more of them has no table */

enum header { HEADER_NAME, HEADER_DESCRIPTION, HEADER_TIMEOUT, HEADER_COUNT };
static const char *const header_names[] = {
	[HEADER_NAME] = "name",
	[HEADER_DESCRIPTION] = "description",
	[HEADER_TIMEOUT] = "timeout_min",
};

struct table {
	struct table_settings settings;
	struct pipeline *pipeline;
	struct wave_title *titles; /* the arena's */
	uint32_t title_capacity;
	const char *wave_name; /* of a comment that no row has followed yet; NULL: none */
	uint32_t header_lines[HEADER_COUNT]; /* 0: not given */
	bool has_titles;
	bool has_content; /* some line is neither blank nor a comment */
};

bool path_is_table(const char *path)
{
	return path && text_ends_with(path, TABLE_ENDING);
}

static const char *skip_blanks(const char *at, const char *end)
{
	while (at < end && is_table_blank(*at))
		at++;
	return at;
}

/* The line without its end; *next is where the one after it begins. */
static size_t line_size(const char *line, const char *end, const char **next)
{
	const char *stop = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
	*next = stop ? stop + 1 : end;
	stop = stop ? stop : end;
	return (size_t)(stop - line) - (stop > line && stop[-1] == '\r');
}

/* Characters that end a line for some programs only, or command a terminal. */
static bool is_refused(uint32_t code_point, const char *next, const char *end)
{
	if (code_point == '\r')
		return next < end && *next != '\n';
	if (code_point < 0x20)
		return code_point != '\t' && code_point != '\n';
	return (code_point >= 0x7f && code_point < 0xa0) || code_point == 0x2028 ||
	       code_point == 0x2029;
}

static void report_character(
	const char *bytes, size_t size, size_t offset, struct diagnostics *diagnostics)
{
	struct source_position where = yaml_offset_where(bytes, size, offset);
	uint32_t code_point;
	utf8_decode(bytes + offset, size - offset, &code_point);
	if (code_point == '\r')
		diagnostics_add(diagnostics, FINDING_PARSE, where,
			"a carriage return alone ends no line; lines end with LF or CR LF");
	else
		diagnostics_add(diagnostics, FINDING_PARSE, where,
			"the control character U+%04X is not allowed", (unsigned)code_point);
}

static bool check_characters(const char *bytes, size_t size, struct diagnostics *diagnostics)
{
	const char *end = bytes + size;
	for (const char *at = bytes; at < end;) {
		uint32_t code_point = (unsigned char)*at;
		size_t length = 1;
		if (code_point >= 0x80)
			length = utf8_decode(at, (size_t)(end - at), &code_point);
		if (is_refused(code_point, at + length, end)) {
			report_character(bytes, size, (size_t)(at - bytes), diagnostics);
			return false;
		}
		at += length;
	}
	return true;
}

/* "wave: NAME" behind the '#' of a comment. */
static void read_comment(struct table *table, const char *at, const char *end)
{
	static const char word[] = "wave:";
	at = skip_blanks(at, end);
	if ((size_t)(end - at) < sizeof word || memcmp(at, word, sizeof word - 1) != 0)
		return;
	at = skip_blanks(at + sizeof word - 1, end);
	while (end > at && is_table_blank(end[-1]))
		end--;
	if (end > at)
		table->wave_name = arena_copy_bytes(
			table->settings.diagnostics->arena, at, (size_t)(end - at));
}

/* The length of the word before a ':' that no pipe stands before; 0: not a header line. */
static size_t header_length(const char *at, const char *end, const char **value)
{
	size_t length = 0;
	while (at + length < end && ((at[length] >= 'a' && at[length] <= 'z') ||
					    (at[length] >= 'A' && at[length] <= 'Z') ||
					    at[length] == '_' || at[length] == '-'))
		length++;
	const char *colon = skip_blanks(at + length, end);
	if (length == 0 || colon == end || *colon != ':')
		return 0;
	*value = skip_blanks(colon + 1, end);
	return length;
}

static void set_header(
	struct table *table, enum header header, const char *text, struct source_position where)
{
	switch (header) {
	case HEADER_NAME:
		table->pipeline->name = text;
		break;
	case HEADER_DESCRIPTION:
		table->pipeline->description = text;
		break;
	case HEADER_TIMEOUT:
		table_read_minutes(header_names[HEADER_TIMEOUT], text, where,
			table->settings.diagnostics, &table->settings.timeout_ms);
		break;
	case HEADER_COUNT:
		break;
	}
}

static void read_header(
	struct table *table, const struct table_row *row, const char *word, const char *value)
{
	struct diagnostics *diagnostics = table->settings.diagnostics;
	const char *at = skip_blanks(row->line, row->line + row->size);
	struct source_position where = table_row_where(row, at);
	enum header header = HEADER_NAME;
	while (header < HEADER_COUNT && !text_equal(word, header_names[header]))
		header++;
	if (header == HEADER_COUNT) {
		diagnostics_add_near(diagnostics, FINDING_UNKNOWN_KEY, where,
			text_nearest(word, header_names, ARRAY_LENGTH(header_names)),
			"a table has the headers name, description and timeout_min, not '%s'",
			shorten(diagnostics->arena, word));
		return;
	}
	if (table->settings.first_row_line > 0) {
		diagnostics_add(diagnostics, FINDING_UNKNOWN_KEY, where,
			"the header '%s' stands after the first row, which is on line %u", word,
			(unsigned)table->settings.first_row_line)
			->hint = "header lines come before the rows";
		return;
	}
	if (table->header_lines[header] > 0)
		diagnostics_add(diagnostics, FINDING_DUPLICATE_KEY, where,
			"the header '%s' is given twice; the first is on line %u", word,
			(unsigned)table->header_lines[header]);
	table->header_lines[header] = row->line_number;
	struct table_row line = *row;
	const char *end = row->line + row->size;
	while (end > value && is_table_blank(end[-1]))
		end--;
	if (end == value)
		diagnostics_add(
			diagnostics, FINDING_BAD_VALUE, where, "the header '%s' is empty", word);
	else
		set_header(table, header,
			arena_copy_bytes(diagnostics->arena, value, (size_t)(end - value)),
			table_row_where(&line, value));
}

/* Before the first row any "word: …" is a header; after it only those that are known. */
static bool take_header(struct table *table, const struct table_row *row)
{
	const char *end = row->line + row->size;
	const char *at = skip_blanks(row->line, end);
	const char *value = NULL;
	size_t length = header_length(at, end, &value);
	if (length == 0)
		return false;
	bool is_known = false;
	for (size_t i = 0; i < ARRAY_LENGTH(header_names); i++)
		is_known = is_known || (strlen(header_names[i]) == length &&
					       memcmp(at, header_names[i], length) == 0);
	if (!is_known && table->settings.first_row_line > 0)
		return false;
	read_header(table, row, arena_copy_bytes(table->settings.diagnostics->arena, at, length),
		value);
	return true;
}

static void take_wave_name(struct table *table)
{
	struct pipeline *pipeline = table->pipeline;
	if (!table->wave_name)
		return;
	if (pipeline->wave_title_count == table->title_capacity) {
		uint32_t capacity = table->title_capacity ? 2 * table->title_capacity : 16;
		struct wave_title *grown = ARENA_ARRAY(
			table->settings.diagnostics->arena, struct wave_title, capacity);
		for (uint32_t i = 0; i < pipeline->wave_title_count; i++)
			grown[i] = pipeline->wave_titles[i];
		pipeline->wave_titles = grown;
		table->title_capacity = capacity;
	}
	pipeline->wave_titles[pipeline->wave_title_count++] =
		(struct wave_title){pipeline->step_count, table->wave_name};
	table->wave_name = NULL;
}

/* False: nothing after this line is read. */
static bool read_line(struct table *table, struct table_row *row)
{
	struct diagnostics *diagnostics = table->settings.diagnostics;
	struct pipeline *pipeline = table->pipeline;
	const char *end = row->line + row->size;
	const char *at = skip_blanks(row->line, end);
	if (at == end)
		return true;
	if (*at == '#') {
		read_comment(table, at + 1, end);
		return true;
	}
	table->has_content = true;
	if (row->size > TABLE_LINE_LIMIT_BYTES) {
		diagnostics_add(diagnostics, FINDING_PARSE,
			(struct source_position){row->line_number, 1},
			"the line has %zu bytes; at most %zu are read", row->size,
			TABLE_LINE_LIMIT_BYTES);
		table->settings.row_number++;
		return true;
	}
	if (take_header(table, row))
		return diagnostics->error_count < ERROR_LIMIT;
	table_row_split(row);
	if (table->settings.first_row_line == 0 && !table->has_titles &&
		table_row_is_title(row, &table->settings)) {
		table->has_titles = true;
		return true;
	}
	if (pipeline->step_count == PIPELINE_STEP_LIMIT) {
		diagnostics_add(diagnostics, FINDING_PARSE, table_row_where(row, at),
			"the table has more than %u rows", PIPELINE_STEP_LIMIT);
		return false;
	}
	take_wave_name(table);
	table_row_read(row, &table->settings, &pipeline->steps[pipeline->step_count++]);
	if (table->settings.first_row_line == 0 && row->cell_count > 1)
		table->settings.first_row_line = row->line_number;
	return diagnostics->error_count < ERROR_LIMIT;
}

/* At least as many as there are rows. */
static uint32_t count_lines(const char *bytes, size_t size)
{
	const char *end = bytes + size;
	uint32_t count = 0;
	for (const char *next = bytes; next < end && count < PIPELINE_STEP_LIMIT;) {
		const char *line = skip_blanks(next, end);
		size_t length = line_size(line, end, &next);
		count += length > 0 && *line != '#' && *line != '\n';
	}
	return count;
}

static void read_lines(struct table *table, const char *bytes, size_t size)
{
	const char *end = bytes + size;
	struct table_row row = {0};
	for (const char *next = bytes; next < end;) {
		row.line = next;
		row.size = line_size(row.line, end, &next);
		row.line_number++;
		if (!read_line(table, &row))
			return;
	}
}

/* A table has no parameters: whoever sets one means another file. */
static void refuse_assignments(const struct load_request *request, struct diagnostics *diagnostics)
{
	for (uint32_t i = 0; i < request->assignment_count; i++)
		diagnostics_add(diagnostics, FINDING_PARAMETER, (struct source_position){0, 0},
			"a table has no parameters, and '%s' is given",
			shorten(diagnostics->arena, request->assignments[i].name));
}

void table_read(const struct load_request *request, const char *bytes, size_t size,
	struct diagnostics *diagnostics, struct pipeline *pipeline)
{
	struct table table = {
		.pipeline = pipeline,
		.settings = {.diagnostics = diagnostics,
			.timeout_ms = TABLE_DEFAULT_TIMEOUT_MIN * INT64_C(60000),
			.shell = request->shell,
			.row_number = 1},
	};
	pipeline_start(pipeline);
	pipeline->format = FORMAT_TABLE;
	if (!yaml_check_bytes(bytes, size, diagnostics) ||
		!check_characters(bytes, size, diagnostics))
		return;
	refuse_assignments(request, diagnostics);
	pipeline->steps = ARENA_ARRAY(diagnostics->arena, struct step, count_lines(bytes, size));
	read_lines(&table, bytes, size);
	if (pipeline->step_count == 0 && diagnostics->error_count == 0)
		diagnostics_add(diagnostics, FINDING_PARSE, (struct source_position){1, 1},
			table.has_content ? "the table has no row" : "the file is empty");
}
