#include "load/fan_out.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "load/condition_read.h"
#include "load/fan_out_text.h"

struct expansion {
	struct decoder *decoder;
	struct pipeline *pipeline;
	struct map bases; /* owned; id as written to its place in the list */
	struct fan_out_budget budget;
	uint64_t edges_left; /* of FAN_OUT_EDGE_LIMIT */
	bool is_over_limit;
	struct step *steps; /* the new array */
	uint32_t count;
	const char ***ids; /* of each of the list: the ids of its instances */
};

void fan_out_list_release(struct fan_out_list *list)
{
	free(list->items);
	*list = (struct fan_out_list){0};
}

void decode_matrix(
	struct decoder *decoder, const struct yaml_field *field, uint32_t node, void *owner)
{
	(void)field;
	struct fan_out_list *list = decoder->fan_outs;
	GROW(list->items, list->count, list->capacity);
	struct fan_out *fan_out = &list->items[list->count++];
	fan_out->step = owner;
	matrix_read(decoder, node, &list->budget, &fan_out->matrix);
}

/* The matrix of the step that is being decoded; NULL: it has none, or one with faults. */
static const struct matrix *current_matrix(const struct decoder *decoder, const struct step *step)
{
	const struct fan_out_list *list = decoder->fan_outs;
	const struct fan_out *last = list->count > 0 ? &list->items[list->count - 1] : NULL;
	return last && last->step == step ? &last->matrix : NULL;
}

struct matrix_check {
	struct decoder *decoder;
	const struct map *variables;
	struct source_position where;
};

static void check_operand(void *context, const struct operand *operand)
{
	const struct matrix_check *check = context;
	struct arena *arena = check->decoder->arena;
	if (operand->kind != OPERAND_MATRIX ||
		map_find(check->variables, matrix_variable(arena, operand->text)) != INDEX_NONE)
		return;
	diagnostics_add(check->decoder->diagnostics, FINDING_CONDITION, check->where,
		"the matrix of this step has no '%s'", shorten(arena, operand->text));
}

void fan_out_check_names(
	struct decoder *decoder, const struct step *step, struct source_position where)
{
	CLEANUP(map_release) struct map variables = {0};
	const struct matrix *matrix = current_matrix(decoder, step);
	if (!step->condition && !matrix)
		return;
	for (uint32_t i = 0; matrix && i < matrix->count; i++) {
		for (uint32_t j = 0; j < matrix->combinations[i].count; j++)
			map_add(&variables,
				matrix_variable(
					decoder->arena, matrix->combinations[i].values[j].key),
				i);
	}
	for (uint32_t i = 0; matrix && i < step->env.count; i++) {
		const struct environment_variable *variable = &step->env.variables[i];
		if (map_find(&variables, variable->name) != INDEX_NONE)
			diagnostics_add(decoder->diagnostics, FINDING_AMBIGUOUS, variable->where,
				"the variable '%s' is set by the matrix", variable->name);
	}
	struct matrix_check check = {decoder, &variables, where};
	if (step->condition && (!matrix || matrix->count > 0))
		condition_each_operand(step->condition, check_operand, &check);
}

const char *step_base_id(const struct step *step)
{
	return step->instance ? step->instance->base_id : step->id;
}

bool is_same_fan_out(const struct step *left, const struct step *right)
{
	return left == right || (left->instance && right->instance &&
					left->instance->base_id == right->instance->base_id);
}

/* In an id, which names files as well; what is longer is told apart by "~2". */
#define SUFFIX_VALUE_BYTES 64u
#define SUFFIX_BYTES 96u

static void append_plain(struct buffer *buffer, const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
	for (uint32_t i = 0; text[i] && i < SUFFIX_VALUE_BYTES; i++)
		buffer_append_byte(buffer, strchr(plain, text[i]) ? text[i] : '_');
}

/* Suffixes that are taken, and how often each was asked for. */
struct suffixes {
	struct map taken; /* owned; to the place in counts */
	uint32_t *counts;
};

