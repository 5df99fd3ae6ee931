#include "cli/watch_inputs.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/index.h"
#include "base/path_match.h"
#include "base/text.h"
#include "load/agents.h"
#include "load/component_load.h"
#include "model/condition.h"

/* A pipeline while it is gone through. */
struct collection {
	const struct pipeline *pipeline;
	struct watch_inputs *inputs;
	struct arena *arena;
	const char *folder; /* the pipeline's, kept */
};

/* --- rules --- */

/* Without the "./" and the '/' at the end that say nothing; "" for the folder itself. */
static const char *plain_path(const char *path, struct arena *arena)
{
	while (text_starts_with(path, "./"))
		path += 2;
	size_t length = strlen(path);
	while (length > 1 && path[length - 1] == '/')
		length--;
	return text_equal(path, ".") ? "" : arena_copy_bytes(arena, path, length);
}

static void add_rule(struct watch_inputs *inputs, struct watch_rules *rules, struct watch_rule rule)
{
	rule.path = plain_path(rule.path, &inputs->arena);
	const char *key = arena_format(&inputs->arena, "%d %s//%s",
		rule.is_file + 2 * rule.is_of_component, rule.folder, rule.path);
	/* Two components may take different files of one folder. */
	if (!map_add(&rules->known, key, rules->count) && !rule.is_of_component)
		return;
	GROW(rules->items, rules->count, rules->capacity);
	rules->items[rules->count++] = rule;
}

static struct watch_rule rule_of(const char *folder, const char *path)
{
	return (struct watch_rule){.folder = folder, .path = path};
}

static void add_file(struct collection *collection, const char *path)
{
	if (!text_is_empty(path))
		add_rule(collection->inputs, &collection->inputs->read,
			(struct watch_rule){
				.folder = collection->folder, .path = path, .is_file = true});
}

static void add_globs(struct collection *collection, struct watch_rules *rules, const char *folder,
	const struct text_list *globs)
{
	for (uint32_t i = 0; i < globs->count; i++)
		add_rule(collection->inputs, rules, rule_of(folder, globs->items[i].text));
}

/* --- what is beside the pipeline --- */

static void add_companions(struct collection *collection)
{
	static const char *const names[] = {
		ADAPTERS_FILE, COMPONENTS_FILE, ".wavetrain/components.yml"};
	const struct pipeline *pipeline = collection->pipeline;
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
		add_file(collection, names[i]);
	add_rule(collection->inputs, &collection->inputs->read,
		rule_of(collection->folder, PERSONAS_FOLDER "/*.yaml"));
	if (pipeline->format == FORMAT_TABLE)
		add_file(collection, TABLE_COMPANION);
	for (uint32_t i = 0; i < pipeline->persona_count; i++)
		add_file(collection, pipeline->personas[i].system_prompt_file);
}

/* A program that is found by $PATH, or by an absolute path, is none of the project's. */
static void add_program(
	struct collection *collection, const char *folder, const struct command *command)
{
	const char *program = command->argument_count ? command->arguments[0] : "";
	if (strchr(program, '/') && program[0] != '/')
		add_rule(collection->inputs, &collection->inputs->read,
			(struct watch_rule){.folder = folder, .path = program, .is_file = true});
}

static void add_adapters(struct collection *collection)
{
	const struct pipeline *pipeline = collection->pipeline;
	for (uint32_t i = 0; i < pipeline->adapter_count; i++) {
		const struct adapter *adapter = &pipeline->adapters[i];
		if (!adapter->part_count)
			continue;
		const struct adapter_part *part = &adapter->parts[0];
		const struct command command = {
			.arguments = part->arguments, .argument_count = part->argument_count};
		add_program(collection, collection->folder, &command);
	}
}

/* --- steps --- */

/* Schemas refer to one another, mostly within a folder of their own. */
static void add_schema(struct collection *collection, const char *schema)
{
	const char *plain = plain_path(schema, collection->arena);
	const char *folder = path_folder(collection->arena, plain);
	add_file(collection, plain);
	if (!text_equal(folder, ".") && path_stays_beneath(folder))
		add_rule(collection->inputs, &collection->inputs->read,
			rule_of(collection->folder,
				path_join(collection->arena, folder, "*.json")));
}

