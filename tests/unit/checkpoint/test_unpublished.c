/* A commit was made, the branch was not moved to it, and somebody has moved the branch since. */
#include "checkpoint/checkpoint_run.h"

#define RUN_REFERENCE "refs/wavetrain/runs/run-1"

enum cut {
	CUT_BEFORE_REFERENCES, /* nothing names the commit */
	CUT_BEFORE_BRANCH,     /* the run's reference does */
	CUT_COUNT
};

/* A run that was cut short in its first wave, or in the second. */
struct cut_run {
	struct rig rig;
	struct checkpoint unpublished;
	const char *last_commit; /* of the wave before; NULL: none */
};

/* The texts would go with the checkpointer. */
static void keep(struct cut_run *run, struct checkpoint checkpoint)
{
	run->unpublished = checkpoint;
	run->unpublished.commit = arena_copy_text(&run->rig.arena, checkpoint.commit);
	if (checkpoint.parent)
		run->unpublished.parent = arena_copy_text(&run->rig.arena, checkpoint.parent);
	run->unpublished.subject = "again";
}

static struct checkpointer *reopen(struct cut_run *run)
{
	return run_open(&run->rig, &(struct run_options){.resumed = true,
					   .unpublished = &run->unpublished,
					   .last_commit = run->last_commit});
}

static void refused(struct cut_run *run, const char *words)
{
	run_refused(&run->rig,
		&(struct run_options){.resumed = true,
			.unpublished = &run->unpublished,
			.last_commit = run->last_commit},
		ERROR_GIT, words);
}

/* Moves back what the wave has moved. Where $OLD is empty there was nothing. */
static void move_back(struct cut_run *run, enum cut cut, const char *branch, const char *old_branch)
{
	rig_shell(&run->rig, "repo",
		"set_back() { if test \"$2\"; then git update-ref $1 $2; else git update-ref -d $1; fi; }; "
		"set_back refs/heads/%s '%s'; cp ../index .git/index || rm .git/index; "
		"if [ %d = 1 ]; then set_back " RUN_REFERENCE " '%s'; fi",
		branch, old_branch, cut == CUT_BEFORE_REFERENCES,
		run->last_commit ? run->last_commit : "");
}

static void begin(struct cut_run *run, enum cut cut, int wave)
{
	struct checkpointer *checkpointer;
	const char *old;

	*run = (struct cut_run){0};
	rig_open(&run->rig);
	rig_populate(&run->rig);
	checkpointer = run_open(&run->rig, &(struct run_options){0});
	if (wave > 0) {
		rig_shell(&run->rig, "repo", "echo first >first");
		run->last_commit = arena_copy_text(&run->rig.arena, run_save(checkpointer).commit);
	}
	old = rig_shell(&run->rig, "repo", "cp .git/index ../index && git rev-parse HEAD");
	rig_shell(&run->rig, "repo", "echo made >made && echo changed >src/one.txt");
	keep(run, run_save(checkpointer));
	ASSERT_TEXT(run->unpublished.parent, old);
	checkpointer_close(checkpointer);
	move_back(run, cut, "main", old);
}

static const char *references(struct cut_run *run)
{
	return rig_shell(&run->rig, "repo", "git for-each-ref");
}

static void is_clean(struct cut_run *run)
{
	ASSERT_TEXT(rig_shell(&run->rig, "repo", "git status --porcelain"), "");
}

static void test_commit_of_the_user_stays(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * CUT_COUNT; i++) {
		struct cut_run run;
		struct checkpointer *checkpointer;
		const char *theirs;

		begin(&run, (enum cut)(i % CUT_COUNT), i / CUT_COUNT);
		theirs = rig_shell(&run.rig, "repo",
			"echo mine >mine && git add mine && git commit -qm mine && "
			"git rev-parse HEAD");
		checkpointer = reopen(&run);
		ASSERT_TEXT(rig_shell(&run.rig, "repo", "git rev-parse main"), theirs);
		ASSERT_TEXT(run_save(checkpointer).parent, theirs);
		ASSERT_TEXT(rig_shell(&run.rig, "repo", "git show --format= --name-only main"),
			"made\nsrc/one.txt");
		ASSERT_TEXT(rig_shell(&run.rig, "repo",
				    "git rev-parse " RUN_REFERENCE
				    " && git merge-base --is-ancestor %s main",
				    theirs),
			rig_shell(&run.rig, "repo", "git rev-parse main"));
		is_clean(&run);
		checkpointer_close(checkpointer);
		rig_close(&run.rig);
	}
}

