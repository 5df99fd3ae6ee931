#include "load/table_row.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/parse.h"
#include "base/text.h"
#include "load/pipeline_check.h"
#include "load/table_reader.h"
#include "load/yaml_decode.h"

#define GROUP_LIMIT_BYTES 128u
#define NAME_COLUMNS 48u
#define DEFAULT_WORD "-"
#define SHELL_ADAPTER "sh"
#define COLUMN_TITLES "NUM | AGENT | CLI | GATE | PARALLEL_GROUP | TIMEOUT_MIN | PROMPT"

static const char *const titles[] = {
	[COLUMN_NUM] = "NUM",
	[COLUMN_AGENT] = "AGENT",
	[COLUMN_CLI] = "CLI",
	[COLUMN_GATE] = "GATE",
	[COLUMN_PARALLEL_GROUP] = "PARALLEL_GROUP",
	[COLUMN_TIMEOUT_MIN] = "TIMEOUT_MIN",
	[COLUMN_PROMPT] = "PROMPT",
};
static_assert(ARRAY_LENGTH(titles) == COLUMN_COUNT, "one title a column");

bool is_table_blank(char byte)
{
	return byte == ' ' || byte == '\t';
}

static struct table_cell trim(const char *bytes, const char *end)
{
	while (bytes < end && is_table_blank(*bytes))
		bytes++;
	while (end > bytes && is_table_blank(end[-1]))
		end--;
	return (struct table_cell){bytes, (size_t)(end - bytes)};
}

/* The next pipe that stands for itself, or end. */
static const char *find_pipe(const char *at, const char *end)
{
	const char *pipe = at;
	while ((pipe = memchr(pipe, '|', (size_t)(end - pipe))) != NULL) {
		if (pipe == at || pipe[-1] != '\\')
			return pipe;
		pipe++;
	}
	return end;
}

/* One pipe at the end of the line closes the last column, as tables are often written. */
static struct table_cell drop_last_pipe(struct table_cell cell)
{
	const char *end = cell.bytes + cell.size;
	if (cell.size == 0 || end[-1] != '|' || (cell.size > 1 && end[-2] == '\\'))
		return cell;
	return trim(cell.bytes, end - 1);
}

void table_row_split(struct table_row *row)
{
	const char *at = row->line;
	const char *end = row->line + row->size;
	row->cell_count = 0;
	while (row->cell_count + 1 < COLUMN_COUNT) {
		const char *pipe = find_pipe(at, end);
		row->cells[row->cell_count++] = trim(at, pipe);
		if (pipe == end)
			return;
		at = pipe + 1;
	}
	row->cells[row->cell_count++] = drop_last_pipe(trim(at, end));
}

struct source_position table_row_where(const struct table_row *row, const char *at)
{
	struct source_position where = {row->line_number, 1};
	for (const char *byte = row->line; byte < at; where.column++) {
		uint32_t code_point;
		byte += utf8_decode(byte, (size_t)(at - byte), &code_point);
	}
	return where;
}

static struct source_position cell_where(const struct table_row *row, enum table_column column)
{
	return table_row_where(row, row->cells[column].bytes);
}

/* The cell's text with `\|` as a pipe; the arena's. */
static const char *cell_text(
	const struct table_row *row, enum table_column column, struct arena *arena)
{
	struct table_cell cell = row->cells[column];
	char *text = arena_copy_bytes(arena, cell.bytes, cell.size);
	size_t kept = 0;
	for (size_t i = 0; i < cell.size; i++) {
		if (text[i] == '\\' && text[i + 1] == '|')
			i++;
		text[kept++] = text[i];
	}
	text[kept] = '\0';
	return text;
}

/* Beyond the limit nobody reads the words: no memory for them. */
static bool is_kept(const struct diagnostics *diagnostics)
{
	return diagnostics->count < DIAGNOSTICS_LIMIT;
}

static struct finding *report(const struct table_row *row, enum table_column column,
	struct diagnostics *diagnostics, const char *format)
{
	const char *shown =
		is_kept(diagnostics)
			? shorten(diagnostics->arena, cell_text(row, column, diagnostics->arena))
			: "";
	CLEANUP(buffer_release) struct buffer message = BUFFER_INIT;
	for (const char *at = format; *at; at++) {
		if (*at == '@')
			buffer_append_text(&message, shown);
		else
			buffer_append_byte(&message, *at);
	}
	return diagnostics_add(diagnostics, FINDING_BAD_VALUE, cell_where(row, column), "%s",
		buffer_text(&message));
}

static bool is_digits(struct table_cell cell)
{
	for (size_t i = 0; i < cell.size; i++) {
		if (cell.bytes[i] < '0' || cell.bytes[i] > '9')
			return false;
	}
	return cell.size > 0;
}

