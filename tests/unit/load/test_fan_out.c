/* Matrices: which instances there are, what they hold, who needs them. */
#include "load_fixture.h"

#include "base/cleanup.h"

struct ids {
	const char *matrix;
	const char *expected; /* ids without the step's own, a blank between them */
};

static const struct ids cases[] = {
	{"{os: [a, b], arch: [x, y]}", "[os=a,arch=x] [os=a,arch=y] [os=b,arch=x] [os=b,arch=y]"},
	{"{os: [1, true, 'x y', 'ä']}", "[os=1] [os=true] [os=x_y] [os=__]"},
	{"{os: ['x y', x/y, x_y]}", "[os=x_y] [os=x_y~2] [os=x_y~3]"},
	{"{os: [a, b], arch: [x, y], exclude: [{os: a}]}", "[os=b,arch=x] [os=b,arch=y]"},
	{"{os: [a, b], arch: [x, y], exclude: [{os: a, arch: y}, {os: b, arch: x}]}",
		"[os=a,arch=x] [os=b,arch=y]"},
	/* A row of include that changes no value of the lists adds to what it fits. */
	{"{os: [a, b], include: [{v: 1}]}", "[os=a,v=1] [os=b,v=1]"},
	{"{os: [a, b], include: [{os: a, v: 1}]}", "[os=a,v=1] [os=b]"},
	{"{os: [a, b], include: [{os: c}]}", "[os=a] [os=b] [os=c]"},
	{"{os: [a], include: [{v: 1}, {v: 2}]}", "[os=a,v=2]"},
	{"{include: [{os: a, v: 1}, {os: b}]}", "[os=a,v=1] [os=b]"},
	{"{os: [a], exclude: [{os: a}], include: [{os: z}]}", "[os=z]"},
	/* The example of GitHub's page on matrices. */
	{"{fruit: [apple, pear], animal: [cat, dog], include: [{color: green}, {color: pink, "
	 "animal: cat}, {fruit: apple, shape: circle}, {fruit: banana}, {fruit: banana, animal: "
	 "cat}]}",
		"[fruit=apple,animal=cat,color=pink,shape=circle] "
		"[fruit=apple,animal=dog,color=green,shape=circle] "
		"[fruit=pear,animal=cat,color=pink] [fruit=pear,animal=dog,color=green] "
		"[fruit=banana] [fruit=banana,animal=cat]"},
};

static void test_instances(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		struct fixture fixture;
		char source[1024];
		struct buffer ids = BUFFER_INIT;
		snprintf(source, sizeof source, "steps: [{id: s, run: x, matrix: %s}]\n",
			cases[i].matrix);
		fixture_load_good(&fixture, source);
		for (uint32_t j = 0; j < fixture.pipeline.step_count; j++) {
			const struct step *step = &fixture.pipeline.steps[j];
			assert_string_equal(step->instance->base_id, "s");
			assert_int_equal(step->instance->number, j);
			assert_int_equal(
				step->instance->instance_count, fixture.pipeline.step_count);
			assert_null(step->instance->item);
			buffer_printf(&ids, "%s%s", j ? " " : "", step->id + 1);
		}
		assert_string_equal(buffer_text(&ids), cases[i].expected);
		buffer_release(&ids);
		fixture_release(&fixture);
	}
}

/* Ids name files. */
static void test_ids_are_short(void **state)
{
	(void)state;
	struct fixture fixture;
	struct buffer source = BUFFER_INIT;
	buffer_append_text(&source, "steps: [{id: s, run: x, matrix: {a: [");
	buffer_append_repeated(&source, "x", 70);
	buffer_append_text(&source, ", ");
	buffer_append_repeated(&source, "x", 71);
	buffer_append_text(&source, "], b: [");
	buffer_append_repeated(&source, "y", 50);
	buffer_append_text(&source, "]}}]\n");
	fixture_load_good(&fixture, buffer_text(&source));
	const struct step *steps = fixture.pipeline.steps;
	assert_int_equal(strlen(steps[0].id), 98);
	assert_int_equal(strlen(steps[1].id), 100);
	assert_string_equal(steps[1].id + 97, "~2]");
	assert_int_equal(strlen(steps[1].env.variables[0].value), 71);
	buffer_release(&source);
	fixture_release(&fixture);
}

