#include "run/landlock.h"

#include <linux/landlock.h>
#include <sys/syscall.h>

#include "run/script_fixture.h"

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"

/* Two folders, "own" with "file" and "other" with "file", and a process that may write in own. */
struct world {
	struct arena arena;
	char *root;
	struct script script;
	unsigned version;
	int ruleset;
};

static void open_world(struct world *world)
{
	struct error error;
	char template[] = "/tmp/wavetrain-landlock-XXXXXX";
	*world = (struct world){.ruleset = -1, .version = landlock_version(&error)};
	if (!world->version) {
		print_message("no Landlock here: %s\n", error.text);
		skip();
	}
	assert_non_null(mkdtemp(template));
	world->root = arena_copy_text(&world->arena, template);
	static const char *const names[] = {"own", "other"};
	for (size_t i = 0; i < 2; i++) {
		const char *folder = path_join(&world->arena, world->root, names[i]);
		assert_true(folder_make(folder, &error));
		assert_true(file_write_atomic(
			path_join(&world->arena, folder, "file"), "x\n", 2, &error));
	}
	script_open(&world->script);
	world->ruleset = landlock_open(world->version, &error);
	assert_true(world->ruleset >= 0);
	assert_true(landlock_allow(world->ruleset, world->version,
		path_join(&world->arena, world->root, "own"), LANDLOCK_ALL, &error));
	assert_true(landlock_allow(world->ruleset, world->version, "/dev", LANDLOCK_WRITE, &error));
}

static void close_world(struct world *world)
{
	struct error error;
	close(world->ruleset);
	script_close(&world->script);
	assert_true(path_remove(world->root, &error));
	arena_release(&world->arena);
}

/* The exit status of a script in the root folder. */
static int run(struct world *world, const char *text)
{
	script_start(&world->script, text,
		&(struct process_request){
			.folder = world->root, .output = STDERR_FILENO, .ruleset = world->ruleset});
	return script_end(&world->script).exit_status;
}

/* --- what is there --- */

/* Asked of the kernel itself; what it answers is said. */
static void the_version_is_the_kernels(void **state)
{
	struct error error = {0};
	(void)state;
	long kernel =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int refusal = kernel < 0 ? errno : 0;
	unsigned version = landlock_version(&error);
	assert_int_equal(version, kernel > 1 ? kernel : 0);
	if (kernel == 1)
		assert_non_null(strstr(error.text, "too old"));
	else if (refusal == EOPNOTSUPP)
		assert_non_null(strstr(error.text, "was started without"));
	else if (refusal == EPERM)
		assert_non_null(strstr(error.text, "is forbidden here"));
	else if (refusal)
		assert_non_null(strstr(error.text, "has no Landlock"));
}

/* --- what it holds --- */

struct script_case {
	const char *script;
	bool is_allowed;
};

static const struct script_case script_cases[] = {
	{"echo y > own/file && cat own/file", true},
	{"mkdir own/in && echo y > own/in/new && mv own/in/new own/up && rm -r own/in", true},
	{"ln -s ../other/file own/link && mkfifo own/pipe", true},
	{"cat other/file > own/copy", true},
	{"echo y > /dev/null", true},
	{"echo y >> other/file", false},
	{"echo y > own/link", false}, /* leads out */
	{"echo y > other/new", false},
	{"echo y > new", false},
	{"mkdir other/in", false},
	{"rm other/file", false},
	{"mv own/file other/moved", false},
	{"ln other/file own/hard", false},
	{"touch /dev/wavetrain-new", false},
};

static void only_what_is_allowed_can_be_changed(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	for (size_t i = 0; i < sizeof script_cases / sizeof script_cases[0]; i++) {
		bool succeeded = run(&world, script_cases[i].script) == 0;
		if (succeeded != script_cases[i].is_allowed)
			fail_msg("%s: %s", script_cases[i].script, succeeded ? "done" : "refused");
	}
	const char *other = path_join(&world.arena, world.root, "other/file");
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	struct error error;
	assert_true(file_read(other, 100, &text, &error));
	assert_string_equal(buffer_text(&text), "x\n");
	close_world(&world);
}

static void what_the_process_starts_is_held_too(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	assert_int_not_equal(run(&world, "env -i setsid /bin/sh -c 'echo y > other/new'"), 0);
	/* We ourselves are not. */
	struct error error;
	assert_true(file_write_atomic(
		path_join(&world.arena, world.root, "other/ours"), "x", 1, &error));
	close_world(&world);
}

static void a_file_alone_can_be_allowed(void **state)
{
	struct world world;
	struct error error;
	(void)state;
	open_world(&world);
	assert_true(landlock_allow(world.ruleset, world.version,
		path_join(&world.arena, world.root, "other/file"), LANDLOCK_ALL, &error));
	assert_int_equal(run(&world, "echo y > other/file"), 0);
	assert_int_not_equal(run(&world, "rm other/file"), 0);
	close_world(&world);
}

static void a_place_that_is_not_there_is_an_error(void **state)
{
	struct world world;
	struct error error;
	(void)state;
	open_world(&world);
	assert_false(landlock_allow(world.ruleset, world.version,
		path_join(&world.arena, world.root, "nothing"), LANDLOCK_ALL, &error));
	assert_int_equal(error.number, ENOENT);
	close_world(&world);
}

/* A ruleset that is none: the process must not start without what it was to be held by. */
static void a_process_that_cannot_be_held_does_not_start(void **state)
{
	struct script script;
	(void)state;
	script_open(&script);
	struct process_request how = {.ruleset = script.launcher.null_descriptor};
	assert_int_equal(script_try(&script, "true", &how).fault, START_RULESET);
	assert_int_equal(script.process.descriptor, -1);
	script_close(&script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_version_is_the_kernels),
		cmocka_unit_test(only_what_is_allowed_can_be_changed),
		cmocka_unit_test(what_the_process_starts_is_held_too),
		cmocka_unit_test(a_file_alone_can_be_allowed),
		cmocka_unit_test(a_place_that_is_not_there_is_an_error),
		cmocka_unit_test(a_process_that_cannot_be_held_does_not_start),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
