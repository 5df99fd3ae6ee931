#include "load/reference_check.h"

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "load/artifact_names.h"
#include "load/fan_out.h"
#include "load/yaml_decode.h"

struct check {
	struct pipeline *pipeline;
	struct diagnostics *diagnostics;
	const struct map *ids;
	struct artifact_names names; /* owned */
	uint64_t comparisons_left;   /* for hints: bounded in all */
	uint64_t edges_left;         /* that fan-outs add; FAN_OUT_EDGE_LIMIT */
};

static const char *shown(const struct check *check, const char *text)
{
	return text ? shorten(check->diagnostics->arena, text) : "";
}

/* asker: the id of the step that names it, which is never what is meant; NULL: no step does. */
static void report_unknown_step(
	struct check *check, const char *asker, const char *id, struct source_position where)
{
	struct nearest nearest;
	nearest_start(&nearest, id);
	uint32_t count = check->pipeline->step_count;
	if (check->comparisons_left >= count && check->diagnostics->count < DIAGNOSTICS_LIMIT) {
		check->comparisons_left -= count;
		for (uint32_t i = 0; i < count; i++) {
			const char *known = step_base_id(&check->pipeline->steps[i]);
			if (known && !text_equal(known, asker))
				nearest_offer(&nearest, known);
		}
	}
	diagnostics_add_near(check->diagnostics, FINDING_UNKNOWN_REFERENCE, where, nearest.best,
		"there is no step '%s'", shown(check, id));
}

static void check_needs(struct check *check, uint32_t place)
{
	struct step *step = &check->pipeline->steps[place];
	for (uint32_t i = 0; i < step->need_count; i++) {
		struct need *need = &step->needs[i];
		uint32_t target = map_find(check->ids, need->id);
		if (target == INDEX_NONE)
			report_unknown_step(check, step_base_id(step), need->id, need->where);
		else if (target == place || text_equal(need->id, step->id) ||
			 is_same_fan_out(&check->pipeline->steps[target], step))
			diagnostics_add(check->diagnostics, FINDING_CYCLE, need->where,
				"the step '%s' needs itself", shown(check, need->id));
		else
			need->step = target;
	}
}

/* Replaces one input by those of all instances that make it. */
static void spread_input(struct check *check, struct step *step, uint32_t place, uint32_t count)
{
	uint64_t consumers = step->instance ? step->instance->instance_count : 1;
	if (count * consumers > check->edges_left) {
		if (check->edges_left > 0)
			diagnostics_add(check->diagnostics, FINDING_BAD_VALUE,
				step->inputs[place].where,
				"the instances of matrices need one another more than %u times",
				FAN_OUT_EDGE_LIMIT);
		check->edges_left = 0;
		return;
	}
	check->edges_left -= count * consumers;
	struct input *inputs = ARENA_ARRAY(
		check->diagnostics->arena, struct input, (size_t)step->input_count + count - 1);
	for (uint32_t i = 0; i < step->input_count; i++)
		inputs[i > place ? i + count - 1 : i] = step->inputs[i];
	for (uint32_t i = 0; i < count; i++) {
		inputs[place + i] = step->inputs[place];
		inputs[place + i].step += i;
	}
	step->inputs = inputs;
	step->input_count += count - 1;
}

static void check_inputs(struct check *check, uint32_t place)
{
	struct step *step = &check->pipeline->steps[place];
	for (uint32_t i = 0; i < step->input_count; i++) {
		uint32_t count = artifact_names_resolve(&check->names, check->pipeline, place,
			&step->inputs[i], check->diagnostics);
		if (count > 1)
			spread_input(check, step, i, count);
		i += count - 1;
	}
}

/* Two inputs of one name would have the same place in the input folder. */
static void check_input_names(struct check *check, const struct step *step)
{
	CLEANUP(map_release) struct map names = {0};
	const struct pipeline *pipeline = check->pipeline;
	for (uint32_t i = 0; i < step->input_count; i++) {
		const struct input *input = &step->inputs[i];
		if (input->step == INDEX_NONE)
			continue;
		const char *name = pipeline->steps[input->step].outputs[input->output].name;
		if (step->foreach && text_equal(name, step->foreach->item_name))
			diagnostics_add(check->diagnostics, FINDING_AMBIGUOUS, input->where,
				"the input '%s' and the item of 'foreach' would both be "
				"$WAVETRAIN_INPUT/%s; give the item another name with 'as'",
				shown(check, input->reference), shown(check, name));
		if (map_add(&names, name, i))
			continue;
		const struct input *first = &step->inputs[map_find(&names, name)];
		if (first->of_fan_out && input->of_fan_out &&
			is_same_fan_out(
				&pipeline->steps[first->step], &pipeline->steps[input->step]) &&
			first->step != input->step)
			continue;
		diagnostics_add(check->diagnostics, FINDING_AMBIGUOUS, input->where,
			"the inputs '%s' and '%s' would both be $WAVETRAIN_INPUT/%s; give one of "
			"the outputs another name",
			first->reference, input->reference, name);
	}
}

