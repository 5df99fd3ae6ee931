#include "run/workspace.h"

#include "folder_fixture.h"

/* Stands in for the checkouts: writes down what it is asked for. */
struct stand_in {
	struct place *place;
	struct buffer calls;
	bool refuses;
};

static bool provision(void *context, const char *folder, struct error *error)
{
	struct stand_in *stand_in = context;
	buffer_printf(&stand_in->calls, "+%s ",
		path_file_name(path_folder(&stand_in->place->arena, folder)));
	assert_false(path_exists(folder));
	if (!folder_make(path_join(&stand_in->place->arena, folder, "src"), error))
		return false;
	return !stand_in->refuses || error_set(error, ERROR_GIT, "no checkout today");
}

static bool remove_tree(void *context, const char *folder, struct error *error)
{
	struct stand_in *stand_in = context;
	buffer_printf(&stand_in->calls, "-%s ",
		path_file_name(path_folder(&stand_in->place->arena, folder)));
	return path_remove(folder, error);
}

static const struct worktree_services services = {.provision = provision, .remove = remove_tree};

struct world {
	struct place *place;
	struct stand_in stand_in;
	struct workspace_settings settings;
	struct workspaces workspaces;
	struct workspace workspace;
	struct arena arena;
};

static void open_world(struct world *world, struct place *place)
{
	*world = (struct world){.place = place, .stand_in = {.place = place}};
	put_folder(place, "run");
	put_folder(place, "repository/app");
	world->settings = (struct workspace_settings){.run_folder = at(place, "run"),
		.pipeline_folder = at(place, "repository/app"),
		.folder_in_tree = "app",
		.worktrees = &services};
}

static void start(struct world *world)
{
	world->settings.context = &world->stand_in;
	assert_true(workspaces_open(&world->workspaces, &world->settings, &world->place->error));
}

static void close_world(struct world *world)
{
	if (!workspaces_close(&world->workspaces, true, &world->place->error))
		fail_msg("%s", world->place->error.text);
	buffer_release(&world->stand_in.calls);
	arena_release(&world->arena);
}

static const struct output one_output = {.name = "report"};
static const struct input one_input = {.reference = "list"};

static struct step step_of(const char *id, enum workspace_kind kind)
{
	struct step step = {.id = id, .workspace = kind};
	return step;
}

/* The attempt's number 1. */
static bool make(struct world *world, const struct step *step)
{
	return workspace_make(&world->workspaces, &(struct workspace_request){step, 1},
		&world->arena, &world->workspace, &world->place->error);
}

static const char *relative(const struct world *world, const char *path)
{
	return path ? path + strlen(world->place->root) + 1 : "none";
}

/* --- what each kind is --- */

static void a_shared_step_without_data_costs_nothing(void **state)
{
	struct world world;
	struct step step = step_of("a", WORKSPACE_SHARED);
	step.workdir = "sub";
	open_world(&world, *state);
	start(&world);
	assert_true(make(&world, &step));
	assert_string_equal(relative(&world, world.workspace.base_folder), "repository/app");
	assert_string_equal(relative(&world, world.workspace.work_folder), "repository/app/sub");
	assert_string_equal(relative(&world, world.workspace.paths_folder), "repository/app/sub");
	assert_null(world.workspace.input_folder);
	assert_null(world.workspace.output_folder);
	assert_false(world.workspace.has_folder);
	workspace_retire(&world.workspaces, &world.workspace);
	assert_false(workspaces_tidy(&world.workspaces, 10));
	assert_false(there_is(*state, "run/work"));
	close_world(&world);
	assert_false(there_is(*state, "run/work"));
}

static void a_shared_step_has_the_folders_it_declares(void **state)
{
	struct world world;
	struct output output = one_output;
	struct step step = step_of("a", WORKSPACE_SHARED);
	step.outputs = &output;
	step.output_count = 1;
	open_world(&world, *state);
	start(&world);
	assert_true(make(&world, &step));
	assert_string_equal(relative(&world, world.workspace.output_folder), "run/work/a.1/output");
	assert_null(world.workspace.input_folder);
	assert_true(path_is_folder(at(*state, "run/work/a.1/output")));
	assert_false(there_is(*state, "run/work/a.1/input"));
	workspace_retire(&world.workspaces, &world.workspace);
	assert_false(there_is(*state, "run/work/a.1"));
	close_world(&world);
	assert_false(there_is(*state, "run/work"));
}