/* What is wrong with a NUM, '@' for what it is; NULL: it is a number. */
static const char *number_fault(struct table_cell cell, uint64_t *number)
{
	char text[16] = "";
	if (cell.size == 0)
		return "the NUM of this row is empty";
	if (!is_digits(cell))
		return "NUM must be a whole number, not '@'";
	if (cell.bytes[0] == '0' && cell.size > 1)
		return "the NUM '@' must not begin with a zero";
	if (cell.size < sizeof text)
		memcpy(text, cell.bytes, cell.size);
	if (!parse_unsigned(text, PIPELINE_STEP_LIMIT, number))
		return "the NUM '@' is too large";
	return *number == 0 ? "the NUM is 0, and rows are counted from 1" : NULL;
}

/* After a wrong one both ways of going on are right: there is one finding for one mistake. */
static const char *order_fault(const struct table_settings *settings, uint64_t number)
{
	uint64_t expected = settings->row_number;
	bool goes_on = settings->last_number > 0 && number == settings->last_number + 1;
	if (number == expected || goes_on)
		return NULL;
	return number < expected ? "the NUM @ is given twice, or rows are out of order"
				 : "the NUM @ leaves a gap";
}

static void read_number(const struct table_row *row, struct table_settings *settings)
{
	struct table_cell cell = row->cells[COLUMN_NUM];
	uint32_t expected = settings->row_number;
	uint64_t number = 0;
	const char *fault = number_fault(cell, &number);
	if (!fault)
		fault = order_fault(settings, number);
	settings->row_number++;
	settings->last_number = number > 0 ? number : expected;
	if (!fault)
		return;
	struct finding *finding = report(row, COLUMN_NUM, settings->diagnostics, fault);
	if (!is_kept(settings->diagnostics))
		return;
	finding->hint = cell.size == 0 && row->line[strspn(row->line, " \t")] == '|'
				? "a row begins with its NUM, not with a pipe"
				: arena_format(settings->diagnostics->arena,
					  "this row is number %u", expected);
}

/* NULL: not a name, which was reported. */
static const char *read_name(const struct table_row *row, enum table_column column,
	const char *noun, struct diagnostics *diagnostics)
{
	const char *text = cell_text(row, column, diagnostics->arena);
	if (id_is_valid(text))
		return text;
	if (text_is_empty(text) || text_equal(text, DEFAULT_WORD)) {
		report(row, column, diagnostics, "the AGENT of this row is not given")->hint =
			"write 'base' for the default persona";
		return NULL;
	}
	diagnostics_add(diagnostics, FINDING_BAD_VALUE, cell_where(row, column),
		"'%s' cannot be the name of %s: letters, digits, '.', '_' and '-' can, at most "
		"128, beginning with a letter or digit",
		shorten(diagnostics->arena, text), noun);
	return NULL;
}

/* NULL: the default one. */
static const char *read_adapter(const struct table_row *row, struct diagnostics *diagnostics)
{
	struct table_cell cell = row->cells[COLUMN_CLI];
	if (cell.size == 0 || (cell.size == 1 && *cell.bytes == '-'))
		return NULL;
	return read_name(row, COLUMN_CLI, "an adapter", diagnostics);
}

static void read_gate(
	const struct table_row *row, struct diagnostics *diagnostics, struct step *step)
{
	static const char *const words[] = {"auto", "gate", "validate"};
	const char *text = cell_text(row, COLUMN_GATE, diagnostics->arena);
	step->needs_approval = text_equal(text, "gate");
	step->is_check = text_equal(text, "validate");
	if (*text == '\0' || step->needs_approval || step->is_check || text_equal(text, "auto"))
		return;
	const char *nearest = text_nearest(text, words, ARRAY_LENGTH(words));
	for (size_t i = 0; i < ARRAY_LENGTH(words) && !nearest; i++)
		nearest = strcasecmp(text, words[i]) == 0 ? words[i] : NULL;
	diagnostics_add_near(diagnostics, FINDING_BAD_VALUE, cell_where(row, COLUMN_GATE), nearest,
		"GATE must be auto, gate or validate, not '%s'", shorten(diagnostics->arena, text));
}

static void read_group(
	const struct table_row *row, struct diagnostics *diagnostics, struct step *step)
{
	const char *text = cell_text(row, COLUMN_PARALLEL_GROUP, diagnostics->arena);
	if (*text == '\0' || text_equal(text, DEFAULT_WORD))
		return;
	step->group = text;
	if (strlen(text) > GROUP_LIMIT_BYTES)
		diagnostics_add(diagnostics, FINDING_BAD_VALUE,
			cell_where(row, COLUMN_PARALLEL_GROUP),
			"a PARALLEL_GROUP has at most %u bytes, and this one has %zu",
			GROUP_LIMIT_BYTES, strlen(text));
	if (step->is_check)
		report(row, COLUMN_PARALLEL_GROUP, diagnostics,
			"a check (GATE validate) runs at the end of its wave and is in no group, "
			"not in '@'")
			->hint = "write '-' as its PARALLEL_GROUP";
}

