/* Tables: what each column gives, and every way to be refused. */
#include "load/table_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "cmocka_all.h"
#include "load/load_bytes.h"

#define MINUTE_MS INT64_C(60000)

struct loaded {
	struct arena arena;
	struct diagnostics diagnostics;
	struct pipeline pipeline;
};

static void load(struct loaded *loaded, const char *bytes, size_t size, bool shell)
{
	const struct load_request request = {
		.path = "feature.pipeline", .folder = "/project", .shell = shell};
	*loaded = (struct loaded){0};
	pipeline_load_bytes(
		&request, bytes, size, &loaded->arena, &loaded->diagnostics, &loaded->pipeline);
}

static void loaded_release(struct loaded *loaded)
{
	diagnostics_release(&loaded->diagnostics);
	arena_release(&loaded->arena);
}

static void load_well(struct loaded *loaded, const char *text, bool shell)
{
	load(loaded, text, strlen(text), shell);
	CLEANUP(buffer_release) struct buffer findings = BUFFER_INIT;
	diagnostics_append_text(&loaded->diagnostics, &findings);
	assert_string_equal(buffer_text(&findings), "");
}

static void test_all_columns(void **state)
{
	(void)state;
	CLEANUP(loaded_release) struct loaded loaded;
	load_well(&loaded,
		"# A table\r\n"
		"name: Feature: auth | sessions \r\n"
		"description:What it is for\r\n"
		"timeout_min: 45\r\n"
		"\r\n"
		"NUM | AGENT | CLI | GATE | PARALLEL_GROUP | TIMEOUT_MIN | PROMPT\r\n"
		"1 | base | - | auto | - | 10 | Set up\r\n"
		"  2|dev.1|claude||backend||Write the API | with pipes |\r\n"
		"\t# wave: Front and back \r\n"
		"3 | dev | codex-2 | gate | web \\| app | - | Escape \\| and \\\\| and end \\|\r\n"
		"4 | base | | validate | | | Check it |",
		false);
	const struct pipeline *pipeline = &loaded.pipeline;
	assert_int_equal(pipeline->format, FORMAT_TABLE);
	assert_string_equal(pipeline->name, "Feature: auth | sessions");
	assert_string_equal(pipeline->description, "What it is for");
	assert_string_equal(pipeline->folder, "/project");
	assert_true(pipeline->checkpoint.commit);
	assert_string_equal(pipeline->checkpoint.message, CHECKPOINT_DEFAULT_MESSAGE);
	assert_int_equal(pipeline->checkpoint.max_file_bytes, CHECKPOINT_DEFAULT_MAX_FILE_BYTES);
	assert_int_equal(pipeline->step_count, 4);
	const struct step *steps = pipeline->steps;
	assert_string_equal(steps[0].id, "step-1");
	assert_string_equal(steps[0].name, "Set up");
	assert_string_equal(steps[0].agent->persona_name, "base");
	assert_null(steps[0].agent->adapter_name);
	assert_int_equal(steps[0].agent->persona, INDEX_NONE);
	assert_int_equal(steps[0].agent->adapter, INDEX_NONE);
	assert_string_equal(steps[0].agent->task, "Set up");
	assert_null(steps[0].command.script);
	assert_null(steps[0].group);
	assert_int_equal(steps[0].timeout_ms, 10 * MINUTE_MS);
	assert_int_equal(steps[0].grace_ms, STEP_DEFAULT_GRACE_MS);
	assert_int_equal(steps[0].retry.max, 0);
	assert_int_equal(steps[0].where.line, 7);
	assert_int_equal(steps[0].where.column, 1);
	assert_string_equal(steps[1].agent->persona_name, "dev.1");
	assert_string_equal(steps[1].agent->adapter_name, "claude");
	assert_string_equal(steps[1].agent->task, "Write the API | with pipes");
	assert_string_equal(steps[1].group, "backend");
	assert_int_equal(steps[1].timeout_ms, 45 * MINUTE_MS);
	assert_false(steps[1].needs_approval || steps[1].is_check);
	assert_int_equal(steps[1].where.column, 3);
	assert_string_equal(steps[2].group, "web | app");
	assert_string_equal(steps[2].agent->task, "Escape | and \\| and end |");
	assert_true(steps[2].needs_approval && !steps[2].is_check);
	assert_int_equal(steps[2].timeout_ms, 45 * MINUTE_MS);
	assert_true(steps[3].is_check && !steps[3].needs_approval);
	assert_string_equal(steps[3].id, "step-4");
	assert_string_equal(steps[3].agent->task, "Check it");
	assert_int_equal(pipeline->wave_title_count, 1);
	assert_int_equal(pipeline->wave_titles[0].step, 2);
	assert_string_equal(pipeline->wave_titles[0].name, "Front and back");
}