static void add_contract(
	struct collection *collection, const char *folder, const struct contract *contract)
{
	if (contract->kind == CONTRACT_JSON_SCHEMA && contract->schema)
		add_schema(collection, contract->schema);
	add_program(collection, folder, &contract->command);
	add_globs(collection, &collection->inputs->written, collection->folder, &contract->paths);
}

/* Recursion is bounded by the nesting that load/ allows an expression. */
static void add_condition(struct collection *collection, const struct condition *condition)
{
	if (!condition)
		return;
	add_globs(collection, &collection->inputs->read, collection->folder, &condition->globs);
	add_condition(collection, condition->left);
	add_condition(collection, condition->right);
}

static void add_component(
	struct collection *collection, const char *folder, const struct component_use *component)
{
	struct watch_rule rule = {.folder = folder, .is_of_component = true};
	if (component && component->is_builtin && component->properties &&
		input_files_read(
			component->type, component->properties, collection->arena, &rule.files)) {
		rule.path = rule.files.path;
		add_rule(collection->inputs, &collection->inputs->read, rule);
	}
}

static void add_outputs(struct collection *collection, const char *folder, const struct step *step)
{
	for (uint32_t i = 0; i < step->output_count; i++) {
		if (step->outputs[i].path)
			add_rule(collection->inputs, &collection->inputs->written,
				rule_of(folder, step->outputs[i].path));
	}
}

static void add_step(struct collection *collection, const struct step *step)
{
	struct arena *arena = collection->arena;
	const char *workdir = step->workdir ? plain_path(step->workdir, arena) : "";
	const char *folder = path_join(arena, collection->folder, workdir);
	if (!*workdir)
		folder = collection->folder;
	if (step->cache) {
		add_globs(collection, &collection->inputs->read, folder, &step->cache->key);
		add_globs(collection, &collection->inputs->written, folder, &step->cache->paths);
	}
	add_program(collection, folder, &step->command);
	add_condition(collection, step->condition);
	add_component(collection, folder, step->component);
	add_outputs(collection, folder, step);
	for (uint32_t i = 0; i < step->contract_count; i++)
		add_contract(collection, folder, &step->contracts[i]);
}

void watch_inputs_collect(
	const struct pipeline *pipeline, const char *file, struct watch_inputs *inputs)
{
	*inputs = (struct watch_inputs){0};
	struct collection collection = {.pipeline = pipeline,
		.inputs = inputs,
		.arena = &inputs->arena,
		.folder = arena_copy_text(&inputs->arena, pipeline->folder)};
	add_file(&collection, file);
	add_companions(&collection);
	add_adapters(&collection);
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		add_step(&collection, &pipeline->steps[i]);
}

static void release_rules(struct watch_rules *rules)
{
	free(rules->items);
	map_release(&rules->known);
}

void watch_inputs_release(struct watch_inputs *inputs)
{
	release_rules(&inputs->read);
	release_rules(&inputs->written);
	arena_release(&inputs->arena);
	*inputs = (struct watch_inputs){0};
}

void watch_inputs_add_written(struct watch_inputs *inputs, const char *folder)
{
	add_rule(inputs, &inputs->written, rule_of(path_absolute(&inputs->arena, folder), ""));
}

/* --- what is written --- */

static bool holds(const struct watch_rule *rule, const char *path)
{
	size_t length = strlen(rule->folder);
	if (strncmp(path, rule->folder, length) != 0 || path[length] != '/')
		return false;
	const char *rest = path + length + 1;
	size_t own = strlen(rule->path);
	bool is_beneath = strncmp(rest, rule->path, own) == 0 && (!rest[own] || rest[own] == '/');
	return !own || is_beneath || path_matches(rule->path, rest, true);
}

bool watch_inputs_is_written(const struct watch_inputs *inputs, const char *path)
{
	for (uint32_t i = 0; i < inputs->written.count; i++) {
		if (holds(&inputs->written.items[i], path))
			return true;
	}
	return false;
}
