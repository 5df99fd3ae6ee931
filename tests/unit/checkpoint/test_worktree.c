#include <sys/stat.h>
#include <time.h>

#include "checkpoint/worktree_rig.h"

#define KEPT                                                                                       \
	"git for-each-ref --format='%%(refname)' refs/wavetrain/worktrees | sed 's:/[0-9a-f]*$::'"

static void end(struct rig *rig, struct checkpointer *checkpointer)
{
	checkpointer_close(checkpointer);
	rig_close(rig);
}

/* Files of all kinds, and what the base must be in spite of the user's and the steps' changes. */
static void test_provision(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo",
		"printf '*.txt text eol=crlf\\n' >docs/.gitattributes && printf 'a\\nb\\n' "
		">docs/crlf.txt && printf '#!/bin/sh\\n' >go && chmod +x go && ln -s src/one.txt "
		"link && touch empty && git add -A && git commit -qm more && git tag before && "
		"rm docs/crlf.txt && git checkout docs/crlf.txt && echo mine >src/one.txt && "
		"echo mine >untracked && mkdir build && echo b >build/out");
	checkpointer = run_open(&rig, &(struct run_options){.allow_dirty = true});
	rig_shell(&rig, "repo", "echo step >made && rm src/deep/two.txt && chmod +x docs/doc.md");
	provision(&rig, checkpointer, "a.1");
	ASSERT_TEXT(rig_shell(&rig, "run/work/a.1/tree",
			    "find . -path ./.git -prune -o ! -type d -print | sort | xargs"),
		"./.gitignore ./docs/.gitattributes ./docs/crlf.txt ./docs/doc.md ./empty ./go "
		"./link ./made ./src/one.txt");
	ASSERT_TEXT(rig_shell(&rig, "run/work/a.1/tree",
			    "cat src/one.txt made; readlink link; stat -c %%A go docs/doc.md | cut "
			    "-c1-4; od -An -c docs/crlf.txt | tr -d ' '; stat -c %%h made"),
		"one\nstep\nsrc/one.txt\n-rwx\n-rwx\na\\r\\nb\\r\\n\n1");
	ASSERT_TEXT(
		rig_shell(&rig, "run/work/a.1/tree",
			"git status --porcelain; git rev-parse --abbrev-ref HEAD; git rev-parse "
			"--show-toplevel; git diff --name-status HEAD~1"),
		arena_format(&rig.arena,
			"main\n%s/run/work/a.1/tree\nM\tdocs/doc.md\nA\tmade\nD\tsrc/deep/two.txt",
			rig.folder));
	end(&rig, checkpointer);
}

/* What a step does in its checkout, and what is taken of it: "PATHS|status against the base". */
static const struct {
	const char *step;
	const char *paths;
	const char *status;
} collected[] = {
	{"true", "", ""},
	{"touch src/one.txt && echo one >src/one.txt", "", ""},
	{"echo new >src/one.txt", "src/one.txt", "M\tsrc/one.txt"},
	{"echo eno >src/one.txt", "src/one.txt", "M\tsrc/one.txt"},
	{"mkdir -p x/y && echo new >x/y/z && mkdir build && echo b >build/b", "x/y/z", "A\tx/y/z"},
	{"rm -r src", "src/deep/two.txt src/one.txt", "D\tsrc/deep/two.txt\nD\tsrc/one.txt"},
	{"chmod +x src/one.txt", "src/one.txt", "M\tsrc/one.txt"},
	{"rm src/one.txt && ln -s deep src/one.txt", "src/one.txt", "T\tsrc/one.txt"},
	{"mkdir .wavetrain && echo x >.wavetrain/x", "", ""},
	{"echo '*.log' >>.gitignore && echo l >a.log && echo t >a.txt", ".gitignore a.txt",
		"M\t.gitignore\nA\ta.txt"},
	/* A git in it may do what it likes. */
	{"echo new >new && git add new && git commit -qm own && echo more >more && git add more",
		"more new", "A\tmore\nA\tnew"},
	{"git checkout -qb other && git rm -q docs/doc.md && git commit -qm own && git gc -q "
	 "--prune=now && git tag v1",
		"docs/doc.md", "D\tdocs/doc.md"},
	{"git mv src/one.txt src/1.txt && git stash -q && echo x >x", "x", "A\tx"},
	{"git update-index --assume-unchanged src/one.txt && echo new >src/one.txt", "src/one.txt",
		"M\tsrc/one.txt"},
	{"git config core.fileMode false && chmod +x src/one.txt", "src/one.txt", "M\tsrc/one.txt"},
	{"echo new >new && rm -rf .git", "new", "A\tnew"},
	{"rm -rf .git && git init -q && git add -A && git commit -qm x && rm -r docs",
		"docs/doc.md", "D\tdocs/doc.md"},
	{"rm .git/wavetrain-index && echo new >src/one.txt", "src/one.txt", "M\tsrc/one.txt"},
	{"echo junk >.git/wavetrain-index && echo new >src/one.txt", "src/one.txt",
		"M\tsrc/one.txt"},
	{"rm -r .gitignore docs src", ".gitignore docs/doc.md src/deep/two.txt src/one.txt",
		"D\t.gitignore\nD\tdocs/doc.md\nD\tsrc/deep/two.txt\nD\tsrc/one.txt"},
	{"rm -r docs && echo file >docs", "docs docs/doc.md", "A\tdocs\nD\tdocs/doc.md"},
};

