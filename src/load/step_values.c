#include "load/step_values.h"

#include <string.h>

#include "base/index.h"
#include "base/text.h"
#include "load/condition_read.h"
#include "load/matrix.h"
#include "load/pipeline_check.h"
#include "load/steps_reader.h"

static const struct yaml_field need_fields[] = {
	{.key = "step",
		.kind = FIELD_TEXT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct need, id),
		.description = "The step's id."},
	{.key = "soft",
		.kind = FIELD_BOOLEAN,
		.offset = offsetof(struct need, soft),
		.shown_default = "false",
		.description = "Only the order counts: that step may fail or be skipped."},
};

static void need_start(void *item)
{
	((struct need *)item)->step = INDEX_NONE;
}

static void need_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct need *need = item;
	uint32_t step = tree_find(decoder->tree, node, "step");
	need->where = tree_where(decoder->tree, step == INDEX_NONE ? node : step);
}

const struct yaml_table need_table = {
	.noun = "need",
	.title = "A step that must come before: `needs[]`",
	.fields = need_fields,
	.field_count = ARRAY_LENGTH(need_fields),
	.item_bytes = sizeof(struct need),
	.short_key = "step",
	.start = need_start,
	.finish = need_finish,
};

void decode_needs(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	bool is_one = decoder->tree->nodes[node].kind == NODE_MAPPING;
	uint32_t count = is_one ? 1 : decode_item_count(decoder, field, node);
	step->needs = ARENA_ARRAY(decoder->arena, struct need, count);
	for (uint32_t i = 0; i < count; i++) {
		struct need *need = &step->needs[step->need_count];
		uint32_t item = decode_item(decoder, node, i);
		*need = (struct need){.step = INDEX_NONE, .where = tree_where(decoder->tree, item)};
		if (decoder->tree->nodes[item].kind == NODE_MAPPING)
			decode_mapping(decoder, &need_table, item, need);
		else
			need->id = decode_text(decoder, field, item);
		step->need_count += need->id != NULL;
	}
}

void decode_inputs(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	uint32_t count = decode_item_count(decoder, field, node);
	step->inputs = ARENA_ARRAY(decoder->arena, struct input, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t item = decode_item(decoder, node, i);
		const char *reference = decode_text(decoder, field, item);
		if (reference)
			step->inputs[step->input_count++] = (struct input){.reference = reference,
				.step = INDEX_NONE,
				.output = INDEX_NONE,
				.where = tree_where(decoder->tree, item)};
	}
}

static void decode_output_paths(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, struct step *step)
{
	uint32_t count = decoder->tree->nodes[node].count;
	step->outputs = ARENA_ARRAY(decoder->arena, struct output, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t key = tree_child(decoder->tree, node, 2 * i);
		struct output output = {
			.name = decode_key(decoder, key),
			.path = decode_text(
				decoder, field, tree_child(decoder->tree, node, 2 * i + 1)),
			.where = tree_where(decoder->tree, key),
		};
		if (output.name && output.path)
			step->outputs[step->output_count++] = output;
	}
}

void decode_outputs(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	static const struct yaml_field path_field = {
		.key = "the path of an output", .kind = FIELD_TEXT};
	static const struct yaml_field name_field = {
		.key = "the name of an output", .kind = FIELD_TEXT};
	struct step *step = owner;
	if (decoder->tree->nodes[node].kind == NODE_MAPPING) {
		decode_output_paths(decoder, &path_field, node, step);
		return;
	}
	uint32_t count = decode_item_count(decoder, field, node);
	step->outputs = ARENA_ARRAY(decoder->arena, struct output, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t item = decode_item(decoder, node, i);
		const char *name = decode_text(decoder, &name_field, item);
		if (name)
			step->outputs[step->output_count++] = (struct output){
				.name = name, .where = tree_where(decoder->tree, item)};
	}
}

/* A copy of what the step says of an agent so far, that may be written to. */
static struct agent_use *agent_use_of(struct decoder *decoder, struct step *step)
{
	struct agent_use *use = ARENA_NEW(decoder->arena, struct agent_use);
	*use = step->agent ? *step->agent
			   : (struct agent_use){.persona = INDEX_NONE, .adapter = INDEX_NONE};
	step->agent = use;
	return use;
}

