#include "load/artifact_names.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "load/fan_out.h"
#include "load/yaml_decode.h"

#define SHOWN_CANDIDATES 4u

static void report_twice(
	const struct step *producer, uint32_t output, struct diagnostics *diagnostics)
{
	diagnostics_add(diagnostics, FINDING_DUPLICATE_ID, producer->outputs[output].where,
		"the step '%s' has two outputs named '%s'",
		step_base_id(producer) ? step_base_id(producer) : "",
		shorten(diagnostics->arena, producer->outputs[output].name));
}

/* By "id.name" alone; false: there is one of that name already. */
static bool add_full_name(
	struct artifact_names *names, const char *id, const char *name, struct artifact_place place)
{
	const char *full = arena_format(&names->scratch, "%s.%s", id ? id : "", name);
	if (!map_add(&names->by_full_name, full, names->count))
		return false;
	place.next = INDEX_NONE;
	place.last = names->count;
	names->places[names->count++] = place;
	return true;
}

static void add_name(struct artifact_names *names, const char *name, uint32_t place)
{
	if (map_add(&names->by_name, name, place))
		return;
	uint32_t first = map_find(&names->by_name, name);
	names->places[names->places[first].last].next = place;
	names->places[first].last = place;
}

static void add_place(struct artifact_names *names, const struct pipeline *pipeline, uint32_t step,
	uint32_t output, struct diagnostics *diagnostics)
{
	const struct step *producer = &pipeline->steps[step];
	const struct step_instance *instance = producer->instance;
	const char *name = producer->outputs[output].name;
	struct artifact_place place = {.step = step, .count = 1, .output = output};
	if (instance) {
		add_full_name(names, producer->id, name, place);
		if (instance->number > 0)
			return;
		place.count = instance->instance_count;
		place.of_fan_out = true;
	}
	uint32_t number = names->count;
	if (add_full_name(names, step_base_id(producer), name, place)) {
		add_name(names, name, number);
		return;
	}
	const char *full = arena_format(&names->scratch, "%s.%s",
		step_base_id(producer) ? step_base_id(producer) : "", name);
	if (names->places[map_find(&names->by_full_name, full)].step == step)
		report_twice(producer, output, diagnostics);
}

void artifact_names_init(struct artifact_names *names, const struct pipeline *pipeline,
	struct diagnostics *diagnostics)
{
	size_t total = 0;
	*names = (struct artifact_names){.comparisons_left = COMPARISON_LIMIT};
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct step_instance *instance = pipeline->steps[i].instance;
		bool is_first = instance && instance->number == 0;
		total += (size_t)pipeline->steps[i].output_count * (is_first ? 2 : 1);
	}
	names->places = ARENA_ARRAY(&names->scratch, struct artifact_place, total);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		for (uint32_t j = 0; j < pipeline->steps[i].output_count; j++)
			add_place(names, pipeline, i, j, diagnostics);
	}
}

void artifact_names_release(struct artifact_names *names)
{
	map_release(&names->by_name);
	map_release(&names->by_full_name);
	arena_release(&names->scratch);
}

static void report_ambiguous(const struct artifact_names *names, const struct pipeline *pipeline,
	uint32_t first, const struct input *input, struct diagnostics *diagnostics)
{
	CLEANUP(buffer_release) struct buffer candidates = BUFFER_INIT;
	uint32_t shown = 0;
	for (uint32_t i = first; i != INDEX_NONE; i = names->places[i].next) {
		if (shown++ == SHOWN_CANDIDATES) {
			buffer_append_text(&candidates, ", …");
			break;
		}
		const struct step *step = &pipeline->steps[names->places[i].step];
		buffer_printf(&candidates, "%s%s.%s", shown > 1 ? ", " : "",
			step->id ? shorten(diagnostics->arena, step_base_id(step)) : "",
			shorten(diagnostics->arena, input->reference));
	}
	diagnostics_add(diagnostics, FINDING_AMBIGUOUS, input->where,
		"several steps make an artifact '%s': write one of %s",
		shorten(diagnostics->arena, input->reference), buffer_text(&candidates));
}

static void report_unknown(struct artifact_names *names, const struct pipeline *pipeline,
	const struct input *input, struct diagnostics *diagnostics)
{
	struct nearest nearest;
	nearest_start(&nearest, input->reference);
	if (names->comparisons_left >= names->count && diagnostics->count < DIAGNOSTICS_LIMIT) {
		names->comparisons_left -= names->count;
		for (uint32_t i = 0; i < names->count; i++) {
			const struct artifact_place *place = &names->places[i];
			nearest_offer(
				&nearest, pipeline->steps[place->step].outputs[place->output].name);
		}
	}
	diagnostics_add_near(diagnostics, FINDING_UNKNOWN_REFERENCE, input->where, nearest.best,
		"no step makes an artifact '%s'", shorten(diagnostics->arena, input->reference));
}

static bool is_made_by(const struct artifact_names *names, const struct pipeline *pipeline,
	uint32_t place, uint32_t step)
{
	return is_same_fan_out(&pipeline->steps[names->places[place].step], &pipeline->steps[step]);
}

/* The first of that name that the consumer does not make itself. */
static uint32_t skip_own(const struct artifact_names *names, const struct pipeline *pipeline,
	uint32_t place, uint32_t consumer)
{
	while (place != INDEX_NONE && is_made_by(names, pipeline, place, consumer))
		place = names->places[place].next;
	return place;
}

uint32_t artifact_names_resolve(struct artifact_names *names, const struct pipeline *pipeline,
	uint32_t consumer, struct input *input, struct diagnostics *diagnostics)
{
	uint32_t first = map_find(&names->by_name, input->reference);
	uint32_t place = skip_own(names, pipeline, first, consumer);
	if (place != INDEX_NONE) {
		uint32_t other = skip_own(names, pipeline, names->places[place].next, consumer);
		if (other != INDEX_NONE) {
			report_ambiguous(names, pipeline, place, input, diagnostics);
			return 1;
		}
	} else {
		place = map_find(&names->by_full_name, input->reference);
	}
	bool is_own = place == INDEX_NONE ? first != INDEX_NONE
					  : is_made_by(names, pipeline, place, consumer);
	if (is_own) {
		diagnostics_add(diagnostics, FINDING_UNKNOWN_REFERENCE, input->where,
			"the artifact '%s' is made by this step itself",
			shorten(diagnostics->arena, input->reference));
		return 1;
	}
	if (place == INDEX_NONE) {
		report_unknown(names, pipeline, input, diagnostics);
		return 1;
	}
	input->step = names->places[place].step;
	input->output = names->places[place].output;
	input->of_fan_out = names->places[place].of_fan_out;
	return names->places[place].count;
}
