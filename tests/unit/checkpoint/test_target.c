#include "checkpoint/checkpoint_run.h"

static void test_not_a_repository(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer = NULL;
	struct error error = {0};

	(void)state;
	rig_open(&rig);
	rig_shell(&rig, "", "mkdir plain && git init -q --bare bare.git");
	assert_true(run_try(&rig, &(struct run_options){.place = "plain"}, &checkpointer, &error));
	assert_null(checkpointer);
	run_refused(&rig, &(struct run_options){.place = "plain", .branch = "current"},
		ERROR_NOT_A_REPOSITORY, "is not in a git repository");
	run_refused(&rig, &(struct run_options){.place = "bare.git", .branch = "none"},
		ERROR_NOT_A_REPOSITORY, "bare repository");
	rig_close(&rig);
}

static void test_commits_switched_off(void **state)
{
	struct checkpoint_settings wanted = {.commit = false, .branch = "current"};
	struct checkpointer_settings settings = {
		.folder = "/nowhere", .run_folder = "/nowhere", .run_id = "r", .settings = &wanted};
	struct checkpointer *checkpointer = NULL;
	struct error error = {0};

	(void)state;
	assert_true(checkpointer_open(&settings, &checkpointer, &error));
	assert_null(checkpointer);
	checkpointer_close(checkpointer);
}