#define OUTSIDE                                                                                    \
	"git for-each-ref | grep -v worktrees/; cat .git/HEAD .git/config; git status "            \
	"--porcelain; git stash list; find . -path ./.git -prune -o -print | sort"

static void test_collect(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	const char *before;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	before = rig_shell(&rig, "repo", OUTSIDE);
	for (size_t i = 0; i < ARRAY_LENGTH(collected); i++) {
		const char *name = arena_format(&rig.arena, "s%zu.1", i);
		struct worktree_change change;
		struct error error;

		provision(&rig, checkpointer, name);
		rig_shell(&rig, arena_format(&rig.arena, "run/work/%s/tree", name), "%s",
			collected[i].step);
		change = collect(&rig, checkpointer, name);
		assert_true(SERVICES->remove(checkpointer, checkout_folder(&rig, name), &error));
		assert_false(path_exists(checkout_folder(&rig, name)));
		ASSERT_TEXT(names(&rig, change.paths, change.path_count), collected[i].paths);
		rig_shell(&rig, "repo", "git gc -q --prune=now");
		ASSERT_TEXT(rig_shell(&rig, "repo", "git diff --no-renames --name-status %s %s",
				    change.base, change.tree),
			collected[i].status);
		ASSERT_TEXT(rig_shell(&rig, "repo", OUTSIDE), before);
	}
	end(&rig, checkpointer);
}

/* As a checkpoint would refuse them. */
static const struct {
	const char *before;
	const char *step;
	const char *words;
} refused[] = {
	{"true", "git init -q inner && cd inner && git commit -q --allow-empty -m x",
		"inner is another repository, and a checkpoint does not move submodules"},
	{"echo '*.bin filter=lfs' >.gitattributes", "echo big >a.bin",
		"a.bin goes through Git LFS, which a checkpoint cannot do"},
	{"true", "head -c 70000 /dev/zero >big",
		"big is 68.4 KiB, more than checkpoint.max_file "
		"allows (58.6 KiB)"},
	{"true", "mkdir sub && echo " RUN_SECRET " | base64 >sub/leak",
		"sub/leak holds the value of a secret"},
};

static void test_collect_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
		struct rig rig;
		struct checkpointer *checkpointer;
		struct worktree_change change;
		struct mask *mask = run_mask();
		struct error error = {0};

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "repo", "%s && git add -A && git commit -q --allow-empty -m more",
			refused[i].before);
		checkpointer = run_open(
			&rig, &(struct run_options){.max_file_bytes = 60000, .mask = mask});
		provision(&rig, checkpointer, "a.1");
		rig_shell(&rig, "run/work/a.1/tree", "%s", refused[i].step);
		assert_false(SERVICES->collect(
			checkpointer, checkout_folder(&rig, "a.1"), &rig.arena, &change, &error));
		ASSERT_TEXT(
			error.text, arena_format(&rig.arena,
					    "the changes in a step's checkout cannot be taken: %s",
					    refused[i].words));
		assert_true(error.hint[0]);
		ASSERT_TEXT(
			rig_shell(&rig, "repo", KEPT), "refs/wavetrain/worktrees/run-1/checkouts");
		end(&rig, checkpointer);
		mask_free(mask);
	}
}

