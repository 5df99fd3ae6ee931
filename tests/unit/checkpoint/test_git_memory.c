#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <git2.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checkpoint/git_memory.h"

#if defined(__SANITIZE_ADDRESS__)
#define MEMORY_IS_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEMORY_IS_WATCHED 1
#endif
#endif

#define LIMIT_BYTES ((rlim_t)256 * 1024 * 1024)

/* Keeps what libgit2 makes until there is no memory. */
static _Noreturn void use_up_memory(void)
{
	struct rlimit limit = {.rlim_cur = LIMIT_BYTES, .rlim_max = LIMIT_BYTES};
	git_signature *signature;
	dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	git_memory_guard();
	git_libgit2_init();
	setrlimit(RLIMIT_AS, &limit);
	while (git_signature_new(&signature, "Somebody", "somebody@example.invalid", 1, 0) == 0)
		continue;
	_exit(0);
}

static void test_no_memory_ends_the_program(void **state)
{
	(void)state;
#ifdef MEMORY_IS_WATCHED
	skip();
#endif
	int status;
	pid_t process = fork();
	if (process == 0)
		use_up_memory();
	assert_int_equal(waitpid(process, &status, 0), process);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 4);
}

static void test_objects_are_read_and_written(void **state)
{
	(void)state;
	static const char content[] = "content\n";
	git_odb *objects;
	git_odb_object *object;
	git_oid id;
	git_memory_guard();
	assert_true(git_libgit2_init() > 0);
	assert_int_equal(git_odb_new(&objects), 0);
	assert_int_equal(git_odb_hash(&id, content, strlen(content), GIT_OBJECT_BLOB), 0);
	assert_string_equal(git_oid_tostr_s(&id), "d95f3ad14dee633a758d2e331151e950dd13e4ed");
	assert_int_equal(git_odb_read(&object, objects, &id), GIT_ENOTFOUND);
	assert_non_null(git_error_last());
	git_odb_free(objects);
	git_libgit2_shutdown();
}

/* A length that no machine has: libgit2 refuses it, and the program goes on. */
static void test_a_length_beyond_reason_is_refused(void **state)
{
	(void)state;
#ifdef MEMORY_IS_WATCHED
	skip();
#endif
	git_buf buffer = GIT_BUF_INIT;
	git_memory_guard();
	assert_true(git_libgit2_init() > 0);
	assert_int_not_equal(git_buf_grow(&buffer, SIZE_MAX / 4), 0);
	git_buf_dispose(&buffer);
	git_libgit2_shutdown();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_memory_ends_the_program),
		cmocka_unit_test(test_objects_are_read_and_written),
		cmocka_unit_test(test_a_length_beyond_reason_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
