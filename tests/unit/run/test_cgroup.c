#include "run/cgroup.h"

#include "run/script_fixture.h"

#include "base/cleanup.h"
#include "base/file.h"

/* --- where we are, from texts --- */

struct place_case {
	const char *mounts;
	const char *membership;
	const char *path; /* NULL: none, and error holds this */
	const char *fault;
};

#define ROOT_MOUNT "30 23 0:26 / / rw - ext4 /dev/vda rw\n"

static const struct place_case place_cases[] = {
	{ROOT_MOUNT "31 30 0:28 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw\n",
		"0::/user.slice/a.scope\n", "/sys/fs/cgroup/user.slice/a.scope", NULL},
	{"31 30 0:28 / /sys/fs/cgroup rw - cgroup2 none rw\n", "0::/\n", "/sys/fs/cgroup", NULL},
	/* Both versions side by side. */
	{"32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
	 "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
		"1:cpu:/elsewhere\n0::/job\n", "/sys/fs/cgroup/unified/job", NULL},
	/* Only a part is mounted: our path counts from the whole. */
	{"31 30 0:28 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/docker/1/in\n",
		"/sys/fs/cgroup/in", NULL},
	{"31 30 0:28 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/docker/1\n",
		"/sys/fs/cgroup", NULL},
	{"31 30 0:28 /docker/1 /sys/fs/cgroup rw - cgroup2 cgroup rw\n", "0::/docker/12\n", NULL,
		"does not show"},
	/* A space in a path, and a later mount over an earlier one. */
	{"31 30 0:28 / /old rw - cgroup2 c rw\n33 30 0:28 / /a\\040b rw - cgroup2 c rw\n",
		"0::/x\n", "/a b/x", NULL},
	{ROOT_MOUNT, "0::/x\n", NULL, "no cgroup v2"},
	{"32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n", "1:cpu:/\n", NULL,
		"no cgroup v2"},
	{"31 30 0:28 - cgroup2 \n - cgroup2 ", "0::/x\n", NULL, "does not show"},
	{"", "", NULL, "no cgroup v2"},
};

static void our_cgroup_is_found_wherever_it_is_mounted(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof place_cases / sizeof place_cases[0]; i++) {
		const struct place_case *expected = &place_cases[i];
		struct arena arena CLEANUP(arena_release) = {0};
		struct error error = {0};
		const char *path =
			cgroup_path_from(expected->mounts, expected->membership, &arena, &error);
		if (expected->path)
			assert_string_equal(path ? path : error.text, expected->path);
		else
			assert_null(path);
		if (expected->fault)
			assert_non_null(strstr(error.text, expected->fault));
	}
}

/* --- with processes, where this machine lets us --- */

struct world {
	struct arena arena;
	struct cgroup_run run;
	struct cgroup_place place; /* of the run, made */
	struct script script;
	struct error error;
};

/* The machine may have no cgroup for us: that is said in words, and nothing can be made then. */
static void open_world(struct world *world)
{
	char name[64];
	*world = (struct world){0};
	const char *own = cgroup_find_own(&world->arena, &world->error);
	snprintf(name, sizeof name, "wavetrain-test-%d", (int)getpid());
	if (own)
		cgroup_run_init(&world->run, own, name);
	if (own && cgroup_place_make(&world->run, &world->place, &world->error)) {
		script_open(&world->script);
		return;
	}
	assert_true(world->error.text[0]);
	assert_int_equal(world->place.folder, 0);
	assert_true(cgroup_run_close(&world->run));
	arena_release(&world->arena);
	print_message("no cgroup here: %s\n", world->error.text);
	skip();
}

static void close_world(struct world *world)
{
	cgroup_place_close(&world->place);
	assert_true(cgroup_run_close(&world->run));
	script_close(&world->script);
	arena_release(&world->arena);
}

/* Returns once the script has written a line. */
static void start_script(struct world *world, const char *text)
{
	int ends[2];
	char byte;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	script_start(&world->script, text,
		&(struct process_request){.output = ends[1], .cgroup = world->place.folder});
	assert_true(world->script.process.is_in_cgroup);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
}

static void a_process_that_left_its_session_is_found_and_ended(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	assert_false(cgroup_place_is_populated(&world.place));
	start_script(&world, "env -i setsid sleep 1000 & echo x; exit 0");
	script_end(&world.script);
	assert_true(cgroup_place_is_populated(&world.place));
	cgroup_place_signal(&world.place, SIGTERM);
	/* Whether by SIGTERM or by the end of the run, which waits for it. */
	cgroup_place_signal(&world.place, SIGKILL);
	char *path = arena_copy_text(&world.arena, world.run.path);
	assert_true(cgroup_run_close(&world.run));
	assert_false(path_exists(path));
	close_world(&world);
}