/*
 * What the shared work tree has and no checkpoint would take: it is in the checkouts too, counts
 * as changed, and is nothing that a step in a checkout has done.
 */
static void test_what_no_checkpoint_takes(void **state)
{
	struct rig rig;
	struct mask *mask = run_mask();
	struct checkpointer *checkpointer;
	struct worktree_change change;
	const char *const *paths;
	const char *before;
	uint32_t count;
	struct error error = {0};

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){.max_file_bytes = 60000, .mask = mask});
	rig_shell(&rig, "repo",
		"echo " RUN_SECRET " >leak && head -c 70000 /dev/zero >big && "
		"head -c 2000000 /dev/zero >huge");
	before = rig_shell(&rig, "repo", "git count-objects -v");
	assert_true(checkpointer_changed_paths(checkpointer, &rig.arena, &paths, &count, &error));
	ASSERT_TEXT(names(&rig, paths, count), "big huge leak");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git count-objects -v"), before);
	provision(&rig, checkpointer, "a.1");
	ASSERT_TEXT(rig_shell(&rig, "run/work/a.1/tree",
			    "cat leak && stat -c %%s big huge && echo a >a"),
		RUN_SECRET "\n70000\n2000000");
	change = collect(&rig, checkpointer, "a.1");
	ASSERT_TEXT(names(&rig, change.paths, change.path_count), "a");
	end(&rig, checkpointer);
	mask_free(mask);
}

/* What is no checkout, and what is in the way of one. */
static void test_places(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	struct worktree_change change;
	struct error error = {0};
	const char *folder;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	folder = arena_format(&rig.arena, "%s/elsewhere", rig.folder);
	rig_shell(&rig, "", "mkdir elsewhere && echo mine >elsewhere/mine");
	assert_false(SERVICES->provision(checkpointer, folder, &error));
	ASSERT_TEXT(error.text,
		arena_format(&rig.arena, "no checkout for a step: %s is there already", folder));
	assert_false(SERVICES->collect(checkpointer, folder, &rig.arena, &change, &error));
	ASSERT_TEXT(error.text,
		arena_format(&rig.arena,
			"the changes in a step's checkout cannot be taken: %s is no checkout of "
			"this run",
			folder));
	/* A killed predecessor's is made anew. */
	rig_shell(&rig, "", "mkdir -p run/work/a.1/tree/.git && echo x >run/work/a.1/tree/x");
	provision(&rig, checkpointer, "a.1");
	ASSERT_TEXT(rig_shell(&rig, "run/work/a.1/tree", "git status --porcelain; ls x || true"),
		"ls: cannot access 'x': No such file or directory");
	ASSERT_TEXT(rig_shell(&rig, "repo", KEPT), "refs/wavetrain/worktrees/run-1/checkouts");
	assert_true(SERVICES->remove(checkpointer, checkout_folder(&rig, "a.1"), &error));
	ASSERT_TEXT(rig_shell(&rig, "repo", KEPT), "");
	end(&rig, checkpointer);
}

/* A repository without a commit, one on no branch, one in a linked work tree. */
static void test_kinds_of_repository(void **state)
{
	static const char *const kinds[] = {
		"true",
		"git commit -q --allow-empty -m x && git checkout -q --detach",
		"git commit -q --allow-empty -m x && git worktree add -q ../linked",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		struct rig rig;
		const char *place = i == 2 ? "linked" : "repo";
		struct checkpointer *checkpointer;
		struct worktree_merge made;

		rig_open(&rig);
		rig_shell(&rig, "repo", "%s", kinds[i]);
		checkpointer = run_open(&rig, &(struct run_options){.place = place});
		rig_shell(&rig, place, "echo shared >shared");
		made = do_steps(&rig, checkpointer,
			(const char *[STEPS_MAXIMUM]){"cat shared >a; git status --porcelain >b"});
		ASSERT_TEXT(merge(&rig, checkpointer, &made), "");
		ASSERT_TEXT(rig_shell(&rig, place, "cat a b shared"), "shared\n?? a\n?? b\nshared");
		run_save(checkpointer);
		ASSERT_TEXT(rig_shell(&rig, place, "git status --porcelain"),
			i == 1 ? "?? a\n?? b\n?? shared" : "");
		end(&rig, checkpointer);
	}
}

