#include "run/component_command.h"

#include "folder_fixture.h"

struct world {
	struct arena arena;
	struct output output;
	struct output of_producers[2];
	struct input inputs[2];
	struct component_use use;
	struct step steps[3]; /* two producers, and the component's */
	struct pipeline pipeline;
	struct component_request request;
	struct error error;
};

static void open_world(struct world *world)
{
	static const char *const program[] = {"./find", "--all", NULL};
	*world = (struct world){.output = {.name = "found"},
		.of_producers = {{.name = "schema"}, {.name = "other"}},
		.inputs = {{.reference = "schema", .step = 0}, {.reference = "x.other", .step = 1}},
		.use = {.type = "personal_data", .properties = "{\"a\": 1}"}};
	for (uint32_t i = 0; i < 2; i++) {
		world->steps[i].outputs = &world->of_producers[i];
		world->steps[i].output_count = 1;
	}
	world->steps[2] = (struct step){.id = "found",
		.component = &world->use,
		.command = {.arguments = program, .argument_count = 2},
		.outputs = &world->output,
		.output_count = 1,
		.inputs = world->inputs,
		.input_count = 2};
	world->pipeline = (struct pipeline){.steps = world->steps, .step_count = 3};
	world->request = (struct component_request){.pipeline = &world->pipeline,
		.step = &world->steps[2],
		.own_program = "/opt/wavetrain"};
}

static const char *vector(struct world *world)
{
	struct buffer text = BUFFER_INIT;
	struct command command;
	if (!component_command_make(&world->request, &world->arena, &command, &world->error))
		fail_msg("%s", world->error.text);
	for (uint32_t i = 0; i < command.argument_count; i++)
		buffer_printf(&text, "[%s]", command.arguments[i]);
	assert_null(command.arguments[command.argument_count]);
	assert_null(command.script);
	const char *copy = arena_copy_text(&world->arena, buffer_text(&text));
	buffer_release(&text);
	return copy;
}

#define KEPT "[--keep][found][--message]"

static void a_program_runs_within_our_own(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	assert_string_equal(
		vector(&world), "[/opt/wavetrain][component][run]" KEPT "[--][./find][--all]");
	world.use.output_schema = "finding:1.0.0";
	world.use.merges_inputs = true;
	assert_string_equal(vector(&world),
		"[/opt/wavetrain][component][run]" KEPT "[--schema][finding:1.0.0]"
		"[--merge][schema,other][--][./find][--all]");
	arena_release(&world.arena);
}

static void a_built_in_is_called_by_its_type(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	world.use.is_builtin = true;
	world.use.type = "filesystem";
	world.steps[2].command = (struct command){0};
	world.steps[2].input_count = 0;
	assert_string_equal(vector(&world), "[/opt/wavetrain][component][filesystem]" KEPT);
	arena_release(&world.arena);
}

struct script_case {
	const char *script;
	const char *shell;
	const char *vector; /* after the "--" */
};

static const struct script_case script_cases[] = {
	{"./a | ./b", NULL, "[sh][-e][-c][./a | ./b]"},
	{"./a | ./b", "bash -u", "[bash][-u][-e][-c][./a | ./b]"},
	{"--help '$(x)'\n", "  ", "[sh][-e][-c][--help '$(x)'\n]"},
};

static void a_text_goes_to_a_shell_as_one_argument(void **state)
{
	struct world world;
	(void)state;
	open_world(&world);
	for (size_t i = 0; i < ARRAY_LENGTH(script_cases); i++) {
		world.steps[2].command = (struct command){
			.script = script_cases[i].script, .shell = script_cases[i].shell};
		assert_string_equal(
			strstr(vector(&world), "[--]") + strlen("[--]"), script_cases[i].vector);
	}
	arena_release(&world.arena);
}

static void without_a_program_it_is_refused(void **state)
{
	struct world world;
	struct command command;
	(void)state;
	open_world(&world);
	world.steps[2].command = (struct command){0};
	assert_false(component_command_make(&world.request, &world.arena, &command, &world.error));
	assert_string_equal(world.error.text, "component 'personal_data' has no program");
	arena_release(&world.arena);
}

static void properties_are_a_variable_that_has_a_limit(void **state)
{
	struct world world;
	size_t room = 32 * (size_t)sysconf(_SC_PAGESIZE) - 1 - strlen("WAVETRAIN_PROPERTIES=");
	(void)state;
	open_world(&world);
	assert_string_equal(
		component_properties_variable(world.request.step, &world.arena, &world.error),
		"WAVETRAIN_PROPERTIES={\"a\": 1}");
	world.use.properties = NULL;
	assert_string_equal(
		component_properties_variable(world.request.step, &world.arena, &world.error),
		"WAVETRAIN_PROPERTIES={}");
	char *large = arena_allocate(&world.arena, room + 2);
	memset(large, ' ', room + 1);
	world.use.properties = large;
	assert_null(component_properties_variable(world.request.step, &world.arena, &world.error));
	assert_string_equal(world.error.text,
		arena_format(&world.arena,
			"the properties of component 'personal_data' have %zu bytes, and the system "
			"takes %zu in one environment variable: put the larger part into a file or "
			"an input",
			room + 1, room));
	large[room] = '\0';
	assert_non_null(
		component_properties_variable(world.request.step, &world.arena, &world.error));
	arena_release(&world.arena);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_program_runs_within_our_own),
		cmocka_unit_test(a_built_in_is_called_by_its_type),
		cmocka_unit_test(a_text_goes_to_a_shell_as_one_argument),
		cmocka_unit_test(without_a_program_it_is_refused),
		cmocka_unit_test(properties_are_a_variable_that_has_a_limit),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