static void a_place_is_used_again(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	for (int i = 0; i < 3; i++) {
		start_script(&world, "echo x");
		script_end(&world.script);
		assert_false(cgroup_place_is_populated(&world.place));
	}
	close_world(&world);
}

/* A kernel that has ended a cgroup may kill whatever is born into it afterwards. */
static void a_place_that_was_ended_is_made_anew(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	for (int i = 0; i < 3; i++) {
		assert_true(cgroup_place_make(&world.run, &world.place, &world.error));
		start_script(&world, "echo x; exec sleep 1000");
		cgroup_place_signal(&world.place, SIGKILL);
		script_end(&world.script);
	}
	assert_true(cgroup_place_make(&world.run, &world.place, &world.error));
	uint32_t number = world.place.number;
	start_script(&world, "echo x");
	script_end(&world.script);
	assert_true(cgroup_place_make(&world.run, &world.place, &world.error));
	assert_int_equal(world.place.number, number);
	close_world(&world);
}

static void what_a_step_has_made_beneath_it_goes_too(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	char *path = arena_copy_text(&world.arena, world.run.path);
	start_script(&world, "echo x; exec sleep 1000");
	assert_true(cgroup_place_is_populated(&world.place));
	const char *inner = arena_format(&world.arena, "%s/1/a/b", path);
	assert_true(folder_make(inner, &world.error));
	assert_true(cgroup_end(path));
	assert_false(path_exists(path));
	script_end(&world.script);
	close_world(&world);
}

/* A runner that was killed holds no lock any longer. */
static void only_an_abandoned_one_is_ended_by_others(void **state)
{
	struct world world;
	char prefix[64];
	(void)state;
	open_world(&world);
	const char *own = cgroup_find_own(&world.arena, &world.error);
	snprintf(prefix, sizeof prefix, "wavetrain-test-%d", (int)getpid());
	char *abandoned = arena_format(&world.arena, "%s/%s-left", own, prefix);
	assert_true(folder_make(arena_format(&world.arena, "%s/0", abandoned), &world.error));
	start_script(&world, "echo x; exec sleep 1000");
	cgroup_end_abandoned(own, prefix, 3600000);
	assert_true(path_exists(abandoned));
	cgroup_end_abandoned(own, prefix, 0);
	assert_false(path_exists(abandoned));
	assert_true(cgroup_place_is_populated(&world.place));
	/* As if the runner were gone. */
	close(world.run.lock);
	cgroup_end_abandoned(own, prefix, 0);
	assert_false(path_exists(world.run.path));
	script_end(&world.script);
	world.run.is_made = false;
	close_world(&world);
}

static void without_one_there_is_no_place(void **state)
{
	struct cgroup_run run = {0};
	struct cgroup_place place = {0};
	struct error error;
	(void)state;
	assert_false(cgroup_place_make(&run, &place, &error));
	assert_false(cgroup_place_is_populated(&place));
	cgroup_place_signal(&place, SIGKILL);
	cgroup_place_close(&place);
	assert_true(cgroup_run_close(&run));
	assert_true(cgroup_end("/nowhere/at/all"));
	/* A folder that is no cgroup is nobody's to remove. */
	assert_true(cgroup_end("/tmp"));
	assert_true(path_exists("/tmp"));
}

static void a_folder_that_is_no_cgroup_refuses_and_the_start_goes_on(void **state)
{
	struct script script;
	(void)state;
	script_open(&script);
	CLEANUP(close_descriptor) int folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct process_request how = {.cgroup = folder};
	script_start(&script, "exit 7", &how);
	assert_false(script.process.is_in_cgroup);
	assert_int_equal(script_end(&script).exit_status, 7);
	how.needs_cgroup = true;
	assert_int_equal(script_try(&script, "exit 7", &how).fault, START_CGROUP);
	assert_int_equal(script.process.descriptor, -1);
	script_close(&script);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_cgroup_is_found_wherever_it_is_mounted),
		cmocka_unit_test(a_process_that_left_its_session_is_found_and_ended),
		cmocka_unit_test(a_place_is_used_again),
		cmocka_unit_test(a_place_that_was_ended_is_made_anew),
		cmocka_unit_test(what_a_step_has_made_beneath_it_goes_too),
		cmocka_unit_test(only_an_abandoned_one_is_ended_by_others),
		cmocka_unit_test(without_one_there_is_no_place),
		cmocka_unit_test(a_folder_that_is_no_cgroup_refuses_and_the_start_goes_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