static void test_defaults(void **state)
{
	(void)state;
	CLEANUP(loaded_release) struct loaded loaded;
	load_well(&loaded,
		"\xef\xbb\xbf"
		"1|base|-|auto|-|-|x",
		false);
	assert_string_equal(loaded.pipeline.name, "feature");
	assert_int_equal(loaded.pipeline.steps[0].timeout_ms, 60 * MINUTE_MS);
	assert_int_equal(loaded.pipeline.wave_title_count, 0);
}

/* A title without a row, a title with nothing in it, and the later of two. */
static void test_wave_titles(void **state)
{
	(void)state;
	CLEANUP(loaded_release) struct loaded loaded;
	load_well(&loaded,
		"# wave: one\n#wave:two\n# wave: \n# waves: no\n1|base|-|auto|a|-|x\n"
		"2|base|-|auto|a|-|x\n# wave: three\n3|base|-|auto|-|-|x\n# wave: end\n",
		false);
	assert_int_equal(loaded.pipeline.wave_title_count, 2);
	assert_int_equal(loaded.pipeline.wave_titles[0].step, 0);
	assert_string_equal(loaded.pipeline.wave_titles[0].name, "two");
	assert_int_equal(loaded.pipeline.wave_titles[1].step, 2);
	assert_string_equal(loaded.pipeline.wave_titles[1].name, "three");
}

static void test_commands(void **state)
{
	(void)state;
	static const char table[] = "1|base|sh|auto|-|5|make a | tee log\n"
				    "2|base|-|auto|-|5|make \\|\\| true |\n";
	CLEANUP(loaded_release) struct loaded loaded;
	load_well(&loaded, table, false);
	assert_null(loaded.pipeline.steps[0].agent);
	assert_string_equal(loaded.pipeline.steps[0].command.script, "make a | tee log");
	assert_string_equal(loaded.pipeline.steps[0].command.shell, "sh");
	assert_string_equal(loaded.pipeline.steps[1].agent->task, "make || true");
	CLEANUP(loaded_release) struct loaded as_shell;
	load_well(&as_shell, table, true);
	assert_null(as_shell.pipeline.steps[1].agent);
	assert_string_equal(as_shell.pipeline.steps[1].command.script, "make || true");
	assert_int_equal(as_shell.pipeline.steps[1].command.where.column, 19);
}

