#include "checkpoint/checkpoint_run.h"

/* Instants at which a run can be killed, made by hand from the state they leave behind. */
enum cut {
	CUT_BEFORE_REFERENCES, /* the commit is there, nothing names it */
	CUT_BEFORE_BRANCH,     /* the run's reference has moved */
	CUT_BEFORE_INDEX,      /* the branch too, the index is the old one */
	CUT_BEFORE_RECORD,     /* everything is done, only the record does not know */
	CUT_COUNT
};

/* $OLD is the commit before. */
#define OLD_INDEX "cp ../index .git/index"
#define OLD_BRANCH "git update-ref refs/heads/main $OLD && " OLD_INDEX
#define OLD_RUN "git update-ref refs/wavetrain/runs/run-1 $OLD && " OLD_BRANCH

static const char *const cut_makers[CUT_COUNT] = {
	[CUT_BEFORE_REFERENCES] = OLD_RUN,
	[CUT_BEFORE_BRANCH] = OLD_BRANCH,
	[CUT_BEFORE_INDEX] = OLD_INDEX,
	[CUT_BEFORE_RECORD] = ":",
};

static void test_every_cut_heals(void **state)
{
	(void)state;
	for (int cut = 0; cut < CUT_COUNT; cut++) {
		struct rig rig;
		struct checkpoint checkpoint;
		struct checkpointer *checkpointer;
		const char *old;

		rig_open(&rig);
		rig_populate(&rig);
		checkpointer = run_open(&rig, &(struct run_options){0});
		rig_shell(&rig, "repo", "echo first >first");
		run_save(checkpointer);
		old = rig_shell(&rig, "repo", "cp .git/index ../index && git rev-parse HEAD");
		rig_shell(&rig, "repo",
			"echo second >second && echo changed >src/one.txt && rm docs/doc.md");
		checkpoint = run_save(checkpointer);
		checkpoint.commit = arena_copy_text(&rig.arena, checkpoint.commit);
		checkpoint.parent = arena_copy_text(&rig.arena, checkpoint.parent);
		checkpoint.subject = "again";
		checkpointer_close(checkpointer);
		rig_shell(&rig, "repo", "OLD=%s && %s", old, cut_makers[cut]);
		checkpointer = run_open(
			&rig, &(struct run_options){.resumed = true, .unpublished = &checkpoint});
		ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-parse main"), checkpoint.commit);
		ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-parse refs/wavetrain/runs/run-1"),
			checkpoint.commit);
		ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "");
		assert_null(run_save(checkpointer).commit);
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

/*
 * Half-done work of a killed run is neither refused as dirty nor lost; also when the first version
 * began the run, whose baseline had no line "since".
 */
static void test_goes_on_with_a_dirty_tree(void **state)
{
	static const char *const versions[] = {
		"true", "sed -i -e '1s/ 2$/ 1/' -e 3d baseline && head -1 baseline"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
		struct rig rig;
		struct checkpointer *checkpointer;

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "repo", "echo mine >mine && echo big >own");
		checkpointer = run_open(&rig, &(struct run_options){.branch = "current"});
		rig_shell(&rig, "repo", "echo a >src/one.txt && echo step >own");
		run_save(checkpointer);
		rig_shell(&rig, "repo", "echo b >src/one.txt && echo half >half && echo big >own");
		checkpointer_close(checkpointer);
		ASSERT_TEXT(rig_shell(&rig, "run", "%s", versions[i]),
			i == 0 ? "" : "wavetrain baseline 1");
		checkpointer =
			run_open(&rig, &(struct run_options){.branch = "current", .resumed = true});
		assert_int_equal(run_save(checkpointer).files_changed, 3);
		ASSERT_TEXT(rig_shell(&rig, "repo", "git show --format= --name-only HEAD"),
			"half\nown\nsrc/one.txt");
		ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "?? mine");
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