static void test_changed_paths(void **state)
{
	static const struct {
		const char *work_folder;
		const char *paths;
	} cases[] = {
		{"repo", "docs/new src/deep/more src/one.txt"},
		{"repo/src", "../docs/new deep/more one.txt"},
		{"repo/src/deep", "../../docs/new more ../one.txt"},
		{"link", "../docs/new deep/more one.txt"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig;
		struct checkpointer *checkpointer;
		const char *const *paths;
		uint32_t count;
		struct error error = {0};

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "", "ln -s repo/src link && echo mine >repo/mine");
		checkpointer =
			run_open(&rig, &(struct run_options){.work_folder = cases[i].work_folder});
		rig_shell(&rig, "repo",
			"echo x >docs/new && echo x >src/deep/more && rm src/one.txt && mkdir "
			"build && echo x >build/x");
		assert_true(checkpointer_changed_paths(
			checkpointer, &rig.arena, &paths, &count, &error));
		ASSERT_TEXT(names(&rig, paths, count), cases[i].paths);
		run_save(checkpointer);
		assert_true(checkpointer_changed_paths(
			checkpointer, &rig.arena, &paths, &count, &error));
		assert_int_equal(count, 0);
		end(&rig, checkpointer);
	}
}

static double seconds_since(struct timespec *then)
{
	struct timespec now;
	double passed;

	clock_gettime(CLOCK_MONOTONIC, &now);
	passed = (double)(now.tv_sec - then->tv_sec) + (double)(now.tv_nsec - then->tv_nsec) / 1e9;
	*then = now;
	return passed;
}

/* Says how long 5 000 files take; only that it works is asserted. */
static void test_large(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;
	struct worktree_merge made;
	struct timespec then;
	struct error error;

	(void)state;
	rig_open(&rig);
	rig_shell(&rig, "repo",
		"for d in $(seq 50); do mkdir d$d; for f in $(seq 100); do echo $d/$f >d$d/$f; "
		"done; done; find d* -type f -exec touch -d '1 hour ago' {} +; "
		"git add -A; git commit -qm large");
	checkpointer = run_open(&rig, &(struct run_options){0});
	clock_gettime(CLOCK_MONOTONIC, &then);
	provision(&rig, checkpointer, "a.1");
	print_message("provision %.3f s", seconds_since(&then));
	rig_shell(&rig, "run/work/a.1/tree", "for d in $(seq 50); do echo x >d$d/7; done");
	seconds_since(&then);
	made = (struct worktree_merge){.count = 1,
		.steps = (uint32_t[]){1},
		.trees = (const char *[]){collect(&rig, checkpointer, "a.1").tree}};
	print_message(", collect %.3f s", seconds_since(&then));
	ASSERT_TEXT(merge(&rig, checkpointer, &made), "");
	print_message(", merge %.3f s", seconds_since(&then));
	assert_true(SERVICES->remove(checkpointer, checkout_folder(&rig, "a.1"), &error));
	print_message(", remove %.3f s", seconds_since(&then));
	rig_shell(&rig, "repo", "git worktree add -q ../git-own");
	print_message("; git worktree add %.3f s\n", seconds_since(&then));
	ASSERT_TEXT(rig_shell(&rig, "repo", "git status --porcelain | wc -l"), "50");
	end(&rig, checkpointer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_provision),
		cmocka_unit_test(test_collect),
		cmocka_unit_test(test_collect_refused),
		cmocka_unit_test(test_what_no_checkpoint_takes),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_kinds_of_repository),
		cmocka_unit_test(test_changed_paths),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