static void test_names_from_long_prompts(void **state)
{
	(void)state;
	CLEANUP(loaded_release) struct loaded loaded;
	load_well(&loaded,
		"1|base|-|auto|-|5|Write the whole of the documentation for the new endpoints\n"
		"2|base|-|auto|-|5|aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		false);
	assert_string_equal(
		loaded.pipeline.steps[0].name, "Write the whole of the documentation for the…");
	assert_string_equal(
		loaded.pipeline.steps[1].name, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…");
}

struct refusal {
	const char *source;
	enum finding_code code;
	uint32_t line, column;
	const char *message;
	const char *hint; /* NULL: none */
	uint32_t error_count;
};

#define COLUMNS "NUM | AGENT | CLI | GATE | PARALLEL_GROUP | TIMEOUT_MIN | PROMPT"
#define NAMES "letters, digits, '.', '_' and '-' can, at most 128, beginning with a letter or digit"
#define ROW(number) #number "|base|-|auto|-|-|x\n"

static const struct refusal refusals[] = {
	{"", FINDING_PARSE, 1, 1, "the file is empty", NULL, 1},
	{"# only\n\n  # comments\n", FINDING_PARSE, 1, 1, "the file is empty", NULL, 1},
	{"name: x\n" COLUMNS "\n", FINDING_PARSE, 1, 1, "the table has no row", NULL, 1},
	{"1|base|-|auto|-|-|\x01", FINDING_PARSE, 1, 19,
		"the control character U+0001 is not allowed", NULL, 1},
	{"\n1|base|-|auto|-|-|\x7f", FINDING_PARSE, 2, 19,
		"the control character U+007F is not allowed", NULL, 1},
	{ROW(1) "# \xc3\xa4 \xe2\x80\xa8", FINDING_PARSE, 2, 5,
		"the control character U+2028 is not allowed", NULL, 1},
	{ROW(1) "# \xc2\x85", FINDING_PARSE, 2, 3, "the control character U+0085 is not allowed",
		NULL, 1},
	{"1|base|-|auto|-|-|x\r2|base|-|auto|-|-|x\r", FINDING_PARSE, 1, 20,
		"a carriage return alone ends no line; lines end with LF or CR LF", NULL, 1},
	{"1|base|-|auto|-|-|\xc3\xa4\xff", FINDING_PARSE, 1, 20,
		"the file is not UTF-8 from here on (byte 0xFF)", NULL, 1},
	{"hello\n" ROW(1), FINDING_PARSE, 1, 1,
		"a row has the 7 columns " COLUMNS ", and this one has 1",
		"before the rows there may be lines such as 'name: VALUE'", 1},
	{ROW(1) "  and more of it\n" ROW(2), FINDING_PARSE, 2, 3,
		"a row has the 7 columns " COLUMNS ", and this one has 1",
		"a row is one line: its PROMPT cannot go on in the next one", 1},
	{ROW(1) "2 | base | x\n" ROW(3), FINDING_PARSE, 2, 1,
		"a row has the 7 columns " COLUMNS ", and this one has 3", NULL, 1},
	{ROW(1) "2 | base | - | auto | - | 10\n", FINDING_PARSE, 2, 1,
		"a row has the 7 columns " COLUMNS ", and this one has 6", NULL, 1},
	{"NUM | AGENT\n" ROW(1), FINDING_PARSE, 1, 1,
		"a row has the 7 columns " COLUMNS ", and this one has 2", NULL, 1},
	{"num | cli | agent | gate | parallel_group | timeout_min | prompt\n" ROW(1),
		FINDING_BAD_VALUE, 1, 7, "the columns are " COLUMNS ", and here 'cli' stands", NULL,
		2},
	{ROW(1) COLUMNS "\n", FINDING_BAD_VALUE, 2, 1, "NUM must be a whole number, not 'NUM'",
		"this row is number 2", 3},
	/* NUM */
	{"|base|-|auto|-|-|x\n", FINDING_BAD_VALUE, 1, 1, "the NUM of this row is empty",
		"a row begins with its NUM, not with a pipe", 1},
	{"x|base|-|auto|-|-|x\n", FINDING_BAD_VALUE, 1, 1, "NUM must be a whole number, not 'x'",
		"this row is number 1", 1},
	{ROW(1) " 1.5 |base|-|auto|-|-|x\n", FINDING_BAD_VALUE, 2, 2,
		"NUM must be a whole number, not '1.5'", "this row is number 2", 1},
	{"-1|base|-|auto|-|-|x\n", FINDING_BAD_VALUE, 1, 1, "NUM must be a whole number, not '-1'",
		"this row is number 1", 1},
	{"01|base|-|auto|-|-|x\n" ROW(2), FINDING_BAD_VALUE, 1, 1,
		"the NUM '01' must not begin with a zero", "this row is number 1", 1},
	{"0|base|-|auto|-|-|x\n" ROW(2), FINDING_BAD_VALUE, 1, 1,
		"the NUM is 0, and rows are counted from 1", "this row is number 1", 1},
	{ROW(1) ROW(3) ROW(4), FINDING_BAD_VALUE, 2, 1, "the NUM 3 leaves a gap",
		"this row is number 2", 1},
	{ROW(2) ROW(3), FINDING_BAD_VALUE, 1, 1, "the NUM 2 leaves a gap", "this row is number 1",
		1},
	{ROW(1) ROW(1) ROW(3), FINDING_BAD_VALUE, 2, 1,
		"the NUM 1 is given twice, or rows are out of order", "this row is number 2", 1},
	{"99999999999999999999999999|base|-|auto|-|-|x\n" ROW(2), FINDING_BAD_VALUE, 1, 1,
		"the NUM '99999999999999999999999999' is too large", "this row is number 1", 1},
	{ROW(1) ROW(3) ROW(3) ROW(4), FINDING_BAD_VALUE, 2, 1, "the NUM 3 leaves a gap",
		"this row is number 2", 1},
	{ROW(1) ROW(1) ROW(2) ROW(3), FINDING_BAD_VALUE, 2, 1,
		"the NUM 1 is given twice, or rows are out of order", "this row is number 2", 1},
	{ROW(1) ROW(3) ROW(5), FINDING_BAD_VALUE, 2, 1, "the NUM 3 leaves a gap",
		"this row is number 2", 2},
	{"x|base|-|auto|-|-|x\n" ROW(2), FINDING_BAD_VALUE, 1, 1,
		"NUM must be a whole number, not 'x'", "this row is number 1", 1},
	/* AGENT and CLI */
	{"1| |-|auto|-|-|x\n", FINDING_BAD_VALUE, 1, 4, "the AGENT of this row is not given",
		"write 'base' for the default persona", 1},
	{"1|-|-|auto|-|-|x\n", FINDING_BAD_VALUE, 1, 3, "the AGENT of this row is not given",
		"write 'base' for the default persona", 1},
	{"1| my agent|-|auto|-|-|x\n", FINDING_BAD_VALUE, 1, 4,
		"'my agent' cannot be the name of a persona: " NAMES, NULL, 1},
	{"1|base|a/b|auto|-|-|x\n", FINDING_BAD_VALUE, 1, 8,
		"'a/b' cannot be the name of an adapter: " NAMES, NULL, 1},
	/* GATE */
	{"1|base|-|atuo|-|-|x\n", FINDING_BAD_VALUE, 1, 10,
		"GATE must be auto, gate or validate, not 'atuo'", "did you mean 'auto'?", 1},
	{"1|base|-|VALIDATE|-|-|x\n", FINDING_BAD_VALUE, 1, 10,
		"GATE must be auto, gate or validate, not 'VALIDATE'", "did you mean 'validate'?",
		1},
	{"1|base|-|-|-|-|x\n", FINDING_BAD_VALUE, 1, 10,
		"GATE must be auto, gate or validate, not '-'", NULL, 1},
	/* PARALLEL_GROUP */
	{"1|base|-|validate|web|-|x\n", FINDING_BAD_VALUE, 1, 19,
		"a check (GATE validate) runs at the end of its wave and is in no group, not in "
		"'web'",
		"write '-' as its PARALLEL_GROUP", 1},
	/* TIMEOUT_MIN */
	{"1|base|-|auto|-|1.5|x\n", FINDING_BAD_VALUE, 1, 17,
		"TIMEOUT_MIN must be whole minutes from 1 to 527040, not '1.5'", NULL, 1},
	{"1|base|-|auto|-|0|x\n", FINDING_BAD_VALUE, 1, 17,
		"TIMEOUT_MIN must be whole minutes from 1 to 527040, not '0'", NULL, 1},
	{"1|base|-|auto|-|527041|x\n", FINDING_BAD_VALUE, 1, 17,
		"TIMEOUT_MIN must be whole minutes from 1 to 527040, not '527041'", NULL, 1},
	{"1|base|-|auto|-|10m|x\n", FINDING_BAD_VALUE, 1, 17,
		"TIMEOUT_MIN must be whole minutes from 1 to 527040, not '10m'", NULL, 1},
	/* PROMPT */
	{"1|base|-|auto|-|-|\n", FINDING_BAD_VALUE, 1, 19, "the PROMPT of this row is empty", NULL,
		1},
	{"1|base|-|auto|-|-| |\n", FINDING_BAD_VALUE, 1, 20, "the PROMPT of this row is empty",
		NULL, 1},
	/* Headers */
	{"titel: x\n" ROW(1), FINDING_UNKNOWN_KEY, 1, 1,
		"a table has the headers name, description and timeout_min, not 'titel'", NULL, 1},
	{" Name : x\n" ROW(1), FINDING_UNKNOWN_KEY, 1, 2,
		"a table has the headers name, description and timeout_min, not 'Name'",
		"did you mean 'name'?", 1},
	{"timeout: 5\n" ROW(1), FINDING_UNKNOWN_KEY, 1, 1,
		"a table has the headers name, description and timeout_min, not 'timeout'", NULL,
		1},
	{"name: x\nname: y\n" ROW(1), FINDING_DUPLICATE_KEY, 2, 1,
		"the header 'name' is given twice; the first is on line 1", NULL, 1},
	{"name: \t\n" ROW(1), FINDING_BAD_VALUE, 1, 1, "the header 'name' is empty", NULL, 1},
	{"timeout_min: 5.5\n" ROW(1), FINDING_BAD_VALUE, 1, 14,
		"timeout_min must be whole minutes from 1 to 527040, not '5.5'", NULL, 1},
	{"\n" ROW(1) "name: x\n" ROW(2), FINDING_UNKNOWN_KEY, 3, 1,
		"the header 'name' stands after the first row, which is on line 2",
		"header lines come before the rows", 1},
};

static void check_refusal(const struct refusal *row)
{
	CLEANUP(loaded_release) struct loaded loaded;
	load(&loaded, row->source, strlen(row->source), false);
	assert_true(loaded.diagnostics.count > 0);
	const struct finding *finding = &loaded.diagnostics.findings[0];
	if (!text_equal(finding->message, row->message) || finding->where.column != row->column)
		print_error("%s\n%u:%u %s\n", row->source, finding->where.line,
			finding->where.column, finding->message);
	assert_string_equal(finding->message, row->message);
	assert_int_equal(finding->code, row->code);
	assert_int_equal(finding->where.line, row->line);
	assert_int_equal(finding->where.column, row->column);
	assert_int_equal(loaded.diagnostics.error_count, row->error_count);
	if (row->hint)
		assert_string_equal(finding->hint, row->hint);
	else
		assert_null(finding->hint);
}

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++)
		check_refusal(&refusals[i]);
}

