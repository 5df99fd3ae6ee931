/* Every part of a definition: its change gives another fingerprint, and is named. */
#include "plan/difference.h"

#include <stdlib.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "cmocka_all.h"
#include "plan/fingerprint.h"

struct world {
	struct pipeline pipeline;
	struct step steps[4]; /* a command, an agent's task, a component, an instance */
	struct environment_variable shared[1];
	struct environment_variable own[2];
	struct environment_variable of_persona[1];
	struct parameter parameters[1];
	struct input inputs[2];
	struct output outputs[2];
	struct contract contracts[4];
	struct file_rule rules[1];
	struct text_item items[6];
	struct agent_use agent;
	struct persona personas[1];
	struct adapter adapters[1];
	struct adapter_part parts[2];
	const char *words[3];
	struct component_use component;
	struct step_instance instance;
	struct foreach foreach;
	struct cache_rule cache;
	struct plan plan;
	struct plan_step planned[4];
};

enum { OF_COMMAND, OF_AGENT, OF_COMPONENT, OF_INSTANCE };

static void fill_parts(struct world *world)
{
	world->shared[0] = (struct environment_variable){.name = "LANG", .value = "C"};
	world->own[0] = (struct environment_variable){.name = "A", .value = "1"};
	world->own[1] = (struct environment_variable){.name = "B", .value = "2"};
	world->of_persona[0] = (struct environment_variable){.name = "KEY", .value = "k"};
	world->parameters[0] = (struct parameter){.name = "target", .value = "test"};
	world->inputs[0] = (struct input){.reference = "scan", .step = OF_AGENT, .output = 0};
	world->inputs[1] = (struct input){.reference = "list", .step = OF_AGENT, .output = 0};
	world->outputs[0] = (struct output){.name = "page", .path = "page.html"};
	world->outputs[1] = (struct output){.name = "scan"};
	world->rules[0] = (struct file_rule){.path = "x", .min_count = 1};
	for (size_t i = 0; i < ARRAY_LENGTH(world->items); i++)
		world->items[i].text = "src/**";
	world->contracts[0] = (struct contract){
		.kind = CONTRACT_COMMAND, .command = {.script = "./check", .shell = "sh"}};
	world->contracts[1] =
		(struct contract){.kind = CONTRACT_FILES, .files = world->rules, .file_count = 1};
	world->contracts[2] = (struct contract){
		.kind = CONTRACT_JSON_SCHEMA, .schema = "a.json", .source = "page"};
	world->contracts[3] =
		(struct contract){.kind = CONTRACT_DIFF_SCOPE, .paths = {&world->items[0], 1}};
	world->words[0] = "agent";
	world->words[1] = "{task}";
	world->parts[0] = (struct adapter_part){world->words, 2, false};
	world->parts[1] = (struct adapter_part){world->words + 1, 1, true};
	world->adapters[0] = (struct adapter){
		.name = "tool", .parts = world->parts, .part_count = 2, .separator = ","};
	world->personas[0] = (struct persona){.name = "reviewer",
		.system_prompt = "You review.",
		.model = "large",
		.allow = {&world->items[1], 1},
		.deny = {&world->items[2], 1},
		.env = {world->of_persona, 1}};
	world->agent = (struct agent_use){.persona_name = "reviewer", .task = "Look at it"};
	world->component = (struct component_use){.type = "personal_data",
		.properties = "{}",
		.output_schema = "finding:1.0.0",
		.input_schemas = {&world->items[3], 1}};
	world->instance = (struct step_instance){.base_id = "each", .item = "1"};
	world->foreach =
		(struct foreach){.from = world->inputs[1], .item_name = "item", .batch = 1};
	world->cache = (struct cache_rule){{&world->items[4], 1}, {&world->items[5], 1}};
}

