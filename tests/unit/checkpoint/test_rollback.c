#include "checkpoint/worktree_rig.h"

#define BACKUPS "git for-each-ref --format='%%(refname)' refs/wavetrain/backup"

static void roll_back(struct checkpointer *checkpointer)
{
	struct error error = {0};

	if (!checkpointer_roll_back(checkpointer, &error))
		fail_msg("roll back: %s", error.text);
}

/* Before the run, a first wave that is saved, a second that is rolled back; the work tree then. */
static const struct {
	const char *user;
	const char *first;
	const char *second;
	const char *status; /* against the last checkpoint */
	const char *look;
	const char *result;
} cases[] = {
	{"true", "true", "true", "", "true", ""},
	{"true", "true", "echo step >made && rm src/one.txt && echo x >>docs/doc.md", "",
		"cat src/one.txt docs/doc.md", "one\ndoc"},
	{"true", "echo first >made", "echo second >made", "", "cat made", "first"},
	{"true", "rm -r docs", "mkdir docs && echo second >docs/doc.md", "", "ls docs || true",
		"ls: cannot access 'docs': No such file or directory"},
	{"true", "true", "mkdir -p a/b/c && echo x >a/b/c/d && echo y >a/b/e", "", "ls a || true",
		"ls: cannot access 'a': No such file or directory"},
	{"true", "true",
		"mkdir -p build a/build && echo x >build/x && echo y >a/build/y && echo z "
		">a/z",
		"", "cat build/x a/build/y", "x\ny"},
	{"true", "true",
		"rm -r docs && echo file >docs && rm src/one.txt && mkdir src/one.txt && "
		"echo x >src/one.txt/x",
		"", "cat docs/doc.md src/one.txt", "doc\none"},
	{"true", "true", "rm src/one.txt && ln -s /etc/passwd src/one.txt && chmod +x docs/doc.md",
		"", "cat src/one.txt", "one"},
	{"true", "true", "rm -r src && ln -s docs src", "", "cat src/one.txt", "one"},
	{"true", "true", "git add -A && echo x >x", "", "true", ""},
	/* The user's own stay, and stay out of the next checkpoint. */
	{"echo mine >mine && echo mine >>src/one.txt", "true", "echo step >made",
		" M src/one.txt\n?? mine", "cat mine src/one.txt", "mine\none\nmine"},
	{"echo mine >mine", "true", "echo step >>mine && echo step >made", "?? mine", "cat mine",
		"mine\nstep"},
	{"echo mine >mine", "echo first >>mine", "echo second >>mine", "", "cat mine",
		"mine\nfirst"},
	{"rm src/one.txt", "true", "echo step >src/one.txt && echo x >x", " M src/one.txt",
		"cat src/one.txt", "step"},
	{"printf 'a eol=crlf\\n' >.gitattributes && printf 'a\\nb\\n' >a && git add -A && git commit "
	 "-qm crlf && rm a && git checkout a",
		"true", "echo c >a", "", "tr '\\r' R <a", "aR\nbR"},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig;
		struct run_options options = {.allow_dirty = true, .branch = "current"};
		struct checkpointer *checkpointer;
		struct checkpoint saved;
		const char *status;

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "repo", "%s", cases[i].user);
		checkpointer = run_open(&rig, &options);
		rig_shell(&rig, "repo", "%s", cases[i].first);
		run_save(checkpointer);
		rig_shell(&rig, "repo", "%s", cases[i].second);
		roll_back(checkpointer);
		status = rig_shell(&rig, "repo", "git reset -q; git status --porcelain");
		if (strcmp(status, cases[i].status) != 0 &&
			!(status[0] != ' ' && cases[i].status[0] == ' ' &&
				strcmp(status, cases[i].status + 1) == 0))
			fail_msg("case %zu: %s", i, status);
		ASSERT_TEXT(rig_shell(&rig, "repo", "%s", cases[i].look), cases[i].result);
		/* Nothing is left to commit, also not for the run that goes on. */
		assert_null(run_save(checkpointer).commit);
		checkpointer_close(checkpointer);
		options.resumed = true;
		checkpointer = run_open(&rig, &options);
		saved = run_save(checkpointer);
		assert_null(saved.commit);
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