static void test_user_went_on_from_it(void **state)
{
	struct rig rig;
	struct checkpoint checkpoint;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", "echo a >a");
	checkpoint = run_save(checkpointer);
	checkpoint.commit = arena_copy_text(&rig.arena, checkpoint.commit);
	checkpoint.parent = arena_copy_text(&rig.arena, checkpoint.parent);
	checkpoint.subject = "again";
	checkpointer_close(checkpointer);
	rig_shell(&rig, "repo", "echo fix >fix && git add fix && git commit -qm fix");
	checkpointer =
		run_open(&rig, &(struct run_options){.resumed = true, .unpublished = &checkpoint});
	rig_shell(&rig, "repo", "echo b >b");
	assert_int_equal(run_save(checkpointer).files_changed, 1);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git log -3 --format=%%s"),
		"wavetrain: wave complete (web)\nfix\nwavetrain: wave complete (web)");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_branch_was_reset(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", "echo a >a");
	run_save(checkpointer);
	checkpointer_close(checkpointer);
	rig_shell(&rig, "repo", "git reset -q --hard HEAD~1");
	run_refused(&rig, &(struct run_options){.resumed = true}, ERROR_GIT, "no longer holds");
	rig_close(&rig);
}

/* What a user has staged since is not thrown away by bringing the index in line. */
static void test_healing_keeps_what_is_staged(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", "cp .git/index ../index && echo a >a");
	run_save(checkpointer);
	checkpointer_close(checkpointer);
	rig_shell(&rig, "repo", "cp ../index .git/index && echo own >src/one.txt && git add src");
	checkpointer = run_open(&rig, &(struct run_options){.resumed = true});
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "M  src/one.txt");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_stale_locks(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", "echo a >a");
	run_save(checkpointer);
	checkpointer_close(checkpointer);
	rig_shell(&rig, "repo",
		"touch ../run/publishing .git/index.lock .git/refs/heads/main.lock "
		".git/refs/wavetrain/runs/run-1.lock && echo b >b");
	checkpointer = run_open(&rig, &(struct run_options){.resumed = true});
	assert_int_equal(run_save(checkpointer).files_changed, 1);
	ASSERT_TEXT(
		rig_shell(&rig, "repo", "find .git ../run -name '*.lock' -o -name publishing"), "");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* A lock that is not ours is waited for, named, and left alone; nothing has moved then. */
static void test_foreign_lock(void **state)
{
	struct rig rig;
	struct checkpoint checkpoint = {0};
	struct error error = {0};
	struct checkpointer *checkpointer;
	const char *head;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	head = rig_shell(&rig, "repo", "touch .git/index.lock && echo a >a && git rev-parse HEAD");
	assert_true(run_prepare(checkpointer, &checkpoint, &error));
	assert_false(checkpointer_publish(checkpointer, &checkpoint, &error));
	assert_non_null(strstr(error.text, "index.lock"));
	ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-parse HEAD"), head);
	rig_shell(&rig, "repo", "rm .git/index.lock");
	assert_true(checkpointer_publish(checkpointer, &checkpoint, &error));
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_damaged_baseline(void **state)
{
	static const char *const damages[] = {": >baseline", "echo nonsense >baseline",
		"head -c -3 baseline >b && mv b baseline"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(damages); i++) {
		struct rig rig;

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "repo", "echo x >untracked");
		checkpointer_close(run_open(&rig, &(struct run_options){0}));
		rig_shell(&rig, "run", "%s", damages[i]);
		if (i < 2)
			run_refused(&rig, &(struct run_options){.resumed = true}, ERROR_FILE,
				"is damaged");
		rig_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_cut_heals),
		cmocka_unit_test(test_goes_on_with_a_dirty_tree),
		cmocka_unit_test(test_user_went_on_from_it),
		cmocka_unit_test(test_branch_was_reset),
		cmocka_unit_test(test_healing_keeps_what_is_staged),
		cmocka_unit_test(test_stale_locks),
		cmocka_unit_test(test_foreign_lock),
		cmocka_unit_test(test_damaged_baseline),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
