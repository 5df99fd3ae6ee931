/* What differs from a commit, for steps that run only when something they watch has changed. */
#include "checkpoint/changes.h"

#include "checkpoint/rig.h"
#include "checkpoint/work_tree.h"

static bool has(const struct changes *changes, const char *path)
{
	for (uint32_t i = 0; i < changes->count; i++)
		if (strcmp(changes->paths[i], path) == 0)
			return true;
	return false;
}

static void test_changes(void **state)
{
	struct rig rig;
	struct changes changes;
	struct error error = {0};

	(void)state;
	rig_open(&rig);
	const char *repository = path_join(&rig.arena, rig.folder, "repo");
	rig_shell(&rig, "repo",
		"mkdir -p src/deep && echo a >src/a && echo b >src/deep/b && echo c >c && "
		"echo '*.o' >.gitignore && git add -A && git commit -qm base");
	const char *base =
		arena_copy_text(&rig.arena, rig_shell(&rig, "repo", "git rev-parse HEAD"));
	assert_true(changes_since(repository, base, &rig.arena, &changes, &error));
	assert_int_equal(changes.count, 0);
	rig_shell(&rig, "repo",
		"echo x >src/a && git commit -qam next && rm src/deep/b && git mv c d && "
		"echo new >src/new && echo o >x.o");
	assert_true(changes_since(repository, base, &rig.arena, &changes, &error));
	assert_int_equal(changes.count, 5);
	for (const char *const *path =
			(const char *const[]){"src/a", "src/deep/b", "c", "d", "src/new", NULL};
		*path; path++)
		assert_true(has(&changes, *path));
	const char *below = path_join(&rig.arena, repository, "src");
	assert_true(changes_since(below, base, &rig.arena, &changes, &error));
	assert_int_equal(changes.count, 3);
	assert_true(has(&changes, "deep/b"));
	/* The pipeline may be reached by links. */
	rig_shell(&rig, "", "ln -s repo link && ln -s repo/src/deep inner");
	below = path_join(&rig.arena, rig.folder, "link");
	assert_true(changes_since(below, base, &rig.arena, &changes, &error));
	assert_int_equal(changes.count, 5);
	assert_true(has(&changes, "src/a"));
	below = path_join(&rig.arena, rig.folder, "inner");
	assert_true(changes_since(below, base, &rig.arena, &changes, &error));
	assert_int_equal(changes.count, 1);
	assert_true(has(&changes, "b"));
	rig_close(&rig);
}

/* Folders of the rig: the work tree, the one in it, and how its paths begin; NULL: not in it. */
static const struct {
	const char *work_tree;
	const char *folder;
	const char *prefix;
} prefixes[] = {
	{"repo", "repo", ""},
	{"repo/", "repo", ""},
	{"repo", "repo/src/deep", "src/deep/"},
	{"repo", "link/src", "src/"},
	{"link", "repo/src", "src/"},
	{"repo", "inner/.", "src/deep/"},
	{"repo", "repo2", NULL},
	{"repo", "repo2/src", NULL},
	{"repo/src", "repo", NULL},
	{"repo", "repo/gone", NULL},
	{"gone", "repo", NULL},
};

static void test_prefix(void **state)
{
	struct rig rig;

	(void)state;
	rig_open(&rig);
	rig_shell(&rig, "",
		"mkdir -p repo/src/deep repo2/src && ln -s repo link && ln -s repo/src/deep inner");
	for (size_t i = 0; i < ARRAY_LENGTH(prefixes); i++) {
		const char *prefix =
			work_tree_prefix(path_join(&rig.arena, rig.folder, prefixes[i].work_tree),
				path_join(&rig.arena, rig.folder, prefixes[i].folder), &rig.arena);

		if (!text_equal(prefix, prefixes[i].prefix))
			fail_msg("%s in %s: %s", prefixes[i].folder, prefixes[i].work_tree,
				prefix ? prefix : "outside");
	}
	ASSERT_TEXT(work_tree_prefix("/", rig.folder, &rig.arena),
		arena_format(&rig.arena, "%s/", rig.folder + 1));
	ASSERT_TEXT(work_tree_prefix("/", "/", &rig.arena), "");
	rig_close(&rig);
}

static void test_refused(void **state)
{
	struct rig rig;
	struct changes changes;
	struct error error = {0};

	(void)state;
	rig_open(&rig);
	const char *repository = path_join(&rig.arena, rig.folder, "repo");
	assert_false(changes_since(repository, "0123456789012345678901234567890123456789",
		&rig.arena, &changes, &error));
	assert_non_null(strstr(error.text, "what changed since 012345678901 cannot be told"));
	assert_false(changes_since("/", "0123", &rig.arena, &changes, &error));
	assert_int_equal(changes.count, 0);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
