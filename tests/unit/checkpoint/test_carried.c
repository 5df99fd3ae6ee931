/* The run begins in "repo"; its folder "run" is carried to another clone, "elsewhere". */
#include "checkpoint/checkpoint_run.h"

#define RUN_REFERENCE "refs/wavetrain/runs/run-1"

/* What the first wave does: every kind of change. */
#define WAVE                                                                                       \
	"echo changed >src/one.txt && rm docs/doc.md && echo new >new.txt && mkdir -p made/deep "  \
	"&& echo run >made/deep/run.sh && chmod +x made/deep/run.sh && ln -s one.txt src/link && " \
	"chmod +x src/deep/two.txt"
#define WAVE_IS_HERE                                                                               \
	"test $(cat src/one.txt) = changed && test ! -e docs/doc.md && test $(cat new.txt) = new " \
	"&& test -x made/deep/run.sh && test $(readlink src/link) = one.txt && "                   \
	"test -x src/deep/two.txt"

/* A run with one published wave; returns its commit. The tag "start" is where it began. */
static const char *begin(struct rig *rig, const char *before, const char *branch)
{
	struct checkpointer *checkpointer;
	const char *commit;

	rig_open(rig);
	rig_populate(rig);
	rig_shell(rig, "repo", "git tag start && %s", before);
	checkpointer = run_open(rig, &(struct run_options){.branch = branch});
	rig_shell(rig, "repo", WAVE);
	commit = arena_copy_text(&rig->arena, run_save(checkpointer).commit);
	checkpointer_close(checkpointer);
	return commit;
}

static void clone_at_start(struct rig *rig)
{
	rig_shell(rig, "",
		"git clone -q --no-local repo elsewhere && cd elsewhere && git reset -q --hard start");
}

static struct run_options resume_elsewhere(const char *commit)
{
	return (struct run_options){.place = "elsewhere", .resumed = true, .last_commit = commit};
}

/* Everything a refusal must leave alone. */
static const char *state_of(struct rig *rig, const char *place)
{
	return rig_shell(rig, place,
		"git rev-parse HEAD; git for-each-ref; git status --porcelain --ignored; "
		"git ls-files -s; find . -path ./.git -prune -o -type f -print0 | sort -z | "
		"xargs -0 sha256sum; sha256sum ../run/*");
}

static void refused_untouched(
	struct rig *rig, const struct run_options *options, enum error_code code, const char *words)
{
	const char *before = state_of(rig, options->place);

	run_refused(rig, options, code, words);
	ASSERT_TEXT(state_of(rig, options->place), before);
}

/* One more wave: only what it made is in its commit. */
static void go_on(struct rig *rig, const struct run_options *options)
{
	struct checkpointer *checkpointer = run_open(rig, options);
	struct checkpoint checkpoint;

	rig_shell(rig, options->place, "echo second >second.txt");
	checkpoint = run_save(checkpointer);
	ASSERT_TEXT(rig_shell(rig, options->place, "git show --format= --name-only %s",
			    checkpoint.commit),
		"second.txt");
	ASSERT_TEXT(
		rig_shell(rig, options->place, "git rev-parse " RUN_REFERENCE), checkpoint.commit);
	rig_shell(rig, options->place, "git fsck --strict --no-dangling");
	checkpointer_close(checkpointer);
}

static void test_fast_forward(void **state)
{
	struct rig rig;
	const char *commit = begin(&rig, "true", NULL);
	struct run_options options = resume_elsewhere(commit);
	struct checkpointer *checkpointer;

	(void)state;
	clone_at_start(&rig);
	checkpointer = run_open(&rig, &options);
	rig_shell(&rig, "elsewhere", WAVE_IS_HERE);
	ASSERT_TEXT(rig_shell(&rig, "elsewhere", "git rev-parse main"), commit);
	ASSERT_TEXT(rig_shell(&rig, "elsewhere", "git status --porcelain"), "");
	assert_non_null(strstr(checkpointer_facts(checkpointer)->note, "6 files"));
	assert_null(run_save(checkpointer).commit);
	checkpointer_close(checkpointer);
	checkpointer = run_open(&rig, &options);
	assert_null(checkpointer_facts(checkpointer)->note);
	checkpointer_close(checkpointer);
	go_on(&rig, &options);
	rig_close(&rig);
}