/* What was thrown away can be had again, each time under a number of its own. */
static void test_backup(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	roll_back(checkpointer);
	ASSERT_TEXT(rig_shell(&rig, "repo", BACKUPS), "");
	rig_shell(&rig, "repo", "echo step >made && rm src/one.txt");
	roll_back(checkpointer);
	rig_shell(&rig, "repo", "echo again >made");
	roll_back(checkpointer);
	ASSERT_TEXT(rig_shell(&rig, "repo", BACKUPS),
		"refs/wavetrain/backup/run-1/1\nrefs/wavetrain/backup/run-1/2");
	ASSERT_TEXT(rig_shell(&rig, "repo",
			    "git gc -q --prune=now; git diff --name-status HEAD "
			    "refs/wavetrain/backup/run-1/1; git show "
			    "refs/wavetrain/backup/run-1/2:made"),
		"A\tmade\nD\tsrc/one.txt\nagain");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* How the run leaves the work tree is told from what is changed by hand afterwards. */
static void test_resume(void **state)
{
	struct rig rig;
	struct run_options options = {.branch = "current"};
	struct checkpointer *checkpointer;
	struct error error;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo", "echo mine >mine");
	checkpointer = run_open(&rig, &options);
	rig_shell(&rig, "repo", "echo half >half && echo half >src/one.txt && echo step >>mine");
	roll_back(checkpointer);
	assert_true(checkpointer_finish(checkpointer, &error));
	checkpointer_close(checkpointer);
	rig_shell(&rig, "repo", "echo hand >by-hand");
	options.resumed = true;
	checkpointer = run_open(&rig, &options);
	rig_shell(&rig, "repo", "echo whole >half");
	run_save(checkpointer);
	ASSERT_TEXT(
		rig_shell(&rig, "repo",
			"git show --format= --name-only HEAD; git status --porcelain; cat mine"),
		"half\n?? by-hand\n?? mine\nmine\nstep");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static const struct {
	const char *step;
	const char *words;
} refused[] = {
	{"echo step >made && git add made && git commit -qm own",
		"the files are not rolled back: refs/heads/main has moved past the run's last commit"},
	{"git switch -qc other",
		"the files are not rolled back: HEAD has left the branch main while the run is on it"},
	{"git init -q inner && cd inner && git commit -q --allow-empty -m x",
		"the files are not rolled back: inner is another repository, and a checkpoint does "
		"not move submodules"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
		struct rig rig;
		struct checkpointer *checkpointer;
		struct error error = {0};
		const char *before;

		rig_open(&rig);
		rig_populate(&rig);
		checkpointer = run_open(&rig, &(struct run_options){.branch = "current"});
		rig_shell(&rig, "repo", "%s", refused[i].step);
		before = rig_shell(&rig, "repo", "git status; ls -R");
		assert_false(checkpointer_roll_back(checkpointer, &error));
		ASSERT_TEXT(error.text, refused[i].words);
		assert_true(error.hint[0]);
		ASSERT_TEXT(rig_shell(&rig, "repo", "git status; ls -R"), before);
		ASSERT_TEXT(rig_shell(&rig, "repo", BACKUPS), "");
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

/*
 * What no checkpoint takes goes back all the same, and is kept; the user's own large files stay,
 * and stay out of the next checkpoint, also when a step has changed them.
 */
static void test_what_no_checkpoint_takes(void **state)
{
	struct rig rig;
	struct mask *mask = run_mask();
	struct run_options options = {
		.branch = "current", .max_file_bytes = 60000, .mask = mask, .allow_dirty = true};
	struct checkpointer *checkpointer;
	struct checkpoint checkpoint;
	struct error error = {0};

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo",
		"head -c 70000 /dev/zero >own && head -c 70000 /dev/zero >same && "
		"head -c 70000 /dev/zero >docs/doc.md");
	checkpointer = run_open(&rig, &options);
	rig_shell(&rig, "repo",
		"echo " RUN_SECRET " >src/one.txt && echo " RUN_SECRET " >leak && "
		"head -c 70000 /dev/zero >big && head -c 2000000 /dev/zero >huge && "
		"head -c 80000 /dev/zero >own && head -c 2000000 /dev/zero >docs/doc.md");
	assert_false(run_prepare(checkpointer, &checkpoint, &error));
	roll_back(checkpointer);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain; stat -c %%s own docs/doc.md"),
		" M docs/doc.md\n?? own\n?? same\n80000\n2000000");
	ASSERT_TEXT(rig_shell(&rig, "repo",
			    "R=refs/wavetrain/backup/run-1/1; git show $R:leak $R:src/one.txt; "
			    "git cat-file -s $R:big; git cat-file -s $R:huge; git ls-tree $R same"),
		RUN_SECRET "\n" RUN_SECRET "\n70000\n2000000");
	assert_null(run_save(checkpointer).commit);
	checkpointer_close(checkpointer);
	options.resumed = true;
	checkpointer = run_open(&rig, &options);
	assert_null(run_save(checkpointer).commit);
	checkpointer_close(checkpointer);
	mask_free(mask);
	rig_close(&rig);
}

/* A run that begins without a commit, and one on a detached HEAD. */
static void test_start(void **state)
{
	static const char *const kinds[] = {
		"true", "git commit -q --allow-empty -m x && git checkout -q --detach"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		struct rig rig;
		struct checkpointer *checkpointer;

		rig_open(&rig);
		rig_shell(&rig, "repo", "%s && echo mine >mine", kinds[i]);
		checkpointer = run_open(&rig, &(struct run_options){0});
		rig_shell(&rig, "repo", "echo step >made && mkdir sub && echo x >sub/x");
		roll_back(checkpointer);
		ASSERT_TEXT(rig_shell(&rig, "repo", "ls"), "mine");
		ASSERT_TEXT(rig_shell(&rig, "repo", "git show refs/wavetrain/backup/run-1/1:sub/x"),
			"x");
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_backup),
		cmocka_unit_test(test_resume),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_what_no_checkpoint_takes),
		cmocka_unit_test(test_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
