#include "checkpoint/checkpoint_run.h"

#define CHANGE_SOME                                                                                \
	"echo changed >src/one.txt && mkdir -p new/dir && echo new >new/dir/file && "              \
	"rm docs/doc.md && mkdir -p build && echo out >build/out.o && "                            \
	"mkdir -p .wavetrain && echo state >.wavetrain/state"

static void test_current_branch(void **state)
{
	struct rig rig;
	struct checkpoint checkpoint;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	ASSERT_TEXT(checkpointer_facts(checkpointer)->target, "refs/heads/main");
	rig_shell(&rig, "repo", CHANGE_SOME);
	checkpoint = run_save(checkpointer);
	assert_int_equal(checkpoint.files_changed, 3);
	ASSERT_TEXT(checkpoint.reference, "refs/heads/main");
	ASSERT_TEXT(checkpoint.commit, rig_shell(&rig, "repo", "git rev-parse main"));
	ASSERT_TEXT(checkpoint.commit,
		rig_shell(&rig, "repo", "git rev-parse refs/wavetrain/runs/run-1"));
	ASSERT_TEXT(checkpoint.parent, rig_shell(&rig, "repo", "git rev-parse main~1"));
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "?? .wavetrain/");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git show --format= --name-status HEAD"),
		"D\tdocs/doc.md\nA\tnew/dir/file\nM\tsrc/one.txt");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git symbolic-ref HEAD"), "refs/heads/main");
	assert_true(access(path_join(&rig.arena, rig.folder, "run/publishing"), F_OK) != 0);
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_message(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", "echo x >x");
	run_save(checkpointer);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git log -1 --format=%%B"),
		"wavetrain: wave complete (web)\n\nbuild  1.2 s\ntest  3 s\n\n"
		"Wavetrain-Run: run-1\nWavetrain-Wave: 0\nWavetrain-Trigger: wave");
	ASSERT_TEXT(rig_shell(&rig, "repo",
			    "git log -1 --format='%%(trailers:key=Wavetrain-Run,valueonly)'"),
		"run-1");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_several_in_a_row(void **state)
{
	struct rig rig;
	struct checkpoint checkpoint;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	for (int i = 0; i < 4; i++) {
		/* The same size, within one tick of the clock: only the content tells. */
		rig_shell(&rig, "repo", "echo %d >src/one.txt", i);
		checkpoint = run_save(checkpointer);
		assert_int_equal(checkpoint.files_changed, 1);
		ASSERT_TEXT(rig_shell(&rig, "repo", "git show HEAD:src/one.txt"),
			arena_format(&rig.arena, "%d", i));
		ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "");
	}
	checkpoint = run_save(checkpointer);
	assert_null(checkpoint.commit);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-list --count main"), "5");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* A step that still runs removes a file and a folder between their listing and their turn. */
static void test_removed_meanwhile(void **state)
{
	struct rig rig;
	struct checkpoint checkpoint;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo", "echo z >z.txt && git add z.txt && git commit -qm z");
	checkpointer = run_open(&rig, &(struct run_options){0});
	/* What comes first takes long to store. */
	rig_shell(&rig, "repo",
		"head -c 8000000 /dev/urandom >a-large && echo changed >z.txt && echo x >y.txt && "
		"mkdir zz && echo x >zz/x.txt && "
		"(sleep 0.05; rm -r y.txt z.txt zz) >/dev/null 2>&1 &");
	checkpoint = run_save(checkpointer);
	assert_non_null(checkpoint.commit);
	rig_shell(&rig, "repo", "while test -e zz; do sleep 0.01; done");
	run_save(checkpointer);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git ls-tree --name-only HEAD a-large y.txt z.txt zz"),
		"a-large");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_touched_is_not_changed(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", "touch -d 2001-01-01 src/one.txt && mkdir empty");
	assert_null(run_save(checkpointer).commit);
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* What git itself would commit is what we commit, for every kind of change. */
static const struct {
	const char *name;
	const char *before;
	const char *change;
} kinds[] = {
	{"modes", "true", "chmod +x src/one.txt"},
	{"symbolic links", "ln -s one.txt src/link", "ln -sf two.txt src/link && ln -s /nowhere n"},
	{"file to link", "true", "rm src/one.txt && ln -s deep src/one.txt"},
	{"file to folder", "true", "rm src/one.txt && mkdir src/one.txt && echo x >src/one.txt/x"},
	{"folder to file", "true", "rm -r src/deep && echo x >src/deep"},
	{"folder to link", "true", "rm -r src/deep && ln -s ../docs src/deep"},
	{"all gone", "true", "rm -r src docs .gitignore"},
	{"line ends", "printf '* text=auto\\n*.bat eol=crlf\\n' >.gitattributes",
		"printf 'a\\r\\nb\\r\\n' >dos.txt && printf 'a\\r\\n' >x.bat"},
	{"names that sort oddly", "mkdir a a-b a.b && touch a/x a-b/x a.b/x a0",
		"echo 1 | tee a/x a-b/x a.b/x a0 'a/ü \"q\"' 'a b' >/dev/null"},
	{"nested ignores", "mkdir n && printf '*.log\\n!keep.log\\n' >n/.gitignore",
		"touch n/a.log n/keep.log n/b.txt && mkdir n/build && touch n/build/x"},
	{"ignored but tracked", "mkdir build && echo a >build/a && git add -f build/a",
		"echo b >build/a && echo c >build/c"},
	{"empty file", "true", ": >empty && : >src/one.txt"},
	{"renamed", "true", "git mv src/one.txt docs/one.md"},
	{"staged by a step", "true", "echo s >s && git add s && echo t >s"},
};

static void test_as_git_would(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		struct rig rig;
		struct checkpointer *checkpointer;
		const char *ours;

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "repo", "%s && git add -A && git commit -qm more --allow-empty",
			kinds[i].before);
		checkpointer = run_open(&rig, &(struct run_options){0});
		rig_shell(&rig, "repo", "%s", kinds[i].change);
		run_save(checkpointer);
		ours = rig_shell(&rig, "repo", "git rev-parse 'HEAD^{tree}'");
		if (strcmp(rig_shell(&rig, "repo", "git status --porcelain"), "") != 0)
			fail_msg("%s: not clean", kinds[i].name);
		rig_shell(&rig, "repo", "git reset -q HEAD~1 && git add -A");
		if (strcmp(ours, rig_shell(&rig, "repo", "git write-tree")) != 0)
			fail_msg("%s: another tree than git's", kinds[i].name);
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

static void test_step_commits_itself(void **state)
{
	struct rig rig;
	struct checkpoint checkpoint;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo",
		"echo own >own && git rm -q docs/doc.md && git add -A && git commit -qm own && "
		"echo ours >ours");
	checkpoint = run_save(checkpointer);
	assert_int_equal(checkpoint.files_changed, 1);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git log -2 --format=%%s"),
		"wavetrain: wave complete (web)\nown");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static const struct {
	const char *change;
	const char *words;
} departures[] = {
	{"git commit -q --amend -m other", "no longer holds"},
	{"git checkout -qb elsewhere", "HEAD has left the branch main"},
	{"git checkout -q --detach", "HEAD has left the branch main"},
};