static void a_fresh_one_is_empty_and_has_its_workdir(void **state)
{
	struct world world;
	struct step step = step_of("a[os=x]", WORKSPACE_FRESH);
	step.workdir = "./deep/er";
	open_world(&world, *state);
	start(&world);
	assert_true(make(&world, &step));
	assert_string_equal(relative(&world, world.workspace.work_folder),
		"run/work/a[os=x].1/workspace/deep/er");
	assert_string_equal(
		relative(&world, world.workspace.base_folder), "run/work/a[os=x].1/workspace");
	assert_string_equal(relative(&world, world.workspace.paths_folder), "run/work/a[os=x].1");
	assert_true(path_is_folder(world.workspace.work_folder));
	assert_true(path_is_folder(world.workspace.input_folder));
	assert_true(path_is_folder(world.workspace.output_folder));
	close_world(&world);
	/* It was not retired: people may want to look at it. */
	assert_true(there_is(*state, "run/work/a[os=x].1/workspace/deep/er"));
	assert_false(there_is(*state, "run/work/.retired"));
}

static void a_workdir_does_not_lead_out(void **state)
{
	static const char *const workdirs[] = {"..", "../x", "a/../../x", "/tmp", ".git/hooks"};
	struct world world;
	struct step step = step_of("a", WORKSPACE_FRESH);
	open_world(&world, *state);
	start(&world);
	for (size_t i = 0; i < ARRAY_LENGTH(workdirs); i++) {
		step.workdir = workdirs[i];
		assert_false(make(&world, &step));
		assert_contains(world.place->error.text, "must be relative, without '..'");
		assert_false(world.workspace.has_folder);
		assert_false(there_is(*state, "run/work/a.1"));
	}
	close_world(&world);
}

static void each_attempt_begins_with_nothing(void **state)
{
	struct world world;
	struct step step = step_of("a", WORKSPACE_FRESH);
	struct input input = one_input;
	step.inputs = &input;
	step.input_count = 1;
	open_world(&world, *state);
	put(*state, "run/work/a.1/workspace/left", "by a runner that was killed");
	put(*state, "precious", "precious");
	put_link(*state, "run/work/a.1/output", "../../../precious");
	start(&world);
	assert_true(make(&world, &step));
	assert_false(there_is(*state, "run/work/a.1/workspace/left"));
	put(*state, "run/work/a.1/workspace/file", "x");
	/* Started again under the same number, as it could not be started before. */
	assert_true(make(&world, &step));
	assert_false(there_is(*state, "run/work/a.1/workspace/file"));
	assert_int_equal(rmdir(world.workspace.output_folder), 0);
	workspace_retire(&world.workspaces, &world.workspace);
	close_world(&world);
	assert_string_equal(content(*state, "precious"), "precious");
	assert_false(there_is(*state, "run/work"));
}

static void a_worktree_is_a_checkout_with_folders_beside_it(void **state)
{
	struct world world;
	struct step step = step_of("a", WORKSPACE_WORKTREE);
	step.workdir = "sub";
	open_world(&world, *state);
	start(&world);
	assert_true(make(&world, &step));
	assert_string_equal(relative(&world, world.workspace.tree_folder), "run/work/a.1/tree");
	assert_string_equal(relative(&world, world.workspace.base_folder), "run/work/a.1/tree/app");
	assert_string_equal(
		relative(&world, world.workspace.work_folder), "run/work/a.1/tree/app/sub");
	assert_true(path_is_folder(at(*state, "run/work/a.1/tree/src")));
	assert_true(path_is_folder(at(*state, "run/work/a.1/tree/app")));
	assert_true(path_is_folder(world.workspace.output_folder));
	workspace_retire(&world.workspaces, &world.workspace);
	assert_string_equal(buffer_text(&world.stand_in.calls), "+a.1 ");
	assert_true(workspaces_tidy(&world.workspaces, 100));
	assert_string_equal(buffer_text(&world.stand_in.calls), "+a.1 -a.1 ");
	close_world(&world);
	assert_false(there_is(*state, "run/work"));
}

static void a_checkout_that_fails_leaves_nothing(void **state)
{
	struct world world;
	struct step step = step_of("a", WORKSPACE_WORKTREE);
	open_world(&world, *state);
	world.stand_in.refuses = true;
	start(&world);
	assert_false(make(&world, &step));
	assert_string_equal(world.place->error.text, "cannot make a worktree: no checkout today");
	world.stand_in.refuses = false;
	assert_true(make(&world, &step));
	/* The one that failed is removed, not the one that took its place. */
	assert_string_equal(buffer_text(&world.stand_in.calls), "+a.1 -a.1 +a.1 ");
	while (workspaces_tidy(&world.workspaces, 100))
		;
	assert_true(there_is(*state, "run/work/a.1/tree/src"));
	workspace_retire(&world.workspaces, &world.workspace);
	close_world(&world);
	assert_false(there_is(*state, "run/work"));
}