bool table_read_minutes(const char *name, const char *text, struct source_position where,
	struct diagnostics *diagnostics, int64_t *minutes_ms)
{
	uint64_t minutes;
	if (!parse_unsigned(text, TABLE_MAXIMUM_TIMEOUT_MIN, &minutes) || minutes == 0) {
		diagnostics_add(diagnostics, FINDING_BAD_VALUE, where,
			"%s must be whole minutes from 1 to %d, not '%s'", name,
			TABLE_MAXIMUM_TIMEOUT_MIN, shorten(diagnostics->arena, text));
		return false;
	}
	*minutes_ms = (int64_t)minutes * 60000;
	return true;
}

static void read_timeout(
	const struct table_row *row, struct table_settings *settings, struct step *step)
{
	const char *text = cell_text(row, COLUMN_TIMEOUT_MIN, settings->diagnostics->arena);
	step->timeout_ms = settings->timeout_ms;
	if (*text && !text_equal(text, DEFAULT_WORD))
		table_read_minutes(titles[COLUMN_TIMEOUT_MIN], text,
			cell_where(row, COLUMN_TIMEOUT_MIN), settings->diagnostics,
			&step->timeout_ms);
}

/* The first words of a prompt, for people. */
static const char *name_of(const char *prompt, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer cut = BUFFER_INIT;
	text_append_cut(&cut, prompt, NAME_COLUMNS);
	if (text_equal(buffer_text(&cut), prompt))
		return prompt;
	const char *space = memrchr(cut.bytes, ' ', cut.size);
	if (!space || space == cut.bytes)
		return arena_copy_text(arena, buffer_text(&cut));
	return arena_format(arena, "%.*s…", (int)(space - cut.bytes), cut.bytes);
}

static void read_work(
	const struct table_row *row, struct table_settings *settings, struct step *step)
{
	struct diagnostics *diagnostics = settings->diagnostics;
	struct arena *arena = diagnostics->arena;
	const char *persona = read_name(row, COLUMN_AGENT, "a persona", diagnostics);
	const char *adapter = read_adapter(row, diagnostics);
	const char *prompt = cell_text(row, COLUMN_PROMPT, arena);
	if (*prompt == '\0') {
		report(row, COLUMN_PROMPT, diagnostics, "the PROMPT of this row is empty");
		return;
	}
	step->name = name_of(prompt, arena);
	if (settings->shell || text_equal(adapter, SHELL_ADAPTER)) {
		step->command = (struct command){
			.script = prompt, .shell = "sh", .where = cell_where(row, COLUMN_PROMPT)};
		return;
	}
	struct agent_use *agent = ARENA_NEW(arena, struct agent_use);
	*agent = (struct agent_use){.persona = INDEX_NONE,
		.adapter = INDEX_NONE,
		.persona_name = persona,
		.adapter_name = adapter,
		.task = prompt,
		.where = cell_where(row, COLUMN_AGENT)};
	step->agent = agent;
}

/* True when some are missing. */
static bool report_missing_cells(const struct table_row *row, struct table_settings *settings)
{
	if (row->cell_count == COLUMN_COUNT)
		return false;
	struct finding *finding = diagnostics_add(settings->diagnostics, FINDING_PARSE,
		table_row_where(row, row->cells[COLUMN_NUM].bytes),
		"a row has the 7 columns " COLUMN_TITLES ", and this one has %u",
		(unsigned)row->cell_count);
	if (row->cell_count == 1)
		finding->hint =
			settings->first_row_line > 0
				? "a row is one line: its PROMPT cannot go on in the next one"
				: "before the rows there may be lines such as 'name: VALUE'";
	return true;
}

static bool is_title(struct table_cell cell, const char *title)
{
	return cell.size == strlen(title) && strncasecmp(cell.bytes, title, cell.size) == 0;
}

bool table_row_is_title(const struct table_row *row, struct table_settings *settings)
{
	if (!is_title(row->cells[COLUMN_NUM], titles[COLUMN_NUM]))
		return false;
	report_missing_cells(row, settings);
	for (uint32_t i = 1; i < row->cell_count; i++) {
		if (!is_title(row->cells[i], titles[i]))
			report(row, (enum table_column)i, settings->diagnostics,
				"the columns are " COLUMN_TITLES ", and here '@' stands");
	}
	return true;
}

void table_row_read(const struct table_row *row, struct table_settings *settings, struct step *step)
{
	uint32_t place = settings->row_number;
	struct diagnostics *diagnostics = settings->diagnostics;
	*step = (struct step){.grace_ms = STEP_DEFAULT_GRACE_MS,
		.where = table_row_where(row, row->cells[COLUMN_NUM].bytes)};
	bool is_short = report_missing_cells(row, settings);
	if (row->cell_count == 1)
		return;
	read_number(row, settings);
	if (is_short || row->cells[COLUMN_NUM].size == 0)
		return;
	step->id = arena_format(diagnostics->arena, "step-%u", (unsigned)place);
	read_work(row, settings, step);
	read_gate(row, diagnostics, step);
	read_group(row, diagnostics, step);
	read_timeout(row, settings, step);
}