static void world_init(struct world *world)
{
	*world = (struct world){.words = {NULL}};
	fill_parts(world);
	world->steps[OF_COMMAND] = (struct step){.id = "build",
		.command = {.script = "make", .shell = "sh"},
		.env = {world->own, 2},
		.inputs = world->inputs,
		.input_count = 1,
		.outputs = world->outputs,
		.output_count = 1,
		.contracts = world->contracts,
		.contract_count = 4,
		.cache = &world->cache};
	world->steps[OF_AGENT] = (struct step){.id = "review",
		.agent = &world->agent,
		.outputs = world->outputs + 1,
		.output_count = 1,
		.workspace = WORKSPACE_FRESH};
	world->steps[OF_COMPONENT] = (struct step){.id = "data",
		.component = &world->component,
		.foreach = &world->foreach,
		.contracts = world->contracts,
		.contract_count = 1};
	world->steps[OF_INSTANCE] = (struct step){.id = "each[0]",
		.command = {.script = "make", .shell = "sh"},
		.instance = &world->instance};
	world->pipeline = (struct pipeline){.env = {world->shared, 1},
		.parameters = world->parameters,
		.parameter_count = 1,
		.steps = world->steps,
		.step_count = 4,
		.personas = world->personas,
		.persona_count = 1,
		.adapters = world->adapters,
		.adapter_count = 1};
	world->plan = (struct plan){.pipeline = &world->pipeline, .steps = world->planned};
}

typedef void world_change(struct world *world);

#define CHANGE(name, statement)                                                                    \
	static void name(struct world *it)                                                         \
	{                                                                                          \
		statement;                                                                         \
	}
CHANGE(script, it->steps[OF_COMMAND].command.script = "make all")
CHANGE(shell, it->steps[OF_COMMAND].command.shell = "bash")
CHANGE(own_value, it->own[1].value = "3")
CHANGE(own_gone, it->steps[OF_COMMAND].env.count = 1)
CHANGE(own_renamed, it->own[1].name = "C")
CHANGE(workdir, it->steps[OF_COMMAND].workdir = "sub")
CHANGE(input_gone, it->steps[OF_COMMAND].input_count = 0)
CHANGE(input_new, it->steps[OF_COMMAND].input_count = 2)
CHANGE(input_other, it->inputs[0].step = OF_COMMAND)
CHANGE(output_path, it->outputs[0].path = NULL)
CHANGE(output_name, it->outputs[0].name = "index")
CHANGE(check, it->contracts[0].command.script = "./check -v")
CHANGE(rule, it->rules[0].sha256 = "00")
CHANGE(rule_count, it->rules[0].max_count = 7)
CHANGE(schema, it->contracts[2].schema = "b.json")
CHANGE(schema_text, it->contracts[2].schema_text = "{}")
CHANGE(schema_source, it->contracts[2].source = "scan")
CHANGE(message, it->contracts[2].is_message = true)
CHANGE(schema_name, it->contracts[2].schema_name = "finding:1.0.0")
CHANGE(scope, it->items[0].text = "docs/**")
CHANGE(contract_gone, it->steps[OF_COMMAND].contract_count = 3)
CHANGE(cache_key, it->items[4].text = "lib/**")
CHANGE(cache_paths, it->items[5].text = "lib/**")
CHANGE(cache_gone, it->steps[OF_COMMAND].cache = NULL)
CHANGE(task, it->agent.task = "Look twice")
CHANGE(persona, it->agent.persona_name = "tester")
CHANGE(prompt, it->personas[0].system_prompt = "You test.")
CHANGE(prompt_file, it->personas[0].system_prompt_file = "prompt.md")
CHANGE(model, it->personas[0].model = "small")
CHANGE(model_gone, it->personas[0].model = NULL)
CHANGE(allow, it->items[1].text = "docs/**")
CHANGE(deny, it->items[2].text = "docs/**")
CHANGE(persona_environment, it->of_persona[0].value = "other")
CHANGE(adapter_word, it->words[0] = "helper")
CHANGE(adapter_optional, it->parts[1].is_optional = false)
CHANGE(adapter_input, it->adapters[0].input = ADAPTER_STDIN_TASK)
CHANGE(adapter_result, it->adapters[0].result = ADAPTER_RESULT_JSON)
CHANGE(separator, it->adapters[0].separator = " ")
CHANGE(no_adapter, it->agent.adapter = INDEX_NONE)
CHANGE(workspace, it->steps[OF_AGENT].workspace = WORKSPACE_WORKTREE)
CHANGE(shared_workspace, it->steps[OF_AGENT].workspace = WORKSPACE_SHARED)
CHANGE(type, it->component.type = "other")
CHANGE(merges, it->component.merges_inputs = true)
CHANGE(builtin, it->component.is_builtin = true)
CHANGE(properties, it->component.properties = "{\"a\":1}")
CHANGE(output_schema, it->component.output_schema = "finding:1.1.0")
CHANGE(input_schemas, it->items[3].text = "input:1.0.0")
CHANGE(batch, it->foreach.batch = 2)
CHANGE(list, it->foreach.from.step = OF_COMMAND)
CHANGE(item, it->instance.item = "2")
CHANGE(shared_value, it->shared[0].value = "C.UTF-8")
CHANGE(parameter, it->parameters[0].value = "prod")
CHANGE(parameter_gone, it->pipeline.parameter_count = 0)