static void without_a_repository_there_is_no_worktree(void **state)
{
	struct world world;
	struct step step = step_of("a", WORKSPACE_WORKTREE);
	open_world(&world, *state);
	world.settings.worktrees = NULL;
	start(&world);
	assert_false(make(&world, &step));
	assert_string_equal(world.place->error.text,
		arena_format(&world.arena,
			"step 'a' works in a worktree, and '%s' is in no git repository",
			world.settings.pipeline_folder));
	close_world(&world);
}

/* --- ahead of time, and when there is no room --- */

static void what_was_prepared_is_taken(void **state)
{
	struct world world;
	struct step shared = step_of("s", WORKSPACE_SHARED);
	struct step fresh = step_of("f", WORKSPACE_FRESH);
	struct step tree = step_of("t", WORKSPACE_WORKTREE);
	const struct workspace_request next[] = {{&shared, 1}, {&fresh, 1}, {&tree, 1}};
	open_world(&world, *state);
	start(&world);
	assert_true(workspaces_prepare_next(&world.workspaces, next, 3));
	assert_true(there_is(*state, "run/work/f.1/workspace"));
	assert_false(there_is(*state, "run/work/t.1"));
	assert_true(workspaces_prepare_next(&world.workspaces, next, 3));
	assert_false(workspaces_prepare_next(&world.workspaces, next, 3));
	assert_string_equal(buffer_text(&world.stand_in.calls), "+t.1 ");
	assert_true(make(&world, &tree));
	assert_true(world.workspace.has_folder);
	assert_true(make(&world, &fresh));
	assert_string_equal(buffer_text(&world.stand_in.calls), "+t.1 ");
	/* They are in use now: nobody prepares them again. */
	assert_false(workspaces_prepare_next(&world.workspaces, next, 3));
	assert_true(there_is(*state, "run/work/t.1/tree/src"));
	close_world(&world);
}

static void a_checkout_of_another_stage_is_not_taken(void **state)
{
	struct world world;
	struct step fresh = step_of("f", WORKSPACE_FRESH);
	struct step tree = step_of("t", WORKSPACE_WORKTREE);
	const struct workspace_request next[] = {{&fresh, 1}, {&tree, 1}};
	open_world(&world, *state);
	start(&world);
	while (workspaces_prepare_next(&world.workspaces, next, 2))
		;
	workspaces_begin_stage(&world.workspaces);
	assert_int_equal(world.workspaces.prepared_count, 1);
	assert_true(make(&world, &tree));
	assert_string_equal(buffer_text(&world.stand_in.calls), "+t.1 -t.1 +t.1 ");
	close_world(&world);
}

static void no_more_is_prepared_than_the_limit_or_after_a_failure(void **state)
{
	struct world world;
	struct step steps[20];
	struct workspace_request next[20];
	uint32_t count = 0;
	open_world(&world, *state);
	start(&world);
	for (uint32_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		steps[i] = step_of(arena_format(&world.arena, "s%u", i), WORKSPACE_WORKTREE);
		next[i] = (struct workspace_request){&steps[i], 1};
	}
	while (workspaces_prepare_next(&world.workspaces, next, ARRAY_LENGTH(next)))
		count++;
	assert_int_equal(count, WORKSPACE_PREPARED_LIMIT);
	workspaces_begin_stage(&world.workspaces);
	while (workspaces_tidy(&world.workspaces, 100))
		;
	buffer_clear(&world.stand_in.calls);
	world.stand_in.refuses = true;
	for (uint32_t i = 0; i < 3; i++)
		assert_false(workspaces_prepare_next(&world.workspaces, next, ARRAY_LENGTH(next)));
	assert_string_equal(buffer_text(&world.stand_in.calls), "+s0.1 ");
	close_world(&world);
}