/* The user has committed what the steps made: nothing is left to be committed. */
static void test_user_committed_everything(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * CUT_COUNT; i++) {
		struct cut_run run;
		struct checkpointer *checkpointer;
		const char *theirs;

		begin(&run, (enum cut)(i % CUT_COUNT), i / CUT_COUNT);
		theirs = rig_shell(
			&run.rig, "repo", "git add -A && git commit -qm all && git rev-parse HEAD");
		checkpointer = reopen(&run);
		assert_null(run_save(checkpointer).commit);
		ASSERT_TEXT(rig_shell(&run.rig, "repo", "git rev-parse main"), theirs);
		is_clean(&run);
		checkpointer_close(checkpointer);
		/* By now the record has a checkpoint without a commit: the other one is forgotten. */
		run.unpublished = (struct checkpoint){0};
		checkpointer_close(reopen(&run));
		rig_close(&run.rig);
	}
}

/* Who takes the branch further back than the wave does not get it moved on again. */
static void test_branch_was_set_back(void **state)
{
	(void)state;
	for (int cut = 0; cut < CUT_COUNT; cut++) {
		struct cut_run run;
		const char *before;

		begin(&run, (enum cut)cut, 1);
		rig_shell(&run.rig, "repo", "git reset -q --soft HEAD~1");
		before = references(&run);
		refused(&run, "no longer holds");
		ASSERT_TEXT(references(&run), before);
		rig_close(&run.rig);
	}
}

/* The command that the refusal names helps. */
static void test_history_was_rewritten(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * CUT_COUNT; i++) {
		struct cut_run run;
		struct checkpointer *checkpointer;
		const char *before;

		begin(&run, (enum cut)(i % CUT_COUNT), i / CUT_COUNT);
		rig_shell(&run.rig, "repo", "git commit -q --amend -m rewritten");
		before = references(&run);
		refused(&run, "no longer holds");
		ASSERT_TEXT(references(&run), before);
		rig_shell(&run.rig, "repo", "git merge -q --no-edit --allow-unrelated-histories %s",
			run.unpublished.parent);
		checkpointer = reopen(&run);
		ASSERT_TEXT(rig_shell(&run.rig, "repo", "git show --format= --name-only %s",
				    run_save(checkpointer).commit),
			"made\nsrc/one.txt");
		is_clean(&run);
		checkpointer_close(checkpointer);
		rig_close(&run.rig);
	}
}

static void test_files_are_stashed(void **state)
{
	(void)state;
	for (int i = 0; i < 2 * CUT_COUNT; i++) {
		struct cut_run run;
		struct checkpointer *checkpointer;
		const char *before;

		begin(&run, (enum cut)(i % CUT_COUNT), i / CUT_COUNT);
		rig_shell(&run.rig, "repo",
			"git stash -q -u && echo mine >mine && git add mine && git commit -qm mine");
		before = references(&run);
		refused(&run, "whose files are not here");
		ASSERT_TEXT(references(&run), before);
		rig_shell(&run.rig, "repo", "git merge -q --no-edit %s", run.unpublished.commit);
		checkpointer = reopen(&run);
		assert_null(run_save(checkpointer).commit);
		rig_shell(&run.rig, "repo", "test -e made && test -e mine");
		is_clean(&run);
		checkpointer_close(checkpointer);
		rig_close(&run.rig);
	}
}

/* HEAD is on another branch: neither that nor ours is touched. */
static void test_another_branch_is_checked_out(void **state)
{
	struct cut_run run;
	const char *before;
	const char *index;

	(void)state;
	begin(&run, CUT_BEFORE_BRANCH, 0);
	rig_shell(&run.rig, "repo", "git switch -q -c other");
	before = references(&run);
	index = rig_shell(&run.rig, "repo", "git ls-files -s");
	refused(&run, "HEAD has left the branch main");
	ASSERT_TEXT(references(&run), before);
	ASSERT_TEXT(rig_shell(&run.rig, "repo", "git ls-files -s"), index);
	rig_shell(&run.rig, "repo", "git switch -q main");
	checkpointer_close(reopen(&run));
	ASSERT_TEXT(rig_shell(&run.rig, "repo", "git rev-parse main"), run.unpublished.commit);
	is_clean(&run);
	rig_close(&run.rig);
}