void decode_persona(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct agent_use *use = agent_use_of(decoder, owner);
	use->persona_name = decode_text(decoder, field, node);
	use->where = tree_where(decoder->tree, node);
}

void decode_task(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	const char *task = decode_text(decoder, field, node);
	if (task && task[strspn(task, " \t\r\n")] == '\0')
		report_bad_value(decoder, field, node);
	agent_use_of(decoder, owner)->task = task;
}

static const struct yaml_field foreach_fields[] = {
	{.key = "from",
		.kind = FIELD_TEXT,
		.flags = FIELD_REQUIRED,
		.offset = offsetof(struct foreach, from) + offsetof(struct input, reference),
		.description = "The artifact that is the list: a JSON array, or a text with an "
			       "item on each line. Its step is needed without being named in "
			       "`needs`."},
	{.key = "as",
		.kind = FIELD_TEXT,
		.offset = offsetof(struct foreach, item_name),
		.shown_default = "item",
		.description = "What the item is called: `{item}` in texts, and "
			       "`$WAVETRAIN_INPUT/item.json`."},
	{.key = "batch",
		.kind = FIELD_UNSIGNED,
		.minimum = 1,
		.maximum = 1000000,
		.offset = offsetof(struct foreach, batch),
		.shown_default = "1",
		.description = "How many items one instance gets; with more than 1 it gets a JSON "
			       "array."},
	{.key = "limit",
		.kind = FIELD_UNSIGNED,
		.minimum = 1,
		.maximum = 100000,
		.offset = offsetof(struct foreach, limit),
		.shown_default = "10000",
		.description = "More instances are an error."},
};

static void foreach_start(void *item)
{
	*(struct foreach *)item = (struct foreach){
		.from = {.step = INDEX_NONE, .output = INDEX_NONE},
		.item_name = "item",
		.batch = 1,
		.limit = FOREACH_DEFAULT_LIMIT,
	};
}

static void foreach_finish(struct decoder *decoder, uint32_t node, void *item)
{
	struct foreach *foreach = item;
	uint32_t from = tree_find(decoder->tree, node, "from");
	foreach
		->where = tree_where(decoder->tree, node);
	foreach
		->from.where = tree_where(decoder->tree, from == INDEX_NONE ? node : from);
	if (foreach->item_name)
		check_fan_out_name(decoder, foreach->item_name,
			tree_where(decoder->tree, tree_find(decoder->tree, node, "as") == INDEX_NONE
							  ? node
							  : tree_find(decoder->tree, node, "as")));
}

const struct yaml_table foreach_table = {
	.noun = "section 'foreach'",
	.title = "One instance for each item of a list: `foreach`",
	.fields = foreach_fields,
	.field_count = ARRAY_LENGTH(foreach_fields),
	.item_bytes = sizeof(struct foreach),
	.short_key = "from",
	.start = foreach_start,
	.finish = foreach_finish,
};

void decode_foreach(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	if (decoder->tree->nodes[node].kind == NODE_SEQUENCE || node_is_null(decoder, node)) {
		report_wrong_type(decoder, field, node);
		return;
	}
	struct foreach *foreach = ARENA_NEW(decoder->arena, struct foreach);
	decode_mapping(decoder, &foreach_table, node, foreach);
	step->foreach = foreach;
}

void decode_condition(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	struct source_position where;
	const char *text = decode_text(decoder, field, node);
	if (!text)
		return;
	uint32_t known = decoder->diagnostics->count;
	bool is_verbatim = tree_text_where(decoder->tree, node, &where);
	step->condition = condition_read(text, where, decoder->diagnostics);
	for (uint32_t i = known; i < decoder->diagnostics->count && !is_verbatim; i++)
		decoder->diagnostics->findings[i].where = where;
	if (step->condition)
		condition_check(step->condition, decoder->substitution, where);
}

const char *workspace_word(size_t place)
{
	return place < WORKSPACE_COUNT ? workspace_kind_name((enum workspace_kind)place) : NULL;
}

void decode_workspace(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	size_t place;
	if (decode_word(decoder, field, node, &place))
		step->workspace = (enum workspace_kind)place;
}