static void without_room_the_retired_go_first(void **state)
{
	struct world world;
	struct step one = step_of("one", WORKSPACE_FRESH);
	struct step tree = step_of("tree", WORKSPACE_WORKTREE);
	struct step ahead = step_of("ahead", WORKSPACE_FRESH);
	struct step two = step_of("two", WORKSPACE_FRESH);
	const struct workspace_request next[] = {{&ahead, 1}};
	open_world(&world, *state);
	start(&world);
	assert_true(make(&world, &tree));
	workspace_retire(&world.workspaces, &world.workspace);
	assert_true(workspaces_prepare_next(&world.workspaces, next, 1));
	assert_true(make(&world, &one));
	put(*state, "run/work/one.1/workspace/file", "x");
	workspace_retire(&world.workspaces, &world.workspace);
	assert_true(there_is(*state, "run/work/.retired/0/workspace/file"));
	world.workspaces.settings.reserve_bytes = UINT64_MAX;
	assert_true(make(&world, &two));
	assert_false(there_is(*state, "run/work/.retired/0"));
	assert_false(there_is(*state, "run/work/tree.1"));
	assert_false(there_is(*state, "run/work/ahead.1"));
	assert_true(there_is(*state, "run/work/two.1"));
	assert_false(workspaces_prepare_next(&world.workspaces, next, 1));
	close_world(&world);
}

/* --- from one runner to the next --- */

static void what_one_runner_retired_the_next_removes(void **state)
{
	struct world world;
	struct step fresh = step_of("f", WORKSPACE_FRESH);
	struct step tree = step_of("t", WORKSPACE_WORKTREE);
	struct step kept = step_of("k", WORKSPACE_WORKTREE);
	open_world(&world, *state);
	start(&world);
	assert_true(make(&world, &fresh));
	workspace_retire(&world.workspaces, &world.workspace);
	assert_true(make(&world, &tree));
	workspace_retire(&world.workspaces, &world.workspace);
	workspace_retire(&world.workspaces, &world.workspace);
	assert_true(make(&world, &kept));
	assert_true(workspaces_close(&world.workspaces, false, &world.place->error));
	assert_true(there_is(*state, "run/work/.retired/0"));
	assert_true(there_is(*state, "run/work/t.1"));
	buffer_clear(&world.stand_in.calls);
	start(&world);
	close_world(&world);
	assert_false(there_is(*state, "run/work/.retired"));
	assert_false(there_is(*state, "run/work/t.1"));
	assert_true(there_is(*state, "run/work/k.1"));
}

static void an_attempt_of_a_dead_runner_can_be_retired(void **state)
{
	struct world world;
	struct step step = step_of("f", WORKSPACE_FRESH);
	struct step shared = step_of("s", WORKSPACE_SHARED);
	open_world(&world, *state);
	put(*state, "run/work/f.3/workspace/file", "x");
	put(*state, "run/work/s.1/task.md", "x");
	start(&world);
	workspace_describe(&world.workspaces, &(struct workspace_request){&step, 3}, &world.arena,
		&world.workspace);
	workspace_retire(&world.workspaces, &world.workspace);
	workspace_retire(&world.workspaces, &world.workspace);
	workspace_describe(&world.workspaces, &(struct workspace_request){&shared, 1}, &world.arena,
		&world.workspace);
	assert_false(world.workspace.has_folder);
	world.workspace.has_folder = true;
	workspace_retire(&world.workspaces, &world.workspace);
	close_world(&world);
	assert_false(there_is(*state, "run/work"));
}

static void an_attempt_gets_a_folder_when_it_needs_one_after_all(void **state)
{
	struct world world;
	struct step step = step_of("s", WORKSPACE_SHARED);
	open_world(&world, *state);
	start(&world);
	assert_true(make(&world, &step));
	assert_true(
		workspace_require_folder(&world.workspaces, &world.workspace, &world.place->error));
	assert_true(world.workspace.has_folder);
	assert_true(path_is_folder(world.workspace.attempt_folder));
	put(*state, "run/work/s.1/task.md", "x");
	assert_true(
		workspace_require_folder(&world.workspaces, &world.workspace, &world.place->error));
	assert_true(there_is(*state, "run/work/s.1/task.md"));
	workspace_retire(&world.workspaces, &world.workspace);
	close_world(&world);
	assert_false(there_is(*state, "run/work"));
}

/* --- hostile --- */

