#include <fcntl.h>
#include <git2.h>
#include <signal.h>
#include <sys/prctl.h>

#include "checkpoint/blob.h"
#include "checkpoint/rig.h"

struct reading {
	struct rig rig;
	git_repository *repository;
	struct blob_source source;
	struct stat status;
	struct buffer content;
	struct error error;
};

static void reading_open(struct reading *reading)
{
	*reading = (struct reading){0};
	rig_open(&reading->rig);
	git_libgit2_init();
	assert_int_equal(git_repository_open(&reading->repository,
				 path_join(&reading->rig.arena, reading->rig.folder, "repo")),
		0);
	reading->source = (struct blob_source){
		.repository = reading->repository,
		.root = open(git_repository_workdir(reading->repository), O_RDONLY | O_DIRECTORY),
		.path = "file",
		.mode = GIT_FILEMODE_BLOB,
		.max_bytes = 1000000,
	};
	assert_true(reading->source.root >= 0);
}

static void reading_close(struct reading *reading)
{
	close(reading->source.root);
	git_repository_free(reading->repository);
	git_libgit2_shutdown();
	buffer_release(&reading->content);
	rig_close(&reading->rig);
}

static bool reading_try(struct reading *reading)
{
	reading->error = (struct error){0};
	return blob_read(&reading->source, &reading->status, &reading->content, &reading->error);
}

static void test_content(void **state)
{
	static const struct {
		const char *make;
		uint32_t mode;
		bool filtered;
		const char *content;
	} cases[] = {
		{"printf 'a\\r\\n'", GIT_FILEMODE_BLOB, false, "a\r\n"},
		{"printf 'a\\r\\n'", GIT_FILEMODE_BLOB, true, "a\r\n"},
		{"echo '* text' >.gitattributes; printf 'a\\r\\n'", GIT_FILEMODE_BLOB, true, "a\n"},
		{"true", GIT_FILEMODE_BLOB, false, ""},
		{"true", GIT_FILEMODE_BLOB, true, ""},
		{"rm -f file; ln -s there file; cat <file 2>/dev/null || exit 0; echo no",
			GIT_FILEMODE_LINK, false, "there"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct reading reading;

		reading_open(&reading);
		if (cases[i].mode == GIT_FILEMODE_LINK)
			rig_shell(&reading.rig, "repo", "ln -s there file");
		else
			rig_shell(&reading.rig, "repo", "{ %s; } >file", cases[i].make);
		reading.source.mode = cases[i].mode;
		reading.source.filtered = cases[i].filtered;
		if (!reading_try(&reading))
			fail_msg("%zu: %s", i, reading.error.text);
		assert_int_equal(reading.content.size, strlen(cases[i].content));
		assert_memory_equal(
			buffer_text(&reading.content), cases[i].content, reading.content.size);
		reading_close(&reading);
	}
}

static void test_refusals(void **state)
{
	static const struct {
		const char *make;
		const char *path;
		const char *words;
	} cases[] = {
		{"true", "file", "cannot read file: No such file"},
		{"ln -s /etc/passwd file", "file", "cannot read file"},
		{"mkfifo file", "file", "cannot read file"},
		{"ln -s /etc folder", "folder/passwd", "cannot read folder/passwd"},
		{"echo x >../outside", "../outside", "cannot read ../outside"},
		{"head -c 1000001 /dev/zero >file", "file", "grew over the size limit"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct reading reading;

		reading_open(&reading);
		rig_shell(&reading.rig, "repo", "%s", cases[i].make);
		reading.source.path = cases[i].path;
		assert_false(reading_try(&reading));
		if (!strstr(reading.error.text, cases[i].words))
			fail_msg("%zu: %s", i, reading.error.text);
		reading_close(&reading);
	}
}

/* Writes "0123456789" to the end of the file again and again, and begins anew when it is long. */
static pid_t start_writer(const struct reading *reading)
{
	pid_t writer = fork();

	if (writer != 0)
		return writer;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int file = openat(reading->source.root, "file", O_WRONLY | O_APPEND);;) {
		struct stat status;

		if (fstat(file, &status) != 0 ||
			(status.st_size > 500000 && ftruncate(file, 10) != 0) ||
			write(file, "0123456789", 10) != 10)
			_exit(1);
	}
}

static void test_a_file_that_is_written_to(void **state)
{
	struct reading reading;
	pid_t writer;

	(void)state;
	reading_open(&reading);
	rig_shell(&reading.rig, "repo", "printf 0123456789 >file");
	writer = start_writer(&reading);
	assert_true(writer > 0);
	for (int i = 0; i < 300; i++) {
		reading.source.filtered = i % 2 == 1;
		if (!reading_try(&reading)) {
			if (!strstr(reading.error.text, "file changes while it is read"))
				fail_msg("%s", reading.error.text);
			continue;
		}
		assert_int_equal(reading.content.size, reading.status.st_size);
		for (size_t at = 0; at < reading.content.size; at++)
			if (reading.content.bytes[at] != (char)('0' + at % 10))
				fail_msg("byte %zu of %zu", at, reading.content.size);
	}
	kill(writer, SIGKILL);
	waitpid(writer, NULL, 0);
	assert_true(reading_try(&reading));
	reading_close(&reading);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_content),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_a_file_that_is_written_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
