#include "publish/publication_text.h"

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

static void test_descriptions(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		size_t limit;
		const char *expected;
	} rows[] = {
		{"", 5, ""},
		{"short", 5, "short"},
		{"longer", 5, "long…"},
		{"äöü€𝄞", 5, "äöü€𝄞"},
		{"äöü€𝄞x", 5, "äöü€…"},
		{"𝄞𝄞𝄞𝄞", 3, "𝄞𝄞…"},
		{"one\nline\r\tonly", 40, "one line  only"},
		{"a\xFF\xC3z", 40, "a\xEF\xBF\xBD\xEF\xBF\xBDz"},
		{"right\xE2\x80\xAEleft", 40, "right left"},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
		description_append(&buffer, rows[i].text, rows[i].limit);
		assert_string_equal(buffer_text(&buffer), rows[i].expected);
	}
}

static void test_context_names_the_pipeline(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	status_context_append(&buffer, "nightly build");
	assert_string_equal(buffer.bytes, "wavetrain / nightly build");
}

static void test_markers(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		const char *marker;
	} rows[] = {
		{"docs", "<!-- wavetrain:docs:v1 -->"},
		{"nightly-build_2.x/y", "<!-- wavetrain:nightly-build_2.x/y:v1 -->"},
		{"two words", "<!-- wavetrain:two%20words:v1 -->"},
		{"-->", "<!-- wavetrain:-%2D%3E:v1 -->"},
		{"a--b", "<!-- wavetrain:a-%2Db:v1 -->"},
		{"--!>", "<!-- wavetrain:-%2D%21%3E:v1 -->"},
		{"a\n<b>", "<!-- wavetrain:a%0A%3Cb%3E:v1 -->"},
		{"a%20b", "<!-- wavetrain:a%2520b:v1 -->"},
		{"ä", "<!-- wavetrain:%C3%A4:v1 -->"},
		{"a:v1 -->", "<!-- wavetrain:a%3Av1%20-%2D%3E:v1 -->"},
	};
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
		comment_marker_append(&buffer, rows[i].name);
		assert_string_equal(buffer.bytes, rows[i].marker);
		/* One HTML comment and nothing behind it. */
		assert_ptr_equal(strstr(buffer.bytes, "-->"), buffer.bytes + buffer.size - 3);
		/* No name's marker begins another one's. */
		for (size_t other = 0; other < i; other++)
			assert_false(text_starts_with(buffer.bytes, rows[other].marker));
	}
}

static void test_comment_holds_marker_state_and_text(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	publication_comment_append(&buffer, "docs", "failure", "### It failed\n");
	assert_string_equal(buffer.bytes,
		"<!-- wavetrain:docs:v1 -->\n<!-- wavetrain-state:failure -->\n### It failed\n");
	assert_true(comment_has_state(buffer.bytes, "failure"));
	assert_false(comment_has_state(buffer.bytes, "success"));
	assert_false(comment_has_state("x\ny\n<!-- wavetrain-state:success -->", "success"));
	assert_false(comment_has_state("", "success"));
}

static void test_long_comment_is_cut_between_characters(void **state)
{
	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
		CLEANUP(buffer_release) struct buffer comment = BUFFER_INIT;
		buffer_append_repeated(&text, "x", shift);
		buffer_append_repeated(&text, "𝄞", 20000);
		publication_comment_append(&comment, "docs", "failure", text.bytes);
		assert_true(comment.size <= COMMENT_LIMIT_BYTES);
		assert_true(comment.size > COMMENT_LIMIT_BYTES - 100);
		assert_true(utf8_is_valid(comment.bytes, comment.size));
		assert_non_null(strstr(comment.bytes, "the whole is in the report"));
	}
}

static void test_what_counts_as_the_same_comment(void **state)
{
	(void)state;
	assert_true(comment_equal("a\nb\n", "a\nb"));
	assert_true(comment_equal("a\r\nb", "a\nb\n\n"));
	assert_true(comment_equal("", " \n"));
	assert_true(comment_equal("a\n\r\n", "a"));
	assert_false(comment_equal("a\nb", "a\nc"));
	assert_false(comment_equal("a b", "ab"));
	assert_false(comment_equal("a", "ab"));
	assert_false(comment_equal("ab", "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_descriptions),
		cmocka_unit_test(test_context_names_the_pipeline),
		cmocka_unit_test(test_markers),
		cmocka_unit_test(test_comment_holds_marker_state_and_text),
		cmocka_unit_test(test_long_comment_is_cut_between_characters),
		cmocka_unit_test(test_what_counts_as_the_same_comment),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