static void test_texts(void **state)
{
	(void)state;
	struct fixture fixture;
	fixture_load_good(&fixture,
		"adapters: {cli: {command: [cli]}}\n"
		"steps:\n"
		"- id: build\n"
		"  name: Build {os}\n"
		"  description: for {os}{os} {nobody}\n"
		"  run: [make, 'OS={os}', plain]\n"
		"  matrix: {os: [linux, '{arch}'], arch: [arm]}\n"
		"  env: {OUT: 'out-{os}'}\n"
		"  workdir: '{os}'\n"
		"  outputs: {bin: 'out/{os}-{arch}/bin'}\n"
		"  cache: {key: ['{os}/*']}\n"
		"  contract:\n"
		"  - {type: json_schema, schema: 'c/{os}.json', source: 'out/{os}.json'}\n"
		"  - {type: files, files: 'out/{os}'}\n"
		"  - {type: diff_scope, paths: 'src/{os}/**'}\n"
		"  - {type: command, run: [check, '{os}']}\n"
		"  - {type: command, run: 'check {os}'}\n"
		"- {id: script, run: 'echo {os}', matrix: {os: [a]}}\n"
		"- {id: task, persona: base, task: 'look at {os}', matrix: {os: [a]}}\n");
	const struct step *step = fixture_step(&fixture, "build[os=linux,arch=arm]");
	assert_string_equal(step->name, "Build linux");
	assert_string_equal(step->description, "for linuxlinux {nobody}");
	assert_string_equal(step->command.arguments[1], "OS=linux");
	assert_string_equal(step->command.arguments[2], "plain");
	assert_null(step->command.arguments[3]);
	assert_string_equal(step->workdir, "linux");
	assert_string_equal(step->outputs[0].path, "out/linux-arm/bin");
	assert_string_equal(step->cache->key.items[0].text, "linux/*");
	assert_string_equal(step->contracts[0].schema, "c/linux.json");
	assert_string_equal(step->contracts[0].source, "out/linux.json");
	assert_string_equal(step->contracts[1].files[0].path, "out/linux");
	assert_string_equal(step->contracts[2].paths.items[0].text, "src/linux/**");
	assert_string_equal(step->contracts[3].command.arguments[1], "linux");
	assert_string_equal(step->contracts[4].command.script, "check {os}");
	assert_int_equal(step->env.count, 3);
	assert_string_equal(step->env.variables[0].value, "out-linux");
	assert_string_equal(step->env.variables[1].name, "MATRIX_OS");
	assert_string_equal(step->env.variables[1].value, "linux");
	assert_string_equal(step->env.variables[2].name, "MATRIX_ARCH");
	/* What was put in is not looked at again. */
	const struct step *other = fixture_step(&fixture, "build[os=_arch_,arch=arm]");
	assert_string_equal(other->name, "Build {arch}");
	assert_string_equal(fixture_step(&fixture, "script[os=a]")->command.script, "echo {os}");
	assert_string_equal(fixture_step(&fixture, "script[os=a]")->name, "script[os=a]");
	assert_string_equal(fixture_step(&fixture, "task[os=a]")->agent->task, "look at a");
	fixture_release(&fixture);
}

/* Would take minutes if each brace looked for its end. */
static void test_many_open_braces(void **state)
{
	(void)state;
	struct fixture fixture;
	CLEANUP(buffer_release) struct buffer source = BUFFER_INIT;
	buffer_append_text(&source, "steps: [{id: a, matrix: {os: [b]}, run: [x, '");
	buffer_append_repeated(&source, "{o", 4000000);
	buffer_append_text(&source, "{os}']}]");
	fixture_load_good(&fixture, buffer_text(&source));
	const char *text = fixture_step(&fixture, "a[os=b]")->command.arguments[1];
	assert_int_equal(strlen(text), 8000001);
	assert_string_equal(text + 7999998, "{ob");
	fixture_release(&fixture);
}

static void test_references(void **state)
{
	(void)state;
	struct fixture fixture;
	fixture_load_good(&fixture,
		"waves: [{steps: [first, build]}, {steps: [all, one, both]}]\n"
		"steps:\n"
		"- {id: first, run: x, outputs: [src]}\n"
		"- {id: build, run: x, matrix: {os: [a, b]}, inputs: src, outputs: [bin]}\n"
		"- {id: all, run: x, needs: [first, {step: build, soft: true}]}\n"
		"- {id: one, run: x, needs: 'build[os=b]', inputs: ['build[os=a].bin']}\n"
		"- {id: both, run: x, inputs: [src, bin], matrix: {v: [1, 2]}}\n");
	const struct step *all = fixture_step(&fixture, "all");
	assert_int_equal(all->need_count, 3);
	assert_string_equal(all->needs[1].id, "build[os=a]");
	assert_string_equal(all->needs[2].id, "build[os=b]");
	assert_true(all->needs[2].soft);
	assert_int_equal(all->needs[2].step, 2);
	const struct step *one = fixture_step(&fixture, "one");
	assert_int_equal(one->needs[0].step, 2);
	assert_int_equal(one->inputs[0].step, 1);
	assert_false(one->inputs[0].of_fan_out);
	for (uint32_t i = 5; i < 7; i++) {
		const struct step *both = &fixture.pipeline.steps[i];
		assert_int_equal(both->input_count, 3);
		assert_int_equal(both->inputs[0].step, 0);
		assert_false(both->inputs[0].of_fan_out);
		assert_int_equal(both->inputs[1].step, 1);
		assert_int_equal(both->inputs[2].step, 2);
		assert_true(both->inputs[1].of_fan_out && both->inputs[2].of_fan_out);
	}
	assert_int_equal(fixture.pipeline.waves[0].steps.count, 3);
	assert_string_equal(fixture.pipeline.waves[0].steps.items[2].text, "build[os=b]");
	fixture_release(&fixture);
}

