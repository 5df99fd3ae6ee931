#include "run/run_fixture.h"

#include <dirent.h>

/* Workspaces, the merge of worktrees, the cache, handoffs. */
struct world {
	struct fixture base; /* first, so that services find it */
	struct worktree_services worktrees;
	struct buffer calls;
	uint32_t tree_count;
	struct worktree_conflict conflicts[4]; /* of the first merge */
	uint32_t conflict_count;
	const char *changed[2];
};

static bool provision(void *context, const char *folder, struct error *error)
{
	struct world *world = context;
	(void)error;
	buffer_printf(&world->calls, "provision %s\n", strstr(folder, "work/") + strlen("work/"));
	return folder_make(folder, error);
}

static bool collect(void *context, const char *folder, struct arena *arena,
	struct worktree_change *change, struct error *error)
{
	struct world *world = context;
	DIR *entries = opendir(folder);
	const char **paths = ARENA_ARRAY(arena, const char *, 8);
	(void)error;
	assert_non_null(entries);
	for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
		if (entry->d_name[0] != '.')
			paths[change->path_count++] = arena_copy_text(arena, entry->d_name);
	}
	closedir(entries);
	change->paths = paths;
	change->tree = arena_format(arena, "tree%u", ++world->tree_count);
	return true;
}

static bool merge(void *context, const struct worktree_merge *wanted, struct arena *arena,
	struct worktree_conflict **conflicts, uint32_t *conflict_count, struct error *error)
{
	struct world *world = context;
	(void)arena;
	(void)error;
	assert_int_equal(world->base.flushed.size, world->base.events.size);
	buffer_append_text(&world->calls, "merge");
	for (uint32_t i = 0; i < wanted->count; i++)
		buffer_printf(&world->calls, " %s=%s",
			world->base.pipeline.steps[wanted->steps[i]].id, wanted->trees[i]);
	buffer_append_byte(&world->calls, '\n');
	*conflicts = world->conflicts;
	*conflict_count = world->conflict_count;
	world->conflict_count = 0;
	return true;
}

static bool remove_worktree(void *context, const char *folder, struct error *error)
{
	(void)context;
	return path_remove(folder, error);
}

static bool changed_paths(void *context, struct arena *arena, const char *const **paths,
	uint32_t *count, struct error *error)
{
	struct world *world = context;
	(void)arena;
	(void)error;
	*paths = world->changed;
	*count = world->changed[1] ? 2 : 1;
	return true;
}

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	fixture_open(&world->base);
	world->worktrees = (struct worktree_services){.provision = provision,
		.collect = collect,
		.merge = merge,
		.remove = remove_worktree};
	world->base.services.worktrees = &world->worktrees;
	world->base.services.changed_paths = changed_paths;
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;
	buffer_release(&world->calls);
	fixture_close(&world->base);
	free(world);
	return 0;
}

/* --- fresh --- */

static void a_fresh_step_sees_only_what_was_injected(void **state)
{
	struct fixture *fixture = *state;
	struct output made[] = {{.name = "data", .path = "data.txt"}};
	struct output outputs[] = {{.name = "here", .path = "here.txt"},
		{.name = "there", .path = "output/there.txt"}, {.name = "named"}};
	struct input input = {.reference = "data"};
	struct file_rule rules[] = {{.path = "here.txt"}};
	struct contract contract = {.kind = CONTRACT_FILES, .files = rules, .file_count = 1};
	struct step *step = fixture_step(fixture, "make", "echo in > data.txt");
	step->outputs = made;
	step->output_count = 1;
	step = fixture_step(fixture, "fresh",
		"ls; cat ../input/data.txt; echo h > here.txt; echo t > ../output/there.txt\n"
		"echo n > $WAVETRAIN_OUTPUT/named; basename $(pwd)");
	step->workspace = WORKSPACE_FRESH;
	step->inputs = &input;
	step->input_count = 1;
	step->outputs = outputs;
	step->output_count = 3;
	step->contracts = &contract;
	step->contract_count = 1;
	fixture_need(fixture, "fresh", "make");
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "contract_validated fresh.1 <files here.txt>\n");
	assert_event(fixture, "artifact_created fresh.1 {fresh/here.txt}\nartifact_created fresh.1 "
			      "{fresh/there.txt}\nartifact_created fresh.1 {fresh/named}\n");
	assert_string_equal(fixture_read(fixture, "run/log/fresh.1.log"), "in\nworkspace\n");
	assert_false(fixture_exists(fixture, "run/work"));
	assert_false(fixture_exists(fixture, "work/here.txt"));
}

