#include "plan/definition.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/index.h"

#define NAME_LIMIT_BYTES 255u

static const char *const part_texts[] = {
	[PART_COMMAND] = "the command",
	[PART_TASK] = "the task",
	[PART_PERSONA] = "the persona",
	[PART_PROMPT] = "the system prompt",
	[PART_MODEL] = "the model",
	[PART_PERMISSIONS] = "the permissions",
	[PART_PERSONA_ENVIRONMENT] = "the persona's environment",
	[PART_ADAPTER] = "the adapter",
	[PART_COMPONENT] = "the component",
	[PART_PROPERTIES] = "the component's properties",
	[PART_SCHEMAS] = "the component's schemas",
	[PART_ENVIRONMENT] = "the environment variable",
	[PART_WORKDIR] = "the working directory",
	[PART_WORKSPACE] = "the workspace",
	[PART_INPUT] = "the input",
	[PART_OUTPUT] = "the output",
	[PART_CONTRACT] = "the contract",
	[PART_ITEM] = "its item",
	[PART_FOREACH] = "the list of its instances",
	[PART_CACHE] = "the cache rule",
	[PART_PARAMETER] = "the parameter",
};
static_assert(ARRAY_LENGTH(part_texts) == PART_COUNT, "one text a part");

const char *definition_part_text(enum definition_part part)
{
	return part_texts[part];
}

uint64_t definition_hash_text(uint64_t hash, const char *text)
{
	const uint64_t prime = UINT64_C(0x100000001b3);
	for (const char *at = text; at && *at; at++)
		hash = (hash ^ (unsigned char)*at) * prime;
	return (hash ^ (text ? 0u : 1u)) * prime;
}

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
	char text[24];
	snprintf(text, sizeof text, "%llu", (unsigned long long)number);
	return definition_hash_text(hash, text);
}

static uint64_t hash_texts(uint64_t hash, const struct text_list *texts)
{
	hash = hash_number(hash, texts->count);
	for (uint32_t i = 0; i < texts->count; i++)
		hash = definition_hash_text(hash, texts->items[i].text);
	return hash;
}

static uint64_t hash_environment(uint64_t hash, const struct environment *environment)
{
	hash = hash_number(hash, environment->count);
	for (uint32_t i = 0; i < environment->count; i++) {
		hash = definition_hash_text(hash, environment->variables[i].name);
		hash = definition_hash_text(hash, environment->variables[i].value);
	}
	return hash;
}

void definition_append_integer(struct buffer *buffer, uint64_t integer, size_t size)
{
	char bytes[8];
	for (size_t i = 0; i < size; i++)
		bytes[i] = (char)(unsigned char)(integer >> (8 * i));
	buffer_append(buffer, bytes, size);
}

static void append_part(
	struct buffer *buffer, enum definition_part part, const char *name, uint64_t hash)
{
	size_t length = name ? strlen(name) : 0;
	length = length < NAME_LIMIT_BYTES ? length : NAME_LIMIT_BYTES;
	definition_append_integer(buffer, part, 1);
	definition_append_integer(buffer, length, 1);
	buffer_append(buffer, name ? name : "", length);
	definition_append_integer(buffer, hash, PART_HASH_BYTES);
}

static void append_text(struct buffer *buffer, enum definition_part part, const char *text)
{
	if (text)
		append_part(buffer, part, NULL, definition_hash_text(DEFINITION_HASH_START, text));
}

static uint64_t hash_command(uint64_t hash, const struct command *command)
{
	hash = definition_hash_text(hash, command->script);
	hash = definition_hash_text(hash, command->script ? command->shell : NULL);
	for (uint32_t i = 0; i < command->argument_count; i++)
		hash = definition_hash_text(hash, command->arguments[i]);
	return hash;
}

static void append_adapter(struct buffer *buffer, const struct adapter *adapter)
{
	uint64_t hash = hash_number(DEFINITION_HASH_START, adapter->part_count);
	for (uint32_t i = 0; i < adapter->part_count; i++) {
		const struct adapter_part *part = &adapter->parts[i];
		hash = hash_number(hash, part->is_optional);
		hash = hash_number(hash, part->argument_count);
		for (uint32_t k = 0; k < part->argument_count; k++)
			hash = definition_hash_text(hash, part->arguments[k]);
	}
	hash = hash_number(hash_number(hash, adapter->input), adapter->result);
	append_part(buffer, PART_ADAPTER, NULL, definition_hash_text(hash, adapter->separator));
}

static void append_persona(struct buffer *buffer, const struct persona *persona)
{
	uint64_t prompt = definition_hash_text(DEFINITION_HASH_START, persona->system_prompt);
	append_part(buffer, PART_PROMPT, NULL,
		definition_hash_text(prompt, persona->system_prompt_file));
	append_text(buffer, PART_MODEL, persona->model);
	append_part(buffer, PART_PERMISSIONS, NULL,
		hash_texts(hash_texts(DEFINITION_HASH_START, &persona->allow), &persona->deny));
	if (persona->env.count > 0)
		append_part(buffer, PART_PERSONA_ENVIRONMENT, NULL,
			hash_environment(DEFINITION_HASH_START, &persona->env));
}