static void an_attempts_folder_that_became_a_link_leads_nowhere(void **state)
{
	struct world world;
	struct step step = step_of("a", WORKSPACE_FRESH);
	open_world(&world, *state);
	put(*state, "precious/workspace/file", "precious");
	put(*state, "precious/tree/file", "precious");
	start(&world);
	assert_true(make(&world, &step));
	assert_true(path_remove(at(*state, "run/work/a.1"), &world.place->error));
	put_link(*state, "run/work/a.1", at(*state, "precious"));
	workspace_retire(&world.workspaces, &world.workspace);
	assert_true(make(&world, &step));
	put_link(*state, "run/work/a.1/workspace/up", at(*state, "precious"));
	workspace_retire(&world.workspaces, &world.workspace);
	close_world(&world);
	assert_string_equal(content(*state, "precious/workspace/file"), "precious");
	assert_string_equal(content(*state, "precious/tree/file"), "precious");
	assert_false(there_is(*state, "run/work"));
}

static void a_checkout_that_became_a_link_is_not_removed_through_it(void **state)
{
	struct world world;
	struct step one = step_of("a", WORKSPACE_WORKTREE);
	struct step other = step_of("b", WORKSPACE_WORKTREE);
	open_world(&world, *state);
	put(*state, "precious/tree/file", "precious");
	start(&world);
	assert_true(make(&world, &one));
	assert_true(path_remove(at(*state, "run/work/a.1"), &world.place->error));
	put_link(*state, "run/work/a.1", at(*state, "precious"));
	workspace_retire(&world.workspaces, &world.workspace);
	assert_true(make(&world, &other));
	assert_true(path_remove(at(*state, "run/work/b.1/tree"), &world.place->error));
	put_link(*state, "run/work/b.1/tree", at(*state, "precious/tree"));
	assert_int_equal(mkfifo(at(*state, "run/work/b.1/given-up"), 0600), 0);
	workspace_retire(&world.workspaces, &world.workspace);
	close_world(&world);
	assert_string_equal(content(*state, "precious/tree/file"), "precious");
	assert_false(there_is(*state, "run/work"));
}

static void work_that_is_a_link_is_refused(void **state)
{
	struct world world;
	struct step step = step_of("a", WORKSPACE_FRESH);
	open_world(&world, *state);
	put(*state, "precious/a.1/file", "precious");
	start(&world);
	put_link(*state, "run/work", at(*state, "precious"));
	assert_false(make(&world, &step));
	assert_contains(world.place->error.text, "cannot open the folder");
	close_world(&world);
	assert_string_equal(content(*state, "precious/a.1/file"), "precious");
}

static bool make_where_nothing_can_be_written(struct place *place)
{
	struct world world;
	struct step step = step_of("a", WORKSPACE_FRESH);
	open_world(&world, place);
	if (chmod(at(place, "run"), 0500) ||
		!workspaces_open(&world.workspaces, &world.settings, &place->error))
		return false;
	bool is_refused = !make(&world, &step) && place->error.number == EACCES &&
			  text_starts_with(place->error.text, "cannot make the folder '");
	return workspaces_close(&world.workspaces, true, &place->error) && is_refused;
}

static void a_read_only_run_folder_is_told(void **state)
{
	assert_true(run_as_nobody(*state, make_where_nothing_can_be_written));
}

static void zeroed_memory_is_closed_already(void **state)
{
	struct place *place = *state;
	struct workspaces workspaces = {0};
	int before = fcntl(0, F_GETFD);
	assert_true(workspaces_close(&workspaces, true, &place->error));
	assert_int_equal(fcntl(0, F_GETFD), before);
}

/* --- paths of outputs and contracts --- */

struct path_case {
	enum workspace_kind kind;
	const char *workdir;
	const char *path;
	const char *mapped;
};

static const struct path_case path_cases[] = {
	{WORKSPACE_SHARED, NULL, "output/x", "output/x"},
	{WORKSPACE_WORKTREE, NULL, "input/x", "input/x"},
	{WORKSPACE_FRESH, NULL, "output/x", "output/x"},
	{WORKSPACE_FRESH, NULL, "./output/x", "output/x"},
	{WORKSPACE_FRESH, NULL, "output/*.txt", "output/*.txt"},
	{WORKSPACE_FRESH, NULL, "output", "output"},
	{WORKSPACE_FRESH, NULL, "input/x", "input/x"},
	{WORKSPACE_FRESH, NULL, "outputs/x", "workspace/outputs/x"},
	{WORKSPACE_FRESH, NULL, "x", "workspace/x"},
	{WORKSPACE_FRESH, NULL, "**/*.c", "workspace/**/*.c"},
	{WORKSPACE_FRESH, "sub", "x", "workspace/sub/x"},
	{WORKSPACE_FRESH, "./sub", "./x", "workspace/sub/x"},
	{WORKSPACE_FRESH, ".", "x", "workspace/x"},
	{WORKSPACE_FRESH, "sub", "output/x", "output/x"},
	{WORKSPACE_FRESH, NULL, "../x", "../x"},
	{WORKSPACE_FRESH, NULL, "output/../../x", "output/../../x"},
	{WORKSPACE_FRESH, NULL, "/etc/passwd", "/etc/passwd"},
	{WORKSPACE_FRESH, NULL, "", ""},
	{WORKSPACE_FRESH, NULL, "a/.git/x", "a/.git/x"},
};

