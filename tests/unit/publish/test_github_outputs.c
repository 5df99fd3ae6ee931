#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "publish/workflow_commands.h"

static char folder[] = "/tmp/wavetrain-outputs-XXXXXX";
static char path[sizeof folder + 16];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/file", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	struct error error;
	return path_remove(folder, &error) ? 0 : -1;
}

static int remove_file(void **state)
{
	(void)state;
	unlink(path);
	return 0;
}

static void read_back(struct buffer *buffer)
{
	struct error error = {0};
	buffer_clear(buffer);
	assert_true(file_read(path, 2000000, buffer, &error));
}

/* Takes "NAME<<DELIMITER\nVALUE\nDELIMITER\n" off *text as the runner does. */
static void expect_output(const char **text, const char *name, const char *value)
{
	char opening[64];
	int length = snprintf(opening, sizeof opening, "%s<<wavetrain_", name);
	assert_true(text_starts_with(*text, opening));
	char closing[64];
	const char *delimiter = *text + length;
	assert_int_equal(strspn(delimiter, "0123456789abcdef"), 32);
	snprintf(closing, sizeof closing, "\nwavetrain_%.32s\n", delimiter);
	const char *start = delimiter + 33;
	const char *end = strstr(start - 1, closing);
	assert_non_null(end);
	assert_int_equal((size_t)(end - start), strlen(value));
	assert_memory_equal(start, value, strlen(value));
	*text = end + strlen(closing);
}

static void test_outputs_keep_every_value(void **state)
{
	(void)state;
	static const char hostile[] = "a\nEOF\nresult=success\nresult<<EOF\nx\n::error::y";
	const struct github_output outputs[] = {
		{"result", "failure"}, {"run-id", NULL}, {"failed", hostile}, {"report", ""}};
	struct error error = {0};
	assert_true(github_outputs_append(path, outputs, ARRAY_LENGTH(outputs), &error));
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	read_back(&text);
	const char *rest = text.bytes;
	expect_output(&rest, "result", "failure");
	expect_output(&rest, "failed", hostile);
	expect_output(&rest, "report", "");
	assert_string_equal(rest, "");
}

static void test_outputs_do_not_join_an_open_line(void **state)
{
	(void)state;
	struct error error = {0};
	assert_true(file_write_atomic(path, "a=b", 3, &error));
	const struct github_output outputs[] = {{"commit", "abc"}};
	assert_true(github_outputs_append(path, outputs, 1, &error));
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	read_back(&text);
	assert_true(text_starts_with(text.bytes, "a=b\ncommit<<"));
}

static void test_names_that_are_refused(void **state)
{
	(void)state;
	static const char *const names[] = {"", "a b", "a=b", "a<<b", "1a", "-a", "a\nb", "ä"};
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		const struct github_output outputs[] = {{"good", "x"}, {names[i], "x"}};
		struct error error = {0};
		assert_false(github_outputs_append(path, outputs, 2, &error));
		assert_non_null(strstr(error.text, "cannot be the name of an output"));
		CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
		read_back(&text);
		assert_int_equal(text.size, 0);
	}
}

static void test_paths_that_cannot_be_written(void **state)
{
	(void)state;
	struct error error = {0};
	const struct github_output outputs[] = {{"a", "b"}};
	assert_false(github_outputs_append("/proc/nowhere/file", outputs, 1, &error));
	assert_non_null(strstr(error.text, "/proc/nowhere/file"));
	assert_false(github_outputs_append("/dev/full", outputs, 1, &error));
	assert_false(step_summary_append(folder, "x\n", 2, &error));
	assert_non_null(strstr(error.text, folder));
}

static void test_summary_is_appended(void **state)
{
	(void)state;
	struct error error = {0};
	assert_true(step_summary_append(path, "### One\n", 8, &error));
	assert_true(step_summary_append(path, "### Two", 7, &error));
	assert_true(step_summary_append(path, "### Three\n", 10, &error));
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	read_back(&text);
	assert_string_equal(text.bytes, "### One\n### Two\n### Three\n");
}

static void test_summary_never_outgrows_the_limit(void **state)
{
	(void)state;
	struct error error = {0};
	CLEANUP(buffer_release) struct buffer rows = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	buffer_append_repeated(&rows, "| äöü | a row of a table |\n", 20000);
	for (int i = 0; i < 3; i++) {
		assert_true(step_summary_append(path, rows.bytes, rows.size, &error));
		read_back(&text);
		assert_true(text.size <= STEP_SUMMARY_LIMIT_BYTES);
		assert_true(utf8_is_valid(text.bytes, text.size));
	}
	assert_true(text.size > STEP_SUMMARY_LIMIT_BYTES - 200);
	const char *note = strstr(text.bytes, "The rest did not fit");
	assert_non_null(note);
	assert_null(strstr(note + 1, "The rest did not fit"));
	assert_memory_equal(note - 4, "|\n\n_", 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_outputs_keep_every_value, remove_file),
		cmocka_unit_test_setup(test_outputs_do_not_join_an_open_line, remove_file),
		cmocka_unit_test_setup(test_names_that_are_refused, remove_file),
		cmocka_unit_test_setup(test_paths_that_cannot_be_written, remove_file),
		cmocka_unit_test_setup(test_summary_is_appended, remove_file),
		cmocka_unit_test_setup(test_summary_never_outgrows_the_limit, remove_file),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