struct change_case {
	world_change *change;
	uint32_t step;
	const char *text;
};

static const struct change_case cases[] = {
	{script, OF_COMMAND, "the command changed"},
	{shell, OF_COMMAND, "the command changed"},
	{own_value, OF_COMMAND, "the environment variable 'B' changed"},
	{own_gone, OF_COMMAND, "the environment variable 'B' is gone"},
	{own_renamed, OF_COMMAND, "the environment variable 'C' is new"},
	{workdir, OF_COMMAND, "the working directory is new"},
	{input_gone, OF_COMMAND, "the input 'scan' is gone"},
	{input_new, OF_COMMAND, "the input 'list' is new"},
	{input_other, OF_COMMAND, "the input 'scan' changed"},
	{output_path, OF_COMMAND, "the output 'page' changed"},
	{output_name, OF_COMMAND, "the output 'index' is new"},
	{check, OF_COMMAND, "the contract 'command 1' changed"},
	{rule, OF_COMMAND, "the contract 'files 2' changed"},
	{rule_count, OF_COMMAND, "the contract 'files 2' changed"},
	{schema, OF_COMMAND, "the contract 'json_schema 3' changed"},
	{schema_text, OF_COMMAND, "the contract 'json_schema 3' changed"},
	{schema_source, OF_COMMAND, "the contract 'json_schema 3' changed"},
	{message, OF_COMMAND, "the contract 'json_schema 3' changed"},
	{schema_name, OF_COMMAND, "the contract 'json_schema 3' changed"},
	{scope, OF_COMMAND, "the contract 'diff_scope 4' changed"},
	{contract_gone, OF_COMMAND, "the contract 'diff_scope 4' is gone"},
	{cache_key, OF_COMMAND, "the cache rule changed"},
	{cache_paths, OF_COMMAND, "the cache rule changed"},
	{cache_gone, OF_COMMAND, "the cache rule is gone"},
	{task, OF_AGENT, "the task changed"},
	{persona, OF_AGENT, "the persona changed"},
	{prompt, OF_AGENT, "the system prompt changed"},
	{prompt_file, OF_AGENT, "the system prompt changed"},
	{model, OF_AGENT, "the model changed"},
	{model_gone, OF_AGENT, "the model is gone"},
	{allow, OF_AGENT, "the permissions changed"},
	{deny, OF_AGENT, "the permissions changed"},
	{persona_environment, OF_AGENT, "the persona's environment changed"},
	{adapter_word, OF_AGENT, "the adapter changed"},
	{adapter_optional, OF_AGENT, "the adapter changed"},
	{adapter_input, OF_AGENT, "the adapter changed"},
	{adapter_result, OF_AGENT, "the adapter changed"},
	{separator, OF_AGENT, "the adapter changed"},
	{no_adapter, OF_AGENT, "the adapter is gone"},
	{workspace, OF_AGENT, "the workspace changed"},
	{shared_workspace, OF_AGENT, "the workspace is gone"},
	{type, OF_COMPONENT, "the component changed"},
	{merges, OF_COMPONENT, "the component changed"},
	{builtin, OF_COMPONENT, "the component changed"},
	{properties, OF_COMPONENT, "the component's properties changed"},
	{output_schema, OF_COMPONENT, "the component's schemas changed"},
	{input_schemas, OF_COMPONENT, "the component's schemas changed"},
	{check, OF_COMPONENT, "the contract 'command' changed"},
	{batch, OF_COMPONENT, "the list of its instances changed"},
	{list, OF_COMPONENT, "the list of its instances changed"},
	{item, OF_INSTANCE, "its item changed"},
	{shared_value, OF_INSTANCE, "the environment variable 'LANG' changed"},
	{parameter, OF_INSTANCE, "the parameter 'target' changed"},
	{parameter_gone, OF_INSTANCE, "the parameter 'target' is gone"},
};

