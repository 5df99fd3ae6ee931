#include "model/pipeline.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "cmocka_all.h"
#include "model/plan.h"

struct display_case {
	const char *script;
	const char *shell;
	const char *arguments[4];
	const char *expected;
};

static const struct display_case display_cases[] = {
	{"./analyze.sh --all", "sh", {NULL}, "./analyze.sh --all"},
	{"make\n", "sh", {NULL}, "make"},
	{"make", "bash -u", {NULL}, "bash -u -e -c make"},
	{"make\nmake test\n", "sh", {NULL}, "sh -e -c $'make\\nmake test'"},
	{"echo 'it'\n\tx\\y\x01", "bash", {NULL}, "bash -e -c $'echo \\'it\\'\\n\\tx\\\\y\\001'"},
	{NULL, NULL, {"cp", "-r", "a/b", NULL}, "cp -r a/b"},
};

static struct command command_of(const struct display_case *row)
{
	struct command command = {.script = row->script, .shell = row->shell};
	if (!row->script) {
		command.arguments = row->arguments;
		while (row->arguments[command.argument_count])
			command.argument_count++;
	}
	return command;
}

static void test_command_display(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	for (size_t i = 0; i < sizeof display_cases / sizeof display_cases[0]; i++) {
		struct command command = command_of(&display_cases[i]);
		assert_string_equal(command_display(&command, &arena), display_cases[i].expected);
	}
}

/* What is shown, pasted into a shell, says the same as the command itself. */
static void test_displayed_command_can_be_pasted(void **state)
{
	(void)state;
	static const struct display_case rows[] = {
		{"printf '%s|' \"a b\" 'c'\nprintf '\\\\%s' \"it's\"\n", "sh", {NULL},
			"a b|c|\\it's"},
		{"printf '%s' 'one line'", "bash", {NULL}, "one line"},
		{NULL, NULL, {"printf", "%s", "$HOME; 'x' \"y\" `z`", NULL},
			"$HOME; 'x' \"y\" `z`"},
	};
	CLEANUP(arena_release) struct arena arena = {0};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct command command = command_of(&rows[i]);
		CLEANUP(buffer_release) struct buffer line = BUFFER_INIT;
		buffer_append_text(&line, "exec bash -c ");
		shell_quote_append(&line, command_display(&command, &arena));
		FILE *stream = popen(buffer_text(&line), "r");
		assert_non_null(stream);
		char output[100] = "";
		size_t size = fread(output, 1, sizeof output - 1, stream);
		output[size] = '\0';
		assert_int_equal(pclose(stream), 0);
		assert_string_equal(output, rows[i].expected);
	}
}

static void test_find_step(void **state)
{
	(void)state;
	struct step steps[] = {{.id = "a"}, {.id = "b"}};
	struct pipeline pipeline = {.steps = steps, .step_count = 2};
	assert_int_equal(pipeline_find_step(&pipeline, "b"), 1);
	assert_int_equal(pipeline_find_step(&pipeline, "c"), INDEX_NONE);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(pipeline_format_name(FORMAT_STEPS), "steps");
	assert_string_equal(contract_kind_name(CONTRACT_FILES), "files");
	assert_string_equal(execution_mode_name(MODE_WAVES), "waves");
	assert_string_equal(wave_failure_policy_name(ON_FAILURE_STOP), "stop");
	assert_string_equal(push_policy_name(PUSH_NEVER), "never");
	assert_string_equal(wave_origin_name(WAVE_DETECTED), "detected");
	assert_string_equal(estimate_origin_name(ESTIMATE_PIPELINE), "pipeline");
	assert_string_equal(plan_action_name(ACTION_SKIP), "skip");
}

static void test_stage_titles_and_steps(void **state)
{
	(void)state;
	CLEANUP(arena_release) struct arena arena = {0};
	struct step steps[] = {{.id = "setup"}, {.id = "b1"}, {.id = "b2"}};
	struct pipeline pipeline = {.steps = steps, .step_count = 3};
	uint32_t wave_steps[] = {1, 2};
	struct plan_wave waves[] = {{.name = "back + web", .steps = {0, 2}}};
	struct plan_stage stages[] = {{INDEX_NONE, 0}, {0, INDEX_NONE}};
	struct plan plan = {.pipeline = &pipeline,
		.waves = waves,
		.wave_count = 1,
		.wave_steps = wave_steps,
		.stages = stages,
		.stage_count = 2};
	assert_string_equal(plan_stage_title(&plan, 0, &arena), "step setup");
	assert_string_equal(plan_stage_title(&plan, 1, &arena), "wave 1 (back + web)");
	waves[0].name = NULL;
	assert_string_equal(plan_stage_title(&plan, 1, &arena), "wave 1");
	uint32_t count = 0;
	assert_int_equal(plan_stage_steps(&plan, 0, &count)[0], 0);
	assert_int_equal(count, 1);
	assert_int_equal(plan_stage_steps(&plan, 1, &count)[1], 2);
	assert_int_equal(count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_command_display),
		cmocka_unit_test(test_displayed_command_can_be_pasted),
		cmocka_unit_test(test_find_step),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_stage_titles_and_steps),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
