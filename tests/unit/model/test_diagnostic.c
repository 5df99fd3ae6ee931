#include "model/diagnostic.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmocka_all.h"

struct fixture {
	struct arena arena;
	struct diagnostics diagnostics;
	struct buffer buffer;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	diagnostics_init(&fixture->diagnostics, &fixture->arena, "wavetrain.yml");
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	diagnostics_release(&fixture->diagnostics);
	buffer_release(&fixture->buffer);
	arena_release(&fixture->arena);
	free(fixture);
	return 0;
}

struct caret_case {
	const char *source;
	struct source_position where;
	const char *expected; /* source line and caret line */
};

static const struct caret_case caret_cases[] = {
	{"a: 1\nneds: [b]\n", {2, 1}, "    2 | neds: [b]\n      | ^\n"},
	{"a: 1\r\nb: 2\r\nc: 3", {3, 4}, "    3 | c: 3\n      |    ^\n"},
	{"a: 1\rb: 2", {2, 2}, "    2 | b: 2\n      |  ^\n"},
	{"x\xe2\x80\xa8y: z", {2, 1}, "    2 | y: z\n      | ^\n"},
	{"\t\tx: 1", {1, 3}, "    1 | \t\tx: 1\n      | \t\t^\n"},
	{"a\tb: 1", {1, 3}, "    1 | a\tb: 1\n      |  \t^\n"},
	{"日本: 1", {1, 3}, "    1 | 日本: 1\n      |     ^\n"},
	{"é: 1", {1, 2}, "    1 | é: 1\n      |  ^\n"},
	{"a: 1", {1, 9}, "    1 | a: 1\n      |     ^\n"}, /* past the end: at the end */
	{"a: 1", {2, 1}, ""},                              /* no such line */
	{"", {1, 1}, "    1 | \n      | ^\n"},
};

static void test_caret_lines(void **state)
{
	struct fixture *fixture = *state;
	for (size_t i = 0; i < sizeof caret_cases / sizeof caret_cases[0]; i++) {
		const struct caret_case *row = &caret_cases[i];
		diagnostics_release(&fixture->diagnostics);
		fixture->diagnostics.file = "f";
		fixture->diagnostics.source = row->source;
		fixture->diagnostics.source_size = strlen(row->source);
		diagnostics_add(&fixture->diagnostics, FINDING_BAD_VALUE, row->where, "bad");
		buffer_clear(&fixture->buffer);
		diagnostics_append_text(&fixture->diagnostics, &fixture->buffer);
		const char *text = buffer_text(&fixture->buffer);
		const char *rest = strchr(text, '\n') + 1;
		assert_string_equal(rest, row->expected);
	}
}

static void test_text_of_several_findings(void **state)
{
	struct fixture *fixture = *state;
	struct diagnostics *diagnostics = &fixture->diagnostics;
	const char *source = "steps:\n  - idd: a\n  - id: b\n";
	diagnostics->source = source;
	diagnostics->source_size = strlen(source);
	diagnostics_add(diagnostics, FINDING_MISSING_KEY, (struct source_position){3, 5},
		"step '%s' has no 'run'", "b");
	diagnostics_add_near(diagnostics, FINDING_UNKNOWN_KEY, (struct source_position){2, 5}, "id",
		"unknown key '%s'", "idd");
	diagnostics_add(
		diagnostics, FINDING_MISSING_KEY, (struct source_position){0, 0}, "no 'name'")
		->severity = SEVERITY_WARNING;
	diagnostics->error_count--;
	diagnostics_sort(diagnostics);
	diagnostics_append_text(diagnostics, &fixture->buffer);
	assert_string_equal(buffer_text(&fixture->buffer),
		"wavetrain.yml: warning: no 'name'\n"
		"wavetrain.yml:2:5: error: unknown key 'idd'\n"
		"    2 |   - idd: a\n"
		"      |     ^\n"
		"      = did you mean 'id'?\n"
		"wavetrain.yml:3:5: error: step 'b' has no 'run'\n"
		"    3 |   - id: b\n"
		"      |     ^\n");
	assert_int_equal(diagnostics->error_count, 2);
}

static void test_unsorted_findings_find_their_lines(void **state)
{
	struct fixture *fixture = *state;
	fixture->diagnostics.source = "one\ntwo";
	fixture->diagnostics.source_size = 7;
	diagnostics_add(&fixture->diagnostics, FINDING_PARSE, (struct source_position){2, 1}, "x");
	diagnostics_add(&fixture->diagnostics, FINDING_PARSE, (struct source_position){1, 1}, "y");
	diagnostics_append_text(&fixture->diagnostics, &fixture->buffer);
	assert_non_null(strstr(buffer_text(&fixture->buffer), "    2 | two\n"));
	assert_non_null(strstr(buffer_text(&fixture->buffer), "    1 | one\n"));
}

/* Minutes if the line were walked from its start for each of them. */
static void test_many_findings_on_one_long_line(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(buffer_release) struct buffer source = BUFFER_INIT;
	buffer_append_repeated(&source, "a", 40000000);
	fixture->diagnostics.source = buffer_text(&source);
	fixture->diagnostics.source_size = source.size;
	for (uint32_t i = 0; i < DIAGNOSTICS_LIMIT; i++)
		diagnostics_add(&fixture->diagnostics, FINDING_PARSE,
			(struct source_position){1, 39990000 + i}, "x");
	diagnostics_add(&fixture->diagnostics, FINDING_PARSE, (struct source_position){1, 1}, "y");
	diagnostics_append_text(&fixture->diagnostics, &fixture->buffer);
	assert_non_null(strstr(buffer_text(&fixture->buffer), "wavetrain.yml:1:39990000:"));
	assert_non_null(strstr(buffer_text(&fixture->buffer), "1 more errors are not shown"));
}

