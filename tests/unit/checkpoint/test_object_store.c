#include <fcntl.h>
#include <git2.h>

#include "checkpoint/checkpoint_run.h"
#include "checkpoint/object_store.h"

/* More changes than stay loose. */
#define MANY "40"

static int count_packs(struct rig *rig, const char *place)
{
	const char *count = rig_shell(rig, place, "ls .git/objects/pack | grep -c 'pack$' || true");

	return (int)strtol(count, NULL, 10);
}

static void assert_nothing_temporary(struct rig *rig, const char *place)
{
	ASSERT_TEXT(rig_shell(rig, place, "find .git/objects -name 'tmp*'"), "");
}

/* The tree that git makes of the work tree, against that of the checkpoint at HEAD. */
static void assert_tree_is_gits(struct rig *rig, const char *name)
{
	const char *ours = rig_shell(rig, "repo", "git rev-parse 'HEAD^{tree}'");

	if (strcmp(rig_shell(rig, "repo", "git status --porcelain"), "") != 0)
		fail_msg("%s: not clean", name);
	rig_shell(rig, "repo", "git reset -q HEAD~1 && git add -A");
	if (strcmp(ours, rig_shell(rig, "repo", "git write-tree")) != 0)
		fail_msg("%s: another tree than git's", name);
}

/* Before: committed. Change: what the steps do, with $n of everything. */
static const struct {
	const char *name;
	const char *before;
	const char *change;
	bool many_objects; /* else many changes make few objects all the same */
} kinds[] = {
	{"new and changed", "for i in $n; do echo $i >src/$i; done",
		"for i in $n; do echo more >>src/$i; echo $i >src/new-$i; done", true},
	{"modes", "for i in $n; do echo $i >src/$i; done", "chmod +x src/*[0-9]", false},
	{"links", "for i in $n; do ln -s x src/$i; done",
		"for i in $n; do ln -sf $i.txt src/$i; ln -s /nowhere/$i l$i; done", true},
	{"deletions", "for i in $n; do echo $i >src/$i; mkdir d$i; echo $i >d$i/f; done",
		"for i in $n; do rm src/$i; rm -r d$i; echo kept $i >kept-$i; done", true},
	{"folders in folders", "true",
		"for i in $n; do mkdir -p a/$i/b/$i/c; echo $i >a/$i/b/$i/c/f; done", true},
	{"empty", "for i in $n; do echo $i >src/$i; done",
		"for i in $n; do : >src/$i; : >e$i; done", false},
	{"all alike", "true", "for i in $n; do mkdir x$i; echo same >x$i/same; done", false},
	{"files to folders", "for i in $n; do echo $i >src/$i; done",
		"for i in $n; do rm src/$i; mkdir src/$i; echo $i >src/$i/x; done", true},
	{"every size of header", "true",
		"for i in $n; do head -c $((i * i * i)) /dev/zero >z$i; done", true},
	{"large among small", "true",
		"for i in $n; do echo $i >s$i; done; head -c 3000000 /dev/zero >large", true},
};

static void as_git_would(const char *numbers, bool many)
{
	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
		struct rig rig;
		struct checkpointer *checkpointer;

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "repo", "n=%s; %s; git add -A && git commit -qm m --allow-empty",
			numbers, kinds[i].before);
		checkpointer = run_open(&rig, &(struct run_options){0});
		rig_shell(&rig, "repo", "n=%s; %s", numbers, kinds[i].change);
		run_save(checkpointer);
		checkpointer_close(checkpointer);
		if (count_packs(&rig, "repo") != (many && kinds[i].many_objects))
			fail_msg("%s: wrongly packed or loose", kinds[i].name);
		assert_nothing_temporary(&rig, "repo");
		assert_tree_is_gits(&rig, kinds[i].name);
		rig_close(&rig);
	}
}

static void test_few_are_loose(void **state)
{
	(void)state;
	as_git_would("\"1 2 3\"", false);
}

static void test_many_are_packed(void **state)
{
	(void)state;
	as_git_would("$(seq " MANY ")", true);
}