/* "[os=a,arch=x]"; of the second that would be the same "[os=a,arch=x~2]". */
static const char *instance_suffix(const struct matrix_combination *combination,
	struct suffixes *suffixes, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	for (uint32_t i = 0; i < combination->count; i++) {
		buffer_append_byte(&buffer, i == 0 ? '[' : ',');
		buffer_append_text(&buffer, combination->values[i].key);
		buffer_append_byte(&buffer, '=');
		append_plain(&buffer, combination->values[i].value);
	}
	const char *all = buffer_text(&buffer);
	const char *suffix = arena_format(arena, "%.*s]", (int)SUFFIX_BYTES, all);
	uint32_t place = suffixes->taken.count;
	if (!map_add(&suffixes->taken, suffix, place))
		place = map_find(&suffixes->taken, suffix);
	uint32_t number = ++suffixes->counts[place];
	return number == 1 ? suffix
			   : arena_format(arena, "%.*s~%u]", (int)SUFFIX_BYTES, all, number);
}

static void set_matrix_variables(
	struct step *step, const struct matrix_combination *combination, struct arena *arena)
{
	struct environment env = {.count = step->env.count};
	env.variables = ARENA_ARRAY(
		arena, struct environment_variable, (size_t)env.count + combination->count);
	for (uint32_t i = 0; i < env.count; i++)
		env.variables[i] = step->env.variables[i];
	for (uint32_t i = 0; i < combination->count; i++)
		env.variables[env.count++] = (struct environment_variable){
			.name = matrix_variable(arena, combination->values[i].key),
			.value = combination->values[i].value,
			.where = step->where};
	step->env = env;
}

/* False: there is too much of them. */
static bool add_instances(
	struct expansion *expansion, const struct step *step, uint32_t place, const char *id)
{
	struct arena *arena = expansion->decoder->arena;
	const struct matrix *matrix = &expansion->decoder->fan_outs->items[place].matrix;
	struct suffixes suffixes = {.counts = ARENA_ARRAY(arena, uint32_t, matrix->count)};
	expansion->ids[place] = ARENA_ARRAY(arena, const char *, matrix->count);
	bool is_whole = true;
	for (uint32_t i = 0; i < matrix->count && is_whole; i++) {
		const struct matrix_combination *combination = &matrix->combinations[i];
		const char *suffix = instance_suffix(combination, &suffixes, arena);
		struct step *added = &expansion->steps[expansion->count++];
		struct step_instance *instance = ARENA_NEW(arena, struct step_instance);
		*added = *step;
		*instance = (struct step_instance){
			.base_id = id, .number = i, .instance_count = matrix->count};
		added->instance = instance;
		added->id = arena_format(arena, "%s%s", id, suffix);
		is_whole = fan_out_text_put(
			added, combination->values, combination->count, suffix, &expansion->budget);
		expansion->ids[place][i] = added->id;
		if (is_whole)
			set_matrix_variables(added, combination, arena);
	}
	map_release(&suffixes.taken);
	return is_whole;
}

static bool take_edges(struct expansion *expansion, uint64_t count, struct source_position where)
{
	if (count <= expansion->edges_left) {
		expansion->edges_left -= count;
		return true;
	}
	if (!expansion->is_over_limit)
		diagnostics_add(expansion->decoder->diagnostics, FINDING_BAD_VALUE, where,
			"the instances of matrices need one another more than %u times",
			FAN_OUT_EDGE_LIMIT);
	expansion->is_over_limit = true;
	return false;
}

/* How many steps a reference stands for; *place: which of the list, or INDEX_NONE. */
static uint32_t reference_count(
	const struct expansion *expansion, const char *id, const char *own_id, uint32_t *place)
{
	*place = text_equal(id, own_id) ? INDEX_NONE : map_find(&expansion->bases, id);
	return *place == INDEX_NONE ? 1 : expansion->decoder->fan_outs->items[*place].matrix.count;
}

static void expand_needs(struct expansion *expansion, struct step *step)
{
	uint64_t total = 0;
	uint32_t place;
	bool is_changed = false;
	const char *own_id = step_base_id(step);
	uint32_t consumers = step->instance ? step->instance->instance_count : 1;
	for (uint32_t i = 0; i < step->need_count; i++) {
		total += reference_count(expansion, step->needs[i].id, own_id, &place);
		is_changed = is_changed || place != INDEX_NONE;
	}
	if (!is_changed || !take_edges(expansion, total * consumers, step->needs[0].where))
		return;
	struct need *needs = ARENA_ARRAY(expansion->decoder->arena, struct need, total);
	uint32_t count = 0;
	for (uint32_t i = 0; i < step->need_count; i++) {
		const struct need *need = &step->needs[i];
		uint32_t copies = reference_count(expansion, need->id, own_id, &place);
		for (uint32_t j = 0; j < copies; j++) {
			needs[count] = *need;
			if (place != INDEX_NONE)
				needs[count].id = expansion->ids[place][j];
			count++;
		}
	}
	step->needs = needs;
	step->need_count = count;
}

