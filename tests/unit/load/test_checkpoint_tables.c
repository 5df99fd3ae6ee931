/* Names of branches: git itself says which are any. */
#include "load/load_fixture.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

static bool git_allows(const char *name)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(nowhere, 1);
		dup2(nowhere, 2);
		execlp("git", "git", "check-ref-format", "--branch", name, (char *)NULL);
		_exit(99);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 99);
	return WEXITSTATUS(status) == 0;
}

static void branches_are_named_as_git_allows_it(void **state)
{
	static const char *const names[] = {"results", "batch/night", "current", "none", "@", "a@",
		"a/@", "a{b", "@{", "a@{b", "HEAD", "x/HEAD", "-a", "a-", "a.", "a./b", ".a",
		"a/.b", "a..b", "a.lock", "a.lock/b", "a.locks", "/a", "a/", "a//b", "a b", "a~b",
		"a^", "a:b", "a?", "a*", "a[b", "a]b", "a\\b", "\x01", "a\x7f", "\xc3\xa9", "a'b",
		"a\"b"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		struct fixture fixture;
		struct buffer source = BUFFER_INIT;
		bool is_allowed = git_allows(names[i]);

		buffer_append_text(
			&source, "steps: [{id: a, run: 'true'}]\ncheckpoint:\n  branch: \"");
		for (const char *at = names[i]; *at; at++)
			if (strchr("\\\"\x01\x7f", *at))
				buffer_printf(&source, "\\x%02x", (unsigned)*at);
			else
				buffer_append_byte(&source, *at);
		buffer_append_text(&source, "\"\n");
		fixture_load(&fixture, "/home/project", buffer_text(&source));
		if ((fixture.diagnostics.error_count == 0) != is_allowed)
			fail_msg("%s: git says %s", names[i], is_allowed ? "yes" : "no");
		if (!is_allowed) {
			assert_int_equal(fixture.diagnostics.findings[0].where.line, 3);
			assert_int_equal(fixture.diagnostics.findings[0].where.column, 11);
			assert_non_null(strstr(fixture.diagnostics.findings[0].message,
				"'current', 'none' or a name that git allows for a branch"));
		}
		buffer_release(&source);
		fixture_release(&fixture);
	}
}

/* As it is said by a full reference, which counts as its branch. */
static void a_full_reference_is_checked_without_its_prefix(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_load_good(&fixture,
		"steps: [{id: a, run: 'true'}]\ncheckpoint: {branch: refs/heads/results}\n");
	fixture_release(&fixture);
	fixture_load(&fixture, "/home/project",
		"steps: [{id: a, run: 'true'}]\ncheckpoint: {branch: refs/heads/-x}\n");
	assert_int_equal(fixture.diagnostics.error_count, 1);
	fixture_release(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(branches_are_named_as_git_allows_it),
		cmocka_unit_test(a_full_reference_is_checked_without_its_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
