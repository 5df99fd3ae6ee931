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
static void add_inputs(struct hash *hash, const struct pipeline *pipeline, const struct step *step)
{
	add_number(hash, step->input_count);
	for (uint32_t i = 0; i < step->input_count; i++) {
		const struct input *input = &step->inputs[i];
		if (input->step >= pipeline->step_count ||
			input->output >= pipeline->steps[input->step].output_count) {
			hash_add_text(hash, NULL);
			hash_add_text(hash, input->reference);
			continue;
		}
		hash_add_text(hash, pipeline->steps[input->step].id);
		hash_add_text(hash, pipeline->steps[input->step].outputs[input->output].name);
	}
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

static void add_contract(struct hash *hash, const struct contract *contract)
{
	hash_add_text(hash, contract_kind_name(contract->kind));
	switch (contract->kind) {
	case CONTRACT_COMMAND:
		add_command(hash, &contract->command);
		break;
	case CONTRACT_FILES:
		add_number(hash, contract->file_count);
		for (uint32_t i = 0; i < contract->file_count; i++)
			add_file_rule(hash, &contract->files[i]);
		break;
	case CONTRACT_KIND_COUNT:
		break;
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
		hash_next(&hash, plan->steps[i].fingerprint);
	}
	hash_release(&hash);
}