static void test_all_faults_at_once(void **state)
{
	(void)state;
	CLEANUP(loaded_release) struct loaded loaded;
	static const char table[] = "naem: x\n"
				    "1|my agent|c d|yes|-|never|\n"
				    "3|base|-|gate|-|-|fine\n"
				    "4|base|-|auto|g\n";
	load(&loaded, table, sizeof table - 1, false);
	static const struct source_position places[] = {
		{1, 1}, {2, 3}, {2, 12}, {2, 16}, {2, 22}, {2, 28}, {3, 1}, {4, 1}};
	assert_int_equal(loaded.diagnostics.count, ARRAY_LENGTH(places));
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		assert_int_equal(loaded.diagnostics.findings[i].where.line, places[i].line);
		assert_int_equal(loaded.diagnostics.findings[i].where.column, places[i].column);
	}
}

static void test_parameters_are_refused(void **state)
{
	(void)state;
	const struct assignment assignments[] = {{"feature", "auth"}};
	const struct load_request request = {.path = "a.pipeline",
		.folder = "/project",
		.assignments = assignments,
		.assignment_count = 1};
	static const char table[] = ROW(1);
	CLEANUP(loaded_release) struct loaded loaded = {0};
	pipeline_load_bytes(&request, table, sizeof table - 1, &loaded.arena, &loaded.diagnostics,
		&loaded.pipeline);
	assert_int_equal(loaded.diagnostics.error_count, 1);
	assert_int_equal(loaded.diagnostics.findings[0].code, FINDING_PARAMETER);
	assert_string_equal(loaded.diagnostics.findings[0].message,
		"a table has no parameters, and 'feature' is given");
}