static void test_every_change(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	CLEANUP(arena_release) struct arena arena = {0};
	struct world world;
	char before[4][65];
	world_init(&world);
	fingerprint_steps(&world.plan);
	difference_write(&world.pipeline, &bytes);
	const struct definition definition = {buffer_text(&bytes), bytes.size};
	for (uint32_t i = 0; i < 4; i++) {
		memcpy(before[i], world.planned[i].fingerprint, 65);
		assert_null(difference_explain(&world.plan, i, &definition, &arena));
	}
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		const struct change_case *row = &cases[i];
		world_init(&world);
		row->change(&world);
		fingerprint_steps(&world.plan);
		const char *text = difference_explain(&world.plan, row->step, &definition, &arena);
		assert_non_null(text);
		assert_string_equal(text, row->text);
		assert_string_not_equal(before[row->step], world.planned[row->step].fingerprint);
	}
}

/* Neither makes a step another one. */
CHANGE(id_of_need, it->steps[OF_COMMAND].need_count = 0)
CHANGE(condition, it->steps[OF_COMMAND].timeout_ms = 5)
CHANGE(gate, it->steps[OF_COMMAND].needs_approval = true)
CHANGE(reaction, it->contracts[0].max_retries = 9)
CHANGE(adapter_name, it->adapters[0].name = "other")
CHANGE(instance_number, it->instance.number = 7)

static void test_what_does_not_count(void **state)
{
	(void)state;
	static world_change *const changes[] = {
		id_of_need, condition, gate, reaction, adapter_name, instance_number};
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	CLEANUP(arena_release) struct arena arena = {0};
	struct world world;
	char before[4][65];
	world_init(&world);
	fingerprint_steps(&world.plan);
	difference_write(&world.pipeline, &bytes);
	const struct definition definition = {buffer_text(&bytes), bytes.size};
	for (uint32_t i = 0; i < 4; i++)
		memcpy(before[i], world.planned[i].fingerprint, 65);
	for (size_t i = 0; i < ARRAY_LENGTH(changes); i++) {
		world_init(&world);
		changes[i](&world);
		fingerprint_steps(&world.plan);
		for (uint32_t k = 0; k < 4; k++) {
			assert_null(difference_explain(&world.plan, k, &definition, &arena));
			assert_string_equal(before[k], world.planned[k].fingerprint);
		}
	}
}

/* Steps may have moved, and new ones are in no definition. */
static void test_other_places(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	CLEANUP(arena_release) struct arena arena = {0};
	struct world world;
	world_init(&world);
	buffer_append_text(&bytes, "before it");
	difference_write(&world.pipeline, &bytes);
	const struct definition definition = {buffer_text(&bytes) + 9, bytes.size - 9};
	struct step turned[] = {{.id = "new"}, world.steps[3], world.steps[2], world.steps[1],
		{.id = "also-new"}, world.steps[0]};
	turned[1].command.script = "changed";
	world.inputs[0].step = 3;
	world.foreach.from.step = 3;
	world.pipeline.steps = turned;
	world.pipeline.step_count = 6;
	static const char *const expected[] = {NULL, "the command changed", NULL, NULL, NULL, NULL};
	for (uint32_t i = 0; i < 6; i++) {
		const char *text = difference_explain(&world.plan, i, &definition, &arena);
		if (expected[i])
			assert_string_equal(text, expected[i]);
		else
			assert_null(text);
	}
}

