#include "plan/fingerprint.h"

#include <stdio.h>

#include "base/hash.h"

/* Changes when what is hashed changes, so that old fingerprints never match by accident. */
#define FINGERPRINT_FORM "wavetrain step 1"

/* Each list begins with its length, each text ends with a NUL: no two definitions look alike. */
static void add_number(struct hash *hash, uint64_t number)
{
	char text[24];
	snprintf(text, sizeof text, "%llu", (unsigned long long)number);
	hash_add_text(hash, text);
}

static void add_environment(struct hash *hash, const struct environment *environment)
{
	add_number(hash, environment->count);
	for (uint32_t i = 0; i < environment->count; i++) {
		hash_add_text(hash, environment->variables[i].name);
		hash_add_text(hash, environment->variables[i].value);
	}
}

static void add_command(struct hash *hash, const struct command *command)
{
	hash_add_text(hash, command->script);
	hash_add_text(hash, command->script ? command->shell : NULL);
	add_number(hash, command->argument_count);
	for (uint32_t i = 0; i < command->argument_count; i++)
		hash_add_text(hash, command->arguments[i]);
}

/* By producer and output, so that it does not matter in which way the reference was written. */
static void add_input(struct hash *hash, const struct pipeline *pipeline, const struct input *input)
{
	if (input->step >= pipeline->step_count ||
		input->output >= pipeline->steps[input->step].output_count) {
		hash_add_text(hash, NULL);
		hash_add_text(hash, input->reference);
		return;
	}
	hash_add_text(hash, pipeline->steps[input->step].id);
	hash_add_text(hash, pipeline->steps[input->step].outputs[input->output].name);
}

static void add_inputs(struct hash *hash, const struct pipeline *pipeline, const struct step *step)
{
	add_number(hash, step->input_count);
	for (uint32_t i = 0; i < step->input_count; i++)
		add_input(hash, pipeline, &step->inputs[i]);
}

static void add_outputs(struct hash *hash, const struct step *step)
{
	add_number(hash, step->output_count);
	for (uint32_t i = 0; i < step->output_count; i++) {
		hash_add_text(hash, step->outputs[i].name);
		hash_add_text(hash, step->outputs[i].path);
	}
}

static void add_file_rule(struct hash *hash, const struct file_rule *rule)
{
	hash_add_text(hash, rule->path);
	add_number(hash, rule->non_empty);
	add_number(hash, rule->min_count);
	add_number(hash, rule->max_count);
	hash_add_text(hash, rule->sha256);
}

static void add_texts(struct hash *hash, const struct text_list *texts)
{
	add_number(hash, texts->count);
	for (uint32_t i = 0; i < texts->count; i++)
		hash_add_text(hash, texts->items[i].text);
}

/* Of a schema in a file the name: what the file holds is no definition. */
static void add_schema_contract(struct hash *hash, const struct contract *contract)
{
	hash_add_text(hash, contract->schema);
	hash_add_text(hash, contract->schema_text);
	hash_add_text(hash, contract->source);
	add_number(hash, contract->is_message);
	hash_add_text(hash, contract->schema_name);
}

static void add_contract(struct hash *hash, const struct contract *contract)
{
	hash_add_text(hash, contract_kind_name(contract->kind));
	switch (contract->kind) {
	case CONTRACT_JSON_SCHEMA:
		add_schema_contract(hash, contract);
		break;
	case CONTRACT_COMMAND:
		add_command(hash, &contract->command);
		break;
	case CONTRACT_FILES:
		add_number(hash, contract->file_count);
		for (uint32_t i = 0; i < contract->file_count; i++)
			add_file_rule(hash, &contract->files[i]);
		break;
	case CONTRACT_DIFF_SCOPE:
		add_texts(hash, &contract->paths);
		break;
	case CONTRACT_KIND_COUNT:
		break;
	}
}

static void add_adapter(struct hash *hash, const struct adapter *adapter)
{
	add_number(hash, adapter->part_count);
	for (uint32_t i = 0; i < adapter->part_count; i++) {
		const struct adapter_part *part = &adapter->parts[i];
		add_number(hash, part->is_optional);
		add_number(hash, part->argument_count);
		for (uint32_t k = 0; k < part->argument_count; k++)
			hash_add_text(hash, part->arguments[k]);
	}
	hash_add_text(hash, adapter_stdin_name(adapter->input));
	hash_add_text(hash, adapter_result_name(adapter->result));
	hash_add_text(hash, adapter->separator);
}

