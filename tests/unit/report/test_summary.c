#include "check.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "fixture.h"
#include "report/report.h"
#include "report/sections.h"

static const struct markdown_context context = {.report_name = "wavetrain-report",
	.run_url = "https://github.com/o/r/actions/runs/1",
	.resume_command = "wavetrain resume 4e1c09b",
	.previous = "test/net fixed"};

/* Everything that is opened is closed, and no heading is above the third level. */
static void check_whole(const struct buffer *buffer)
{
	assert_true(utf8_is_valid(buffer->bytes, buffer->size));
	assert_int_equal(check_count(buffer, "<details>"), check_count(buffer, "</details>"));
	assert_int_equal(check_count(buffer, "<summary>"), check_count(buffer, "</summary>"));
	assert_int_equal(check_count(buffer, "\n```") % 2, 0);
	check_lacks(buffer, "\n# ");
	check_lacks(buffer, "\n## ");
}

static void check_order(const struct buffer *buffer, const char *const *parts, size_t count)
{
	const char *at = buffer_text(buffer);
	for (size_t i = 0; i < count; i++) {
		const char *found = strstr(at, parts[i]);
		if (!found)
			fail_msg("\"%s\" is missing or too early in:\n%s", parts[i],
				buffer_text(buffer));
		at = found + strlen(parts[i]);
	}
}

static void test_summary_order(void **state)
{
	static const char *const parts[] = {"### feature\\-development: failed ✕\n",
		"1 of 6 steps failed", "| 6 | 2 | 0 | 1 | 2 | 1 | 1 | 3m 12s |", "#### What failed",
		"<b>test/db</b>: contract files out.json: expected 1 file, found 0</summary>",
		"blocked 2 steps", "#### Waves", "| 1 | ✕ failed | 3 | 3m 12s | – |", "#### Graph",
		"```mermaid\ngraph TD\n", "#### Slowest steps", "| test/db | 3m 12s |",
		"Resume: `wavetrain resume 4e1c09b`",
		"[wavetrain\\-report](https://github.com/o/r/actions/runs/1)"};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	summary_append(fixture_failed(&arena), &context, &buffer);
	check_order(&buffer, parts, ARRAY_LENGTH(parts));
	check_whole(&buffer);
}

static void test_done_needs_no_resume(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	summary_append(fixture_done(&arena), &context, &buffer);
	check_lacks(&buffer, "Resume:");
	check_lacks(&buffer, "What failed");
	check_contains(&buffer, "| 9f2c1a7 |");
	check_whole(&buffer);
}

static void test_incomplete_is_not_failed(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	summary_append(fixture_incomplete(&arena), &context, &buffer);
	check_contains(&buffer, "| 1 | ✕ failed | 2 | ");
	check_contains(&buffer, "| 2 | » incomplete | 2 | ");
}

static void test_comment_order(void **state)
{
	static const char *const parts[] = {"### feature\\-development: failed ✕\n",
		"Since the last run: test/net fixed", "<b>test/db</b>", "Report: artifact",
		"Resume: `wavetrain resume 4e1c09b`", "was not pushed"};
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct markdown_context with_push = context;
	with_push.push_message = "the branch was not pushed";
	comment_append(fixture_failed(&arena), &with_push, &buffer);
	check_order(&buffer, parts, ARRAY_LENGTH(parts));
	check_whole(&buffer);
}

/* A log that tries everything, and long: fences, details, mentions, escapes, bad UTF-8. */
static void fill_log(struct buffer *log)
{
	for (int i = 0; i < 3000; i++)
		buffer_append_text(log,
			"````` </details> @team #12 \033[31m\xff ::error:: \xe2\x80\xae <script> "
			"@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a"
			"@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a"
			"@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a@a\n");
}

static void test_budgets_hold_with_hostile_logs(void **state)
{
	char folder[] = "/tmp/wavetrain-summary-XXXXXX";
	struct error error;
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer log = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer summary = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer comment = BUFFER_INIT;
	struct run *run = fixture_grid(1000, 100, 1, &arena);
	fill_log(&log);
	assert_non_null(mkdtemp(folder));
	assert_true(
		file_write_atomic(path_join(&arena, folder, "a.log"), log.bytes, log.size, &error));
	run->folder = folder;
	for (uint32_t i = 0; i < run->attempt_count; i++)
		run->attempts[i].log_path = "a.log";
	summary_append(run, &context, &summary);
	comment_append(run, &context, &comment);
	assert_true(path_remove(folder, &error));
	assert_true(summary.size <= 900000);
	assert_true(comment.size <= 60000);
	check_contains(&summary, "and 99990 more");
	check_contains(&comment, "Resume: `wavetrain resume 4e1c09b`");
	check_lacks(&comment, "@team");
	check_lacks(&comment, "\033");
	assert_true(utf8_is_valid(comment.bytes, comment.size));
	assert_true(utf8_is_valid(summary.bytes, summary.size));
	assert_int_equal(check_count(&comment, "\n``````text\n"), 5);
	assert_int_equal(check_count(&comment, "\n``````\n"), 5);
}

static void test_sections_drop_from_the_bottom(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct section_list list = {0};
	buffer_append_text(section_add(&list, "one"), "first\n");
	buffer_append_repeated(section_add(&list, "two"), "x", 2000);
	section_add(&list, "empty");
	buffer_append_text(section_add(&list, "three"), "third\n");
	sections_join(&list, 1000, &buffer);
	assert_string_equal(buffer_text(&buffer),
		"first\n\n_Left out for want of room: two, three. All of it is in the report._\n");
	section_list_release(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_summary_order),
		cmocka_unit_test(test_done_needs_no_resume),
		cmocka_unit_test(test_incomplete_is_not_failed),
		cmocka_unit_test(test_comment_order),
		cmocka_unit_test(test_budgets_hold_with_hostile_logs),
		cmocka_unit_test(test_sections_drop_from_the_bottom),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
