/* Adapters and personas: from the pipeline and from the files beside it. */
#include "load_fixture.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "load/agents.h"

/* A folder of its own for each test. */
struct world {
	struct fixture fixture;
	struct arena arena;
	char folder[64];
};

static void world_open(struct world *world)
{
	*world = (struct world){.folder = "/tmp/wavetrain-agents-XXXXXX"};
	assert_non_null(mkdtemp(world->folder));
}

static void world_close(struct world *world)
{
	struct error error;
	fixture_release(&world->fixture);
	assert_true(path_remove(world->folder, &error));
	arena_release(&world->arena);
}

static void put_bytes(struct world *world, const char *name, const char *bytes, size_t size)
{
	struct error error;
	const char *path = path_join(&world->arena, world->folder, name);
	assert_true(folder_make(path_folder(&world->arena, path), &error));
	assert_true(file_write_atomic(path, bytes, size, &error));
}

static void put(struct world *world, const char *name, const char *text)
{
	put_bytes(world, name, text, strlen(text));
}

static void test_declared_in_the_pipeline(void **state)
{
	(void)state;
	struct world world;
	world_open(&world);
	fixture_load(&world.fixture, world.folder,
		"adapters:\n"
		"  default: {command: [cli, -p, '{task}'], stdin: task}\n"
		"  other:\n"
		"    command: [other, ['--model', '{model}'], '{task_file}', '{\"a\": 1}']\n"
		"    result: json\n"
		"    separator: ' '\n"
		"personas:\n"
		"  reviewer:\n"
		"    adapter: other\n"
		"    description: looks ${CLOSELY}\n"
		"    system_prompt: You review ${nothing}.\n"
		"    model: large\n"
		"    permissions: {allow: [Read, Bash, Edit], deny: [Bash, Web]}\n"
		"    env: {PORT: '${PORT}'}\n"
		"  writer: {}\n"
		"steps:\n"
		"- {id: a, persona: reviewer, task: review}\n"
		"- {id: b, persona: writer, task: write}\n"
		"- {id: c, persona: base, task: do, outputs: [x]}\n"
		"- {id: d, run: cat, inputs: [result]}\n");
	const struct pipeline *pipeline = &world.fixture.pipeline;
	assert_int_equal(world.fixture.diagnostics.error_count, 0);
	assert_int_equal(pipeline->adapter_count, 2);
	const struct adapter *other = &pipeline->adapters[1];
	assert_string_equal(other->name, "other");
	assert_int_equal(other->part_count, 4);
	assert_string_equal(other->parts[0].arguments[0], "other");
	assert_false(other->parts[0].is_optional);
	assert_true(other->parts[1].is_optional);
	assert_int_equal(other->parts[1].argument_count, 2);
	assert_string_equal(other->parts[1].arguments[1], "{model}");
	assert_null(other->parts[1].arguments[2]);
	assert_string_equal(other->parts[3].arguments[0], "{\"a\": 1}");
	assert_string_equal(other->separator, " ");
	assert_int_equal(other->result, ADAPTER_RESULT_JSON);
	assert_int_equal(other->input, ADAPTER_STDIN_NONE);
	assert_string_equal(pipeline->adapters[0].separator, ",");
	assert_int_equal(pipeline->adapters[0].input, ADAPTER_STDIN_TASK);

	const struct persona *reviewer = &pipeline->personas[0];
	assert_string_equal(reviewer->name, "reviewer");
	assert_string_equal(reviewer->description, "looks ${CLOSELY}");
	assert_string_equal(reviewer->system_prompt, "You review ${nothing}.");
	assert_string_equal(reviewer->model, "large");
	assert_int_equal(reviewer->allow.count, 2);
	assert_string_equal(reviewer->allow.items[0].text, "Read");
	assert_string_equal(reviewer->allow.items[1].text, "Edit");
	assert_int_equal(reviewer->deny.count, 2);
	assert_string_equal(reviewer->env.variables[0].value, "3306");
	assert_int_equal(reviewer->adapter_index, 1);
	assert_int_equal(pipeline->personas[1].adapter_index, 0);

	const struct step *a = fixture_step(&world.fixture, "a");
	assert_int_equal(a->agent->persona, 0);
	assert_int_equal(a->agent->adapter, 1);
	assert_int_equal(a->output_count, 1);
	assert_string_equal(a->outputs[0].name, "result");
	assert_null(a->outputs[0].path);
	assert_int_equal(fixture_step(&world.fixture, "b")->agent->adapter, 0);
	const struct step *c = fixture_step(&world.fixture, "c");
	assert_int_equal(c->agent->persona, INDEX_NONE);
	assert_int_equal(c->agent->adapter, 0);
	assert_int_equal(c->output_count, 1);
	assert_int_equal(fixture_step(&world.fixture, "d")->inputs[0].step, 0);
	world_close(&world);
}

