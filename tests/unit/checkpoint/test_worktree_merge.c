#include "checkpoint/worktree_rig.h"

/* The files of the work tree with their contents, and what git says of them. */
#define FILES                                                                                      \
	"git status --porcelain; find . -path ./.git -prune -o -type f -printf '%%p %%m ' -exec "  \
	"sh -c 'xargs <\"$1\"' - {} \\; -o -type l -printf '%%p -> %%l\\n' | sort"
#define KEPT                                                                                       \
	"git for-each-ref --format='%%(refname)' refs/wavetrain/worktrees | sed 's:/[0-9a-f]*$::'"
#define NUMBERS "seq 9 >numbers"

static void begin(struct rig *rig)
{
	rig_open(rig);
	rig_populate(rig);
	rig_shell(rig, "repo", NUMBERS " && git add -A && git commit -qm numbers");
}

/*
 * What is done in the work tree while the steps 10, 11, … work in checkouts, the conflicts, and
 * what a command says of the result.
 */
static const struct {
	const char *shared;
	const char *steps[STEPS_MAXIMUM];
	const char *conflicts;
	const char *look;
	const char *result;
} cases[] = {
	{"true", {"true", "true"}, "", "git status --porcelain", ""},
	{"echo s >shared", {"echo a >a", "echo b >b"}, "", "cat a b shared", "a\nb\ns"},
	{"sed -i s/5/shared/ numbers", {"sed -i s/1/ten/ numbers", "sed -i s/9/eleven/ numbers"},
		"", "xargs <numbers", "ten 2 3 4 shared 6 7 8 eleven"},
	{"true", {"sed -i s/5/ten/ numbers", "sed -i s/5/eleven/ numbers"}, "numbers:10,11",
		"xargs <numbers", "1 2 3 4 5 6 7 8 9"},
	{"sed -i s/5/shared/ numbers", {"echo a >a", "sed -i s/5/eleven/ numbers"}, "numbers:-1,11",
		"xargs <numbers; ls a || true",
		"1 2 3 4 shared 6 7 8 9\nls: cannot access 'a': No such file or directory"},
	{"true", {"echo a >n", "echo a >n", "echo c >n"}, "n:10,12", "git status --porcelain", ""},
	{"true", {"echo a >n", "echo a >n"}, "", "cat n", "a"},
	{"true", {"rm docs/doc.md", "rm docs/doc.md"}, "", "ls docs || true",
		"ls: cannot access 'docs': No such file or directory"},
	{"true", {"rm docs/doc.md", "echo more >>docs/doc.md"}, "docs/doc.md:10,11",
		"cat docs/doc.md", "doc"},
	{"true", {"echo more >>docs/doc.md", "rm docs/doc.md"}, "docs/doc.md:10,11",
		"cat docs/doc.md", "doc"},
	{"rm docs/doc.md", {"echo more >>docs/doc.md"}, "docs/doc.md:-1,10",
		"git status --porcelain", " D docs/doc.md"},
	{"true", {"chmod +x numbers", "sed -i s/5/five/ numbers"}, "",
		"stat -c %a numbers; xargs <numbers", "755\n1 2 3 4 five 6 7 8 9"},
	{"true", {"rm -r docs && echo file >docs"}, "", "cat docs", "file"},
	{"true", {"rm numbers && mkdir numbers && echo x >numbers/x"}, "", "cat numbers/x", "x"},
	{"true", {"rm numbers && ln -s src/one.txt numbers"}, "", "readlink numbers",
		"src/one.txt"},
	{"true",
		{"git mv docs/doc.md docs/text.md && git commit -qm moved",
			"echo x >docs/other.md"},
		"", "cat docs/text.md docs/other.md", "doc\nx"},
	{"true", {"git mv numbers digits", "sed -i s/5/five/ numbers"}, "",
		"xargs <digits; ls numbers || true",
		"1 2 3 4 five 6 7 8 9\nls: cannot access 'numbers': No such file or directory"},
	{"true", {"printf 'a\\0b' >bin", "printf 'a\\0c' >bin"}, "bin:10,11",
		"git status --porcelain", ""},
	{"true", {"mkdir n && echo a >n/a", "echo b >n"}, "n:10,11", "git status --porcelain", ""},
	{"true", {"echo b >n", "mkdir n && echo a >n/a"}, "n:10,11", "git status --porcelain", ""},
	{"true", {"sed -i s/5/a/ numbers && echo a >n", "sed -i s/5/b/ numbers && echo b >n"},
		"n:10,11 numbers:10,11", "git status --porcelain", ""},
	/* A file gets two new names: the conflict is with who gave it the first one. */
	{"true", {"mv numbers a", "mv numbers b"}, "a:10,11 b:10,11 numbers:10,11",
		"git status --porcelain", ""},
	{"mv numbers a", {"mv numbers b"}, "a:-1,10 b:-1,10 numbers:-1,10",
		"ls numbers b || true; xargs <a",
		"ls: cannot access 'numbers': No such file or directory\n"
		"ls: cannot access 'b': No such file or directory\n1 2 3 4 5 6 7 8 9"},
	{"mv numbers a", {"echo x >n", "mv numbers b && echo y >n"},
		"a:-1,11 b:-1,11 n:10,11 numbers:-1,11", "ls n b || true",
		"ls: cannot access 'n': No such file or directory\n"
		"ls: cannot access 'b': No such file or directory"},
	{"true", {"rm numbers", "mv numbers b"}, "b:10,11 numbers:10,11", "git status --porcelain",
		""},
	{"printf 'build/\\n*.log\\n' >.gitignore", {"echo l >a.log"}, "", "ls a.log", "a.log"},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig;
		struct checkpointer *checkpointer;
		struct worktree_merge made;
		const char *conflicts;

		begin(&rig);
		checkpointer = run_open(&rig, &(struct run_options){0});
		made = do_steps(&rig, checkpointer, cases[i].steps);
		rig_shell(&rig, "repo", "%s && git gc -q --prune=now", cases[i].shared);
		conflicts = merge(&rig, checkpointer, &made);
		if (strcmp(conflicts, cases[i].conflicts) != 0)
			fail_msg("case %zu: %s", i, conflicts);
		ASSERT_TEXT(rig_shell(&rig, "repo", "%s", cases[i].look), cases[i].result);
		/* What was merged is what the checkpoint has, and then no longer kept. */
		run_save(checkpointer);
		ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain"), "");
		if (!*cases[i].conflicts)
			ASSERT_TEXT(rig_shell(&rig, "repo", KEPT), "");
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

/* The user's own changes, which no checkpoint has, are in the way only where a step's are. */
static void test_local_changes(void **state)
{
	static const struct {
		const char *local;
		const char *step;
		const char *conflicts;
	} local[] = {
		{"echo mine >>src/one.txt", "echo a >a", ""},
		{"echo mine >>src/one.txt", "echo a >src/one.txt", "src/one.txt:-1,10"},
		{"echo mine >mine", "echo a >mine", "mine:-1,10"},
		{"echo a >mine", "echo a >mine", ""},
		{"mkdir build && echo mine >build/out",
			"rm .gitignore && mkdir build && echo a "
			">build/out",
			"build/out:-1,10"},
		{"ln -s /tmp away", "mkdir away && echo a >away/a", "away/a:-1,10"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(local); i++) {
		struct rig rig;
		struct checkpointer *checkpointer;
		struct worktree_merge made;
		const char *before;

		begin(&rig);
		rig_shell(&rig, "repo", "%s", local[i].local);
		checkpointer = run_open(&rig, &(struct run_options){.allow_dirty = true});
		made = do_steps(&rig, checkpointer, (const char *[STEPS_MAXIMUM]){local[i].step});
		before = rig_shell(&rig, "repo", FILES);
		ASSERT_TEXT(merge(&rig, checkpointer, &made), local[i].conflicts);
		if (*local[i].conflicts)
			ASSERT_TEXT(rig_shell(&rig, "repo", FILES), before);
		checkpointer_close(checkpointer);
		rig_close(&rig);
	}
}

static void test_unknown_tree(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	struct worktree_conflict *conflicts;
	uint32_t count;
	struct error error = {0};
	struct worktree_merge made = {.count = 1,
		.steps = (uint32_t[]){1},
		.trees = (const char *[]){"1234567890123456789012345678901234567890"}};

	(void)state;
	begin(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	assert_false(SERVICES->merge(checkpointer, &made, &rig.arena, &conflicts, &count, &error));
	assert_non_null(strstr(error.text, "the steps' checkouts are not merged: the changes "
					   "1234567890123456789012345678901234567890 of a step are "
					   "not in this clone"));
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* Between the merge and its checkpoint a step may change what it brought: not merged twice. */
static void test_again(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	struct worktree_merge made;

	(void)state;
	begin(&rig);
	checkpointer = run_open(&rig, &(struct run_options){.branch = "current"});
	made = do_steps(&rig, checkpointer,
		(const char *[STEPS_MAXIMUM]){"sed -i s/5/ten/ numbers && echo n >n"});
	ASSERT_TEXT(merge(&rig, checkpointer, &made), "");
	checkpointer_close(checkpointer);
	checkpointer = run_open(&rig, &(struct run_options){.branch = "current", .resumed = true});
	rig_shell(&rig, "repo", "sed -i s/ten/check/ numbers && rm n");
	ASSERT_TEXT(merge(&rig, checkpointer, &made), "");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain && xargs <numbers"),
		" M numbers\n1 2 3 4 check 6 7 8 9");
	run_save(checkpointer);
	ASSERT_TEXT(rig_shell(&rig, "repo", KEPT), "");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

/* A run that is complete keeps nothing, also of steps whose changes nobody wanted. */
static void test_forget(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	struct error error;

	(void)state;
	begin(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	do_steps(&rig, checkpointer, (const char *[STEPS_MAXIMUM]){"echo a >a", "echo b >b"});
	provision(&rig, checkpointer, "late.1");
	ASSERT_TEXT(rig_shell(&rig, "repo", KEPT " | sort | uniq -c | xargs"),
		"2 refs/wavetrain/worktrees/run-1/changes 1 "
		"refs/wavetrain/worktrees/run-1/checkouts");
	assert_true(checkpointer_forget_worktrees(checkpointer, &error));
	ASSERT_TEXT(rig_shell(&rig, "repo", KEPT), "");
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static bool is_known(void *context, const char *run_id)
{
	return strcmp(context, run_id) == 0;
}

/* Killed between its last event and this: the next start makes it good, also packed and locked. */
static void test_forget_finished(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	char other[] = "run-2";
	char own[] = "run-1";
	struct finished_runs runs = {.is_finished = is_known, .context = other};

	(void)state;
	begin(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	do_steps(&rig, checkpointer, (const char *[STEPS_MAXIMUM]){"echo a >a", "echo b >b"});
	provision(&rig, checkpointer, "late.1");
	checkpointer_close(checkpointer);
	rig_shell(&rig, "repo", "git pack-refs --all");
	rig_shell(&rig, "repo", "mkdir -p .git/refs/wavetrain/worktrees/run-1/changes");
	rig_shell(&rig, "repo", ": > .git/refs/wavetrain/worktrees/run-1/changes/x.lock");
	checkpointer_forget_finished(arena_format(&rig.arena, "%s/repo", rig.folder), &runs);
	ASSERT_TEXT(rig_shell(&rig, "repo", KEPT " | wc -l | xargs"), "3");
	runs.context = own;
	checkpointer_forget_finished(arena_format(&rig.arena, "%s/repo", rig.folder), &runs);
	ASSERT_TEXT(rig_shell(&rig, "repo", KEPT), "");
	ASSERT_TEXT(rig_shell(&rig, "repo", "find .git/refs/wavetrain/worktrees -mindepth 1"), "");
	checkpointer_forget_finished("/no/such/folder", &runs);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_local_changes),
		cmocka_unit_test(test_unknown_tree),
		cmocka_unit_test(test_again),
		cmocka_unit_test(test_forget),
		cmocka_unit_test(test_forget_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