static void add_need(struct check *check, struct step *step, const struct input *from)
{
	struct need *needs =
		ARENA_ARRAY(check->diagnostics->arena, struct need, (size_t)step->need_count + 1);
	for (uint32_t i = 0; i < step->need_count; i++) {
		needs[i] = step->needs[i];
		if (needs[i].step == from->step && !needs[i].soft)
			return;
	}
	needs[step->need_count++] = (struct need){
		.id = check->pipeline->steps[from->step].id,
		.step = from->step,
		.where = from->where,
	};
	step->needs = needs;
}

static void check_foreach(struct check *check, uint32_t place)
{
	struct step *step = &check->pipeline->steps[place];
	struct foreach *foreach = ARENA_NEW(check->diagnostics->arena, struct foreach);
	*foreach = *step->foreach;
	step->foreach = foreach;
	if (!foreach->from.reference)
		return;
	artifact_names_resolve(
		&check->names, check->pipeline, place, &foreach->from, check->diagnostics);
	if (foreach->from.step == INDEX_NONE)
		return;
	const struct step *producer = &check->pipeline->steps[foreach->from.step];
	if (foreach->from.of_fan_out || producer->foreach) {
		diagnostics_add(check->diagnostics, FINDING_AMBIGUOUS, foreach->from.where,
			"each instance of '%s' makes an artifact '%s' of its own; the list of "
			"'foreach' must be one artifact",
			shown(check, step_base_id(producer)),
			shown(check, producer->outputs[foreach->from.output].name));
		return;
	}
	add_need(check, step, &foreach->from);
}

/* Each step stands in one wave. */
static void check_waves(struct check *check)
{
	const struct pipeline *pipeline = check->pipeline;
	CLEANUP(map_release) struct map seen = {0};
	for (uint32_t i = 0; i < pipeline->wave_count; i++) {
		const struct declared_wave *wave = &pipeline->waves[i];
		for (uint32_t j = 0; j < wave->steps.count; j++) {
			const struct text_item *item = &wave->steps.items[j];
			if (map_find(check->ids, item->text) == INDEX_NONE)
				report_unknown_step(check, NULL, item->text, item->where);
			else if (!map_add(&seen, item->text, i))
				diagnostics_add(check->diagnostics, FINDING_DUPLICATE_ID,
					item->where, "the step '%s' stands in two waves, or twice",
					shown(check, item->text));
		}
	}
	for (uint32_t i = 0; pipeline->wave_count > 0 && i < pipeline->step_count; i++) {
		const struct step *step = &pipeline->steps[i];
		if (step->id && map_find(&seen, step->id) == INDEX_NONE &&
			!(step->instance && step->instance->number > 0))
			diagnostics_add(check->diagnostics, FINDING_MISSING_KEY, step->where,
				"the step '%s' stands in none of the waves",
				shown(check, step_base_id(step)));
	}
}

/* Instances of one step share needs and inputs: what is right for the first is for all. */
static void check_step(struct check *check, uint32_t place)
{
	struct step *step = &check->pipeline->steps[place];
	if (step->instance && step->instance->number > 0) {
		const struct step *first = &check->pipeline->steps[place - step->instance->number];
		step->needs = first->needs;
		step->need_count = first->need_count;
		step->inputs = first->inputs;
		step->input_count = first->input_count;
		return;
	}
	check_needs(check, place);
	check_inputs(check, place);
	check_input_names(check, step);
	if (step->foreach)
		check_foreach(check, place);
}

void references_check(
	struct pipeline *pipeline, const struct map *ids, struct diagnostics *diagnostics)
{
	struct check check = {.pipeline = pipeline,
		.diagnostics = diagnostics,
		.ids = ids,
		.comparisons_left = COMPARISON_LIMIT,
		.edges_left = FAN_OUT_EDGE_LIMIT};
	artifact_names_init(&check.names, pipeline, diagnostics);
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		check_step(&check, i);
	check_waves(&check);
	artifact_names_release(&check.names);
}