static void add_persona(struct hash *hash, const struct persona *persona)
{
	hash_add_text(hash, persona->system_prompt);
	hash_add_text(hash, persona->system_prompt_file);
	hash_add_text(hash, persona->model);
	add_texts(hash, &persona->allow);
	add_texts(hash, &persona->deny);
	add_environment(hash, &persona->env);
}

/* By what the agent is told and may do; where that is not known yet, by the names that were asked for. */
static void add_agent(
	struct hash *hash, const struct pipeline *pipeline, const struct agent_use *agent)
{
	hash_add_text(hash, "agent");
	hash_add_text(hash, agent->task);
	hash_add_text(hash, agent->persona_name);
	if (agent->persona < pipeline->persona_count)
		add_persona(hash, &pipeline->personas[agent->persona]);
	hash_add_text(hash, agent->adapter_name);
	if (agent->adapter < pipeline->adapter_count)
		add_adapter(hash, &pipeline->adapters[agent->adapter]);
}

static void add_component(struct hash *hash, const struct component_use *component)
{
	hash_add_text(hash, "component");
	hash_add_text(hash, component->type);
	add_number(hash, component->is_builtin);
	add_number(hash, component->merges_inputs);
	hash_add_text(hash, component->properties);
	hash_add_text(hash, component->output_schema);
	add_texts(hash, &component->input_schemas);
}

static void add_foreach(
	struct hash *hash, const struct pipeline *pipeline, const struct foreach *foreach)
{
	hash_add_text(hash, "foreach");
	hash_add_text(hash, foreach->item_name);
	add_number(hash, foreach->batch);
	add_input(hash, pipeline, &foreach->from);
}

/*
 * What few steps have, each part behind a word of its own. A step with none of it has the
 * fingerprint it would have without this.
 */
static void add_rare(struct hash *hash, const struct pipeline *pipeline, const struct step *step)
{
	if (step->agent)
		add_agent(hash, pipeline, step->agent);
	if (step->component)
		add_component(hash, step->component);
	if (step->workspace != WORKSPACE_SHARED) {
		hash_add_text(hash, "workspace");
		hash_add_text(hash, workspace_kind_name(step->workspace));
	}
	if (step->instance && step->instance->item) {
		hash_add_text(hash, "item");
		hash_add_text(hash, step->instance->item_name);
		hash_add_text(hash, step->instance->item);
	}
	if (step->foreach)
		add_foreach(hash, pipeline, step->foreach);
	if (step->cache) {
		hash_add_text(hash, "cache");
		add_texts(hash, &step->cache->key);
		add_texts(hash, &step->cache->paths);
	}
}

/* What all steps share, hashed once. */
static void hash_shared(const struct pipeline *pipeline, char text[HASH_TEXT_SIZE])
{
	struct hash hash;
	hash_start(&hash);
	hash_add_text(&hash, FINGERPRINT_FORM);
	add_environment(&hash, &pipeline->env);
	add_number(&hash, pipeline->parameter_count);
	for (uint32_t i = 0; i < pipeline->parameter_count; i++) {
		hash_add_text(&hash, pipeline->parameters[i].name);
		hash_add_text(&hash, pipeline->parameters[i].value);
	}
	hash_finish(&hash, text);
}

void fingerprint_steps(struct plan *plan)
{
	const struct pipeline *pipeline = plan->pipeline;
	char shared[HASH_TEXT_SIZE];
	struct hash hash;
	hash_shared(pipeline, shared);
	hash_start(&hash);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct step *step = &pipeline->steps[i];
		hash_add_text(&hash, shared);
		add_command(&hash, &step->command);
		add_environment(&hash, &step->env);
		hash_add_text(&hash, step->workdir);
		add_inputs(&hash, pipeline, step);
		add_outputs(&hash, step);
		add_number(&hash, step->contract_count);
		for (uint32_t k = 0; k < step->contract_count; k++)
			add_contract(&hash, &step->contracts[k]);
		add_rare(&hash, pipeline, step);
		hash_next(&hash, plan->steps[i].fingerprint);
	}
	hash_release(&hash);
}
