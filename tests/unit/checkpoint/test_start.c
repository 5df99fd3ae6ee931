/* A run is resumed where something it relies on is gone, or begins where its name is taken. */
#include "checkpoint/checkpoint_run.h"

#define RUN_REFERENCE "refs/wavetrain/runs/run-1"

/* A run with one published wave and half of the next; returns the commit. */
static const char *begin(struct rig *rig, const char *before, const char *branch)
{
	struct checkpointer *checkpointer;
	const char *commit;
	struct error error;

	rig_open(rig);
	rig_populate(rig);
	rig_shell(rig, "repo", "%s", before);
	checkpointer = run_open(rig, &(struct run_options){.branch = branch});
	rig_shell(rig, "repo", "echo made >made && echo changed >src/one.txt");
	commit = arena_copy_text(&rig->arena, run_save(checkpointer).commit);
	rig_shell(rig, "repo", "echo half >half && echo half >src/one.txt");
	assert_true(checkpointer_finish(checkpointer, &error));
	checkpointer_close(checkpointer);
	return commit;
}

static const struct {
	const char *before; /* the run */
	const char *branch;
	const char *target; /* NULL: only the run's own reference */
} targets[] = {
	{"true", NULL, "refs/heads/main"},
	{"true", "current", "refs/heads/main"},
	{"true", "none", NULL},
	{"echo dirty >docs/doc.md", NULL, NULL},
	{"git checkout -q --detach", NULL, NULL},
	{"true", "results", "refs/heads/results"},
};

/* The run's folder is deleted, the record is kept: the run goes on from its own commit. */
static void test_folder_is_lost(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(targets); i++) {
		struct rig rig;
		const char *commit = begin(&rig, targets[i].before, targets[i].branch);
		struct run_options options = {
			.branch = targets[i].branch, .resumed = true, .last_commit = commit};
		struct checkpointer *checkpointer;
		struct checkpoint checkpoint;

		rig_shell(&rig, "", "rm -rf run");
		checkpointer = run_open(&rig, &options);
		if (!text_equal(checkpointer_facts(checkpointer)->target, targets[i].target))
			fail_msg("%zu: target %s", i, checkpointer_facts(checkpointer)->target);
		assert_non_null(strstr(checkpointer_facts(checkpointer)->note, "is lost"));
		rig_shell(&rig, "repo", "echo second >second");
		checkpoint = run_save(checkpointer);
		ASSERT_TEXT(checkpoint.parent, commit);
		ASSERT_TEXT(rig_shell(&rig, "repo", "git show --format= --name-only %s",
				    checkpoint.commit),
			"second");
		ASSERT_TEXT(
			rig_shell(&rig, "repo", "git rev-parse " RUN_REFERENCE), checkpoint.commit);
		if (targets[i].target)
			ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-parse %s", targets[i].target),
				checkpoint.commit);
		checkpointer_close(checkpointer);
		/* From here on it is a run like any other. */
		checkpointer = run_open(&rig, &options);
		rig_shell(&rig, "repo", "echo third >third");
		ASSERT_TEXT(rig_shell(&rig, "repo", "git show --format= --name-only %s",
				    run_save(checkpointer).commit),
			"third");
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

