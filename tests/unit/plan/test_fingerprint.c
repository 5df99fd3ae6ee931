#include "plan/fingerprint.h"

#include "pipeline_fixture.h"

/* A pipeline with something in every field that counts; each test row changes one of them. */
struct definition {
	struct pipeline pipeline;
	struct step steps[2];
	struct environment_variable shared[1];
	struct environment_variable own[2];
	struct parameter parameters[1];
	struct input inputs[1];
	struct output produced[2];
	struct output outputs[1];
	struct contract contracts[2];
	struct file_rule rules[1];
	const char *arguments[3];
};

static void definition_init(struct definition *definition)
{
	*definition = (struct definition){
		.shared = {{.name = "LANG", .value = "C"}},
		.own = {{.name = "A", .value = "1"}, {.name = "B", .value = "2"}},
		.parameters = {{.name = "feature", .value = "auth"}},
		.inputs = {{.reference = "report", .step = 0, .output = 0}},
		.produced = {{.name = "report"}, {.name = "other"}},
		.outputs = {{.name = "page", .path = "out/page.html"}},
		.contracts = {{.kind = CONTRACT_COMMAND,
				      .command = {.script = "test -s x", .shell = "sh"}},
			{.kind = CONTRACT_FILES, .file_count = 1}},
		.rules = {{.path = "x", .min_count = 1, .max_count = UINT32_MAX}},
		.arguments = {"cp", "a", NULL},
	};
	definition->contracts[1].files = definition->rules;
	definition->steps[0] = (struct step){.id = "make",
		.command = {.script = "x"},
		.outputs = definition->produced,
		.output_count = 2};
	definition->steps[1] = (struct step){.id = "use",
		.command = {.script = "./use.sh", .shell = "sh"},
		.env = {definition->own, 2},
		.inputs = definition->inputs,
		.input_count = 1,
		.outputs = definition->outputs,
		.output_count = 1,
		.contracts = definition->contracts,
		.contract_count = 2};
	definition->pipeline = (struct pipeline){.env = {definition->shared, 1},
		.parameters = definition->parameters,
		.parameter_count = 1,
		.steps = definition->steps,
		.step_count = 2};
}

static void fingerprint_of(const struct definition *definition, char text[65])
{
	struct plan_step steps[2] = {0};
	struct plan plan = {.pipeline = &definition->pipeline, .steps = steps};
	fingerprint_steps(&plan);
	memcpy(text, steps[1].fingerprint, 65);
}

typedef void definition_change(struct definition *definition);

static void change_script(struct definition *it)
{
	it->steps[1].command.script = "./use.sh ";
}
static void change_shell(struct definition *it)
{
	it->steps[1].command.shell = "bash";
}
static void change_to_arguments(struct definition *it)
{
	it->steps[1].command = (struct command){.arguments = it->arguments, .argument_count = 2};
}
static void change_shared_environment(struct definition *it)
{
	it->shared[0].value = "C.UTF-8";
}
static void change_own_environment(struct definition *it)
{
	it->own[1].value = "3";
}
static void move_text_between_variables(struct definition *it)
{
	it->own[0].value = "1B";
	it->own[1].name = "";
}
static void change_workdir(struct definition *it)
{
	it->steps[1].workdir = "";
}
static void change_input(struct definition *it)
{
	it->inputs[0].output = 1;
}
static void drop_input(struct definition *it)
{
	it->steps[1].input_count = 0;
}
static void change_output(struct definition *it)
{
	it->outputs[0].path = NULL;
}
static void change_contract_command(struct definition *it)
{
	it->contracts[0].command.script = "true";
}
static void change_contract_rule(struct definition *it)
{
	it->rules[0].non_empty = true;
}
static void change_parameter(struct definition *it)
{
	it->parameters[0].value = "billing";
}

static definition_change *const changes[] = {
	change_script,
	change_shell,
	change_to_arguments,
	change_shared_environment,
	change_own_environment,
	move_text_between_variables,
	change_workdir,
	change_input,
	drop_input,
	change_output,
	change_contract_command,
	change_contract_rule,
	change_parameter,
};

static void test_every_change_gives_another_text(void **state)
{
	(void)state;
	char texts[ARRAY_LENGTH(changes) + 1][65];
	struct definition definition;
	definition_init(&definition);
	fingerprint_of(&definition, texts[ARRAY_LENGTH(changes)]);
	for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
		definition_init(&definition);
		changes[i](&definition);
		fingerprint_of(&definition, texts[i]);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(texts[i], texts[k]);
	}
}

/* The text is on record for resume: this one must only change with FINGERPRINT_FORM. */
static void test_stable(void **state)
{
	(void)state;
	struct definition definition;
	char text[65];
	char again[65];
	definition_init(&definition);
	fingerprint_of(&definition, text);
	definition.steps[1].id = "renamed";
	definition.steps[1].timeout_ms = 5;
	definition.steps[1].retry.max = 3;
	definition.inputs[0].reference = "make.report";
	fingerprint_of(&definition, again);
	assert_string_equal(text, again);
	assert_string_equal(
		text, "6ccf60d89ced549087bf39886ded657f179844942a8d65f7a38b70af350d07cd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_change_gives_another_text),
		cmocka_unit_test(test_stable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
