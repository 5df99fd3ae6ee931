#include "checkpoint/checkpoint_run.h"

/*
 * What a wave does to the kinds of paths, and what the clone it is brought to has made of them.
 * words NULL: it is brought, and the work tree is as the commit says; else refused by that name.
 */
static const struct {
	const char *wave;
	const char *local;
	const char *words;
} cases[] = {
	{"rm -r docs && echo file >docs", "true", NULL},
	{"rm -r docs && echo file >docs", "echo mine >docs/mine", "docs"},
	{"rm -r docs && echo file >docs", "echo mine >docs/doc.md", ": docs/doc.md"},
	{"rm -r docs && echo file >docs", "mkdir docs/build && echo mine >docs/build/mine", "docs"},
	{"echo file >file", "mkdir -p file/empty", ": file"},
	{"rm src/one.txt && mkdir src/one.txt && echo x >src/one.txt/x", "true", NULL},
	{"rm src/one.txt && mkdir src/one.txt && echo x >src/one.txt/x", "echo mine >src/one.txt",
		": src/one.txt"},
	{"rm src/one.txt && ln -s deep src/one.txt", "true", NULL},
	{"rm src/one.txt && ln -s deep src/one.txt", "rm src/one.txt", ": src/one.txt"},
	{"rm -r src && ln -s docs src", "true", NULL},
	{"rm src/one.txt", "rm src/one.txt", NULL},
	{"echo x >'a*b?[c]' && echo y >'  leading'", "true", NULL},
	{"echo x >'a*b' && echo y >axb", "echo mine >axb", ": axb"},
	{"printf 'a\\r\\nb\\n' >crlf", "printf 'a\\r\\nb\\n' >crlf", NULL},
	{"echo b >>src/one.txt", "git config core.fileMode false && chmod +x src/one.txt", NULL},
	{"for i in 1 2 3 4 5 6 7; do echo x >n$i; done",
		"for i in 1 2 3 4 5 6 7; do echo m >n$i; done", ": n1, n2, n3, n4, n5 and 2 more"},
};

static void test_kinds_of_paths(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct rig rig;
		struct run_options options = {.place = "elsewhere", .resumed = true};
		struct checkpointer *checkpointer;

		rig_open(&rig);
		rig_populate(&rig);
		rig_shell(&rig, "", "git clone -q repo elsewhere");
		checkpointer = run_open(&rig, &(struct run_options){0});
		rig_shell(&rig, "repo", "%s", cases[i].wave);
		options.last_commit = arena_copy_text(&rig.arena, run_save(checkpointer).commit);
		checkpointer_close(checkpointer);
		rig_shell(&rig, "elsewhere", "git fetch -q && { %s; }", cases[i].local);
		if (cases[i].words) {
			const char *before = rig_shell(&rig, "elsewhere",
				"git rev-parse HEAD; git status --porcelain; find . -path ./.git "
				"-prune -o -print | sort");
			run_refused(&rig, &options, ERROR_WORK_TREE_DIRTY, cases[i].words);
			ASSERT_TEXT(rig_shell(&rig, "elsewhere",
					    "git rev-parse HEAD; git status --porcelain; find . "
					    "-path ./.git -prune -o -print | sort"),
				before);
		} else {
			checkpointer_close(run_open(&rig, &options));
			ASSERT_TEXT(rig_shell(&rig, "elsewhere", "git status --porcelain"), "");
			ASSERT_TEXT(rig_shell(&rig, "elsewhere", "git rev-parse HEAD"),
				options.last_commit);
		}
		rig_close(&rig);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_of_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