static void test_files_beside_the_pipeline(void **state)
{
	(void)state;
	struct world world;
	world_open(&world);
	put(&world, ADAPTERS_FILE, "cli: {command: [elsewhere]}\nmore: {command: [more]}\n");
	put(&world, PERSONAS_FOLDER "/tester.yaml",
		"adapter: more\nsystem_prompt_file: prompts/tester.md\n");
	put(&world, PERSONAS_FOLDER "/unused.yaml", "nonsense: [\n");
	put(&world, "prompts/tester.md", "You test.\n");
	fixture_load(&world.fixture, world.folder,
		"adapters: {cli: {command: [here]}}\n"
		"personas: {base: {adapter: cli}}\n"
		"steps:\n"
		"- {id: a, persona: tester, task: x}\n"
		"- {id: b, persona: tester, task: x}\n"
		"- {id: c, persona: base, task: x}\n");
	const struct pipeline *pipeline = &world.fixture.pipeline;
	assert_int_equal(world.fixture.diagnostics.error_count, 0);
	assert_int_equal(pipeline->adapter_count, 2);
	assert_string_equal(pipeline->adapters[0].parts[0].arguments[0], "here");
	assert_string_equal(pipeline->adapters[1].name, "more");
	assert_int_equal(pipeline->persona_count, 2);
	assert_string_equal(pipeline->personas[1].name, "tester");
	assert_string_equal(pipeline->personas[1].system_prompt, "You test.\n");
	assert_null(pipeline->adapters[0].file);
	assert_string_equal(pipeline->adapters[1].file, ADAPTERS_FILE);
	assert_null(pipeline->personas[0].file);
	assert_string_equal(pipeline->personas[1].file, PERSONAS_FOLDER "/tester.yaml");
	assert_int_equal(fixture_step(&world.fixture, "b")->agent->persona, 1);
	assert_int_equal(fixture_step(&world.fixture, "b")->agent->adapter, 1);
	assert_int_equal(fixture_step(&world.fixture, "c")->agent->adapter, 0);
	world_close(&world);
}

struct file_refusal {
	const char *name; /* of a file beside the pipeline; NULL: none is made */
	const char *text;
	const char *persona; /* of the step */
	const char *file;    /* the finding's */
	uint32_t line, column;
	const char *message;
};

static const struct file_refusal refusals[] = {
	{PERSONAS_FOLDER "/p.yaml", "model: [x]\n", "p", PERSONAS_FOLDER "/p.yaml", 1, 8,
		"'model' must be text, not a list"},
	{PERSONAS_FOLDER "/p.yaml", "model: x\nmodle: x\n", "p", PERSONAS_FOLDER "/p.yaml", 2, 1,
		"a persona has no key 'modle'"},
	{PERSONAS_FOLDER "/p.yaml", "adapter: none\n", "p", PERSONAS_FOLDER "/p.yaml", 1, 1,
		"the persona 'p' names the adapter 'none', which nobody declares"},
	{PERSONAS_FOLDER "/p.yaml", "a: [\n", "p", PERSONAS_FOLDER "/p.yaml", 2, 1,
		"not valid YAML: did not find expected node content while parsing a flow node"},
	{PERSONAS_FOLDER "/p.yaml", "system_prompt_file: none.md\n", "p", PERSONAS_FOLDER "/p.yaml",
		1, 1, "the system prompt 'none.md' of the persona 'p' is not there"},
	{PERSONAS_FOLDER "/p.yaml", "system_prompt_file: ../x.md\n", "p", PERSONAS_FOLDER "/p.yaml",
		1, 1,
		"the system prompt '../x.md' of the persona 'p' must stay inside the folder: no '/' "
		"in front, no '..', no '.git'"},
	{PERSONAS_FOLDER "/p.yaml", "system_prompt_file: .wavetrain\n", "p",
		PERSONAS_FOLDER "/p.yaml", 1, 1,
		"the system prompt '.wavetrain' of the persona 'p' is not a plain file inside the "
		"folder, or cannot be read"},
	{PERSONAS_FOLDER "/p.yaml", "env: {WAVETRAIN: x}\n", "p", PERSONAS_FOLDER "/p.yaml", 1, 7,
		"'WAVETRAIN' is set by wavetrain itself"},
	{ADAPTERS_FILE, "x: {command: [x, '{tsk}']}\n", "base", ADAPTERS_FILE, 1, 18,
		"an adapter's command has no placeholder '{tsk}'"},
	{ADAPTERS_FILE, "adapters: {command: [x]}\nx: {command: [x], comand: [y]}\n", "base",
		ADAPTERS_FILE, 2, 19, "an adapter has no key 'comand'"},
	{ADAPTERS_FILE, "- x\n", "base", ADAPTERS_FILE, 1, 1,
		"'adapters' must be a mapping of names, not a list"},
	{NULL, NULL, "../../x", NULL, 2, 26,
		"there is no persona '../../x': neither under 'personas' nor as "
		".wavetrain/personas/../../x.yaml"},
};