static void paths_of_a_fresh_one_count_from_the_attempts_folder(void **state)
{
	struct world world;
	open_world(&world, *state);
	start(&world);
	for (size_t i = 0; i < ARRAY_LENGTH(path_cases); i++) {
		struct step step = step_of("a", path_cases[i].kind);
		step.workdir = path_cases[i].workdir;
		workspace_describe(&world.workspaces, &(struct workspace_request){&step, 1},
			&world.arena, &world.workspace);
		assert_string_equal(
			workspace_path(&world.workspace, path_cases[i].path, &world.arena),
			path_cases[i].mapped);
	}
	close_world(&world);
}

static void contracts_are_mapped_but_for_names_of_outputs(void **state)
{
	struct world world;
	struct output output = one_output;
	struct step step = step_of("a", WORKSPACE_FRESH);
	struct file_rule files[] = {{.path = "output/x"}, {.path = "report"}, {.path = "y"}};
	const struct contract of_files = {
		.kind = CONTRACT_FILES, .files = files, .file_count = ARRAY_LENGTH(files)};
	const struct contract of_output = {.kind = CONTRACT_JSON_SCHEMA, .source = "report"};
	const struct contract of_path = {.kind = CONTRACT_JSON_SCHEMA, .source = "r.json"};
	step.outputs = &output;
	step.output_count = 1;
	open_world(&world, *state);
	start(&world);
	workspace_describe(&world.workspaces, &(struct workspace_request){&step, 1}, &world.arena,
		&world.workspace);
	const struct contract *mapped =
		workspace_contract(&world.workspace, &step, &of_files, &world.arena);
	assert_string_equal(mapped->files[0].path, "output/x");
	assert_string_equal(mapped->files[1].path, "report");
	assert_string_equal(mapped->files[2].path, "workspace/y");
	assert_string_equal(files[2].path, "y");
	mapped = workspace_contract(&world.workspace, &step, &of_output, &world.arena);
	assert_string_equal(mapped->source, "report");
	mapped = workspace_contract(&world.workspace, &step, &of_path, &world.arena);
	assert_string_equal(mapped->source, "workspace/r.json");
	world.workspace.kind = WORKSPACE_SHARED;
	assert_ptr_equal(
		workspace_contract(&world.workspace, &step, &of_path, &world.arena), &of_path);
	close_world(&world);
}

int main(void)
{
#define PLACED(test) cmocka_unit_test_setup_teardown(test, place_open, place_close)
	static const struct CMUnitTest tests[] = {
		PLACED(a_shared_step_without_data_costs_nothing),
		PLACED(a_shared_step_has_the_folders_it_declares),
		PLACED(a_fresh_one_is_empty_and_has_its_workdir),
		PLACED(a_workdir_does_not_lead_out),
		PLACED(each_attempt_begins_with_nothing),
		PLACED(a_worktree_is_a_checkout_with_folders_beside_it),
		PLACED(a_checkout_that_fails_leaves_nothing),
		PLACED(without_a_repository_there_is_no_worktree),
		PLACED(what_was_prepared_is_taken),
		PLACED(a_checkout_of_another_stage_is_not_taken),
		PLACED(no_more_is_prepared_than_the_limit_or_after_a_failure),
		PLACED(without_room_the_retired_go_first),
		PLACED(what_one_runner_retired_the_next_removes),
		PLACED(an_attempt_of_a_dead_runner_can_be_retired),
		PLACED(an_attempt_gets_a_folder_when_it_needs_one_after_all),
		PLACED(an_attempts_folder_that_became_a_link_leads_nowhere),
		PLACED(a_checkout_that_became_a_link_is_not_removed_through_it),
		PLACED(work_that_is_a_link_is_refused),
		PLACED(a_read_only_run_folder_is_told),
		PLACED(zeroed_memory_is_closed_already),
		PLACED(paths_of_a_fresh_one_count_from_the_attempts_folder),
		PLACED(contracts_are_mapped_but_for_names_of_outputs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