static void test_long_line_is_cut_around_the_caret(void **state)
{
	struct fixture *fixture = *state;
	CLEANUP(buffer_release) struct buffer source = BUFFER_INIT;
	buffer_append_repeated(&source, "a", 5000);
	buffer_append_text(&source, "X");
	buffer_append_repeated(&source, "b", 5000);
	fixture->diagnostics.source = buffer_text(&source);
	fixture->diagnostics.source_size = source.size;
	diagnostics_add(
		&fixture->diagnostics, FINDING_PARSE, (struct source_position){1, 5001}, "x");
	diagnostics_append_text(&fixture->diagnostics, &fixture->buffer);
	const char *line = strstr(buffer_text(&fixture->buffer), "    1 | …");
	assert_non_null(line);
	assert_true(strlen(line) < 400);
	const char *caret_line = strchr(line, '\n') + 1;
	/* "…" is three bytes wide in the text and one column on the screen. */
	assert_int_equal(strchr(line, 'X') - line - 2, strchr(caret_line, '^') - caret_line);
}

/* However base/text shows them: nothing of the file reaches the terminal, and the caret fits. */
static void test_unsafe_characters_are_made_visible(void **state)
{
	static const char *const unsafe[] = {"\x1b", "\xe2\x80\xae", "\xff"};
	struct fixture *fixture = *state;
	for (size_t i = 0; i < 3; i++) {
		CLEANUP(buffer_release) struct buffer shown = BUFFER_INIT;
		text_append_visible(&shown, unsafe[i], strlen(unsafe[i]));
		const char *source = arena_format(&fixture->arena, "%sX", unsafe[i]);
		diagnostics_release(&fixture->diagnostics);
		fixture->diagnostics.file = source;
		fixture->diagnostics.source = source;
		fixture->diagnostics.source_size = strlen(source);
		diagnostics_add(&fixture->diagnostics, FINDING_PARSE,
			(struct source_position){1, 2}, "%s", source)
			->hint = source;
		buffer_clear(&fixture->buffer);
		diagnostics_append_text(&fixture->diagnostics, &fixture->buffer);
		const char *text = buffer_text(&fixture->buffer);
		assert_null(strstr(text, unsafe[i]));
		const char *caret = strchr(text, '^');
		assert_non_null(caret);
		assert_int_equal(
			caret - strstr(text, "      | ") - 8, utf8_width(shown.bytes, shown.size));
	}
}

static void test_sort_is_stable(void **state)
{
	struct fixture *fixture = *state;
	struct source_position places[] = {{3, 1}, {1, 2}, {1, 1}, {1, 2}, {3, 1}};
	const char *const messages[] = {"d", "b", "a", "c", "e"};
	for (size_t i = 0; i < 5; i++)
		diagnostics_add(&fixture->diagnostics, FINDING_PARSE, places[i], "%s", messages[i]);
	diagnostics_sort(&fixture->diagnostics);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(fixture->diagnostics.findings[i].message[0], "abcde"[i]);
}

static void test_limit_counts_but_does_not_keep(void **state)
{
	struct fixture *fixture = *state;
	for (uint32_t i = 1; i <= DIAGNOSTICS_LIMIT + 7; i++) {
		struct finding *finding = diagnostics_add_near(&fixture->diagnostics, FINDING_PARSE,
			(struct source_position){i, 1}, "x", "finding %u", i);
		assert_non_null(finding);
		finding->hint = "written after";
	}
	assert_int_equal(fixture->diagnostics.count, DIAGNOSTICS_LIMIT);
	assert_int_equal(fixture->diagnostics.error_count, DIAGNOSTICS_LIMIT + 7);
	diagnostics_append_text(&fixture->diagnostics, &fixture->buffer);
	assert_non_null(strstr(buffer_text(&fixture->buffer), "finding 1000\n"));
	assert_null(strstr(buffer_text(&fixture->buffer), "finding 1001\n"));
	assert_non_null(strstr(buffer_text(&fixture->buffer), "\n7 more errors are not shown\n"));
}

static void test_json(void **state)
{
	struct fixture *fixture = *state;
	diagnostics_append_json(&fixture->diagnostics, &fixture->buffer);
	assert_string_equal(
		buffer_text(&fixture->buffer), "{\"v\":1,\"ok\":true,\"findings\":[]}\n");
	diagnostics_add_near(&fixture->diagnostics, FINDING_UNKNOWN_KEY,
		(struct source_position){2, 5}, "id", "unknown key '%s'", "i\"d");
	diagnostics_add(&fixture->diagnostics, FINDING_CYCLE, (struct source_position){0, 0}, "c");
	buffer_clear(&fixture->buffer);
	diagnostics_append_json(&fixture->diagnostics, &fixture->buffer);
	assert_string_equal(buffer_text(&fixture->buffer),
		"{\"v\":1,\"ok\":false,\"findings\":["
		"{\"severity\":\"error\",\"code\":\"unknown-key\","
		"\"message\":\"unknown key 'i\\\"d'\",\"file\":\"wavetrain.yml\",\"line\":2,"
		"\"column\":5,\"hint\":\"did you mean 'id'?\"},"
		"{\"severity\":\"error\",\"code\":\"cycle\",\"message\":\"c\","
		"\"file\":\"wavetrain.yml\",\"line\":null,\"column\":null,\"hint\":null}]}\n");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_caret_lines),
		TEST(test_text_of_several_findings),
		TEST(test_unsorted_findings_find_their_lines),
		TEST(test_many_findings_on_one_long_line),
		TEST(test_long_line_is_cut_around_the_caret),
		TEST(test_unsafe_characters_are_made_visible),
		TEST(test_sort_is_stable),
		TEST(test_limit_counts_but_does_not_keep),
		TEST(test_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
