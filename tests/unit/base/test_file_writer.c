#include "base/file_writer.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "cmocka_all.h"

#define LINES 40000

static struct arena arena;

static char *new_folder(void)
{
	char *path = arena_copy_text(&arena, "/tmp/wavetrain-writer-XXXXXX");
	assert_non_null(mkdtemp(path));
	return path;
}

static uint32_t file_count(const char *folder)
{
	DIR *stream = opendir(folder);
	uint32_t count = 0;
	assert_non_null(stream);
	for (const struct dirent *entry; (entry = readdir(stream));)
		count += entry->d_name[0] != '.';
	closedir(stream);
	return count;
}

/* Many times BUFFER_PIECE_BYTES. Returns how much of it was in memory at most. */
static size_t append_lines(struct buffer *buffer)
{
	size_t most = 0;
	for (int i = 0; i < LINES; i++) {
		buffer_printf(buffer, "line %d of what is never whole in memory\n", i);
		most = buffer->capacity > most ? buffer->capacity : most;
		buffer_drain(buffer);
	}
	return most;
}

static void pieces_make_the_whole(void **state)
{
	struct error error;
	struct file_writer writer;
	struct buffer expected = BUFFER_INIT, found = BUFFER_INIT;
	struct stat facts;
	char *folder = new_folder();
	char *path = path_join(&arena, folder, "a file");
	(void)state;
	append_lines(&expected);
	assert_true(expected.size > 20 * BUFFER_PIECE_BYTES);
	assert_true(file_writer_open(&writer, path, &error));
	assert_true(append_lines(&writer.text) <= 2 * BUFFER_PIECE_BYTES);
	assert_false(path_exists(path));
	assert_true(file_writer_commit(&writer, &error));
	file_writer_close(&writer);
	file_writer_close(&writer);
	assert_true(file_read(path, expected.size, &found, &error));
	assert_int_equal(found.size, expected.size);
	assert_memory_equal(found.bytes, expected.bytes, expected.size);
	assert_int_equal(file_count(folder), 1);
	assert_int_equal(stat(path, &facts), 0);
	mode_t mask = umask(0);
	umask(mask);
	assert_int_equal(facts.st_mode & 0777, 0666 & ~mask);
	assert_true(path_remove(folder, &error));
	buffer_release(&expected);
	buffer_release(&found);
}

static void without_commit_nothing_changes(void **state)
{
	struct error error;
	struct file_writer writer;
	struct buffer found = BUFFER_INIT;
	char *folder = new_folder();
	char *path = path_join(&arena, folder, "kept");
	(void)state;
	assert_true(file_write_atomic(path, "before", 6, &error));
	assert_true(file_writer_open(&writer, path, &error));
	append_lines(&writer.text);
	assert_int_equal(file_count(folder), 2);
	file_writer_close(&writer);
	assert_int_equal(file_count(folder), 1);
	assert_true(file_read(path, 100, &found, &error));
	assert_string_equal(buffer_text(&found), "before");
	assert_false(file_writer_open(&writer, "/nowhere/at/all", &error));
	assert_int_equal(error.code, ERROR_FILE);
	file_writer_close(&writer);
	assert_true(path_remove(folder, &error));
	buffer_release(&found);
}

/* A limit on the size of files stands for a full disk: the same call fails in the same way. */
static void failures_on_the_way_are_told_by_the_commit(void **state)
{
	struct error error;
	struct file_writer writer;
	struct rlimit before, small;
	char *folder = new_folder();
	char *path = path_join(&arena, folder, "large");
	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = before;
	small.rlim_cur = 3 * BUFFER_PIECE_BYTES;
	assert_true(file_writer_open(&writer, path, &error));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_true(append_lines(&writer.text) <= 2 * BUFFER_PIECE_BYTES);
	bool done = file_writer_commit(&writer, &error);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	file_writer_close(&writer);
	assert_false(done);
	assert_non_null(strstr(error.text, "large': cannot write"));
	assert_int_equal(file_count(folder), 0);
	assert_true(path_remove(folder, &error));
}

static void killed_leaves_only_a_temporary_file_that_goes(void **state)
{
	struct error error;
	struct buffer found = BUFFER_INIT;
	char *folder = new_folder();
	char *path = path_join(&arena, folder, "kept");
	struct file_writer busy;
	int status;
	(void)state;
	assert_true(file_write_atomic(path, "before", 6, &error));
	pid_t child = fork();
	if (child == 0) {
		struct file_writer writer;
		if (!file_writer_open(&writer, path, &error))
			_exit(1);
		append_lines(&writer.text);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(file_count(folder), 2);
	assert_true(file_read(path, 100, &found, &error));
	assert_string_equal(buffer_text(&found), "before");

	/* What is being written stays, and so does what only looks like it. */
	assert_true(file_writer_open(&busy, path, &error));
	assert_true(file_write_atomic(
		path_join(&arena, folder, "a.wavetrain-backup"), "mine", 4, &error));
	assert_int_equal(file_count(folder), 4);
	file_writer_tidy(folder);
	assert_int_equal(file_count(folder), 3);
	append_lines(&busy.text);
	assert_true(file_writer_commit(&busy, &error));
	file_writer_close(&busy);
	assert_int_equal(file_count(folder), 2);
	file_writer_tidy(path_join(&arena, folder, "missing"));
	assert_true(path_remove(folder, &error));
	buffer_release(&found);
}

static int release(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(pieces_make_the_whole),
		cmocka_unit_test(without_commit_nothing_changes),
		cmocka_unit_test(failures_on_the_way_are_told_by_the_commit),
		cmocka_unit_test(killed_leaves_only_a_temporary_file_that_goes)};
	return cmocka_run_group_tests(tests, NULL, release);
}