/* The default: the branch of a clean tree, else only the run's reference. */
static void test_default_target(void **state)
{
	static const struct {
		const char *before;
		const char *target;
	} cases[] = {
		{"true", "refs/heads/main"},
		{"echo untracked >note", "refs/heads/main"},
		{"git checkout -q -b topic/x", "refs/heads/topic/x"},
		{"echo dirty >src/one.txt", NULL},
		{"rm src/one.txt", NULL},
		{"echo s >s && git add s", NULL},
		{"git checkout -q --detach", NULL},
		{"git checkout -q -b b && echo b >src/one.txt && git commit -qam b && "
		 "git checkout -q main && git merge -q --no-commit --no-ff b",
			NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig;
		struct checkpointer *checkpointer;
		const char *target;
		const char *head;

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "repo", "%s", cases[i].before);
		head = rig_shell(&rig, "repo", "git rev-parse HEAD");
		checkpointer = run_open(&rig, &(struct run_options){0});
		target = checkpointer_facts(checkpointer)->target;
		if (!text_equal(target, cases[i].target))
			fail_msg("%s: %s", cases[i].before, target ? target : "none");
		ASSERT_TEXT(checkpointer_facts(checkpointer)->head_commit, head);
		rig_shell(&rig, "repo", "echo made >made");
		assert_int_equal(run_save(checkpointer).files_changed, 1);
		ASSERT_TEXT(rig_shell(&rig, "repo",
				    "git show --format= --name-only refs/wavetrain/runs/run-1"),
			"made");
		if (!target)
			ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-parse HEAD"), head);
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

static void test_refused_before_anything_runs(void **state)
{
	static const struct {
		const char *before;
		const char *branch;
		enum error_code code;
		const char *words;
	} cases[] = {
		{"echo d >src/one.txt && echo d >docs/doc.md", "current", ERROR_WORK_TREE_DIRTY,
			"uncommitted changes: docs/doc.md, src/one.txt"},
		{"for i in 1 2 3 4 5 6 7; do echo $i >t$i; done; git add -A; git commit -qm t; "
		 "for i in 1 2 3 4 5 6 7; do echo d >t$i; done",
			"main", ERROR_WORK_TREE_DIRTY, "and 2 more"},
		{"git checkout -q --detach", "current", ERROR_GIT, "HEAD is on no branch"},
		{"git branch other && git worktree add -q ../other other", "other", ERROR_GIT,
			"checked out in another work tree"},
		{"true", "no..name", ERROR_GIT, "no name for a branch"},
		{"git update-index --split-index", NULL, ERROR_GIT, "split index"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig;

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "repo", "%s", cases[i].before);
		run_refused(&rig, &(struct run_options){.branch = cases[i].branch}, cases[i].code,
			cases[i].words);
		rig_close(&rig);
	}
}

/* The command that ends what has left the conflicts does end it. */
static void test_conflicts(void **state)
{
	static const struct {
		const char *command;
		const char *ending; /* NULL: there is nothing to be ended */
	} cases[] = {
		{"git merge side", "git merge --abort"},
		{"git cherry-pick side", "git cherry-pick --abort"},
		{"git rebase side", "git rebase --abort"},
		{"git rebase --apply side", "git rebase --abort"},
		{"git revert --no-edit HEAD~1", "git revert --abort"},
		{"git format-patch -q -1 --stdout side >../patch && git am -3 ../patch",
			"git am --abort"},
		{"git stash apply stash@{0}", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig;
		struct checkpointer *checkpointer = NULL;
		struct error error = {0};

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "repo",
			"echo stashed >src/one.txt && git stash -q && git switch -q -c side && "
			"echo side >src/one.txt && git commit -qam side && git switch -q main && "
			"echo a >src/one.txt && git commit -qam a && "
			"echo b >src/one.txt && git commit -qam b && ! { %s; } >/dev/null 2>&1",
			cases[i].command);
		assert_false(run_try(&rig, &(struct run_options){0}, &checkpointer, &error));
		assert_int_equal(error.code, ERROR_WORK_TREE_DIRTY);
		if (!strstr(error.text, "conflicts in the index") ||
			!strstr(error.hint, "resolve them and commit"))
			fail_msg("%s: %s (%s)", cases[i].command, error.text, error.hint);
		if (!cases[i].ending)
			assert_null(strchr(error.hint, '`'));
		else if (!strstr(error.hint, cases[i].ending))
			fail_msg("%s: %s", cases[i].command, error.hint);
		rig_shell(&rig, "repo", "%s",
			cases[i].ending ? cases[i].ending : "git reset -q --hard");
		checkpointer_close(run_open(&rig, &(struct run_options){0}));
		rig_close(&rig);
	}
}

static void test_allow_dirty(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo",
		"echo mine >src/one.txt && echo staged >staged && git add staged && "
		"echo untracked >untracked && rm src/deep/two.txt && echo both >docs/doc.md");
	checkpointer =
		run_open(&rig, &(struct run_options){.branch = "current", .allow_dirty = true});
	rig_shell(&rig, "repo", "echo made >made && echo step >>docs/doc.md && touch src/one.txt");
	assert_int_equal(run_save(checkpointer).files_changed, 2);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git show --format= --name-only HEAD"),
		"docs/doc.md\nmade");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"),
		" D src/deep/two.txt\n M src/one.txt\nA  staged\n?? untracked");
	/* Back to what it was at the start: by now the path is the run's. */
	rig_shell(&rig, "repo", "echo both >docs/doc.md && echo step >untracked");
	assert_int_equal(run_save(checkpointer).files_changed, 2);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git show HEAD:docs/doc.md"), "both");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_empty_repository(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	struct checkpoint checkpoint;

	(void)state;
	rig_open(&rig);
	rig_shell(&rig, "repo", "echo mine >mine");
	checkpointer = run_open(&rig, &(struct run_options){0});
	assert_null(checkpointer_facts(checkpointer)->head_commit);
	ASSERT_TEXT(checkpointer_facts(checkpointer)->target, "refs/heads/main");
	rig_shell(&rig, "repo", "mkdir d && echo made >d/made");
	checkpoint = run_save(checkpointer);
	assert_null(checkpoint.parent);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git ls-tree -r --name-only main"), "d/made");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "?? mine");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_named_branch(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	const char *index;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo", "echo mine >src/one.txt");
	index = rig_shell(&rig, "repo", "sha256sum .git/index");
	checkpointer = run_open(&rig, &(struct run_options){.branch = "results"});
	for (int i = 0; i < 2; i++) {
		rig_shell(&rig, "repo", "echo %d >made", i);
		run_save(checkpointer);
	}
	ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-list --count main..results"), "2");
	ASSERT_TEXT(rig_shell(&rig, "repo", "sha256sum .git/index"), index);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git diff --name-only main results"), "made");
	rig_shell(&rig, "repo", "git update-ref refs/heads/results main");
	rig_shell(&rig, "repo", "echo more >made");
	struct checkpoint checkpoint = {0};
	struct error error = {0};
	assert_true(run_prepare(checkpointer, &checkpoint, &error));
	assert_false(checkpointer_publish(checkpointer, &checkpoint, &error));
	assert_non_null(strstr(error.text, "moved by somebody else"));
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* The branch has results of an earlier run that HEAD does not hold: both are parents. */
static void test_named_branch_goes_on(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo",
		"git branch results $(git commit-tree HEAD^{tree} -p HEAD -m earlier) && "
		"git commit -q --allow-empty -m newer");
	checkpointer = run_open(&rig, &(struct run_options){.branch = "results"});
	rig_shell(&rig, "repo", "echo made >made");
	run_save(checkpointer);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git log -1 --format=%%P results | wc -w"), "2");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git log -1 --format=%%s results^1"), "earlier");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git log -1 --format=%%s results^2"), "newer");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_shallow_clone_and_subfolder(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo", "git commit -q --allow-empty -m second");
	rig_shell(&rig, "", "git clone -q --depth 1 file://$PWD/repo shallow");
	checkpointer = run_open(&rig, &(struct run_options){.place = "shallow/src"});
	assert_true(checkpointer_facts(checkpointer)->shallow);
	rig_shell(&rig, "shallow", "echo made >src/made && echo x >top");
	assert_int_equal(run_save(checkpointer).files_changed, 2);
	ASSERT_TEXT(rig_shell(&rig, "shallow", "git status --porcelain && git fsck"), "");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_linked_work_tree(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo", "git worktree add -q -b side ../side");
	checkpointer = run_open(&rig, &(struct run_options){.place = "side"});
	ASSERT_TEXT(checkpointer_facts(checkpointer)->target, "refs/heads/side");
	rig_shell(&rig, "side", "echo made >made");
	run_save(checkpointer);
	ASSERT_TEXT(rig_shell(&rig, "side", "git status --porcelain"), "");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* Root may read what belongs to anybody, so the test becomes somebody. */
static void test_another_owner(void **state)
{
	struct rig rig;
	int status;
	pid_t child;

	(void)state;
	if (geteuid() != 0) {
		skip();
		return;
	}
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "", "chmod 755 . && chown 65534 run && chown -R 12345 repo");
	child = fork();
	if (child == 0) {
		struct checkpointer *checkpointer = NULL;
		struct error error = {0};
		bool opened = setuid(65534) != 0 ||
			      run_try(&rig, &(struct run_options){0}, &checkpointer, &error);
		_exit(!opened && strstr(error.text, "belongs to another user") &&
					strstr(error.hint, "safe.directory")
				? 0
				: 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	rig_shell(&rig, "", "chown -R 0 repo");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_not_a_repository),
		cmocka_unit_test(test_commits_switched_off),
		cmocka_unit_test(test_default_target),
		cmocka_unit_test(test_refused_before_anything_runs),
		cmocka_unit_test(test_conflicts),
		cmocka_unit_test(test_allow_dirty),
		cmocka_unit_test(test_empty_repository),
		cmocka_unit_test(test_named_branch),
		cmocka_unit_test(test_named_branch_goes_on),
		cmocka_unit_test(test_shallow_clone_and_subfolder),
		cmocka_unit_test(test_linked_work_tree),
		cmocka_unit_test(test_another_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