static void test_long_lines_and_groups(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	buffer_append_text(&text, ROW(1) "2|base|-|auto|");
	buffer_append_repeated(&text, "g", 129);
	buffer_append_text(&text, "|-|x\n3|base|-|auto|-|-|");
	buffer_append_repeated(&text, "x", TABLE_LINE_LIMIT_BYTES);
	buffer_append_text(&text, "\n" ROW(4));
	CLEANUP(loaded_release) struct loaded loaded;
	load(&loaded, buffer_text(&text), text.size, false);
	assert_int_equal(loaded.diagnostics.count, 2);
	assert_string_equal(loaded.diagnostics.findings[0].message,
		"a PARALLEL_GROUP has at most 128 bytes, and this one has 129");
	assert_int_equal(loaded.diagnostics.findings[0].where.column, 15);
	assert_string_equal(loaded.diagnostics.findings[1].message,
		"the line has 1048594 bytes; at most 1048576 are read");
	assert_int_equal(loaded.diagnostics.findings[1].where.line, 3);
}

/* A hostile file is refused without much work: by processor time, which load does not change. */
static void test_hostile_files(void **state)
{
	(void)state;
	static const char *const pieces[] = {"\n", "#\n", "x\n", "a:\n", "|\n", "|||||||\n", "1|\n",
		"1|base|-|auto|-|-|x\n", "||||||\\|||\\\n", "# wave: x\n1|a|||||x\n"};
	for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
		CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
		buffer_append_repeated(&text, pieces[i], ((size_t)8 << 20) / strlen(pieces[i]));
		clock_t before = clock();
		CLEANUP(loaded_release) struct loaded loaded;
		load(&loaded, buffer_text(&text), text.size, false);
		assert_true(loaded.diagnostics.error_count > 0);
		assert_true(loaded.diagnostics.count <= DIAGNOSTICS_LIMIT);
		assert_true(clock() - before < 2 * CLOCKS_PER_SEC);
	}
}

