/* kill -9 before each single change of the disk; then the run is resumed: always the same end. */
#include "checkpoint/death.h"
#include "checkpoint/worktree_rig.h"

#define FILES "find . -path ./.git -prune -o -type f -print -exec cat {} \\; | sort"
/* What was thrown away may be kept twice. */
#define REFERENCES                                                                                 \
	"git for-each-ref --format='%%(refname)' refs/wavetrain | grep -v backup/run-1/[^1] | sort"

struct scene {
	struct rig rig;
	struct worktree_merge made;
	void (*work)(struct scene *scene, struct checkpointer *checkpointer);
};

static void merge_work(struct scene *scene, struct checkpointer *checkpointer)
{
	ASSERT_TEXT(merge(&scene->rig, checkpointer, &scene->made), "");
}

static void roll_back_work(struct scene *scene, struct checkpointer *checkpointer)
{
	struct error error = {0};

	(void)scene;
	if (!checkpointer_roll_back(checkpointer, &error))
		fail_msg("roll back: %s", error.text);
}

static void begin(struct scene *scene)
{
	struct checkpointer *checkpointer;

	rig_open(&scene->rig);
	rig_populate(&scene->rig);
	rig_shell(&scene->rig, "repo",
		"seq 9 >numbers && echo '*.txt eol=crlf' >.gitattributes && git add -A && git "
		"commit -qm numbers && echo mine >mine && echo mine >mine2");
	checkpointer = run_open(&scene->rig, &(struct run_options){.allow_dirty = true});
	rig_shell(&scene->rig, "repo",
		"echo made >made && rm -r docs && echo file >docs && rm src/one.txt && mkdir "
		"src/one.txt && echo x >src/one.txt/x && chmod +x numbers && echo step >mine2");
	scene->made = do_steps(&scene->rig, checkpointer,
		(const char *[STEPS_MAXIMUM]){"git mv numbers digits && echo a >a",
			"sed -i s/5/five/ numbers && rm docs && mkdir docs && echo d >docs/d.txt",
			"rm -r src && echo src >src"});
	checkpointer_close(checkpointer);
}

static void in_child(void *context)
{
	struct scene *scene = context;
	struct checkpointer *checkpointer =
		run_open(&scene->rig, &(struct run_options){.allow_dirty = true, .resumed = true});

	scene->work(scene, checkpointer);
	checkpointer_close(checkpointer);
}

/* Killed at every change up to the end; each time from the beginning. Returns how often. */
static long sweep(void (*work)(struct scene *, struct checkpointer *), const char *files,
	const char *references)
{
	long changes = 0;
	bool died = true;

	for (; died; changes++) {
		struct scene scene = {.work = work};

		begin(&scene);
		died = dies_at(changes, in_child, &scene);
		if (died)
			dies_at(changes / 2, in_child, &scene); /* once more, on the way back */
		in_child(&scene);
		ASSERT_TEXT(rig_shell(&scene.rig, "repo", FILES), files);
		ASSERT_TEXT(rig_shell(&scene.rig, "repo", REFERENCES), references);
		rig_close(&scene.rig);
	}
	print_message("%ld places to die\n", changes);
	return changes;
}

static void test_merge(void **state)
{
	struct scene scene = {.work = merge_work};
	const char *files;

	(void)state;
	begin(&scene);
	in_child(&scene);
	files = rig_shell(&scene.rig, "repo", FILES);
	assert_true(sweep(merge_work, files, rig_shell(&scene.rig, "repo", REFERENCES)) > 20);
	rig_close(&scene.rig);
}

static void test_roll_back(void **state)
{
	struct scene scene = {.work = roll_back_work};
	const char *files;

	(void)state;
	begin(&scene);
	in_child(&scene);
	files = rig_shell(&scene.rig, "repo", FILES);
	assert_true(sweep(roll_back_work, files, rig_shell(&scene.rig, "repo", REFERENCES)) > 20);
	rig_close(&scene.rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_roll_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