/* One instance is a fan-out as well: whoever takes its output finds a folder. */
static void test_one_instance(void **state)
{
	(void)state;
	struct fixture fixture;
	fixture_load_good(&fixture, "steps:\n"
				    "- {id: m, run: x, matrix: {os: [a]}, outputs: [bin]}\n"
				    "- {id: t, run: x, needs: m, inputs: m.bin}\n");
	const struct step *taker = fixture_step(&fixture, "t");
	assert_string_equal(taker->needs[0].id, "m[os=a]");
	assert_int_equal(taker->needs[0].step, 0);
	assert_true(taker->inputs[0].of_fan_out);
	fixture_release(&fixture);
}

static void append_list(struct buffer *buffer, const char *name, uint32_t count)
{
	buffer_printf(buffer, "%s: [", name);
	for (uint32_t i = 0; i < count; i++)
		buffer_printf(buffer, "%s%u", i ? "," : "", i);
	buffer_append_byte(buffer, ']');
}

static void expect_refusal(struct buffer *source, const char *message)
{
	struct fixture fixture;
	fixture_load(&fixture, "/home/project", buffer_text(source));
	assert_int_equal(fixture.diagnostics.count, 1);
	assert_string_equal(fixture.diagnostics.findings[0].message, message);
	fixture_release(&fixture);
	buffer_clear(source);
}

static void test_limits(void **state)
{
	(void)state;
	struct buffer source = BUFFER_INIT;
	/* 101 x 100 combinations of one matrix. */
	buffer_append_text(&source, "steps: [{id: s, run: x, matrix: {");
	append_list(&source, "a", 101);
	buffer_append_text(&source, ", ");
	append_list(&source, "b", 100);
	buffer_append_text(&source, "}}]\n");
	expect_refusal(&source, "the matrix makes more than 10000 instances");
	/* 11 matrices of 10 000. */
	buffer_append_text(&source, "steps:\n- {id: s0, run: x, matrix: &m {");
	append_list(&source, "a", 100);
	buffer_append_text(&source, ", ");
	append_list(&source, "b", 100);
	buffer_append_text(&source, "}}\n");
	for (uint32_t i = 1; i < 12; i++)
		buffer_printf(&source, "- {id: s%u, run: x, matrix: *m}\n", i);
	expect_refusal(&source, "the matrices make more than 100000 instances in all");
	/* 2 000 instances that all need 2 000. */
	buffer_append_text(&source, "steps:\n- {id: s, run: x, matrix: &m {");
	append_list(&source, "a", 2000);
	buffer_append_text(&source, "}}\n- {id: t, run: x, needs: s, matrix: *m}\n");
	expect_refusal(
		&source, "the instances of matrices need one another more than 1000000 times");
	/* The same by what they take. */
	buffer_append_text(&source, "steps:\n- {id: s, run: x, outputs: [o], matrix: &m {");
	append_list(&source, "a", 2000);
	buffer_append_text(&source, "}}\n- {id: t, run: x, inputs: o, matrix: *m}\n");
	expect_refusal(
		&source, "the instances of matrices need one another more than 1000000 times");
	/* A list that every instance has a copy of. */
	buffer_append_text(&source, "steps:\n- {id: s, run: x, matrix: {");
	append_list(&source, "a", 5000);
	buffer_append_text(&source, "}, env: {");
	for (uint32_t i = 0; i < 1000; i++)
		buffer_printf(&source, "V%u: '{a}', ", i);
	buffer_append_text(&source, "}}\n");
	expect_refusal(
		&source, "the texts and lists of all instances of the step 's' are too many");
	/* A text that is put into every instance. */
	buffer_append_text(&source, "steps:\n- id: s\n  run: x\n  matrix: {");
	append_list(&source, "a", 5000);
	buffer_append_text(&source, "}\n  description: \"{a} ");
	buffer_append_repeated(&source, "x", 100000);
	buffer_append_text(&source, "\"\n");
	expect_refusal(
		&source, "the texts and lists of all instances of the step 's' are too many");
	/* Rows compared with combinations. */
	buffer_append_text(&source, "steps:\n- id: s\n  run: x\n  matrix:\n    ");
	append_list(&source, "a", 10000);
	buffer_append_text(&source, "\n    include:\n");
	for (uint32_t i = 0; i < 300; i++)
		buffer_printf(&source, "    - {a: 1, b: %u}\n", i);
	expect_refusal(
		&source, "the rows of 'include' and 'exclude' are too many for so large a matrix");
	buffer_release(&source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_ids_are_short),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_many_open_braces),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_one_instance),
		cmocka_unit_test(test_limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