static void test_branch_taken_away(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(departures); i++) {
		struct rig rig;
		struct checkpoint checkpoint = {0};
		struct error error = {0};
		struct checkpointer *checkpointer;

		rig_open(&rig);
		rig_populate(&rig);
		checkpointer = run_open(&rig, &(struct run_options){0});
		rig_shell(&rig, "repo", "echo x >x && %s", departures[i].change);
		assert_false(run_prepare(checkpointer, &checkpoint, &error));
		assert_int_equal(error.code, ERROR_GIT);
		if (!strstr(error.text, departures[i].words) || !error.hint[0])
			fail_msg("%s (%s)", error.text, error.hint);
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

static void test_moved_between_prepare_and_publish(void **state)
{
	struct rig rig;
	struct checkpoint checkpoint = {0};
	struct error error = {0};
	struct checkpointer *checkpointer;
	const char *theirs;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", "echo x >x");
	assert_true(run_prepare(checkpointer, &checkpoint, &error));
	theirs = rig_shell(
		&rig, "repo", "git commit -q --allow-empty -m theirs && git rev-parse HEAD");
	assert_false(checkpointer_publish(checkpointer, &checkpoint, &error));
	assert_non_null(strstr(error.text, "moved by somebody else"));
	ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-parse main"), theirs);
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_refusals_by_name(void **state)
{
	static const struct {
		const char *before;
		const char *change;
		const char *words;
	} cases[] = {
		{"true", "head -c 3000 /dev/zero >big.bin", "big.bin is 2.9 KiB, more than"},
		{"echo '*.psd filter=lfs' >.gitattributes", "echo x >a.psd",
			"a.psd goes through Git LFS"},
		{"git config filter.secret.clean cat && echo 'k filter=secret' >.gitattributes",
			"echo x >k", "k goes through a filter program"},
		{"true", "git init -q inner && git -C inner commit -q --allow-empty -m i",
			"inner is another repository"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig;
		struct checkpoint checkpoint = {0};
		struct error error = {0};
		struct checkpointer *checkpointer;

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "repo", "%s && git add -A && git commit -qm m --allow-empty",
			cases[i].before);
		checkpointer = run_open(&rig, &(struct run_options){.max_file_bytes = 2000});
		rig_shell(&rig, "repo", "%s", cases[i].change);
		assert_false(run_prepare(checkpointer, &checkpoint, &error));
		if (!strstr(error.text, cases[i].words) || !error.hint[0])
			fail_msg("%s (%s)", error.text, error.hint);
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

/* What a filter made at checkout, and a submodule that stays, stand in nobody's way. */
static void test_special_but_unchanged(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	const char *hash;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	hash = rig_shell(&rig, "repo", "echo content | sha256sum | cut -c1-64");
	rig_shell(&rig, "",
		"git init -q other && cd other && git commit -q --allow-empty -m o && cd ../repo && "
		"git -c protocol.file.allow=always submodule --quiet add ../other sub && "
		"printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:%s\\nsize 8\\n' "
		">a.psd && git add -A && git commit -qm special && "
		"echo '*.psd filter=lfs' >.gitattributes && git add -A && git commit -qm attributes",
		hash);
	rig_shell(&rig, "repo", "echo content >a.psd");
	checkpointer = run_open(&rig, &(struct run_options){0});
	assert_false(checkpointer_facts(checkpointer)->dirty);
	rig_shell(&rig, "repo", "echo x >x && touch a.psd sub");
	assert_int_equal(run_save(checkpointer).files_changed, 1);
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* Files above the limit that were committed before are no matter until they change. */
static void test_large_but_unchanged(void **state)
{
	static const char *const changes[] = {"echo x >>large", "echo x >>huge", "chmod +x large"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
		struct rig rig;
		struct checkpoint checkpoint = {0};
		struct error error = {0};
		struct checkpointer *checkpointer;

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "repo",
			"head -c 70000 /dev/zero >large && head -c 2000000 /dev/zero >huge && "
			"git add -A && git commit -qm large");
		checkpointer = run_open(&rig, &(struct run_options){.max_file_bytes = 2000});
		rig_shell(&rig, "repo", "touch -d '1 hour ago' large huge && echo x >x");
		assert_int_equal(run_save(checkpointer).files_changed, 1);
		rig_shell(&rig, "repo", "%s", changes[i]);
		assert_false(run_prepare(checkpointer, &checkpoint, &error));
		assert_non_null(strstr(error.text, "more than checkpoint.max_file allows"));
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

/* While steps run, what may not be committed yet waits; once none runs it is refused. */
static void test_unfit_while_steps_run(void **state)
{
	struct rig rig;
	struct mask *mask = run_mask();
	struct checkpoint checkpoint = {0};
	struct error error = {0};
	struct checkpointer *checkpointer;
	struct checkpoint_request request = {
		.number = 1, .run_id = "run-1", .subject = "while", .body = "", .steps_run = true};

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){.max_file_bytes = 2000, .mask = mask});
	rig_shell(&rig, "repo",
		"echo x >x && head -c 3000 /dev/zero >large && echo " RUN_SECRET " >secret && "
		"git init -q nested && git -C nested commit -q --allow-empty -m n");
	assert_true(checkpointer_prepare(checkpointer, &request, &checkpoint, &error));
	assert_true(checkpointer_publish(checkpointer, &checkpoint, &error));
	assert_int_equal(checkpoint.files_changed, 1);
	rig_shell(&rig, "repo", "echo fine >secret && rm -rf nested");
	assert_false(run_prepare(checkpointer, &checkpoint, &error));
	assert_non_null(strstr(error.text, "large is "));
	rig_shell(&rig, "repo", "echo small >large");
	assert_int_equal(run_save(checkpointer).files_changed, 2);
	checkpointer_close(checkpointer);
	mask_free(mask);
	rig_close(&rig);
}

static void test_sparse_checkout_keeps_absent_files(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo", "git sparse-checkout set --no-cone '/src/' && ! test -e docs");
	checkpointer = run_open(&rig, &(struct run_options){.branch = "current"});
	rig_shell(&rig, "repo", "echo x >src/x");
	assert_int_equal(run_save(checkpointer).files_changed, 1);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git ls-tree -r --name-only HEAD"),
		".gitignore\ndocs/doc.md\nsrc/deep/two.txt\nsrc/one.txt\nsrc/x");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_identity(void **state)
{
	static const char *const environment[] = {"GIT_AUTHOR_NAME=Ada",
		"GIT_AUTHOR_EMAIL=ada@example.com", "SOURCE_DATE_EPOCH=1000000000", NULL};
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){.environment = environment});
	rig_shell(&rig, "repo", "echo x >x");
	run_save(checkpointer);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git log -1 --format='%%an %%ae %%at %%cn %%ct'"),
		"Ada ada@example.com 1000000000 github-actions[bot] 1000000000");
	checkpointer_close(checkpointer);
	rig_shell(
		&rig, "repo", "git config user.name Grace && git config user.email g@example.com");
	checkpointer = run_open(&rig, &(struct run_options){.resumed = true});
	rig_shell(&rig, "repo", "echo y >x");
	run_save(checkpointer);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git log -1 --format='%%an %%ae %%cn'"),
		"Grace g@example.com Grace");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_current_branch),
		cmocka_unit_test(test_message),
		cmocka_unit_test(test_several_in_a_row),
		cmocka_unit_test(test_removed_meanwhile),
		cmocka_unit_test(test_touched_is_not_changed),
		cmocka_unit_test(test_as_git_would),
		cmocka_unit_test(test_step_commits_itself),
		cmocka_unit_test(test_branch_taken_away),
		cmocka_unit_test(test_moved_between_prepare_and_publish),
		cmocka_unit_test(test_refusals_by_name),
		cmocka_unit_test(test_special_but_unchanged),
		cmocka_unit_test(test_large_but_unchanged),
		cmocka_unit_test(test_unfit_while_steps_run),
		cmocka_unit_test(test_sparse_checkout_keeps_absent_files),
		cmocka_unit_test(test_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