/* The commit without a parent: the user's is the first then. */
static void test_unborn_branch(void **state)
{
	(void)state;
	for (int cut = 0; cut < CUT_COUNT; cut++) {
		struct cut_run run = {0};
		struct checkpointer *checkpointer;
		const char *theirs;

		rig_open(&run.rig);
		checkpointer = run_open(&run.rig, &(struct run_options){0});
		rig_shell(&run.rig, "repo", "echo made >made");
		keep(&run, run_save(checkpointer));
		checkpointer_close(checkpointer);
		move_back(&run, (enum cut)cut, "main", "");
		theirs = rig_shell(&run.rig, "repo",
			"echo mine >mine && git add mine && git commit -qm mine && "
			"git rev-parse HEAD");
		checkpointer = reopen(&run);
		ASSERT_TEXT(run_save(checkpointer).parent, theirs);
		ASSERT_TEXT(
			rig_shell(&run.rig, "repo", "git show --format= --name-only main"), "made");
		is_clean(&run);
		checkpointer_close(checkpointer);
		rig_close(&run.rig);
	}
}

/* A branch that is named got results of somebody else: they are a parent of what comes. */
static void test_named_branch_was_moved(void **state)
{
	static const char *const branches[] = {
		"main", "$(git commit-tree main^{tree} -p main -m earlier)"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(branches); i++) {
		struct cut_run run = {0};
		struct run_options options = {.branch = "results"};
		struct checkpointer *checkpointer;
		const char *theirs;

		rig_open(&run.rig);
		rig_populate(&run.rig);
		rig_shell(&run.rig, "repo",
			"git branch results %s && git commit -q --allow-empty -m more",
			branches[i]);
		checkpointer = run_open(&run.rig, &options);
		rig_shell(&run.rig, "repo", "echo made >made");
		keep(&run, run_save(checkpointer));
		checkpointer_close(checkpointer);
		theirs = rig_shell(&run.rig, "repo",
			"git update-ref -d " RUN_REFERENCE " && git update-ref refs/heads/results "
			"$(git commit-tree main~^{tree} -p %s -m theirs) && git rev-parse results",
			i == 0 ? "main~" : run.unpublished.parent);
		options.resumed = true;
		options.unpublished = &run.unpublished;
		checkpointer = run_open(&run.rig, &options);
		ASSERT_TEXT(rig_shell(&run.rig, "repo", "git rev-parse results"), theirs);
		ASSERT_TEXT(run_save(checkpointer).parent, theirs);
		ASSERT_TEXT(rig_shell(&run.rig, "repo", "git rev-parse results^2"),
			rig_shell(&run.rig, "repo", "git rev-parse main"));
		ASSERT_TEXT(
			rig_shell(&run.rig, "repo", "git diff --name-only main results"), "made");
		checkpointer_close(checkpointer);
		rig_close(&run.rig);
	}
}

/* The branch's lock is held by another git: said with the way on, and then made up for. */
static void test_branch_was_locked(void **state)
{
	struct cut_run run = {0};
	struct checkpointer *checkpointer;
	struct error error = {0};

	(void)state;
	rig_open(&run.rig);
	rig_populate(&run.rig);
	checkpointer = run_open(&run.rig, &(struct run_options){0});
	rig_shell(&run.rig, "repo", "echo made >made && touch .git/refs/heads/main.lock");
	assert_true(run_prepare(checkpointer, &run.unpublished, &error));
	assert_false(checkpointer_publish(checkpointer, &run.unpublished, &error));
	if (!text_ends_with(error.text, "for writing") || !strstr(error.hint, "wavetrain resume"))
		fail_msg("%s (%s)", error.text, error.hint);
	keep(&run, run.unpublished);
	checkpointer_close(checkpointer);
	rig_shell(&run.rig, "repo", "rm .git/refs/heads/main.lock");
	checkpointer_close(reopen(&run));
	ASSERT_TEXT(rig_shell(&run.rig, "repo", "git rev-parse main"), run.unpublished.commit);
	is_clean(&run);
	rig_close(&run.rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commit_of_the_user_stays),
		cmocka_unit_test(test_user_committed_everything),
		cmocka_unit_test(test_branch_was_set_back),
		cmocka_unit_test(test_history_was_rewritten),
		cmocka_unit_test(test_files_are_stashed),
		cmocka_unit_test(test_another_branch_is_checked_out),
		cmocka_unit_test(test_unborn_branch),
		cmocka_unit_test(test_named_branch_was_moved),
		cmocka_unit_test(test_branch_was_locked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