/* Each is a place where git finds rules; all of them make LF of CR LF in some file. */
static const struct {
	const char *name;
	const char *rule;
} rules[] = {
	{"in the root", "echo '*.txt text eol=crlf' >.gitattributes"},
	{"in a folder", "echo '* text' >src/.gitattributes"},
	{"only in the index", "echo '*.txt text' >.gitattributes && git add .gitattributes && "
			      "git commit -qm rule && git update-index --skip-worktree "
			      ".gitattributes && rm .gitattributes"},
	{"only in the user's index",
		"echo '*.txt text' >.gitattributes && git add .gitattributes && rm .gitattributes"},
	{"info/attributes", "mkdir -p .git/info && echo '*.txt text' >.git/info/attributes"},
	{"core.autocrlf true", "git config core.autocrlf true"},
	{"core.autocrlf input", "git config core.autocrlf input"},
	{"core.attributesFile",
		"echo '*.txt text' >../rules && git config core.attributesFile \"$PWD/../rules\""},
	{"the user's", "mkdir -p ../.config/git && echo '*.txt text' >../.config/git/attributes"},
};

static void test_rules_are_obeyed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rules) * 2; i++) {
		const char *numbers = i % 2 == 0 ? "1 2" : "$(seq " MANY ")";
		struct rig rig;
		struct checkpointer *checkpointer;
		const char *ours;

		rig_open(&rig);
		rig_populate(&rig);
		checkpointer = run_open(&rig, &(struct run_options){.branch = "none"});
		rig_shell(&rig, "repo",
			"%s; for i in %s; do printf 'a\\r\\n%%d\\r\\n' $i >src/$i.txt; done",
			rules[i / 2].rule, numbers);
		ours = arena_copy_text(&rig.arena, run_save(checkpointer).commit);
		checkpointer_close(checkpointer);
		ASSERT_TEXT(rig_shell(&rig, "repo", "git show %s:src/2.txt | od -An -c", ours),
			"   a  \\n   2  \\n");
		rig_close(&rig);
	}
}

/* What the rules do not reach is stored byte by byte, and so it is by git. */
static void test_rules_elsewhere(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo",
		"echo '* text' >docs/.gitattributes && git add -A && git commit -qm rule");
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo",
		"for i in $(seq " MANY
		"); do printf 'a\\r\\n' >src/$i; printf 'b\\r\\n' >docs/$i; done");
	run_save(checkpointer);
	checkpointer_close(checkpointer);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git show HEAD:src/2 | od -An -c"), "   a  \\r  \\n");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git show HEAD:docs/2 | od -An -c"), "   b  \\n");
	assert_tree_is_gits(&rig, "rules elsewhere");
	rig_close(&rig);
}

/* The index we write is, byte for byte, the one that git makes of the pack. */
static void test_index_is_gits(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", "for i in $(seq 300); do seq $i >src/$i; done");
	run_save(checkpointer);
	checkpointer_close(checkpointer);
	rig_shell(&rig, "repo",
		"cd .git/objects/pack && "
		"git index-pack --strict -o ../../../theirs.idx pack-*.pack >/dev/null && "
		"cmp ../../../theirs.idx pack-*.idx && git verify-pack pack-*.idx");
	ASSERT_TEXT(rig_shell(&rig, "repo", "stat -c %%a .git/objects/pack/* | sort -u"), "444");
	ASSERT_TEXT(rig_shell(&rig, "repo", "git count-objects -v | grep in-pack"), "in-pack: 303");
	rig_close(&rig);
}

