#include "run/step_log.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/index.h"

struct log_case {
	const char *writes[4];
	const char *text; /* with limits of 4 bytes head and 4 bytes tail; NULL: no file */
	bool is_truncated;
};

#define LEFT_OUT(count)                                                                            \
	"\n[wavetrain] " count " bytes are left out here: a log is limited to 8 bytes\n"

static const struct log_case log_cases[] = {
	{{NULL}, NULL, false},
	{{"ab"}, "ab", false},
	{{"abcd"}, "abcd", false},
	{{"abcdefgh"}, "abcdefgh", false},
	{{"ab", "cdef", "gh"}, "abcdefgh", false},
	{{"abcdefghi"}, "abcd" LEFT_OUT("1") "fghi", true},
	{{"abcdefghijklmnopqr"}, "abcd" LEFT_OUT("10") "opqr", true},
	{{"abc", "def", "ghi", "jkl"}, "abcd" LEFT_OUT("4") "ijkl", true},
};

static void head_and_tail_are_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(log_cases); i++) {
		char root[] = "/tmp/wavetrain-log-XXXXXX";
		struct arena arena = {0};
		struct buffer text = BUFFER_INIT;
		struct error error;
		struct step_log log;
		assert_non_null(mkdtemp(root));
		int folder = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		step_log_begin(&log, folder, "step", 2);
		log.limits = (struct step_log_limits){4, 4};
		for (size_t j = 0; j < 4 && log_cases[i].writes[j]; j++)
			step_log_write(
				&log, log_cases[i].writes[j], strlen(log_cases[i].writes[j]));
		assert_true(step_log_finish(&log));
		assert_int_equal(step_log_is_truncated(&log), log_cases[i].is_truncated);
		const char *path = path_join(&arena, root, "log/step.2.log");
		assert_int_equal(path_exists(path), log_cases[i].text != NULL);
		if (log_cases[i].text) {
			assert_true(file_read(path, 4096, &text, &error));
			assert_string_equal(buffer_text(&text), log_cases[i].text);
		}
		buffer_release(&text);
		arena_release(&arena);
		close(folder);
		assert_true(path_remove(root, &error));
	}
}

static void a_disk_that_refuses_is_remembered(void **state)
{
	struct step_log log;
	(void)state;
	int folder = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	step_log_begin(&log, folder, "step", 1);
	step_log_write(&log, "x", 1);
	assert_false(step_log_finish(&log));
	assert_non_null(strstr(log.fault.text, "log/step.1.log"));
	log.is_broken = false;
	log.head = open("/dev/full", O_WRONLY | O_CLOEXEC);
	step_log_write(&log, "x", 1);
	assert_false(step_log_finish(&log));
	assert_int_equal(log.fault.code, ERROR_DISK_FULL);
	close(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(head_and_tail_are_kept),
		cmocka_unit_test(a_disk_that_refuses_is_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
