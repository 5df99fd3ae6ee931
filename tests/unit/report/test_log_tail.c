#include "check.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fixture.h"
#include "report/log_tail.h"

static void test_plain_text_comes_out(void **state)
{
	static const struct {
		const char *text;
		uint32_t lines;
		const char *expected;
	} cases[] = {
		{"one\ntwo\n", 10, "one\ntwo\n"},
		{"one\ntwo\nthree", 2, "two\nthree\n"},
		{"one\n\n\n", 1, "one\n"},
		{"\033[31mred\033[0m \033]8;;http://x\033\\link\033]8;;\007", 5, "red link\n"},
		{"10%\r50%\r100%\r\ndone\r\n", 5, "100%\ndone\n"},
		{"abcdefghijklmnopqrstuvwxyz", 5, "abcdefghijklmnopqrst… (+6 bytes)\n"},
		{"a\033", 5, "a\n"},
		{"a\033[", 5, "a\n"},
		{"a\033]no end", 5, "a\n"},
		{"", 5, ""},
		{"\n\n", 5, ""},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
		struct log_tail_limits limits = {cases[i].lines, 20};
		log_text_append(cases[i].text, strlen(cases[i].text), &limits, &buffer);
		assert_string_equal(buffer_text(&buffer), cases[i].expected);
	}
}

static void test_from_the_runs_folder(void **state)
{
	char folder[] = "/tmp/wavetrain-log-XXXXXX";
	struct log_tail_limits limits = {2, 100};
	struct error error;
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	struct run *run = fixture_failed(&arena);
	assert_non_null(mkdtemp(folder));
	run->folder = folder;
	run->attempts[3].log_path = "db.log";
	log_tail_append(run, 2, &limits, &buffer);
	assert_int_equal(buffer.size, 0);
	assert_true(file_write_atomic(path_join(&arena, folder, "db.log"), "1\n2\n3\n", 6, &error));
	log_tail_append(run, 2, &limits, &buffer);
	assert_string_equal(buffer_text(&buffer), "2\n3\n");
	assert_true(path_remove(folder, &error));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_text_comes_out),
		cmocka_unit_test(test_from_the_runs_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