const char *isolation_word(size_t place)
{
	return place < ISOLATION_COUNT ? isolation_name((enum isolation)place) : NULL;
}

void decode_isolation(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	size_t place;
	if (!decode_word(decoder, field, node, &place))
		return;
	step->isolation = (enum isolation)place;
	step->has_isolation = true;
}

const char *reaction_word(size_t place)
{
	return place + 1 < REACTION_COUNT ? failure_reaction_name(reaction_of_word(place)) : NULL;
}

enum failure_reaction reaction_of_word(size_t place)
{
	return (enum failure_reaction)(place + 1);
}

void decode_step_reaction(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	size_t place;
	if (decode_word(decoder, field, node, &place))
		step->on_failure = reaction_of_word(place);
}

const char *gate_word(size_t place)
{
	static const char *const words[] = {"auto", "manual", NULL};
	return place < 2 ? words[place] : NULL;
}

void decode_gate(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	size_t place;
	if (decode_word(decoder, field, node, &place))
		step->needs_approval = place == 1;
}

/* In the order of the bits: DEBUG_BEFORE, DEBUG_AFTER, both. */
const char *breakpoint_word(size_t place)
{
	static const char *const words[] = {"before", "after", "both"};
	return place < ARRAY_LENGTH(words) ? words[place] : NULL;
}

void decode_breakpoint(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	size_t place;
	if (decode_word(decoder, field, node, &place))
		step->breakpoint = (uint8_t)(place + 1);
}

void decode_barrier(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	bool is_barrier;
	if (decode_flag(decoder, field, node, &is_barrier))
		step->is_check = !is_barrier;
}

static const struct yaml_field cache_fields[] = {
	{.key = "key",
		.kind = FIELD_TEXT_LIST,
		.offset = offsetof(struct cache_rule, key),
		.description = "Globs from the working directory: files whose content counts "
			       "besides the command, the environment and the inputs."},
	{.key = "paths",
		.kind = FIELD_TEXT_LIST,
		.offset = offsetof(struct cache_rule, paths),
		.description = "Globs from the working directory: files that the step makes "
			       "besides its outputs, put back when it is taken from the cache."},
};

const struct yaml_table cache_table = {
	.noun = "section 'cache'",
	.title = "Taken from an earlier run: `cache`",
	.fields = cache_fields,
	.field_count = ARRAY_LENGTH(cache_fields),
	.item_bytes = sizeof(struct cache_rule),
};

void decode_cache(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct step *step = owner;
	enum node_kind kind = (enum node_kind)decoder->tree->nodes[node].kind;
	bool is_cached = true;
	if (kind == NODE_SEQUENCE) {
		report_wrong_type(decoder, field, node);
		return;
	}
	if (kind == NODE_SCALAR && !decode_flag(decoder, field, node, &is_cached))
		return;
	if (!is_cached)
		return;
	struct cache_rule *rule = ARENA_NEW(decoder->arena, struct cache_rule);
	if (kind == NODE_MAPPING)
		decode_mapping(decoder, &cache_table, node, rule);
	step->cache = rule;
}

/* Names alone: a ${VAR} here would be the secret itself. */
static void decode_names(struct decoder *decoder, uint32_t node, struct text_list *list)
{
	static const struct yaml_field field = {.key = "secrets",
		.kind = FIELD_TEXT_LIST,
		.flags = FIELD_LITERAL,
		.expected = SECRETS_EXPECTED};
	decode_value(decoder, &field, node, list);
	for (uint32_t i = 0; i < list->count; i++) {
		if (!environment_name_is_valid(list->items[i].text))
			diagnostics_add(decoder->diagnostics, FINDING_BAD_VALUE,
				list->items[i].where,
				"'secrets' takes names of environment variables (letters, digits "
				"and '_'), and '%s' is none",
				shorten(decoder->arena, list->items[i].text));
	}
}

void decode_secrets(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	(void)field;
	decode_names(decoder, node, &((struct pipeline *)owner)->secrets);
}

void decode_step_secrets(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	struct text_list *list = ARENA_NEW(decoder->arena, struct text_list);
	(void)field;
	decode_names(decoder, node, list);
	if (list->count)
		((struct step *)owner)->secrets = list;
}