/* What is the user's in the new clone stays out of the commits, and stays. */
static void test_local_changes_elsewhere(void **state)
{
	struct rig rig;
	struct run_options options = resume_elsewhere(begin(&rig, "echo mine >mine", NULL));

	(void)state;
	clone_at_start(&rig);
	rig_shell(&rig, "elsewhere",
		"echo mine >other && echo more >>.gitignore && echo s >staged && git add staged");
	go_on(&rig, &options);
	ASSERT_TEXT(rig_shell(&rig, "elsewhere", "git status --porcelain"),
		" M .gitignore\nA  staged\n?? other");
	rig_shell(&rig, "elsewhere", WAVE_IS_HERE);
	rig_close(&rig);
}

static void test_empty_start(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	struct run_options options;

	(void)state;
	rig_open(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", "echo made >made");
	options = resume_elsewhere(arena_copy_text(&rig.arena, run_save(checkpointer).commit));
	checkpointer_close(checkpointer);
	rig_shell(&rig, "",
		"git init -q -b main elsewhere && cd elsewhere && git fetch -q ../repo main");
	go_on(&rig, &options);
	ASSERT_TEXT(rig_shell(&rig, "elsewhere", "cat made && git status --porcelain"), "made");
	rig_close(&rig);
}

/* The branch is at the run's commit or beyond: only the run's reference is missing. */
static void test_branch_holds_it(void **state)
{
	static const char *const places[] = {
		"true",
		"echo fix >fix && git add fix && git commit -qm fix",
		("git checkout -q -b side start && git commit -q --allow-empty -m side && "
		 "git checkout -q -B main && git merge -q --no-edit origin/main"),
		"echo mine >>src/one.txt",
		"echo mine >untracked",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		struct rig rig;
		struct run_options options = resume_elsewhere(begin(&rig, "true", NULL));
		struct checkpointer *checkpointer;
		const char *before;

		rig_shell(&rig, "", "git clone -q repo elsewhere && cd elsewhere && %s", places[i]);
		before = rig_shell(&rig, "elsewhere", "git rev-parse HEAD; git status --porcelain");
		checkpointer = run_open(&rig, &options);
		assert_null(checkpointer_facts(checkpointer)->note);
		checkpointer_close(checkpointer);
		ASSERT_TEXT(
			rig_shell(&rig, "elsewhere", "git rev-parse HEAD; git status --porcelain"),
			before);
		ASSERT_TEXT(rig_shell(&rig, "elsewhere", "git rev-parse " RUN_REFERENCE),
			options.last_commit);
		go_on(&rig, &options);
		rig_close(&rig);
	}
}

static void test_in_the_way(void **state)
{
	static const struct {
		const char *change;
		const char *words;
	} cases[] = {
		{"echo mine >src/one.txt", ": src/one.txt"},
		{"echo mine >new.txt", ": new.txt"},
		{"echo mine >new.txt && echo new.txt >.git/info/exclude", ": new.txt"},
		{"echo mine >docs/doc.md", ": docs/doc.md"},
		{"mkdir new.txt && echo mine >new.txt/mine", "new.txt"},
		{"mkdir new.txt && echo mine >new.txt/mine && echo mine >.git/info/exclude",
			"new.txt"},
		{"echo mine >made", ": made/deep/run.sh"},
		{"mkdir -p other/deep && ln -s other made", ": made/deep/run.sh"},
		{"echo mine >src/one.txt && git add src && git show HEAD:src/one.txt >src/one.txt",
			": src/one.txt"},
		{"ln -s elsewhere src/link", ": src/link"},
		{"chmod +x src/one.txt", ": src/one.txt"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig;
		struct run_options options = resume_elsewhere(begin(&rig, "true", NULL));

		clone_at_start(&rig);
		rig_shell(&rig, "elsewhere", "%s", cases[i].change);
		refused_untouched(&rig, &options, ERROR_WORK_TREE_DIRTY, cases[i].words);
		rig_shell(
			&rig, "elsewhere", "rm -f .git/info/exclude && git add -A && git stash -q");
		go_on(&rig, &options);
		rig_close(&rig);
	}
}

/* Clones that do not have the run's commit; the command that the hint gives is then run. */
static void test_absent(void **state)
{
	static const struct {
		const char *clone;
		const char *hint;
		const char *fetch;
	} cases[] = {
		{"git clone -q --depth 1 -b before file://$PWD/repo elsewhere && cd elsewhere && "
		 "git checkout -q -B main",
			"`git fetch --unshallow origin main`",
			"git fetch -q --unshallow origin main"},
		{"git clone -q --single-branch -b before file://$PWD/repo elsewhere && cd elsewhere && "
		 "git checkout -q -B main",
			"`git fetch origin main`", "git fetch -q origin main"},
		{"git clone -q --single-branch -b before file://$PWD/repo elsewhere && cd elsewhere && "
		 "git checkout -q -B main && git remote rm origin",
			"`git fetch FOLDER main`", "git fetch -q ../repo main"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig;
		struct run_options options =
			resume_elsewhere(begin(&rig, "git branch before", NULL));
		struct checkpointer *checkpointer = NULL;
		struct error error = {0};

		rig_shell(&rig, "", "%s", cases[i].clone);
		refused_untouched(&rig, &options, ERROR_GIT, "is not in this clone");
		assert_false(run_try(&rig, &options, &checkpointer, &error));
		if (!strstr(error.hint, cases[i].hint) || strstr(error.text, "not found"))
			fail_msg("%s (%s)", error.text, error.hint);
		rig_shell(&rig, "elsewhere", "%s", cases[i].fetch);
		go_on(&rig, &options);
		rig_shell(&rig, "elsewhere", WAVE_IS_HERE);
		rig_close(&rig);
	}
}

/* The commit came alone: nobody can tell what lies between. */
static void test_too_shallow(void **state)
{
	struct rig rig;
	struct run_options options = resume_elsewhere(begin(&rig, "git branch before", NULL));

	(void)state;
	options.place = "repo";
	go_on(&rig, &options);
	options.last_commit = rig_shell(&rig, "repo", "git rev-parse HEAD");
	options.place = "elsewhere";
	rig_shell(&rig, "",
		"git clone -q --depth 1 -b before file://$PWD/repo elsewhere && cd elsewhere && "
		"git checkout -q -B main && git fetch -q --depth 1 origin main");
	refused_untouched(&rig, &options, ERROR_GIT, "too shallow");
	rig_shell(&rig, "elsewhere", "git fetch -q --unshallow origin main");
	checkpointer_close(run_open(&rig, &options));
	rig_shell(&rig, "elsewhere", WAVE_IS_HERE " && cat second.txt");
	rig_close(&rig);
}

/* Nothing was committed, and the commit the run began on is not here either. */
static void test_start_is_absent(void **state)
{
	struct rig rig;
	struct run_options options = resume_elsewhere(NULL);

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer_close(run_open(&rig, &(struct run_options){0}));
	rig_shell(&rig, "repo", "git commit -q --allow-empty -m later");
	rig_shell(&rig, "", "git clone -q --depth 1 file://$PWD/repo elsewhere");
	refused_untouched(&rig, &options, ERROR_GIT, "first commit");
	rig_shell(&rig, "elsewhere", "git fetch -q --unshallow origin main");
	go_on(&rig, &options);
	rig_close(&rig);
}

static void test_another_way(void **state)
{
	struct rig rig;
	struct run_options options = resume_elsewhere(begin(&rig, "true", NULL));

	(void)state;
	clone_at_start(&rig);
	rig_shell(&rig, "elsewhere", "echo own >own && git add own && git commit -qm own");
	refused_untouched(&rig, &options, ERROR_GIT, "has gone another way");
	rig_shell(&rig, "elsewhere", "git merge -q --no-edit %.12s", options.last_commit);
	go_on(&rig, &options);
	rig_shell(&rig, "elsewhere", WAVE_IS_HERE " && git checkout -q --detach");
	refused_untouched(&rig, &options, ERROR_GIT, "HEAD has left the branch main");
	rig_close(&rig);
}

/* Commits on no branch or a branch of their own: HEAD stays, the files come. */
static void test_beside_the_branch(void **state)
{
	static const struct {
		const char *before;
		const char *branch;
		const char *fetch;
	} cases[] = {
		{"true", "none", "git fetch -q ../repo " RUN_REFERENCE},
		{"true", "none", "git fetch -q ../repo " RUN_REFERENCE ":" RUN_REFERENCE},
		{"git checkout -q --detach", NULL, "git fetch -q ../repo " RUN_REFERENCE},
		{"echo dirty >.gitignore", NULL, "git fetch -q ../repo " RUN_REFERENCE},
		{"true", "results", "git fetch -q origin results"},
		{"git branch results", "results", "git branch results origin/results"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig;
		struct run_options options =
			resume_elsewhere(begin(&rig, cases[i].before, cases[i].branch));
		struct checkpointer *checkpointer;

		clone_at_start(&rig);
		rig_shell(&rig, "elsewhere", "%s && git checkout -q --detach", cases[i].fetch);
		checkpointer = run_open(&rig, &options);
		rig_shell(&rig, "elsewhere", WAVE_IS_HERE);
		assert_non_null(checkpointer_facts(checkpointer)->note);
		checkpointer_close(checkpointer);
		ASSERT_TEXT(rig_shell(&rig, "elsewhere", "git rev-parse HEAD"),
			rig_shell(&rig, "repo", "git rev-parse start"));
		go_on(&rig, &options);
		rig_close(&rig);
	}
}

static void test_beside_the_branch_refused(void **state)
{
	struct rig rig;
	struct run_options options = resume_elsewhere(begin(&rig, "true", "none"));
	struct checkpointer *checkpointer = NULL;
	struct error error = {0};

	(void)state;
	clone_at_start(&rig);
	refused_untouched(&rig, &options, ERROR_GIT, "is not in this clone");
	assert_false(run_try(&rig, &options, &checkpointer, &error));
	assert_non_null(strstr(error.hint, "`git fetch FOLDER " RUN_REFERENCE "`"));
	rig_shell(&rig, "elsewhere",
		"git fetch -q ../repo " RUN_REFERENCE " && echo mine >new.txt && echo m >src/link");
	refused_untouched(&rig, &options, ERROR_WORK_TREE_DIRTY, ": new.txt, src/link");
	rig_shell(&rig, "elsewhere", "rm new.txt src/link");
	go_on(&rig, &options);
	rig_close(&rig);
}

/* In the run's own clone steps and users may have changed or removed single files. */
static void test_own_clone_is_left_alone(void **state)
{
	struct rig rig;
	struct run_options options = resume_elsewhere(begin(&rig, "true", "none"));
	struct checkpointer *checkpointer;

	(void)state;
	options.place = "repo";
	rig_shell(&rig, "repo", "rm new.txt && echo half >src/one.txt");
	checkpointer = run_open(&rig, &options);
	assert_null(checkpointer_facts(checkpointer)->note);
	assert_int_equal(run_save(checkpointer).files_changed, 2);
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* The run went on elsewhere, and its record came back. */
static void test_there_and_back(void **state)
{
	struct rig rig;
	struct run_options options = resume_elsewhere(begin(&rig, "true", NULL));

	(void)state;
	clone_at_start(&rig);
	go_on(&rig, &options);
	options.last_commit = rig_shell(&rig, "elsewhere", "git rev-parse HEAD");
	options.place = "repo";
	refused_untouched(&rig, &options, ERROR_GIT, "is not in this clone");
	rig_shell(&rig, "repo", "git fetch -q ../elsewhere main");
	checkpointer_close(run_open(&rig, &options));
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-parse HEAD"), options.last_commit);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-parse " RUN_REFERENCE), options.last_commit);
	rig_close(&rig);
}

/* Killed between the files and the references: the same decision is made again. */
static void test_killed_while_adopting(void **state)
{
	static const char *const cuts[] = {
		"true", "rm new.txt && git checkout -q start src/one.txt"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cuts); i++) {
		struct rig rig;
		struct run_options options = resume_elsewhere(begin(&rig, "true", NULL));

		clone_at_start(&rig);
		rig_shell(&rig, "elsewhere", "cp .git/index ../index");
		checkpointer_close(run_open(&rig, &options));
		rig_shell(&rig, "elsewhere",
			"git update-ref -d " RUN_REFERENCE " && git update-ref refs/heads/main "
			"start && cp ../index .git/index && %s",
			cuts[i]);
		go_on(&rig, &options);
		rig_shell(&rig, "elsewhere", WAVE_IS_HERE);
		ASSERT_TEXT(rig_shell(&rig, "elsewhere", "git status --porcelain"), "");
		rig_close(&rig);
	}
}

/* A first commit that was made and not published: here, brought along, or lost. */
static void test_unpublished(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	struct checkpoint checkpoint = {0};
	struct error error = {0};
	struct run_options options = resume_elsewhere(NULL);

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo", "git config uploadpack.allowAnySHA1InWant true");
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", WAVE);
	assert_true(run_prepare(checkpointer, &checkpoint, &error));
	checkpoint.commit = arena_copy_text(&rig.arena, checkpoint.commit);
	checkpoint.parent = arena_copy_text(&rig.arena, checkpoint.parent);
	checkpoint.subject = "again";
	checkpointer_close(checkpointer);
	options.unpublished = &checkpoint;
	rig_shell(&rig, "", "git clone -q --no-local repo elsewhere");
	refused_untouched(&rig, &options, ERROR_GIT, "is not in this clone");
	rig_shell(&rig, "elsewhere", "git fetch -q origin %s", checkpoint.commit);
	go_on(&rig, &options);
	rig_shell(&rig, "elsewhere", WAVE_IS_HERE);
	rig_shell(&rig, "repo", "echo edited >src/one.txt");
	options.place = "repo";
	checkpointer = run_open(&rig, &options);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-parse HEAD"), checkpoint.commit);
	assert_int_equal(run_save(checkpointer).files_changed, 1);
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* The user committed a file between two waves that only git can check out. */
static void test_special_files(void **state)
{
	struct rig rig;
	struct run_options options = resume_elsewhere(begin(&rig, "true", NULL));

	(void)state;
	rig_shell(&rig, "repo",
		"echo '*.bin filter=lfs' >.gitattributes && echo pointer >a.bin && "
		"git add -A && git commit -qm binary");
	options.place = "repo";
	go_on(&rig, &options);
	options.last_commit = rig_shell(&rig, "repo", "git rev-parse HEAD");
	options.place = "elsewhere";
	clone_at_start(&rig);
	rig_shell(&rig, "elsewhere", "echo '*.bin filter=lfs' >.git/info/attributes");
	refused_untouched(&rig, &options, ERROR_GIT, "a.bin goes through Git LFS");
	rig_shell(&rig, "elsewhere", "git merge -q --ff-only %s", options.last_commit);
	checkpointer_close(run_open(&rig, &options));
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fast_forward),
		cmocka_unit_test(test_local_changes_elsewhere),
		cmocka_unit_test(test_empty_start),
		cmocka_unit_test(test_branch_holds_it),
		cmocka_unit_test(test_in_the_way),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_too_shallow),
		cmocka_unit_test(test_start_is_absent),
		cmocka_unit_test(test_another_way),
		cmocka_unit_test(test_beside_the_branch),
		cmocka_unit_test(test_beside_the_branch_refused),
		cmocka_unit_test(test_own_clone_is_left_alone),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_killed_while_adopting),
		cmocka_unit_test(test_unpublished),
		cmocka_unit_test(test_special_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