static void test_faults_name_their_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
		const struct file_refusal *expected = &refusals[i];
		struct world world;
		world_open(&world);
		if (expected->name)
			put(&world, expected->name, expected->text);
		fixture_load(&world.fixture, world.folder,
			arena_format(&world.arena,
				"adapters: {cli: {command: [cli]}, default: {command: [x]}}\n"
				"steps: [{id: a, persona: %s, task: x}]\n",
				expected->persona));
		const struct diagnostics *diagnostics = &world.fixture.diagnostics;
		assert_int_equal(diagnostics->count, 1);
		assert_true(text_equal(diagnostics->findings[0].file, expected->file));
		assert_int_equal(diagnostics->findings[0].where.line, expected->line);
		assert_int_equal(diagnostics->findings[0].where.column, expected->column);
		assert_string_equal(diagnostics->findings[0].message, expected->message);
		world_close(&world);
	}
}

/* Seen from where the pipeline was named, also one in .wavetrain/pipelines. */
static void test_faults_name_their_file_from_everywhere(void **state)
{
	(void)state;
	static const struct {
		const char *path, *file;
	} places[] = {
		{"p.yml", ADAPTERS_FILE},
		{"sub/p.yml", "sub/" ADAPTERS_FILE},
		{".wavetrain/pipelines/p.yml", ADAPTERS_FILE},
		{"sub/.wavetrain/pipelines/p.yml", "sub/" ADAPTERS_FILE},
		{"/top/.wavetrain/pipeline.yml", "/top/" ADAPTERS_FILE},
	};
	static const char source[] = "steps: [{id: a, persona: base, task: x}]\n";
	for (size_t i = 0; i < ARRAY_LENGTH(places); i++) {
		struct world world;
		world_open(&world);
		put(&world, ADAPTERS_FILE, "x: {command: [x], stdni: task}\n");
		const struct load_request request = {
			.path = places[i].path, .folder = world.folder};
		pipeline_load_bytes(&request, source, sizeof source - 1, &world.fixture.arena,
			&world.fixture.diagnostics, &world.fixture.pipeline);
		assert_int_equal(world.fixture.diagnostics.count, 1);
		const struct finding *finding = &world.fixture.diagnostics.findings[0];
		assert_string_equal(finding->file, places[i].file);
		assert_int_equal(finding->where.line, 1);
		assert_int_equal(finding->where.column, 19);
		world_close(&world);
	}
}

static void test_findings_of_other_files_are_printed_with_their_name(void **state)
{
	(void)state;
	struct world world;
	struct buffer text = BUFFER_INIT;
	world_open(&world);
	put(&world, PERSONAS_FOLDER "/p.yaml", "modle: x\n");
	fixture_load(&world.fixture, world.folder,
		"adapters: {cli: {command: [cli]}}\n"
		"steps: [{id: a, persona: p, task: x, nmae: y}]\n");
	diagnostics_append_text(&world.fixture.diagnostics, &text);
	assert_string_equal(buffer_text(&text),
		"p.yml:2:38: error: a step has no key 'nmae'\n"
		"    2 | steps: [{id: a, persona: p, task: x, nmae: y}]\n"
		"      |                                      ^\n"
		"      = did you mean 'name'?\n"
		".wavetrain/personas/p.yaml:1:1: error: a persona has no key 'modle'\n"
		"      = did you mean 'model'?\n");
	buffer_clear(&text);
	diagnostics_append_json(&world.fixture.diagnostics, &text);
	assert_non_null(strstr(buffer_text(&text), "\"file\":\".wavetrain/personas/p.yaml\""));
	buffer_release(&text);
	world_close(&world);
}

