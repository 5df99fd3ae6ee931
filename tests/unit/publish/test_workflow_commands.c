#include "publish/workflow_commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"

static void test_escapes_of_a_command(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	const char *const properties[] = {
		"file", "a,b:c%.c", "line", NULL, "title", "x\ny\rz", NULL};
	workflow_command_append(&buffer, "error", properties, "50 % of\r\n::add-mask::a,b:c");
	assert_string_equal(buffer.bytes,
		"::error file=a%2Cb%3Ac%25.c,title=x%0Ay%0Dz::50 %25 of%0D%0A::add-mask::a,b:c\n");
	buffer_clear(&buffer);
	workflow_command_append(&buffer, "endgroup", NULL, NULL);
	assert_string_equal(buffer.bytes, "::endgroup::\n");
	buffer_clear(&buffer);
	const char *const only_absent[] = {"file", NULL, NULL};
	workflow_command_append(&buffer, "group", only_absent, "lint");
	assert_string_equal(buffer.bytes, "::group::lint\n");
}

static void test_tokens_are_random_hexadecimal(void **state)
{
	(void)state;
	char first[STOP_COMMANDS_TOKEN_SIZE];
	char second[STOP_COMMANDS_TOKEN_SIZE];
	stop_commands_token(first);
	stop_commands_token(second);
	assert_int_equal(strspn(first, "0123456789abcdef"), 32);
	assert_int_equal(strlen(second), 32);
	assert_string_not_equal(first, second);
}

#define BREAK "\xE2\x80\x8B"

static void test_hostile_output(void **state)
{
	(void)state;
	static const struct {
		const char *output;
		const char *expected;
	} rows[] = {
		{"", ""},
		{"plain", "plain\n"},
		{"plain\n", "plain\n"},
		{"two\r\nlines\r\n", "two\nlines\n"},
		{"\n\n", "\n\n"},
		{"::error::boo\n", ":" BREAK ":error::boo\n"},
		{" \t::set-output name=a::b\n", " \t:" BREAK ":set-output name=a::b\n"},
		{"\xC2\xA0\xE3\x80\x80::error::x\n", "\xC2\xA0\xE3\x80\x80:" BREAK ":error::x\n"},
		{"\x0B\x0C::error::x\n", "\xE2\x90\x8B\xE2\x90\x8C:" BREAK ":error::x\n"},
		{"\xC2\x85::error::x\n", "\xC2\x85:" BREAK ":error::x\n"},
		{":::x\n", ":" BREAK "::x\n"},
		{"std::vector\n", "std::vector\n"},
		{": ::x\n", ": :" BREAK ":x\n"},
		{"##[group]x\n", "##" BREAK "[group]x\n"},
		{"text ##[error]x ##[endgroup]\n",
			"text ##" BREAK "[error]x ##" BREAK "[endgroup]\n"},
		{"###[group]\n", "###" BREAK "[group]\n"},
		{"#[x] # #[y]\n", "#[x] # #[y]\n"},
		{"ok\r::error::x\n", "ok\xE2\x90\x8D::error::x\n"},
		{"\r::error::x\n", "\xE2\x90\x8D:" BREAK ":error::x\n"},
		{"\r##[group]\r\r\n", "\xE2\x90\x8D##" BREAK "[group]\xE2\x90\x8D\n"},
		{"bad \xFF\xC3 utf\n", "bad \xEF\xBF\xBD\xEF\xBF\xBD utf\n"},
		{"\x1B[31mred\x1B[0m\x07\x7F\n", "\x1B[31mred\x1B[0m\xE2\x90\x87\xE2\x90\xA1\n"},
		{"\xFF::error::x\n", "\xEF\xBF\xBD:" BREAK ":error::x\n"},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
		log_append_harmless(&buffer, rows[i].output, strlen(rows[i].output), NULL);
		assert_string_equal(buffer_text(&buffer), rows[i].expected);
	}
}

/* What the runner does to a line before it looks for a command. */
static bool runner_obeys(const char *line, size_t size)
{
	if (memmem(line, size, "##[", 3))
		return true;
	while (size > 0 && ((unsigned char)*line <= ' ' || (unsigned char)*line >= 0x7F)) {
		line++;
		size--;
	}
	return size >= 2 && line[0] == ':' && line[1] == ':';
}

/* Every text of six characters from this alphabet, thrice over in length of risk. */
static void test_no_combination_commands_the_runner(void **state)
{
	(void)state;
	static const char alphabet[] = {'#', '[', ':', '\r', '\n', ' ', 'a'};
	char output[6];
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	for (size_t code = 0; code < 7 * 7 * 7 * 7 * 7 * 7; code++) {
		for (size_t at = 0, rest = code; at < sizeof output; at++, rest /= 7)
			output[at] = alphabet[rest % 7];
		buffer_clear(&buffer);
		log_append_harmless(&buffer, output, sizeof output, NULL);
		assert_null(memchr(buffer.bytes, '\r', buffer.size));
		const char *line = buffer.bytes;
		const char *end = buffer.bytes + buffer.size;
		for (const char *next; line < end; line = next + 1) {
			next = memchr(line, '\n', (size_t)(end - line));
			assert_non_null(next);
			assert_false(runner_obeys(line, (size_t)(next - line)));
		}
	}
}

static void test_nul_bytes_are_shown(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	log_append_harmless(&buffer, "a\0b\n", 4, NULL);
	assert_string_equal(buffer.bytes, "a\xE2\x90\x80"
					  "b\n");
}

static void test_long_lines_are_cut(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	buffer_append_repeated(&line, "x", LOG_LINE_LIMIT_BYTES);
	buffer_append_text(&line, "\n");
	log_append_harmless(&buffer, line.bytes, line.size, "log/a.1.log");
	assert_int_equal(buffer.size, LOG_LINE_LIMIT_BYTES + 1);

	buffer_clear(&line);
	buffer_clear(&buffer);
	buffer_append_repeated(&line, "€", 2000);
	buffer_append_text(&line, "\nnext\n");
	log_append_harmless(&buffer, line.bytes, line.size, "log/##[x].log");
	assert_true(utf8_is_valid(buffer.bytes, buffer.size));
	assert_true(text_ends_with(
		buffer.bytes, "€… (+1905 bytes, full log in log/##" BREAK "[x].log)\nnext\n"));

	buffer_clear(&buffer);
	log_append_harmless(&buffer, line.bytes, line.size, NULL);
	assert_true(text_ends_with(buffer.bytes, "€… (+1905 bytes)\nnext\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes_of_a_command),
		cmocka_unit_test(test_tokens_are_random_hexadecimal),
		cmocka_unit_test(test_hostile_output),
		cmocka_unit_test(test_no_combination_commands_the_runner),
		cmocka_unit_test(test_nul_bytes_are_shown),
		cmocka_unit_test(test_long_lines_are_cut),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