static void every_attempt_has_a_fresh_one_and_the_failed_one_stays(void **state)
{
	struct fixture *fixture = *state;
	struct step *step = fixture_step(fixture, "a", "ls; touch mine; exit 75");
	step->workspace = WORKSPACE_FRESH;
	step->retry.max = 1;
	step->retry.on = 1u << FAILURE_TRANSIENT;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_failed a.2");
	assert_false(fixture_exists(fixture, "run/log/a.2.log"));
	assert_false(fixture_exists(fixture, "run/work/a.1"));
	assert_true(fixture_exists(fixture, "run/work/a.2/workspace/mine"));
}

static void the_next_one_is_made_while_others_run(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a", "while ! test -e ../../b.1/workspace; do sleep 0.01; done")
		->workspace = WORKSPACE_FRESH;
	fixture_step(fixture, "b", "ls")->workspace = WORKSPACE_FRESH;
	fixture->steps[0].timeout_ms = 20000;
	fixture->plan.jobs = 1;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_false(fixture_exists(fixture, "run/work"));
}

/* --- worktrees --- */

static struct step *make_worktree_step(struct fixture *fixture, const char *id, const char *script)
{
	struct step *step = fixture_step(fixture, id, script);
	step->workspace = WORKSPACE_WORKTREE;
	return step;
}

static void worktrees_are_merged_in_plan_order_before_checks_and_commit(void **state)
{
	struct world *world = *state;
	struct fixture *fixture = &world->base;
	make_worktree_step(fixture, "a", "sleep 0.1; touch a.txt");
	make_worktree_step(fixture, "b", "touch b.txt");
	make_worktree_step(fixture, "idle", "true");
	fixture_step(fixture, "check", "true")->is_check = true;
	fixture_need(fixture, "check", "a");
	fixture_need(fixture, "check", "b");
	fixture_need(fixture, "check", "idle");
	fixture->plan.jobs = 3;
	fixture_plan(fixture);
	fixture->plan.steps[3].wave = fixture->plan.steps[3].stage = 0;
	fixture->plan.waves[0].steps.count = 4;
	fixture->plan.wave_count = fixture->plan.stage_count = 1;
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	const char *merged = strstr(buffer_text(&world->calls), "merge");
	assert_non_null(merged);
	assert_ptr_equal(strstr(merged, "merge a=tree"), merged);
	assert_non_null(strstr(merged, " b=tree"));
	assert_null(strstr(merged, "idle"));
	assert_null(strstr(merged + 1, "merge"));
	assert_event(fixture, "step_completed idle.1 exit=0\n");
	assert_int_equal(fixture_count(fixture, " tree="), 2);
	assert_false(fixture_exists(fixture, "run/work"));
}

