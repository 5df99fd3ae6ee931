#include "run/git_folders.h"

#include "run/folder_fixture.h"

/* As git itself lays them out; paths count from the temporary folder. */
static const char layout[] =
	"exec > /dev/null 2>&1\n"
	"cd \"$1\" && unset $(git rev-parse --local-env-vars)\n"
	"export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null\n"
	"commit='git -c user.name=a -c user.email=a@b commit -q --allow-empty -m one'\n"
	"git init -q plain && mkdir -p plain/in/deep\n"
	"git init -q --separate-git-dir=store.git apart\n"
	"git init -q main && (cd main && $commit && git worktree add -q ../linked -b other)\n"
	"mkdir moved && (cd main && git worktree add -q ../moved/tree -b third)\n"
	"ln -s ../store.git moved/.git && mkdir none && echo 'gitdir: nowhere' > none/.git\n"
	"mkdir odd && echo 'what is this' > odd/.git";

struct layout_case {
	const char *folder;
	const char *own; /* NULL: none */
	const char *common;
};

static const struct layout_case layout_cases[] = {
	{"plain", "plain/.git", "plain/.git"},
	{"plain/in/deep", "plain/.git", "plain/.git"},
	{"apart", "store.git", "store.git"},
	{"linked", "main/.git/worktrees/linked", "main/.git"},
	{"moved/tree", "main/.git/worktrees/tree", "main/.git"},
	{"moved", "store.git", "store.git"}, /* by a symbolic link */
	{"none", NULL, NULL},
	{"odd", NULL, NULL},
};

static void lay_out(const char *root)
{
	int status;
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		execl("/bin/sh", "sh", "-e", "-c", layout, "sh", root, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void assert_path(struct place *place, const char *found, const char *expected)
{
	char *real = realpath(place->root, NULL);
	assert_non_null(real);
	if (expected)
		assert_string_equal(
			found ? found : "none", path_join(&place->arena, real, expected));
	else
		assert_null(found);
	free(real);
}

static void they_are_found_wherever_they_are(void **state)
{
	struct place *place = *state;
	lay_out(place->root);
	for (size_t i = 0; i < ARRAY_LENGTH(layout_cases); i++) {
		const struct layout_case *expected = &layout_cases[i];
		struct git_folders found =
			git_folders_find(at(place, expected->folder), &place->arena);
		assert_path(place, found.own, expected->own);
		assert_path(place, found.common, expected->common);
	}
}

static void where_there_is_no_repository_there_are_none(void **state)
{
	struct arena arena = {0};
	(void)state;
	/* Nothing is above it, whatever folder it is counted from. */
	assert_null(git_folders_find("nonesuch", &arena).own);
	assert_null(git_folders_find("/proc", &arena).own);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			they_are_found_wherever_they_are, place_open, place_close),
		cmocka_unit_test(where_there_is_no_repository_there_are_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