/* Two behind one another: the second is of the pipeline as it was written. */
static void test_as_written(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	CLEANUP(arena_release) struct arena arena = {0};
	struct world world;
	world_init(&world);
	const struct step whole = {.id = "each", .command = {.script = "true", .shell = "sh"}};
	struct step written[] = {world.steps[OF_COMMAND], whole};
	const struct pipeline other = {.steps = written, .step_count = 2};
	difference_write(&world.pipeline, &bytes);
	size_t first_size = bytes.size;
	difference_write(&other, &bytes);
	struct definition both = {buffer_text(&bytes), bytes.size};
	struct definition second = difference_written(&both);
	assert_ptr_equal(second.bytes, both.bytes + first_size);
	assert_int_equal(second.size, both.size - first_size);
	struct definition last = difference_written(&second);
	assert_ptr_equal(last.bytes, second.bytes);

	struct plan plan = {.pipeline = &other};
	assert_int_equal(difference_knowledge(&plan, 1, &both), STEP_IS_NEW);
	assert_int_equal(difference_knowledge(&plan, 1, &second), STEP_IS_KNOWN);
	assert_int_equal(difference_knowledge(&plan, 1, &(struct definition){0}), STEP_NOT_KNOWN);
	assert_null(difference_explain(&plan, 1, &second, &arena));
	assert_null(difference_explain(&world.plan, OF_AGENT, &both, &arena));
}

/* What is read may be cut off or nonsense: nothing is read beyond it, and nothing crashes. */
static void read_definition(
	struct world *world, uint32_t step, struct definition definition, struct arena *arena)
{
	struct definition written = difference_written(&definition);
	difference_explain(&world->plan, step, &definition, arena);
	difference_explain(&world->plan, step, &written, arena);
}

static void test_broken_definitions(void **state)
{
	(void)state;
	CLEANUP(buffer_release) struct buffer bytes = BUFFER_INIT;
	CLEANUP(arena_release) struct arena arena = {0};
	struct world world;
	uint64_t seed = 88172645463325252u;
	world_init(&world);
	difference_write(&world.pipeline, &bytes);
	difference_write(&world.pipeline, &bytes);
	for (size_t size = 0; size < bytes.size; size++) {
		char *cut = arena_copy_bytes(&arena, bytes.bytes, size);
		for (uint32_t i = 0; i < 4; i++)
			read_definition(&world, i, (struct definition){cut, size}, &arena);
	}
	for (uint32_t round = 0; round < 20000; round++) {
		char *broken = heap_allocate(bytes.size, 1);
		memcpy(broken, bytes.bytes, bytes.size);
		for (uint32_t k = 0; k < 4; k++) {
			seed ^= seed << 13;
			seed ^= seed >> 7;
			seed ^= seed << 17;
			size_t limit = round % 2 ? bytes.size : 40;
			broken[seed % limit] = (char)(seed >> 40);
		}
		read_definition(&world, round % 4, (struct definition){broken, bytes.size}, &arena);
		free(broken);
		if (round % 100 == 0)
			arena_reset(&arena);
	}
	assert_null(difference_explain(&world.plan, 0, &(struct definition){NULL, 0}, &arena));
	assert_null(difference_explain(
		&world.plan, 0, &(struct definition){"no definition at all", 20}, &arena));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_change),
		cmocka_unit_test(test_what_does_not_count),
		cmocka_unit_test(test_other_places),
		cmocka_unit_test(test_as_written),
		cmocka_unit_test(test_broken_definitions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
