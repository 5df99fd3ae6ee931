#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/text.h"
#include "cmocka_all.h"

static struct arena arena;

static char *new_folder(void)
{
	char *path = arena_copy_text(&arena, "/tmp/wavetrain-file-XXXXXX");
	assert_non_null(mkdtemp(path));
	return path;
}

static void write_is_atomic_and_reads_back(void **state)
{
	struct error error;
	struct buffer buffer = BUFFER_INIT;
	char *folder = new_folder();
	char *path = path_join(&arena, folder, "a file");
	(void)state;
	assert_true(file_write_atomic(path, "one\ntwo\nthree\n", 14, &error));
	assert_true(file_read(path, 14, &buffer, &error));
	assert_string_equal(buffer_text(&buffer), "one\ntwo\nthree\n");
	buffer_clear(&buffer);
	assert_false(file_read(path, 13, &buffer, &error));
	assert_non_null(strstr(error.text, "limit of 13 bytes"));
	buffer_clear(&buffer);
	assert_true(file_read_tail(path, 8, &buffer, &error));
	assert_string_equal(buffer_text(&buffer), "three\n");
	assert_false(file_write_atomic("/nowhere/at/all", "x", 1, &error));
	assert_int_equal(error.code, ERROR_FILE);
	assert_non_null(strstr(error.text, "/nowhere/at/all"));
	assert_true(path_remove(folder, &error));
	assert_false(path_exists(folder));
	buffer_release(&buffer);
}

static void remove_takes_trees_but_follows_no_link(void **state)
{
	struct error error;
	char *outside = new_folder();
	char *folder = new_folder();
	(void)state;
	for (int i = 0; i < 5; i++)
		for (int j = 0; j < 5; j++)
			assert_true(folder_make(
				arena_format(&arena, "%s/%d/%d/deep", folder, i, j), &error));
	char *kept = path_join(&arena, outside, "kept");
	assert_true(file_write_atomic(kept, "x", 1, &error));
	assert_int_equal(symlink(outside, path_join(&arena, folder, "3/link")), 0);
	assert_true(path_remove(folder, &error));
	assert_false(path_exists(folder));
	assert_true(path_exists(kept));
	assert_true(path_remove(outside, &error));
	assert_true(path_remove(outside, &error));
}

static void open_beneath_lets_only_plain_files_in(void **state)
{
	struct error error;
	char *folder = new_folder();
	int descriptor = open(folder, O_RDONLY | O_DIRECTORY);
	(void)state;
	assert_true(file_write_atomic(path_join(&arena, folder, "plain"), "x", 1, &error));
	assert_int_equal(mkfifo(path_join(&arena, folder, "fifo"), 0600), 0);
	assert_int_equal(symlink("plain", path_join(&arena, folder, "link")), 0);
	int plain = open_beneath(descriptor, "plain", O_RDONLY);
	assert_true(plain >= 0);
	close(plain);
	assert_int_equal(open_beneath(descriptor, "fifo", O_RDONLY), -1);
	assert_int_equal(open_beneath(descriptor, "link", O_RDONLY), -1);
	assert_int_equal(open_beneath(descriptor, "../etc/passwd", O_RDONLY), -1);
	assert_int_equal(open_beneath(descriptor, "/etc/passwd", O_RDONLY), -1);
	assert_int_equal(open_beneath(descriptor, ".", O_RDONLY), -1);
	close(descriptor);
	assert_true(path_remove(folder, &error));
}

static void paths(void **state)
{
	(void)state;
	assert_string_equal(path_join(&arena, "a", "b"), "a/b");
	assert_string_equal(path_join(&arena, "a/", "b"), "a/b");
	assert_string_equal(path_join(&arena, ".", "b"), "b");
	assert_string_equal(path_join(&arena, "a", "/b"), "/b");
	assert_string_equal(path_folder(&arena, "/a"), "/");
	assert_string_equal(path_folder(&arena, "a/b/c"), "a/b");
	assert_string_equal(path_folder(&arena, "a"), ".");
	assert_string_equal(path_file_name("a/b"), "b");
	assert_true(path_stays_beneath("a/b.c"));
	assert_true(path_stays_beneath("..a/.github"));
	assert_false(path_stays_beneath("../a"));
	assert_false(path_stays_beneath("a/../b"));
	assert_false(path_stays_beneath("/a"));
	assert_false(path_stays_beneath("a//b"));
	assert_false(path_stays_beneath("a/"));
	assert_false(path_stays_beneath(".git/config"));
	assert_false(path_stays_beneath(""));
}

/* Writes the two parts once somebody reads. */
static pid_t start_writer(const char *pipe)
{
	pid_t child = fork();
	if (child == 0) {
		int descriptor = open(pipe, O_WRONLY | O_CLOEXEC);
		_exit(write(descriptor, "one\n", 4) != 4 || write(descriptor, "two\n", 4) != 4);
	}
	return child;
}