static void append_agent(
	struct buffer *buffer, const struct pipeline *pipeline, const struct agent_use *agent)
{
	append_text(buffer, PART_TASK, agent->task);
	append_text(buffer, PART_PERSONA, agent->persona_name);
	if (agent->persona < pipeline->persona_count)
		append_persona(buffer, &pipeline->personas[agent->persona]);
	if (agent->adapter < pipeline->adapter_count)
		append_adapter(buffer, &pipeline->adapters[agent->adapter]);
	else
		append_text(buffer, PART_ADAPTER, agent->adapter_name);
}

static void append_component(struct buffer *buffer, const struct component_use *component)
{
	uint64_t hash = definition_hash_text(DEFINITION_HASH_START, component->type);
	hash = hash_number(hash_number(hash, component->is_builtin), component->merges_inputs);
	append_part(buffer, PART_COMPONENT, NULL, hash);
	append_text(buffer, PART_PROPERTIES, component->properties);
	hash = definition_hash_text(DEFINITION_HASH_START, component->output_schema);
	append_part(buffer, PART_SCHEMAS, NULL, hash_texts(hash, &component->input_schemas));
}

static uint64_t hash_contract(const struct contract *contract)
{
	uint64_t hash = hash_command(DEFINITION_HASH_START, &contract->command);
	for (uint32_t i = 0; i < contract->file_count; i++) {
		const struct file_rule *rule = &contract->files[i];
		hash = definition_hash_text(hash, rule->path);
		hash = hash_number(hash, rule->non_empty);
		hash = hash_number(hash_number(hash, rule->min_count), rule->max_count);
		hash = definition_hash_text(hash, rule->sha256);
	}
	hash = definition_hash_text(hash, contract->schema);
	hash = definition_hash_text(hash, contract->schema_text);
	hash = definition_hash_text(hash, contract->source);
	hash = definition_hash_text(hash, contract->schema_name);
	return hash_texts(hash_number(hash, contract->is_message), &contract->paths);
}

/* By kind, and by number where a step has several. */
static void append_contracts(struct buffer *buffer, const struct step *step)
{
	for (uint32_t i = 0; i < step->contract_count; i++) {
		char name[64];
		const char *kind = contract_kind_name(step->contracts[i].kind);
		snprintf(name, sizeof name, "%s %u", kind, i + 1);
		append_part(buffer, PART_CONTRACT, step->contract_count == 1 ? kind : name,
			hash_contract(&step->contracts[i]));
	}
}

static void append_environment(struct buffer *buffer, const struct environment *environment)
{
	for (uint32_t i = 0; i < environment->count; i++)
		append_part(buffer, PART_ENVIRONMENT, environment->variables[i].name,
			definition_hash_text(
				DEFINITION_HASH_START, environment->variables[i].value));
}

static uint64_t hash_producer(const struct pipeline *pipeline, const struct input *input)
{
	if (input->step >= pipeline->step_count)
		return definition_hash_text(DEFINITION_HASH_START, input->reference);
	uint64_t hash =
		definition_hash_text(DEFINITION_HASH_START, pipeline->steps[input->step].id);
	return hash_number(hash, input->output);
}

static void append_data(
	struct buffer *buffer, const struct pipeline *pipeline, const struct step *step)
{
	for (uint32_t i = 0; i < step->input_count; i++)
		append_part(buffer, PART_INPUT, step->inputs[i].reference,
			hash_producer(pipeline, &step->inputs[i]));
	for (uint32_t i = 0; i < step->output_count; i++)
		append_part(buffer, PART_OUTPUT, step->outputs[i].name,
			definition_hash_text(DEFINITION_HASH_START, step->outputs[i].path));
}

static void append_rest(
	struct buffer *buffer, const struct pipeline *pipeline, const struct step *step)
{
	if (step->instance)
		append_text(buffer, PART_ITEM, step->instance->item);
	if (step->foreach)
		append_part(buffer, PART_FOREACH, NULL,
			hash_number(hash_producer(pipeline, &step->foreach->from),
				step->foreach->batch));
	if (step->cache)
		append_part(buffer, PART_CACHE, NULL,
			hash_texts(hash_texts(DEFINITION_HASH_START, &step->cache->key),
				&step->cache->paths));
}

void definition_append_step(
	const struct pipeline *pipeline, const struct step *step, struct buffer *buffer)
{
	if (step->command.script || step->command.argument_count > 0)
		append_part(buffer, PART_COMMAND, NULL,
			hash_command(DEFINITION_HASH_START, &step->command));
	if (step->agent)
		append_agent(buffer, pipeline, step->agent);
	if (step->component)
		append_component(buffer, step->component);
	append_environment(buffer, &step->env);
	append_text(buffer, PART_WORKDIR, step->workdir);
	if (step->workspace != WORKSPACE_SHARED)
		append_text(buffer, PART_WORKSPACE, workspace_kind_name(step->workspace));
	append_data(buffer, pipeline, step);
	append_contracts(buffer, step);
	append_rest(buffer, pipeline, step);
}

void definition_append_shared(const struct pipeline *pipeline, struct buffer *buffer)
{
	append_environment(buffer, &pipeline->env);
	for (uint32_t i = 0; i < pipeline->parameter_count; i++)
		append_part(buffer, PART_PARAMETER, pipeline->parameters[i].name,
			definition_hash_text(DEFINITION_HASH_START, pipeline->parameters[i].value));
}