static void test_too_many_rows(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	for (uint32_t i = 1; i <= PIPELINE_STEP_LIMIT + 1; i++)
		buffer_printf(&text, "%u|b|||||x\n", i);
	CLEANUP(loaded_release) struct loaded loaded;
	load(&loaded, buffer_text(&text), text.size, false);
	assert_int_equal(loaded.diagnostics.error_count, 1);
	assert_string_equal(
		loaded.diagnostics.findings[0].message, "the table has more than 1000000 rows");
	assert_int_equal(loaded.diagnostics.findings[0].where.line, PIPELINE_STEP_LIMIT + 1);
	assert_string_equal(loaded.pipeline.steps[PIPELINE_STEP_LIMIT - 1].id, "step-1000000");
}

static void test_which_files_are_tables(void **state)
{
	(void)state;
	assert_true(path_is_table("a.pipeline"));
	assert_true(path_is_table(".wavetrain/pipelines/x.pipeline"));
	assert_false(path_is_table("a.pipeline.yml"));
	assert_false(path_is_table("pipeline"));
	assert_false(path_is_table(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_columns),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_wave_titles),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_names_from_long_prompts),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_all_faults_at_once),
		cmocka_unit_test(test_parameters_are_refused),
		cmocka_unit_test(test_long_lines_and_groups),
		cmocka_unit_test(test_hostile_files),
		cmocka_unit_test(test_too_many_rows),
		cmocka_unit_test(test_which_files_are_tables),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
