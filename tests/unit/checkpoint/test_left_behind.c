/* A run ends without being complete, somebody changes files by hand, the run is resumed. */
#include "checkpoint/checkpoint_run.h"

/* Before the run: one change of the user's. The first wave; half of the second; then by hand. */
#define BEFORE "echo mine >mine"
#define WAVE "echo made >made && echo changed >src/one.txt && echo big >build.txt"
#define HALF "echo half >half && echo half >src/deep/two.txt && rm docs/doc.md"

static void end(struct checkpointer *checkpointer, bool cleanly)
{
	struct error error = {0};

	if (cleanly && !checkpointer_finish(checkpointer, &error))
		fail_msg("finish: %s", error.text);
	checkpointer_close(checkpointer);
}

/* A run up to its end in the middle of the second wave. */
static void begin(struct rig *rig, bool cleanly)
{
	struct checkpointer *checkpointer;

	rig_open(rig);
	rig_populate(rig);
	rig_shell(rig, "repo", BEFORE);
	checkpointer = run_open(rig, &(struct run_options){.branch = "current"});
	rig_shell(rig, "repo", WAVE);
	run_save(checkpointer);
	rig_shell(rig, "repo", HALF);
	end(checkpointer, cleanly);
}

static struct checkpointer *resume(struct rig *rig)
{
	return run_open(rig, &(struct run_options){.branch = "current", .resumed = true});
}

/* What the next checkpoint commits, names in a line; then the run ends. */
static const char *committed(struct rig *rig, struct checkpointer *checkpointer, bool cleanly)
{
	struct checkpoint checkpoint = run_save(checkpointer);
	const char *names = "";

	if (checkpoint.commit)
		names = rig_shell(rig, "repo", "git show --format= --name-only %s | xargs",
			checkpoint.commit);
	end(checkpointer, cleanly);
	return names;
}

static const struct {
	const char *by_hand;
	const char *step; /* of the resumed run */
	const char *committed;
	const char *status; /* of the work tree afterwards */
} cases[] = {
	{"true", "true", "docs/doc.md half src/deep/two.txt", "?? mine"},
	{"echo fixed >made", "true", "docs/doc.md half src/deep/two.txt", "M made\n?? mine"},
	{"echo fixed >made", "echo again >made", "docs/doc.md half made src/deep/two.txt",
		"?? mine"},
	{"chmod +x src/one.txt", "true", "docs/doc.md half src/deep/two.txt",
		"M src/one.txt\n?? mine"},
	{"rm made", "true", "docs/doc.md half src/deep/two.txt", "D made\n?? mine"},
	{"rm made", "echo again >made", "docs/doc.md half made src/deep/two.txt", "?? mine"},
	{"echo new >note", "true", "docs/doc.md half src/deep/two.txt", "?? mine\n?? note"},
	{"echo more >mine", "true", "docs/doc.md half src/deep/two.txt", "?? mine"},
	{"echo more >mine", "echo step >mine", "docs/doc.md half mine src/deep/two.txt", ""},
	{"echo whole >half", "true", "docs/doc.md src/deep/two.txt", "?? half\n?? mine"},
	{"echo half >half; touch half made", "true", "docs/doc.md half src/deep/two.txt",
		"?? mine"},
	{"git checkout -q . && rm half", "true", "", "?? mine"},
	{"git checkout -q docs && echo mine >docs/doc.md", "true", "half src/deep/two.txt",
		"M docs/doc.md\n?? mine"},
	{"echo staged >made && git add made", "true", "docs/doc.md half src/deep/two.txt",
		"M  made\n?? mine"},
	{"echo own >made && git commit -qm own made && echo dirty >made", "true",
		"docs/doc.md half src/deep/two.txt", "M made\n?? mine"},
};

static void test_changes_by_hand(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig;
		struct checkpointer *checkpointer;
		const char *names;
		const char *status;

		begin(&rig, true);
		rig_shell(&rig, "repo", "%s", cases[i].by_hand);
		checkpointer = resume(&rig);
		rig_shell(&rig, "repo", "%s", cases[i].step);
		names = committed(&rig, checkpointer, true);
		status = rig_shell(&rig, "repo", "git status --porcelain | sed 's/^ //'");
		if (strcmp(names, cases[i].committed) != 0 || strcmp(status, cases[i].status) != 0)
			fail_msg("%s; %s: committed %s; status\n%s", cases[i].by_hand,
				cases[i].step, names, status);
		rig_close(&rig);
	}
}

/* After kill -9 nobody knows what was whose: it is committed, as everything steps leave. */
static void test_killed(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, false);
	rig_shell(&rig, "repo", "echo fixed >made");
	ASSERT_TEXT(committed(&rig, resume(&rig), true), "docs/doc.md half made src/deep/two.txt");
	rig_close(&rig);
}

/* A user's change stays the user's however often the run goes on, and however it ends. */
static void test_resumed_again(void **state)
{
	(void)state;
	for (int cleanly = 0; cleanly < 2; cleanly++) {
		struct rig rig;

		begin(&rig, true);
		rig_shell(&rig, "repo", "echo fixed >made && echo own >src/one.txt");
		ASSERT_TEXT(committed(&rig, resume(&rig), cleanly),
			"docs/doc.md half src/deep/two.txt");
		ASSERT_TEXT(committed(&rig, resume(&rig), cleanly), "");
		checkpointer_close(resume(&rig));
		/* The steps' own changes are theirs, also after a kill. */
		rig_shell(&rig, "repo", "test ! -e ../run/left");
		rig_shell(&rig, "repo", "echo step >made && echo step >half");
		ASSERT_TEXT(committed(&rig, resume(&rig), cleanly), "half made");
		ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"),
			" M src/one.txt\n?? mine");
		rig_close(&rig);
	}
}

/* What the user committed and went on from, and then a kill before the run's next commit. */
static void test_killed_on_top_of_a_commit(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, true);
	rig_shell(&rig, "repo", "echo own >made && git commit -qm own made && echo dirty >made");
	checkpointer_close(resume(&rig));
	ASSERT_TEXT(committed(&rig, resume(&rig), true), "docs/doc.md half src/deep/two.txt");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), " M made\n?? mine");
	rig_close(&rig);
}

static void test_too_large_file(void **state)
{
	struct rig rig;
	struct run_options options = {.branch = "current", .max_file_bytes = 100};
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &options);
	rig_shell(&rig, "repo", "echo a >a");
	run_save(checkpointer);
	end(checkpointer, true);
	rig_shell(&rig, "repo", "head -c 200 /dev/zero >large && echo b >b");
	options.resumed = true;
	ASSERT_TEXT(committed(&rig, run_open(&rig, &options), true), "");
	rig_close(&rig);
}

static void test_damaged(void **state)
{
	struct rig rig;

	(void)state;
	begin(&rig, true);
	rig_shell(&rig, "run", "echo nonsense >left");
	run_refused(&rig, &(struct run_options){.branch = "current", .resumed = true}, ERROR_FILE,
		"left is damaged");
	rig_close(&rig);
}

static void test_nothing_to_finish(void **state)
{
	struct error error;

	(void)state;
	assert_true(checkpointer_finish(NULL, &error));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes_by_hand),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_resumed_again),
		cmocka_unit_test(test_killed_on_top_of_a_commit),
		cmocka_unit_test(test_too_large_file),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_nothing_to_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
