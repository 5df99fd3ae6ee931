#include "load/expansion.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "load/fan_out.h"
#include "load/fan_out_text.h"
#include "load/pipeline_check.h"

#define LIST_LIMIT_BYTES ((size_t)64 << 20)
#define ITEM_LIMIT 1000000u

/* The items of the list as JSON, and as text where they are scalars. */
struct item_list {
	const char **json;
	const char **text; /* NULL: a list or an object */
	uint32_t count;
};

struct expansion {
	struct pipeline *pipeline;
	const struct step *step; /* as it was */
	uint32_t place;          /* of it, and of its first instance */
	uint32_t count;          /* instances */
	const char **ids;        /* of the instances */
	/* What the step before had and got: instances of one step share their arrays. */
	struct step before;
	struct step after;
	struct arena *arena;
};

static bool is_white(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static void item_list_reserve(struct item_list *items, size_t count, struct arena *arena)
{
	items->json = ARENA_ARRAY(arena, const char *, count + 1);
	items->text = ARENA_ARRAY(arena, const char *, count + 1);
}

static const char *quoted(const char *bytes, size_t size, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	json_append_string(&buffer, bytes, size);
	return arena_copy_bytes(arena, buffer_text(&buffer), buffer.size);
}

static bool refuse_count(struct error *error)
{
	return error_set(error, ERROR_STEP_FAILED, "the list has more than %u items", ITEM_LIMIT);
}

static void add_json_item(struct item_list *items, const json_t *value, struct arena *arena)
{
	uint32_t place = items->count++;
	if (json_is_string(value)) {
		size_t size = json_string_length(value);
		items->json[place] = quoted(json_string_value(value), size, arena);
		items->text[place] = arena_copy_bytes(arena, json_string_value(value), size);
		return;
	}
	char *dump = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	items->json[place] = arena_copy_text(arena, dump ? dump : "null");
	free(dump);
	if (!json_is_array(value) && !json_is_object(value))
		items->text[place] = items->json[place];
}

static void release_json(json_t **value)
{
	json_decref(*value);
}

static bool read_array(struct item_list *items, const char *list, size_t size, struct arena *arena,
	struct error *error)
{
	json_error_t fault;
	CLEANUP(release_json)
	json_t *array = json_loadb(list, size, JSON_REJECT_DUPLICATES, &fault);
	if (!array)
		return error_set(error, ERROR_STEP_FAILED,
			"the list is not valid JSON: line %d, column %d: %s", fault.line,
			fault.column, fault.text);
	size_t count = json_array_size(array);
	if (count > ITEM_LIMIT)
		return refuse_count(error);
	item_list_reserve(items, count, arena);
	for (size_t i = 0; i < count; i++)
		add_json_item(items, json_array_get(array, i), arena);
	return true;
}

static bool read_lines(struct item_list *items, const char *list, size_t size, struct arena *arena,
	struct error *error)
{
	const char *end = list + size;
	size_t count = 1;
	if (memchr(list, 0, size) || !utf8_is_valid(list, size))
		return error_set(error, ERROR_STEP_FAILED,
			"the list is neither a JSON array nor UTF-8 text with an item on each line");
	for (const char *at = list; at < end; at++)
		count += *at == '\n';
	if (count > ITEM_LIMIT + 1)
		return refuse_count(error);
	item_list_reserve(items, count, arena);
	for (const char *line = list; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		const char *next = stop ? stop + 1 : end;
		stop = stop ? stop : end;
		while (line < stop && is_white(*line))
			line++;
		while (stop > line && is_white(stop[-1]))
			stop--;
		if (stop > line) {
			size_t length = (size_t)(stop - line);
			items->json[items->count] = quoted(line, length, arena);
			items->text[items->count++] = arena_copy_bytes(arena, line, length);
		}
		line = next;
	}
	return true;
}

/* Most likely a mistake, and never an item: lines that begin with a brace are more than one. */
static bool is_object(const char *list, size_t size)
{
	json_error_t fault;
	CLEANUP(release_json) json_t *value = json_loadb(list, size, 0, &fault);
	return json_is_object(value);
}

static bool read_items(struct item_list *items, const char *list, size_t size, struct arena *arena,
	struct error *error)
{
	size_t first = 0;
	*items = (struct item_list){0};
	if (size > LIST_LIMIT_BYTES)
		return error_set(error, ERROR_STEP_FAILED, "the list has more than %u MiB",
			(unsigned)(LIST_LIMIT_BYTES >> 20));
	if (size >= 3 && memcmp(list, "\xEF\xBB\xBF", 3) == 0)
		first = 3;
	list += first;
	size -= first;
	first = 0;
	while (first < size && is_white(list[first]))
		first++;
	if (first < size && list[first] == '[')
		return read_array(items, list, size, arena, error);
	if (first < size && list[first] == '{' && is_object(list, size))
		return error_set(
			error, ERROR_STEP_FAILED, "the list is a JSON object and not an array");
	return read_lines(items, list, size, arena, error);
}

/* "[a,b]" of the items from first on. */
static const char *batch_json(
	const struct item_list *items, uint32_t first, uint32_t batch, struct arena *arena)
{
	CLEANUP(buffer_release) struct buffer buffer = BUFFER_INIT;
	for (uint32_t i = first; i < items->count && i - first < batch; i++) {
		buffer_append_byte(&buffer, i == first ? '[' : ',');
		buffer_append_text(&buffer, items->json[i]);
	}
	buffer_append_byte(&buffer, ']');
	return arena_copy_bytes(arena, buffer_text(&buffer), buffer.size);
}

/* An item is put into paths, and may come from anywhere. */
static bool check_instances(
	const struct expansion *expansion, const struct step *steps, struct error *error)
{
	CLEANUP(diagnostics_release) struct diagnostics diagnostics = {0};
	diagnostics_init(&diagnostics, expansion->arena, "");
	for (uint32_t i = 0; i < expansion->count; i++) {
		step_check(&steps[i], &diagnostics);
		if (diagnostics.count > 0)
			return error_set(error, ERROR_STEP_FAILED, "step '%s': %s", steps[i].id,
				diagnostics.findings[0].message);
	}
	return true;
}

/* False: there is too much of them. */
static bool make_instances(
	struct expansion *expansion, const struct item_list *items, struct step *steps)
{
	const struct foreach *foreach = expansion->step->foreach;
	struct arena *arena = expansion->arena;
	struct fan_out_budget budget = {
		arena, FAN_OUT_BYTE_LIMIT, FAN_OUT_ITEM_LIMIT, FAN_OUT_WORK_LIMIT};
	const char *base_id = expansion->step->id;
	expansion->ids = ARENA_ARRAY(arena, const char *, (size_t)expansion->count + 1);
	for (uint32_t i = 0; i < expansion->count; i++) {
		struct step *step = &steps[i];
		uint32_t first = i * foreach->batch;
		bool is_single = foreach->batch == 1;
		const char *suffix = arena_format(arena, "[%u]", i);
		struct step_instance *instance = ARENA_NEW(arena, struct step_instance);
		struct matrix_value value = {foreach->item_name, items->text[first]};
		*instance = (struct step_instance){
			.base_id = base_id,
			.number = i,
			.instance_count = expansion->count,
			.item = is_single ? items->json[first]
					  : batch_json(items, first, foreach->batch, arena),
			.item_name = foreach->item_name,
		};
		*step = *expansion->step;
		step->foreach = NULL;
		step->instance = instance;
		step->id = arena_format(arena, "%s%s", base_id, suffix);
		if (!fan_out_text_put(
			    step, &value, is_single && value.value ? 1 : 0, suffix, &budget))
			return false;
		expansion->ids[i] = step->id;
	}
	return true;
}

/* How many stand for one place, and where the first of them is now. */
static uint32_t moved(const struct expansion *expansion, uint32_t step, uint32_t *first)
{
	*first = step > expansion->place && step != INDEX_NONE ? step + expansion->count - 1 : step;
	return step == expansion->place ? expansion->count : 1;
}

static void move_needs(const struct expansion *expansion, struct step *step)
{
	uint32_t total = 0;
	uint32_t first;
	for (uint32_t i = 0; i < step->need_count; i++)
		total += moved(expansion, step->needs[i].step, &first);
	struct need *needs = ARENA_ARRAY(expansion->arena, struct need, total);
	uint32_t count = 0;
	for (uint32_t i = 0; i < step->need_count; i++) {
		uint32_t copies = moved(expansion, step->needs[i].step, &first);
		for (uint32_t j = 0; j < copies; j++) {
			needs[count] = step->needs[i];
			needs[count].step =
				step->needs[i].step == INDEX_NONE ? INDEX_NONE : first + j;
			if (step->needs[i].step == expansion->place)
				needs[count].id = expansion->ids[j];
			count++;
		}
	}
	step->needs = needs;
	step->need_count = count;
}

/* Of no instance nothing can be taken, but the step finds the folders that would hold it. */
static void note_empty_inputs(const struct expansion *expansion, struct step *step)
{
	uint32_t old_count = step->empty_inputs ? step->empty_inputs->count : 0;
	if (expansion->count > 0)
		return;
	struct text_list *list = ARENA_NEW(expansion->arena, struct text_list);
	list->items = ARENA_ARRAY(
		expansion->arena, struct text_item, (size_t)old_count + step->input_count);
	for (uint32_t i = 0; i < old_count; i++)
		list->items[list->count++] = step->empty_inputs->items[i];
	for (uint32_t i = 0; i < step->input_count; i++) {
		const struct input *input = &step->inputs[i];
		if (input->step != expansion->place)
			continue;
		list->items[list->count++] =
			(struct text_item){.text = expansion->step->outputs[input->output].name,
				.where = input->where};
	}
	if (list->count > 0)
		step->empty_inputs = list;
}

static void move_inputs(const struct expansion *expansion, struct step *step)
{
	uint32_t total = 0;
	uint32_t first;
	for (uint32_t i = 0; i < step->input_count; i++)
		total += moved(expansion, step->inputs[i].step, &first);
	struct input *inputs = ARENA_ARRAY(expansion->arena, struct input, total);
	uint32_t count = 0;
	for (uint32_t i = 0; i < step->input_count; i++) {
		bool is_ours = step->inputs[i].step == expansion->place;
		uint32_t copies = moved(expansion, step->inputs[i].step, &first);
		for (uint32_t j = 0; j < copies; j++) {
			inputs[count] = step->inputs[i];
			inputs[count].step = first + j;
			inputs[count].of_fan_out = inputs[count].of_fan_out || is_ours;
			count++;
		}
	}
	note_empty_inputs(expansion, step);
	step->inputs = inputs;
	step->input_count = count;
}

static bool waits_for(const struct step *step, uint32_t place)
{
	for (uint32_t i = 0; i < step->need_count; i++)
		if (step->needs[i].step == place)
			return true;
	for (uint32_t i = 0; i < step->input_count; i++)
		if (step->inputs[i].step == place)
			return true;
	return false;
}

/* Who waited for instances that do not come still comes after the list. */
static void wait_for_list(const struct expansion *expansion, struct step *step)
{
	const struct input *list = &expansion->step->foreach->from;
	const struct step *producer = &expansion->pipeline->steps[list->step];
	struct need *needs =
		ARENA_ARRAY(expansion->arena, struct need, (size_t)step->need_count + 1);
	uint32_t place;
	moved(expansion, list->step, &place);
	for (uint32_t i = 0; i < step->need_count; i++) {
		needs[i] = step->needs[i];
		if (needs[i].step == place)
			return;
	}
	needs[step->need_count++] =
		(struct need){.id = producer->id, .step = place, .where = list->where};
	step->needs = needs;
}

static void move_references(struct expansion *expansion, struct step *step)
{
	const struct step old = *step;
	if (old.need_count > 0 && old.needs == expansion->before.needs) {
		step->needs = expansion->after.needs;
		step->need_count = expansion->after.need_count;
	} else {
		move_needs(expansion, step);
	}
	if (old.input_count > 0 && old.inputs == expansion->before.inputs) {
		step->inputs = expansion->after.inputs;
		step->input_count = expansion->after.input_count;
		step->empty_inputs = expansion->after.empty_inputs;
	} else {
		move_inputs(expansion, step);
	}
	expansion->before = old;
	expansion->after = *step;
}

static void move_foreach(struct expansion *expansion, struct step *step)
{
	if (!step->foreach)
		return;
	struct foreach *foreach = ARENA_NEW(expansion->arena, struct foreach);
	*foreach = *step->foreach;
	moved(expansion, step->foreach->from.step, &foreach->from.step);
	step->foreach = foreach;
}

/* Edges to the instances, over all who need or take them. */
static uint64_t count_edges(const struct expansion *expansion)
{
	uint64_t references = 0;
	for (uint32_t i = 0; i < expansion->pipeline->step_count; i++) {
		const struct step *step = &expansion->pipeline->steps[i];
		for (uint32_t j = 0; j < step->need_count; j++)
			references += step->needs[j].step == expansion->place;
		for (uint32_t j = 0; j < step->input_count; j++)
			references += step->inputs[j].step == expansion->place;
	}
	return references * expansion->count;
}

static void move_waves(struct expansion *expansion)
{
	struct pipeline *pipeline = expansion->pipeline;
	struct declared_wave *waves =
		ARENA_ARRAY(expansion->arena, struct declared_wave, pipeline->wave_count);
	for (uint32_t i = 0; i < pipeline->wave_count; i++) {
		const struct text_list *old = &pipeline->waves[i].steps;
		struct text_list list = {.items = ARENA_ARRAY(expansion->arena, struct text_item,
						 (size_t)old->count + expansion->count)};
		for (uint32_t j = 0; j < old->count; j++) {
			bool is_ours = text_equal(old->items[j].text, expansion->step->id);
			uint32_t copies = is_ours ? expansion->count : 1;
			for (uint32_t k = 0; k < copies; k++) {
				list.items[list.count] = old->items[j];
				if (is_ours)
					list.items[list.count].text = expansion->ids[k];
				list.count++;
			}
		}
		waves[i] = pipeline->waves[i];
		waves[i].steps = list;
	}
	pipeline->waves = waves;
}

static void move_wave_titles(struct expansion *expansion)
{
	struct pipeline *pipeline = expansion->pipeline;
	struct wave_title *titles =
		ARENA_ARRAY(expansion->arena, struct wave_title, pipeline->wave_title_count);
	for (uint32_t i = 0; i < pipeline->wave_title_count; i++) {
		titles[i] = pipeline->wave_titles[i];
		moved(expansion, titles[i].step, &titles[i].step);
	}
	pipeline->wave_titles = titles;
}

static bool refuse_size(const struct expansion *expansion, struct error *error)
{
	return error_set(error, ERROR_STEP_FAILED,
		"step '%s', foreach over '%s': the list makes too large a pipeline (%u instances)",
		expansion->step->id, expansion->step->foreach->from.reference, expansion->count);
}

static bool put_in_place(
	struct expansion *expansion, const struct item_list *items, struct error *error)
{
	struct pipeline *pipeline = expansion->pipeline;
	uint32_t count = pipeline->step_count - 1 + expansion->count;
	struct step *steps = ARENA_ARRAY(expansion->arena, struct step, (size_t)count + 1);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		uint32_t place;
		if (i != expansion->place) {
			moved(expansion, i, &place);
			steps[place] = pipeline->steps[i];
		}
	}
	if (!make_instances(expansion, items, &steps[expansion->place]))
		return refuse_size(expansion, error);
	if (!check_instances(expansion, &steps[expansion->place], error))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		bool waits = expansion->count == 0 && waits_for(&steps[i], expansion->place);
		move_references(expansion, &steps[i]);
		if (waits)
			wait_for_list(expansion, &steps[i]);
		move_foreach(expansion, &steps[i]);
	}
	move_waves(expansion);
	move_wave_titles(expansion);
	pipeline->steps = steps;
	pipeline->step_count = count;
	return true;
}

bool foreach_expand(struct pipeline *pipeline, uint32_t step, const char *list, size_t size,
	struct arena *arena, struct error *error)
{
	const struct foreach *foreach = pipeline->steps[step].foreach;
	struct item_list items;
	struct expansion expansion = {.pipeline = pipeline,
		.step = &pipeline->steps[step],
		.place = step,
		.arena = arena};
	if (!read_items(&items, list, size, arena, error))
		return error_context(error, "step '%s', foreach over '%s'",
			pipeline->steps[step].id, foreach->from.reference);
	expansion.count = items.count / foreach->batch + (items.count % foreach->batch != 0);
	if (expansion.count > foreach->limit)
		return error_set(error, ERROR_STEP_FAILED,
			"step '%s', foreach over '%s': the list makes %u instances, and its 'limit' "
			"is %u",
			pipeline->steps[step].id, foreach->from.reference, expansion.count,
			foreach->limit);
	if (pipeline->step_count + expansion.count > PIPELINE_STEP_LIMIT ||
		count_edges(&expansion) > FAN_OUT_EDGE_LIMIT)
		return refuse_size(&expansion, error);
	return put_in_place(&expansion, &items, error);
}
