#include "load/fan_out_text.h"

#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/text.h"

/* Bytes that are passed over while one key is compared. */
#define BYTES_A_COMPARISON 16u

struct replacement {
	const struct matrix_value *values;
	uint32_t count;
	struct fan_out_budget *budget;
};

/* False: it is used up, and stays so. */
static bool take(uint64_t *left, uint64_t amount)
{
	bool is_enough = amount <= *left;
	*left = is_enough ? *left - amount : 0;
	return is_enough;
}

static bool take_work(const struct replacement *replacement, uint64_t comparisons)
{
	return take(&replacement->budget->work_left, comparisons);
}

/* The value whose {KEY} stands at text; *size becomes its length with the braces. */
static const char *find_value(const struct replacement *replacement, const char *text, size_t *size)
{
	static const char starts[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";
	if (!text[1] || !strchr(starts, text[1]) || !take_work(replacement, replacement->count))
		return NULL;
	for (uint32_t i = 0; i < replacement->count; i++) {
		const struct matrix_value *value = &replacement->values[i];
		size_t length = strlen(value->key);
		if (strncmp(value->key, text + 1, length) == 0 && text[1 + length] == '}') {
			*size = length + 2;
			return value->value;
		}
	}
	return NULL;
}

/* The text itself where nothing is to do. */
static const char *replaced(const struct replacement *replacement, const char *text)
{
	CLEANUP(buffer_release) struct buffer result = BUFFER_INIT;
	bool is_changed = false;
	if (!text || replacement->count == 0 ||
		!take_work(replacement, 1 + strlen(text) / BYTES_A_COMPARISON))
		return text;
	const char *rest = text;
	for (const char *brace = strchr(rest, '{'); brace; brace = strchr(brace, '{')) {
		size_t size = 1;
		if (!take_work(replacement, 1))
			return text;
		const char *value = find_value(replacement, brace, &size);
		if (value) {
			buffer_append(&result, rest, (size_t)(brace - rest));
			buffer_append_text(&result, value);
			rest = brace + size;
			is_changed = true;
		}
		brace += size;
	}
	if (!is_changed)
		return text;
	buffer_append_text(&result, rest);
	if (!take(&replacement->budget->bytes_left, result.size + 1))
		return text;
	return arena_copy_bytes(replacement->budget->arena, buffer_text(&result), result.size);
}

static void put_command(const struct replacement *replacement, struct command *command)
{
	const char **arguments = NULL;
	for (uint32_t i = 0; i < command->argument_count; i++) {
		const char *argument = replaced(replacement, command->arguments[i]);
		if (argument == command->arguments[i])
			continue;
		if (!arguments) {
			arguments = ARENA_ARRAY(replacement->budget->arena, const char *,
				(size_t)command->argument_count + 1);
			for (uint32_t j = 0; j < command->argument_count; j++)
				arguments[j] = command->arguments[j];
		}
		arguments[i] = argument;
	}
	if (arguments)
		command->arguments = arguments;
}

/* Copied whether or not a text in it changes: the instances are few beside what they do. */
#define COPY_ITEMS(replacement, type, items, count)                                                \
	((items) = copy_items((replacement)->budget, (items), (count), sizeof(type)))

static void *copy_items(
	struct fan_out_budget *budget, const void *items, uint32_t count, size_t size)
{
	if (count == 0 || !take(&budget->items_left, count))
		return NULL;
	void *copy = arena_allocate_array(budget->arena, count, size);
	memcpy(copy, items, count * size);
	return copy;
}

static void put_list(const struct replacement *replacement, struct text_list *list)
{
	COPY_ITEMS(replacement, struct text_item, list->items, list->count);
	for (uint32_t i = 0; list->items && i < list->count; i++)
		list->items[i].text = replaced(replacement, list->items[i].text);
}

static void put_contract(const struct replacement *replacement, struct contract *contract)
{
	contract->schema = replaced(replacement, contract->schema);
	contract->source = replaced(replacement, contract->source);
	put_command(replacement, &contract->command);
	put_list(replacement, &contract->paths);
	COPY_ITEMS(replacement, struct file_rule, contract->files, contract->file_count);
	for (uint32_t i = 0; contract->files && i < contract->file_count; i++)
		contract->files[i].path = replaced(replacement, contract->files[i].path);
}

static void put_lists(const struct replacement *replacement, struct step *step)
{
	COPY_ITEMS(replacement, struct environment_variable, step->env.variables, step->env.count);
	for (uint32_t i = 0; step->env.variables && i < step->env.count; i++)
		step->env.variables[i].value = replaced(replacement, step->env.variables[i].value);
	put_list(replacement, &step->writable);
	COPY_ITEMS(replacement, struct output, step->outputs, step->output_count);
	for (uint32_t i = 0; step->outputs && i < step->output_count; i++)
		step->outputs[i].path = replaced(replacement, step->outputs[i].path);
	COPY_ITEMS(replacement, struct contract, step->contracts, step->contract_count);
	for (uint32_t i = 0; step->contracts && i < step->contract_count; i++)
		put_contract(replacement, &step->contracts[i]);
}

bool fan_out_text_put(struct step *step, const struct matrix_value *values, uint32_t count,
	const char *suffix, struct fan_out_budget *budget)
{
	const struct replacement replacement = {values, count, budget};
	if (!take(&budget->items_left, (uint64_t)step->command.argument_count + 1))
		return false;
	const char *name = replaced(&replacement, step->name);
	if (name == step->name && name &&
		take(&budget->bytes_left, strlen(name) + strlen(suffix) + 1))
		name = arena_format(budget->arena, "%s%s", name, suffix);
	step->name = name;
	step->description = replaced(&replacement, step->description);
	step->workdir = replaced(&replacement, step->workdir);
	put_command(&replacement, &step->command);
	put_lists(&replacement, step);
	if (step->agent) {
		struct agent_use *agent = ARENA_NEW(budget->arena, struct agent_use);
		*agent = *step->agent;
		agent->task = replaced(&replacement, agent->task);
		step->agent = agent;
	}
	if (step->cache) {
		struct cache_rule *cache = ARENA_NEW(budget->arena, struct cache_rule);
		*cache = *step->cache;
		put_list(&replacement, &cache->key);
		put_list(&replacement, &cache->paths);
		step->cache = cache;
	}
	return budget->bytes_left > 0 && budget->items_left > 0 && budget->work_left > 0;
}