static void expand_wave(struct expansion *expansion, struct declared_wave *wave)
{
	uint64_t total = 0;
	uint32_t place;
	for (uint32_t i = 0; i < wave->steps.count; i++)
		total += reference_count(expansion, wave->steps.items[i].text, NULL, &place);
	if (!take_edges(expansion, total, wave->where))
		return;
	struct text_list steps = {
		.items = ARENA_ARRAY(expansion->decoder->arena, struct text_item, total)};
	for (uint32_t i = 0; i < wave->steps.count; i++) {
		const struct text_item *item = &wave->steps.items[i];
		uint32_t copies = reference_count(expansion, item->text, NULL, &place);
		for (uint32_t j = 0; j < copies; j++) {
			steps.items[steps.count] = *item;
			if (place != INDEX_NONE)
				steps.items[steps.count].text = expansion->ids[place][j];
			steps.count++;
		}
	}
	wave->steps = steps;
}

/* Names the instances' ids before the references are expanded, in the steps' order. */
static bool put_instances(struct expansion *expansion)
{
	const struct fan_out_list *list = expansion->decoder->fan_outs;
	const struct pipeline *pipeline = expansion->pipeline;
	uint32_t next = 0;
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct step *step = &pipeline->steps[i];
		while (next < list->count && list->items[next].step < step)
			next++;
		bool has_matrix = next < list->count && list->items[next].step == step;
		if (!has_matrix || list->items[next].matrix.count == 0 || !step->id ||
			step->foreach) {
			expansion->steps[expansion->count++] = *step;
		} else if (!add_instances(expansion, step, next, step->id)) {
			diagnostics_add(expansion->decoder->diagnostics, FINDING_BAD_VALUE,
				step->where,
				"the texts and lists of all instances of the step '%s' are too "
				"many",
				shorten(expansion->decoder->arena, step->id));
			return false;
		}
	}
	return true;
}

/* Instances share what the first of them has. */
static void expand_references(struct expansion *expansion)
{
	struct step *first = NULL;
	for (uint32_t i = 0; i < expansion->count; i++) {
		struct step *step = &expansion->steps[i];
		if (first && is_same_fan_out(first, step)) {
			step->needs = first->needs;
			step->need_count = first->need_count;
			continue;
		}
		first = step;
		expand_needs(expansion, step);
	}
	for (uint32_t i = 0; i < expansion->pipeline->wave_count; i++)
		expand_wave(expansion, &expansion->pipeline->waves[i]);
}

void fan_out_expand(struct decoder *decoder, struct pipeline *pipeline)
{
	const struct fan_out_list *list = decoder->fan_outs;
	struct expansion expansion = {.decoder = decoder,
		.pipeline = pipeline,
		.edges_left = FAN_OUT_EDGE_LIMIT,
		.budget = {decoder->arena, FAN_OUT_BYTE_LIMIT, FAN_OUT_ITEM_LIMIT,
			FAN_OUT_WORK_LIMIT}};
	uint64_t total = pipeline->step_count;
	for (uint32_t i = 0; i < list->count; i++)
		total += list->items[i].matrix.count;
	if (list->count == 0)
		return;
	if (total > PIPELINE_STEP_LIMIT) {
		diagnostics_add(decoder->diagnostics, FINDING_PARSE, list->items[0].step->where,
			"the matrices make more than %u steps", PIPELINE_STEP_LIMIT);
		return;
	}
	expansion.ids = ARENA_ARRAY(decoder->arena, const char **, list->count);
	for (uint32_t i = 0; i < list->count; i++) {
		const struct fan_out *fan_out = &list->items[i];
		if (fan_out->step->id && fan_out->matrix.count > 0 && !fan_out->step->foreach)
			map_add(&expansion.bases, fan_out->step->id, i);
	}
	expansion.steps = ARENA_ARRAY(decoder->arena, struct step, total);
	if (put_instances(&expansion)) {
		expand_references(&expansion);
		pipeline->steps = expansion.steps;
		pipeline->step_count = expansion.count;
	}
	map_release(&expansion.bases);
}