static void test_system_prompts_have_limits(void **state)
{
	(void)state;
	struct world world;
	world_open(&world);
	char *large = calloc(1, SYSTEM_PROMPT_LIMIT_BYTES + 2);
	assert_non_null(large);
	memset(large, 'x', SYSTEM_PROMPT_LIMIT_BYTES + 1);
	put_bytes(&world, "most.md", large, SYSTEM_PROMPT_LIMIT_BYTES);
	put_bytes(&world, "large.md", large, SYSTEM_PROMPT_LIMIT_BYTES + 1);
	put_bytes(&world, "binary.md", "a\0b", 3);
	put_bytes(&world, "latin.md", "\xe4", 1);
	assert_int_equal(symlink("most.md", path_join(&world.arena, world.folder, "link.md")), 0);
	fixture_load(&world.fixture, world.folder,
		"personas:\n"
		"  a: {system_prompt_file: ./most.md}\n"
		"  b: {system_prompt_file: large.md}\n"
		"  c: {system_prompt_file: binary.md}\n"
		"  d: {system_prompt_file: latin.md}\n"
		"  e: {system_prompt_file: link.md}\n"
		"steps: [{id: a, run: x}]\n");
	static const char *const messages[] = {
		"the system prompt 'large.md' of the persona 'b' has more than 1 MiB",
		"the system prompt 'binary.md' of the persona 'c' is not UTF-8 text",
		"the system prompt 'latin.md' of the persona 'd' is not UTF-8 text",
		("the system prompt 'link.md' of the persona 'e' is not a plain file inside the "
		 "folder, or cannot be read")};
	assert_int_equal(world.fixture.diagnostics.count, ARRAY_LENGTH(messages));
	for (size_t i = 0; i < ARRAY_LENGTH(messages); i++)
		assert_string_equal(world.fixture.diagnostics.findings[i].message, messages[i]);
	assert_int_equal(strlen(world.fixture.pipeline.personas[0].system_prompt),
		SYSTEM_PROMPT_LIMIT_BYTES);
	free(large);
	world_close(&world);
}

/* A table names what it does not declare: what is missing is said when it is run. */
static void test_table(void **state)
{
	(void)state;
	struct world world;
	struct agent_use uses[] = {
		{INDEX_NONE, INDEX_NONE, "base", NULL, "x", {0, 0}},
		{INDEX_NONE, INDEX_NONE, "writer", NULL, "x", {0, 0}},
		{INDEX_NONE, INDEX_NONE, "nobody", "none", "x", {0, 0}},
		{INDEX_NONE, INDEX_NONE, "writer", "cli", "x", {0, 0}},
	};
	struct step steps[ARRAY_LENGTH(uses)] = {{0}};
	world_open(&world);
	put(&world, TABLE_COMPANION,
		"adapters: {cli: {command: [cli]}, default: {command: [d]}}\n"
		"personas: {writer: {model: m}}\nsteps: [{nonsense: 1}]\n");
	for (size_t i = 0; i < ARRAY_LENGTH(uses); i++)
		steps[i] = (struct step){.id = "step", .agent = &uses[i]};
	const struct load_request request = {.path = "rows.pipeline", .folder = world.folder};
	diagnostics_init(&world.fixture.diagnostics, &world.fixture.arena, "rows.pipeline");
	world.fixture.pipeline = (struct pipeline){.file = "rows.pipeline",
		.folder = world.folder,
		.format = FORMAT_TABLE,
		.steps = steps,
		.step_count = ARRAY_LENGTH(steps)};
	agents_resolve(&world.fixture.pipeline, &request, &world.fixture.diagnostics);
	assert_int_equal(world.fixture.diagnostics.count, 0);
	assert_int_equal(steps[0].agent->persona, INDEX_NONE);
	assert_int_equal(steps[0].agent->adapter, 1);
	assert_int_equal(steps[1].agent->persona, 0);
	assert_int_equal(steps[1].agent->adapter, 1);
	assert_int_equal(steps[2].agent->persona, INDEX_NONE);
	assert_int_equal(steps[2].agent->adapter, INDEX_NONE);
	assert_int_equal(steps[3].agent->adapter, 0);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_declared_in_the_pipeline),
		cmocka_unit_test(test_files_beside_the_pipeline),
		cmocka_unit_test(test_faults_name_their_file),
		cmocka_unit_test(test_faults_name_their_file_from_everywhere),
		cmocka_unit_test(test_findings_of_other_files_are_printed_with_their_name),
		cmocka_unit_test(test_system_prompts_have_limits),
		cmocka_unit_test(test_table),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