static void pipes_are_read_to_their_end_where_they_may_be(void **state)
{
	struct error error;
	struct buffer buffer = BUFFER_INIT;
	char *folder = new_folder();
	char *pipe = path_join(&arena, folder, "pipe");
	(void)state;
	assert_int_equal(mkfifo(pipe, 0600), 0);
	assert_false(file_read(pipe, 100, &buffer, &error));
	assert_non_null(strstr(error.text, "/pipe' is a pipe, not a file"));
	pid_t child = start_writer(pipe);
	assert_true(file_read_or_pipe(pipe, 100, &buffer, &error));
	assert_string_equal(buffer_text(&buffer), "one\ntwo\n");
	assert_int_equal(waitpid(child, NULL, 0), child);
	child = start_writer(pipe);
	assert_false(file_read_or_pipe(pipe, 3, &buffer, &error));
	assert_non_null(strstr(error.text, "limit of 3 bytes"));
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(path_remove(folder, &error));
	buffer_release(&buffer);
}

/* In a process that is not root, which may do everything. 0: all is as it should be. */
static int make_folders_without_right(const char *folder)
{
	struct error error;
	const char *first = path_join(&arena, folder, "a");
	if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
		return 1;
	if (!folder_make(folder, &error))
		return 2;
	if (folder_make(path_join(&arena, first, "b/c"), &error))
		return 3;
	return !text_equal(error.text,
		arena_format(&arena, "cannot make the folder '%s': %s", first, strerror(EACCES)));
}

static void a_folder_that_cannot_be_made_is_named_with_its_reason(void **state)
{
	struct error error;
	char *folder = new_folder();
	char *file = path_join(&arena, folder, "file");
	int status;
	(void)state;
	assert_true(file_write_atomic(file, "x", 1, &error));
	assert_false(folder_make(path_join(&arena, file, "inner"), &error));
	assert_true(text_ends_with(error.text, strerror(ENOTDIR)));
	assert_int_equal(chmod(folder, 0555), 0);
	pid_t child = fork();
	if (child == 0)
		_exit(make_folders_without_right(folder));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(chmod(folder, 0700), 0);
	assert_true(path_remove(folder, &error));
}

static void hashes_and_times(void **state)
{
	struct hash hash;
	char text[HASH_TEXT_SIZE];
	char time[CLOCK_TEXT_SIZE];
	(void)state;
	hash_start(&hash);
	hash_add(&hash, "abc", 3);
	hash_finish(&hash, text);
	/* FIPS 180-4's own example. */
	assert_string_equal(
		text, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	clock_format(1765290622123, time);
	assert_string_equal(time, "2025-12-09T14:30:22.123Z");
	clock_format(-1, time);
	assert_string_equal(time, "1969-12-31T23:59:59.999Z");
	/* Against the C library, day by day over leap years and centuries. */
	for (int64_t at = -62167219200000; at < 253402300800000; at += 86400000 * 17 + 12345) {
		char expected[CLOCK_TEXT_SIZE];
		clock_format(at, time);
		clock_format_as(at, "%m-%dT%H:%M:%S", expected, sizeof(expected));
		assert_memory_equal(time + 5, expected, 14);
	}
	clock_format(INT64_MIN, time);
	assert_string_equal(time, "0000-01-01T00:00:00.000Z");
	clock_format(INT64_MAX, time);
	assert_string_equal(time, "9999-12-31T23:59:59.999Z");
}

static void errors_tell_the_whole_story(void **state)
{
	struct error error;
	(void)state;
	errno = ENOSPC;
	assert_false(error_set_errno(&error, ERROR_FILE, "cannot write '%s'", "log"));
	assert_int_equal(error.code, ERROR_DISK_FULL);
	assert_false(error_context(&error, "step '%s'", "a"));
	assert_string_equal(error.text, "step 'a': cannot write 'log': No space left on device");
	assert_string_equal(error.hint, "free some space, then run this again");
	for (int code = 0; code < ERROR_CODE_COUNT; code++) {
		assert_non_null(error_code_name((enum error_code)code));
		assert_true(text_ends_with(error_code_meaning((enum error_code)code), "."));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(write_is_atomic_and_reads_back),
		cmocka_unit_test(remove_takes_trees_but_follows_no_link),
		cmocka_unit_test(open_beneath_lets_only_plain_files_in), cmocka_unit_test(paths),
		cmocka_unit_test(pipes_are_read_to_their_end_where_they_may_be),
		cmocka_unit_test(a_folder_that_cannot_be_made_is_named_with_its_reason),
		cmocka_unit_test(hashes_and_times), cmocka_unit_test(errors_tell_the_whole_story)};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	arena_release(&arena);
	return failed;
}
