#include "run/run_fixture.h"

#include <sys/stat.h>

/* Agents, components, instances of fan-outs: what their processes find. */
/* --- agents --- */

struct agent_world {
	struct adapter adapter;
	struct adapter_part parts[2];
	const char *arguments[2][8];
	struct persona persona;
	struct agent_use use;
	struct environment_variable variable;
};

static struct step *make_agent(
	struct fixture *fixture, struct agent_world *world, const char *const *arguments)
{
	*world = (struct agent_world){.adapter = {.name = "cli", .separator = ","},
		.persona = {.name = "reviewer", .adapter = "cli", .system_prompt = "be brief"},
		.use = {.persona_name = "reviewer", .task = "look at $(this) and 'that'"},
		.variable = {.name = "AGENT_MOOD", .value = "calm"}};
	uint32_t count = 0;
	while (arguments[count]) {
		world->arguments[0][count] = arguments[count];
		count++;
	}
	world->parts[0] =
		(struct adapter_part){.arguments = world->arguments[0], .argument_count = count};
	world->adapter.parts = world->parts;
	world->adapter.part_count = 1;
	world->persona.env = (struct environment){.variables = &world->variable, .count = 1};
	fixture->pipeline.adapters = &world->adapter;
	fixture->pipeline.adapter_count = 1;
	fixture->pipeline.personas = &world->persona;
	fixture->pipeline.persona_count = 1;
	struct step *step = fixture_step(fixture, "review", NULL);
	step->agent = &world->use;
	return step;
}

static void an_agent_gets_its_task_as_one_argument_and_a_variable(void **state)
{
	static const char *const arguments[] = {"sh", "-c",
		"printf '%s|' \"$@\"; echo \"$WAVETRAIN_TASK|$AGENT_MOOD|$WAVETRAIN_STEP_ID\"; cat "
		"\"$2\"",
		"agent", "{task}", "{system_prompt_file}", NULL};
	struct fixture *fixture = *state;
	struct agent_world world;
	make_agent(fixture, &world, arguments);
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	const char *log = fixture_read(fixture, "run/log/review.1.log");
	assert_ptr_equal(strstr(log, "look at $(this) and 'that'|/"), log);
	assert_non_null(strstr(log, "|look at $(this) and 'that'|calm|review\nbe brief"));
	assert_false(fixture_exists(fixture, "run/work/review.1"));
}

static void a_step_of_an_unknown_adapter_says_so(void **state)
{
	static const char *const arguments[] = {"true", NULL};
	struct fixture *fixture = *state;
	struct agent_world world;
	make_agent(fixture, &world, arguments);
	world.use.adapter = INDEX_NONE;
	world.use.adapter_name = "other";
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_event(fixture, "step_failed review.1 exit=-1 permanent: ");
	assert_event(fixture, "other");
}

static void agents_that_answer_in_json_run_within_this_program(void **state)
{
	static const char *const arguments[] = {"agent-cli", "-p", "{task}", NULL};
	struct fixture *fixture = *state;
	struct agent_world world;
	make_agent(fixture, &world, arguments);
	world.adapter.result = ADAPTER_RESULT_JSON;
	fixture->settings.own_program = "/bin/echo";
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_string_equal(fixture_read(fixture, "run/log/review.1.log"),
		"component run --keep result -- agent-cli -p look at $(this) and 'that'\n");
}

/* --- components --- */

static void a_component_runs_within_this_program_with_its_properties(void **state)
{
	static const char *const program[] = {"./find", "--all", NULL};
	static struct output output = {.name = "findings"};
	struct component_use use = {.type = "finder", .properties = "{\"a\":1}"};
	struct fixture *fixture = *state;
	struct step *step = fixture_step(fixture, "findings", NULL);
	step->command = (struct command){.arguments = program, .argument_count = 2};
	step->component = &use;
	step->outputs = &output;
	step->output_count = 1;
	fixture->settings.own_program = fixture_path(fixture, "work/own");
	FILE *file = fopen(fixture->settings.own_program, "w");
	assert_non_null(file);
	fputs("#!/bin/sh\necho \"$*\"; echo \"$WAVETRAIN_PROPERTIES\"\n"
	      "echo {} > \"$WAVETRAIN_OUTPUT/findings.json\"\n",
		file);
	fclose(file);
	assert_int_equal(chmod(fixture->settings.own_program, 0755), 0);
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_string_equal(fixture_read(fixture, "run/log/findings.1.log"),
		"component run --keep findings --message -- ./find --all\n{\"a\":1}\n");
	assert_event(fixture, "artifact_created findings.1 {findings/findings.json}");
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
}