static void of_two_that_do_not_agree_the_later_runs_again(void **state)
{
	struct world *world = *state;
	struct fixture *fixture = &world->base;
	make_worktree_step(fixture, "a", "touch a.txt");
	make_worktree_step(fixture, "b", "touch b.txt");
	make_worktree_step(fixture, "c", "touch c.txt");
	fixture_step(fixture, "later", "true");
	fixture_need(fixture, "later", "a");
	world->conflicts[0] = (struct worktree_conflict){.path = "x.txt", .steps = {0, 1}};
	world->conflicts[1] = (struct worktree_conflict){.path = "y.txt", .steps = {0, 1}};
	world->conflict_count = 2;
	fixture->plan.jobs = 1;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_rolled_back b: merge conflict in x.txt, y.txt between steps a "
			      "and b\n");
	assert_event(
		fixture, "wave_failed 0: merge conflict in x.txt, y.txt between steps a and b\n");
	assert_event(fixture, "#1 wave partial [c0ffee] 'wavetrain: wave partly complete (a c)'");
	assert_event(
		fixture, "pipeline_failed: merge conflict in x.txt, y.txt between steps a and b\n");
	assert_no_event(fixture, "later");
	const char *merged = strstr(buffer_text(&world->calls), "merge");
	assert_string_equal(merged, "merge a=tree1 b=tree2 c=tree3\nmerge a=tree1 c=tree3\n");
	assert_int_equal(fixture->outcome, RUN_FAILED);
}

static void a_conflict_with_the_work_tree_names_it(void **state)
{
	struct world *world = *state;
	struct fixture *fixture = &world->base;
	make_worktree_step(fixture, "a", "touch a.txt");
	fixture_step(fixture, "shared", "true");
	world->conflicts[0] = (struct worktree_conflict){.path = "x.txt", .steps = {INDEX_NONE, 0}};
	world->conflict_count = 1;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_rolled_back a: merge conflict in x.txt between step a and the "
			      "work tree itself\n");
	assert_string_equal(strstr(buffer_text(&world->calls), "merge"), "merge a=tree1\n");
}

struct resumed_case {
	bool is_kept;
	bool has_checkpoints;
	enum plan_action of_other; /* of the stage's second step */
	const char *merged;        /* NULL: nothing */
};

