#include "load/artifact_names.h"

#include "base/buffer.h"
#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "load/yaml_decode.h"

#define COMPARISON_LIMIT 500000u
#define SHOWN_CANDIDATES 4u

static void add_place(struct artifact_names *names, const struct pipeline *pipeline, uint32_t step,
	uint32_t output, struct diagnostics *diagnostics)
{
	const struct step *producer = &pipeline->steps[step];
	const char *name = producer->outputs[output].name;
	uint32_t place = names->count;
	const char *full =
		arena_format(&names->scratch, "%s.%s", producer->id ? producer->id : "", name);
	if (!map_add(&names->by_full_name, full, place)) {
		uint32_t first = map_find(&names->by_full_name, full);
		if (names->places[first].step == step)
			diagnostics_add(diagnostics, FINDING_DUPLICATE_ID,
				producer->outputs[output].where,
				"the step '%s' has two outputs named '%s'",
				producer->id ? producer->id : "",
				shorten(diagnostics->arena, name));
		return;
	}
	names->places[place] = (struct artifact_place){step, output, INDEX_NONE, place};
	names->count++;
	if (map_add(&names->by_name, name, place))
		return;
	uint32_t first = map_find(&names->by_name, name);
	names->places[names->places[first].last].next = place;
	names->places[first].last = place;
}

void artifact_names_init(struct artifact_names *names, const struct pipeline *pipeline,
	struct diagnostics *diagnostics)
{
	size_t total = 0;
	*names = (struct artifact_names){.comparisons_left = COMPARISON_LIMIT};
	for (uint32_t i = 0; i < pipeline->step_count; i++)
		total += pipeline->steps[i].output_count;
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
			step->id ? shorten(diagnostics->arena, step->id) : "",
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

/* The first of that name that the consumer does not make itself. */
static uint32_t skip_own(const struct artifact_names *names, uint32_t place, uint32_t consumer)
{
	while (place != INDEX_NONE && names->places[place].step == consumer)
		place = names->places[place].next;
	return place;
}

void artifact_names_resolve(struct artifact_names *names, const struct pipeline *pipeline,
	uint32_t consumer, struct input *input, struct diagnostics *diagnostics)
{
	uint32_t first = map_find(&names->by_name, input->reference);
	uint32_t place = skip_own(names, first, consumer);
	if (place != INDEX_NONE) {
		uint32_t other = skip_own(names, names->places[place].next, consumer);
		if (other != INDEX_NONE) {
			report_ambiguous(names, pipeline, place, input, diagnostics);
			return;
		}
	} else {
		place = map_find(&names->by_full_name, input->reference);
	}
	bool is_own =
		place == INDEX_NONE ? first != INDEX_NONE : names->places[place].step == consumer;
	if (is_own) {
		diagnostics_add(diagnostics, FINDING_UNKNOWN_REFERENCE, input->where,
			"the artifact '%s' is made by this step itself",
			shorten(diagnostics->arena, input->reference));
	} else if (place == INDEX_NONE) {
		report_unknown(names, pipeline, input, diagnostics);
	} else {
		input->step = names->places[place].step;
		input->output = names->places[place].output;
	}
}