/* --- fan-out --- */

static void an_instance_finds_its_item(void **state)
{
	struct step_instance instance = {.base_id = "each",
		.number = 3,
		.instance_count = 4,
		.item = "\"a b\"",
		.item_name = "name"};
	struct fixture *fixture = *state;
	fixture_step(fixture, "each[3]",
		"echo \"$WAVETRAIN_ITEM|$WAVETRAIN_ITEM_INDEX\"; cat \"$WAVETRAIN_ITEM_FILE\"; ls "
		"\"$WAVETRAIN_INPUT\"")
		->instance = &instance;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_string_equal(
		fixture_read(fixture, "run/log/each[3].1.log"), "a b|3\n\"a b\"name.json\n");
	assert_false(fixture_exists(fixture, "run/work"));
}

static void without_any_instance_the_folder_is_empty(void **state)
{
	struct text_item items[] = {{.text = "report"}, {.text = "files"}};
	struct text_list empty = {.items = items, .count = 2};
	struct fixture *fixture = *state;
	fixture_step(fixture, "use", "cd $WAVETRAIN_INPUT; find . -mindepth 1 | LC_ALL=C sort")
		->empty_inputs = &empty;
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_string_equal(fixture_read(fixture, "run/log/use.1.log"), "./files\n./report\n");
	assert_false(fixture_exists(fixture, "run/work"));
}

static void what_all_instances_made_comes_in_one_folder(void **state)
{
	struct fixture *fixture = *state;
	struct output outputs[] = {{.name = "report", .path = "r-a.json"}};
	struct output other[] = {{.name = "report", .path = "r-b.json"}};
	struct output folder[] = {{.name = "files", .path = "out/*"}};
	struct input inputs[] = {{.reference = "report", .step = 0, .of_fan_out = true},
		{.reference = "report", .step = 1, .of_fan_out = true},
		{.reference = "files", .step = 2, .of_fan_out = true}};
	struct step *step = fixture_step(fixture, "build[os=a]", "echo a > r-a.json");
	step->outputs = outputs;
	step->output_count = 1;
	step = fixture_step(fixture, "build[os=b]", "echo b > r-b.json");
	step->outputs = other;
	step->output_count = 1;
	step = fixture_step(fixture, "pack[0]", "mkdir out; echo p > out/p");
	step->outputs = folder;
	step->output_count = 1;
	step = fixture_step(fixture, "use",
		"cd $WAVETRAIN_INPUT; find . -type f | LC_ALL=C sort; cat report/*");
	step->inputs = inputs;
	step->input_count = 3;
	for (uint32_t i = 0; i < 3; i++)
		fixture_need(fixture, "use", fixture->steps[i].id);
	fixture_plan(fixture);
	assert_true(fixture_run(fixture));
	assert_int_equal(fixture->outcome, RUN_COMPLETED);
	assert_string_equal(fixture_read(fixture, "run/log/use.1.log"),
		"./files/pack[0]/p\n./report/build[os=a].json\n./report/build[os=b].json\na\nb\n");
	assert_event(fixture, "artifact_injected use.1 <build[os=b]>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FIXTURE_TEST(an_agent_gets_its_task_as_one_argument_and_a_variable),
		FIXTURE_TEST(a_step_of_an_unknown_adapter_says_so),
		FIXTURE_TEST(agents_that_answer_in_json_run_within_this_program),
		FIXTURE_TEST(a_component_runs_within_this_program_with_its_properties),
		FIXTURE_TEST(an_instance_finds_its_item),
		FIXTURE_TEST(without_any_instance_the_folder_is_empty),
		FIXTURE_TEST(what_all_instances_made_comes_in_one_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