static void a_resumed_run_merges_what_was_not_merged(void **state)
{
	static const struct resumed_case cases[] = {
		{false, true, ACTION_RUN, "merge a=old b=tree1\n"},
		{false, true, ACTION_SKIP, "merge a=old\n"},
		{true, true, ACTION_RUN, "merge b=tree1\n"},
		{true, true, ACTION_SKIP, NULL},
		{true, false, ACTION_SKIP, NULL},
		{true, false, ACTION_RUN, "merge a=old b=tree1\n"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		void *own = NULL;
		set_up(&own);
		struct world *world = own;
		struct fixture *fixture = &world->base;
		struct run_step before[] = {{.id = "a",
						    .state = STATE_DONE,
						    .tree = "old",
						    .ended_ms = 200,
						    .is_kept = cases[i].is_kept},
			{.id = "b", .state = STATE_PENDING, .ended_ms = TIME_NONE}};
		struct checkpoint checkpoint = {.number = 1, .time_ms = 100};
		make_worktree_step(fixture, "a", "touch a.txt");
		make_worktree_step(fixture, "b", "touch b.txt");
		fixture_plan(fixture);
		fixture->settings.resumed = true;
		fixture->run.steps = before;
		fixture->run.step_count = 2;
		fixture->run.checkpoints = &checkpoint;
		fixture->run.checkpoint_count = 1;
		if (!cases[i].has_checkpoints)
			fixture->services.prepare_checkpoint = NULL;
		fixture->plan.steps[0].action = ACTION_SKIP;
		fixture->plan.steps[1].action = cases[i].of_other;
		assert_true(fixture_run(fixture));
		const char *merged = strstr(buffer_text(&world->calls), "merge");
		if (cases[i].merged)
			assert_string_equal(merged, cases[i].merged);
		else
			assert_null(merged);
		tear_down(&own);
	}
}

static void without_a_repository_a_worktree_step_fails(void **state)
{
	struct world *world = *state;
	struct fixture *fixture = &world->base;
	fixture->services.worktrees = NULL;
	make_worktree_step(fixture, "a", "true");
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_failed a.1 exit=-1 permanent: ");
}

/* --- what was changed --- */

/* Instead of a verdict: what the contract is shown. */
static void show_changes(void *context, const struct contract_subject *subject,
	const struct contract *contract, struct arena *arena, struct contract_result *result)
{
	struct world *world = context;
	(void)contract;
	(void)arena;
	for (uint32_t i = 0; i < subject->changed_count; i++)
		buffer_printf(&world->calls, "changed %s\n", subject->changed_paths[i]);
	result->is_kept = true;
}

static void changes_in_the_work_tree_are_shown_to_their_contract(void **state)
{
	struct world *world = *state;
	struct fixture *fixture = &world->base;
	struct text_item scope = {.text = "src/**"};
	struct contract contract = {
		.kind = CONTRACT_DIFF_SCOPE, .paths = {.items = &scope, .count = 1}};
	struct step *step = fixture_step(fixture, "a", "true");
	step->contracts = &contract;
	step->contract_count = 1;
	world->changed[0] = "src/a.c";
	world->changed[1] = "b";
	fixture->services.check_contract = show_changes;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_string_equal(buffer_text(&world->calls), "changed src/a.c\nchanged b\n");
	assert_event(fixture, "contract_validated a.1 <diff_scope src/**>\n");
}

static void changes_in_a_worktree_count_from_the_pipelines_folder(void **state)
{
	static const struct {
		const char *folder;
		const char *shown;
	} cases[] = {{NULL, "changed flat\n"}, {"", "changed flat\n"},
		{"flat", "changed ../flat\n"}, {"sub/app", "changed ../../flat\n"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		void *own = NULL;
		set_up(&own);
		struct world *world = own;
		struct fixture *fixture = &world->base;
		struct contract contract = {.kind = CONTRACT_DIFF_SCOPE};
		struct step *step = make_worktree_step(
			fixture, "a", "touch \"${WAVETRAIN_INPUT%/input}/tree/flat\"");
		step->contracts = &contract;
		step->contract_count = 1;
		fixture->settings.folder_in_tree = cases[i].folder;
		fixture->services.check_contract = show_changes;
		fixture_plan(fixture);
		/* With a folder there it would be a change as well. */
		if (cases[i].folder && cases[i].folder[0])
			step->command.script =
				"cd \"${WAVETRAIN_INPUT%/input}/tree\"; rm -r *; touch flat";
		assert_true(fixture_run(fixture));
		const char *shown = strstr(buffer_text(&world->calls), "changed");
		assert_non_null(shown);
		assert_ptr_equal(strstr(shown, cases[i].shown), shown);
		tear_down(&own);
	}
}

/* --- the cache --- */

static struct step *make_cached(struct fixture *fixture, const char *script)
{
	static struct output output = {.name = "out", .path = "out.txt"};
	static struct text_item items[] = {{.text = "extra.txt"}};
	static struct cache_rule rule = {.paths = {.items = items, .count = 1}};
	struct step *step = fixture_step(fixture, "a", script);
	step->outputs = &output;
	step->output_count = 1;
	step->cache = &rule;
	fixture->settings.state_folder = fixture_path(fixture, "state");
	return step;
}

static void an_unchanged_step_is_taken_from_the_cache(void **state)
{
	struct fixture *fixture = *state;
	struct error error;
	make_cached(fixture, "echo ran; echo 1 > out.txt; echo 2 > extra.txt");
	fixture_plan(fixture);
	fixture->plan.steps[0].fingerprint[0] = 'f';
	assert_true(fixture_run(fixture));
	assert_no_event(fixture, "cache_hit");
	assert_event(fixture, "step_completed a.1 exit=0\n");
	fixture->settings.run_folder = fixture_path(fixture, "again");
	assert_true(path_remove(fixture_path(fixture, "work/out.txt"), &error));
	assert_true(path_remove(fixture_path(fixture, "work/extra.txt"), &error));
	assert_true(fixture_run(fixture));
	assert_event(fixture, "cache_hit a.1 key\nartifact_created a.1 {a/out.txt}\n"
			      "step_completed a.1 exit=0 key: from the cache\n");
	assert_no_event(fixture, "step_started");
	assert_false(fixture_exists(fixture, "again/log/a.1.log"));
	assert_string_equal(fixture_read(fixture, "again/artifacts/a/out.txt"), "1\n");
	assert_string_equal(fixture_read(fixture, "work/extra.txt"), "2\n");
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	/* Something else is to be done now. */
	fixture->plan.steps[0].fingerprint[0] = 'g';
	fixture->settings.run_folder = fixture_path(fixture, "third");
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_started a.1");
}

static void what_failed_is_not_cached(void **state)
{
	struct fixture *fixture = *state;
	make_cached(fixture, "echo 1 > out.txt; exit 1");
	fixture_plan(fixture);
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(fixture_run(fixture));
		assert_event(fixture, "step_failed a.1");
	}
}

/* --- notes --- */

static void handoffs_reach_later_stages_in_plan_order(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a", "sleep 0.1; echo from a >> $WAVETRAIN_HANDOFF");
	fixture_step(fixture, "b",
		"echo from b >> $WAVETRAIN_HANDOFF; echo sum >> $WAVETRAIN_SUMMARY; echo "
		"${WAVETRAIN_HANDOFFS-none}");
	fixture_step(fixture, "c", "cat $WAVETRAIN_HANDOFFS; echo from c >> $WAVETRAIN_HANDOFF");
	fixture_step(fixture, "d", "cat $WAVETRAIN_HANDOFFS");
	fixture_need(fixture, "c", "a");
	fixture_need(fixture, "d", "c");
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_string_equal(fixture_read(fixture, "run/log/b.1.log"), "none\n");
	assert_string_equal(
		fixture_read(fixture, "run/log/c.1.log"), "## a\n\nfrom a\n\n## b\n\nfrom b\n");
	assert_string_equal(fixture_read(fixture, "run/log/d.1.log"),
		"## a\n\nfrom a\n\n## b\n\nfrom b\n\n## c\n\nfrom c\n");
	assert_string_equal(fixture_read(fixture, "run/notes/b.1.summary.md"), "sum\n");
	/* Continued: what was handed on before is there again. */
	struct run_attempt attempts[] = {{.number = 1}, {.step = 1, .number = 1}};
	struct run_step before[] = {
		{.id = "a", .state = STATE_DONE, .attempts = {0, 1}, .ended_ms = 1},
		{.id = "b", .state = STATE_DONE, .attempts = {1, 1}, .ended_ms = 1}};
	fixture->run.attempts = attempts;
	fixture->run.attempt_count = 2;
	fixture->run.steps = before;
	fixture->run.step_count = 2;
	fixture->settings.resumed = true;
	fixture->plan.steps[0].action = fixture->plan.steps[1].action = ACTION_SKIP;
	assert_true(fixture_run(fixture));
	assert_string_equal(
		fixture_read(fixture, "run/log/c.1.log"), "## a\n\nfrom a\n\n## b\n\nfrom b\n");
}

static void without_notes_nothing_is_written(void **state)
{
	struct fixture *fixture = *state;
	fixture_step(fixture, "a", "true");
	fixture_step(fixture, "b", "test -z \"$WAVETRAIN_HANDOFFS\"");
	fixture_need(fixture, "b", "a");
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_false(fixture_exists(fixture, "run/notes/handoffs.md"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_fresh_step_sees_only_what_was_injected),
		TEST(every_attempt_has_a_fresh_one_and_the_failed_one_stays),
		TEST(the_next_one_is_made_while_others_run),
		TEST(worktrees_are_merged_in_plan_order_before_checks_and_commit),
		TEST(of_two_that_do_not_agree_the_later_runs_again),
		TEST(a_conflict_with_the_work_tree_names_it),
		TEST(a_resumed_run_merges_what_was_not_merged),
		TEST(without_a_repository_a_worktree_step_fails),
		TEST(changes_in_the_work_tree_are_shown_to_their_contract),
		TEST(changes_in_a_worktree_count_from_the_pipelines_folder),
		TEST(an_unchanged_step_is_taken_from_the_cache),
		TEST(what_failed_is_not_cached),
		TEST(handoffs_reach_later_stages_in_plan_order),
		TEST(without_notes_nothing_is_written),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