static void test_known_objects_are_not_stored_again(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	rig_shell(&rig, "repo",
		"for i in $(seq " MANY "); do echo $i >$i; done; git add -A; git commit -qm more");
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", "for i in $(seq " MANY "); do echo new $i >$i; done");
	run_save(checkpointer);
	assert_int_equal(count_packs(&rig, "repo"), 1);
	rig_shell(&rig, "repo", "for i in $(seq " MANY "); do echo $i >$i; done");
	run_save(checkpointer);
	assert_int_equal(count_packs(&rig, "repo"), 1);
	ASSERT_TEXT(rig_shell(&rig, "repo", "git rev-parse 'HEAD^{tree}'"),
		rig_shell(&rig, "repo", "git rev-parse 'HEAD~2^{tree}'"));
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static void test_more_than_one_pack(void **state)
{
	struct rig rig;
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(
		&rig, "repo", "for i in $(seq 34); do head -c 1048576 /dev/urandom >src/$i; done");
	run_save(checkpointer);
	checkpointer_close(checkpointer);
	assert_int_equal(count_packs(&rig, "repo"), 2);
	assert_tree_is_gits(&rig, "two packs");
	rig_close(&rig);
}

/* Killed between prepare and publish, or while packs are named: git takes away what is left. */
static void test_unpublished_pack_is_garbage(void **state)
{
	struct rig rig;
	struct checkpoint checkpoint = {0};
	struct error error = {0};
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo", "for i in $(seq " MANY "); do echo $i >new-$i; done");
	assert_true(run_prepare(checkpointer, &checkpoint, &error));
	ASSERT_TEXT(rig_shell(&rig, "repo", "git cat-file -t %s", checkpoint.commit), "commit");
	rig_shell(&rig, "repo", "git fsck --strict --no-dangling %s", checkpoint.commit);
	rig_shell(&rig, "repo",
		"cd .git/objects/pack && cp pack-*.idx pack-$(printf %%040d 0).idx && "
		"touch -d 2001-01-01 tmp_pack_0_1 tmp_idx_0_1");
	assert_true(run_prepare(checkpointer, &checkpoint, &error));
	rig_shell(&rig, "repo",
		"git fsck --strict --no-dangling && git gc -q --prune=now && "
		"! git cat-file -e %s 2>/dev/null && ! ls .git/objects/pack | grep -E '^tmp|-0{40}'",
		checkpoint.commit);
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

static const struct {
	const char *name;
	const char *clone;
} clones[] = {
	{"depth 1", "git clone -q --depth 1 \"file://$PWD/repo\" copy"},
	{"alternates", "git clone -q --shared repo copy"},
	{"work tree", "git -C repo worktree add -q -b copy ../copy"},
};

static void test_clones(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(clones); i++) {
		struct rig rig;
		struct checkpointer *checkpointer;

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "repo", "git commit -q --allow-empty -m second");
		rig_shell(&rig, "", "%s", clones[i].clone);
		checkpointer = run_open(&rig, &(struct run_options){.place = "copy"});
		rig_shell(&rig, "copy", "for i in $(seq " MANY "); do echo $i >new-$i; done");
		run_save(checkpointer);
		checkpointer_close(checkpointer);
		ASSERT_TEXT(rig_shell(&rig, "copy", "git status --porcelain"), "");
		rig_shell(&rig, "copy", "git fsck --strict --no-dangling");
		/* Another git folder that has our objects through alternates can push them. */
		rig_shell(&rig, "",
			"git clone -q --bare repo away && git init -q --bare third && "
			"cp copy/.git/shallow third/ 2>/dev/null; "
			"(cd copy && cd \"$(git rev-parse --git-common-dir)\" && echo \"$PWD/objects\") "
			">third/objects/info/alternates && git -C third push -q ../away "
			"$(git -C copy rev-parse HEAD):refs/heads/pushed && "
			"git -C away log -1 --format=%%s pushed");
		rig_close(&rig);
	}
}

static void test_pack_cannot_be_written(void **state)
{
	struct rig rig;
	struct checkpoint checkpoint = {0};
	struct error error = {0};
	struct checkpointer *checkpointer;

	(void)state;
	rig_open(&rig);
	rig_populate(&rig);
	checkpointer = run_open(&rig, &(struct run_options){0});
	rig_shell(&rig, "repo",
		"for i in $(seq " MANY "); do echo $i >new-$i; done; "
		"rm -r .git/objects/pack && : >.git/objects/pack");
	assert_false(run_prepare(checkpointer, &checkpoint, &error));
	if (error.code != ERROR_FILE || !strstr(error.text, ".git/objects"))
		fail_msg("%s", error.text);
	/* Nothing was lost: the next attempt commits it all, also where the folder is missing. */
	rig_shell(&rig, "repo", "rm .git/objects/pack");
	assert_int_equal(run_save(checkpointer).files_changed, 40);
	checkpointer_close(checkpointer);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_few_are_loose),
		cmocka_unit_test(test_many_are_packed),
		cmocka_unit_test(test_rules_are_obeyed),
		cmocka_unit_test(test_rules_elsewhere),
		cmocka_unit_test(test_index_is_gits),
		cmocka_unit_test(test_known_objects_are_not_stored_again),
		cmocka_unit_test(test_more_than_one_pack),
		cmocka_unit_test(test_unpublished_pack_is_garbage),
		cmocka_unit_test(test_clones),
		cmocka_unit_test(test_pack_cannot_be_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