static void test_folder_is_lost_before_a_commit(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer_close(run_open(&rig, &(struct run_options){0}));
	rig_shell(&rig, "", "rm -rf run");
	checkpointer = run_open(&rig, &(struct run_options){.resumed = true});
	rig_shell(&rig, "repo", "echo a >a");
	assert_int_equal(run_save(checkpointer).files_changed, 1);
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_folder_is_lost_and_branch_was_reset(void **state)
{
	struct rig rig;
	struct run_options options = {.branch = "current", .resumed = true};

	(void)state;
	options.last_commit = begin(&rig, "true", "current");
	rig_shell(&rig, "", "rm -rf run && cd repo && git reset -q --hard HEAD~1");
	run_refused(&rig, &options, ERROR_GIT, "no longer holds");
	rig_close(&rig);
}

/* Both the folder and the run's reference are gone, the branch has the commit. */
static void test_reference_is_lost_too(void **state)
{
	struct rig rig;
	struct run_options options = {.resumed = true};
	struct checkpointer *checkpointer;

	(void)state;
	options.last_commit = begin(&rig, "true", NULL);
	rig_shell(&rig, "", "rm -rf run && cd repo && git update-ref -d " RUN_REFERENCE);
	checkpointer = run_open(&rig, &options);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-parse " RUN_REFERENCE), options.last_commit);
	rig_shell(&rig, "repo", "echo second >second");
	assert_int_equal(run_save(checkpointer).files_changed, 1);
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* Without its repository a run is not resumed as if it had never committed. */
static void test_repository_is_gone(void **state)
{
	static const char *const kept[] = {"true", "rm -rf ../run", "rm ../run/baseline"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(kept); i++) {
		struct rig rig;
		struct run_options options = {.resumed = true};

		options.last_commit = begin(&rig, "true", NULL);
		rig_shell(&rig, "repo", "mv .git ../git && %s", kept[i]);
		run_refused(&rig, &options, ERROR_NOT_A_REPOSITORY, "is in none any more");
		if (i == 0) {
			options.last_commit = NULL;
			run_refused(&rig, &options, ERROR_NOT_A_REPOSITORY, "in none any more");
		}
		rig_shell(&rig, "repo", "mv ../git .git");
		rig_close(&rig);
	}
}

/* A run that never was in a repository is resumed without one. */
static void test_never_in_a_repository(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	struct error error;

	(void)state;
	rig_open(&rig);
	rig_shell(&rig, "", "mkdir plain");
	for (int resumed = 0; resumed < 2; resumed++) {
		struct run_options options = {.place = "plain", .resumed = resumed == 1};
		assert_true(run_try(&rig, &options, &checkpointer, &error));
		assert_null(checkpointer);
	}
	rig_close(&rig);
}

static bool is_taken(struct rig *rig, const char *place)
{
	return checkpointer_run_id_is_taken(path_join(&rig->arena, rig->folder, place), "run-1");
}

/* Two work trees begin a run in the same second; the second one's folder is its own. */
static void test_name_is_taken_in_another_work_tree(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	struct run_options other = {.place = "other"};

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo", "git worktree add -q ../other -b other");
	assert_false(is_taken(&rig, "other"));
	assert_false(is_taken(&rig, ""));
	checkpointer = run_open(&rig, &(struct run_options){0});
	assert_true(is_taken(&rig, "other"));
	run_refused(&rig, &other, ERROR_GIT, "another run of this repository");
	rig_shell(&rig, "repo", "echo a >a");
	run_save(checkpointer);
	checkpointer_close(checkpointer);
	rig_shell(&rig, "repo", "test ! -e .git/wavetrain");
	assert_true(is_taken(&rig, "other"));
	run_refused(&rig, &other, ERROR_GIT, "another run of this repository");
	run_refused(&rig, &(struct run_options){0}, ERROR_GIT, "another run of this repository");
	/* The refused ones have not touched it: the run itself goes on. */
	checkpointer = run_open(&rig, &(struct run_options){.resumed = true});
	rig_shell(&rig, "repo", "echo b >b");
	assert_int_equal(run_save(checkpointer).files_changed, 1);
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* A killed run's claim is in nobody's way. */
static void test_claim_of_a_killed_run(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer_close(run_open(&rig, &(struct run_options){0}));
	assert_false(is_taken(&rig, "repo"));
	rig_shell(&rig, "repo", "mkdir .git/wavetrain && touch .git/wavetrain/run-1");
	checkpointer = run_open(&rig, &(struct run_options){.resumed = true});
	checkpointer_close(checkpointer);
	rig_shell(&rig, "repo", "test ! -e .git/wavetrain");
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_folder_is_lost),
		cmocka_unit_test(test_folder_is_lost_before_a_commit),
		cmocka_unit_test(test_folder_is_lost_and_branch_was_reset),
		cmocka_unit_test(test_reference_is_lost_too),
		cmocka_unit_test(test_repository_is_gone),
		cmocka_unit_test(test_never_in_a_repository),
		cmocka_unit_test(test_name_is_taken_in_another_work_tree),
		cmocka_unit_test(test_claim_of_a_killed_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
