#include "load/schema_compat.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "load/artifacts_reader.h"
#include "load/schema_reference.h"
#include "load/yaml_decode.h"

#define SHOWN_SCHEMAS 6u

/* One text of the file, looked at once. */
struct known_schema {
	struct schema_reference reference;
	bool is_good;
	bool is_looked_up;
	struct schema_place place;
};

struct comparing {
	struct pipeline *pipeline;
	struct diagnostics *diagnostics;
	struct known_schema *known; /* heap */
	uint32_t known_count;
	uint32_t known_capacity;
	struct map by_text;
	const char **made; /* the schema each step's artifact has; NULL: not known */
	struct arena scratch;
};

static struct known_schema *know(struct comparing *comparing, const char *text)
{
	uint32_t place = map_find(&comparing->by_text, text);
	if (place == INDEX_NONE) {
		place = comparing->known_count;
		GROW(comparing->known, comparing->known_count, comparing->known_capacity);
		struct known_schema *known = &comparing->known[comparing->known_count++];
		known->is_good = !schema_reference_parse(
			text, comparing->diagnostics->arena, &known->reference);
		map_add(&comparing->by_text, text, place);
	}
	return &comparing->known[place];
}

/* What all inputs are; NULL when they differ or one is not known. */
static const char *common_schema(const struct comparing *comparing, const struct step *step)
{
	const char *common = NULL;
	for (uint32_t i = 0; i < step->input_count; i++) {
		const char *made = comparing->made[step->inputs[i].step];
		if (!made || (common && !text_equal(common, made)))
			return NULL;
		common = made;
	}
	return common;
}

static bool is_pass_through(const struct step *step)
{
	return step->component && step->component->is_builtin &&
	       text_equal(step->component->type, COMPONENT_MERGE) &&
	       !step->component->output_schema;
}

/*
 * Steps in an order in which producers come first (Kahn's algorithm); those of a cycle are left
 * out, and stay without a schema.
 */
static void find_made(struct comparing *comparing)
{
	const struct pipeline *pipeline = comparing->pipeline;
	uint32_t count = pipeline->step_count;
	struct arena *arena = &comparing->scratch;
	uint32_t *waiting = ARENA_ARRAY(arena, uint32_t, count);
	uint32_t *first = ARENA_ARRAY(arena, uint32_t, (size_t)count + 1);
	uint32_t *order = ARENA_ARRAY(arena, uint32_t, count);
	size_t edges = 0;
	for (uint32_t i = 0; i < count; i++) {
		waiting[i] = pipeline->steps[i].input_count;
		edges += pipeline->steps[i].input_count;
		for (uint32_t j = 0; j < pipeline->steps[i].input_count; j++)
			first[pipeline->steps[i].inputs[j].step + 1]++;
	}
	uint32_t *consumers = ARENA_ARRAY(arena, uint32_t, edges);
	uint32_t *next = ARENA_ARRAY(arena, uint32_t, count);
	for (uint32_t i = 0; i < count; i++) {
		first[i + 1] += first[i];
		next[i] = first[i];
	}
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t j = 0; j < pipeline->steps[i].input_count; j++)
			consumers[next[pipeline->steps[i].inputs[j].step]++] = i;
	}
	uint32_t ready = 0;
	for (uint32_t i = 0; i < count; i++) {
		if (waiting[i] == 0)
			order[ready++] = i;
	}
	for (uint32_t done = 0; done < ready; done++) {
		const struct step *step = &pipeline->steps[order[done]];
		comparing->made[order[done]] = is_pass_through(step)
						       ? common_schema(comparing, step)
						       : step->component->output_schema;
		for (uint32_t j = first[order[done]]; j < first[order[done] + 1]; j++) {
			if (--waiting[consumers[j]] == 0)
				order[ready++] = consumers[j];
		}
	}
}

static const char *list_schemas(struct comparing *comparing, const struct text_list *schemas)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	for (uint32_t i = 0; i < schemas->count && i < SHOWN_SCHEMAS; i++)
		buffer_printf(&text, "%s%s", i ? " or " : "",
			shorten(&comparing->scratch, schemas->items[i].text));
	if (schemas->count > SHOWN_SCHEMAS)
		buffer_append_text(&text, " or …");
	return arena_copy_text(&comparing->scratch, buffer_text(&text));
}

static void check_input(
	struct comparing *comparing, const struct step *step, const struct input *input)
{
	const struct text_list *schemas = &step->component->input_schemas;
	const char *made = comparing->made[input->step];
	if (!made || !know(comparing, made)->is_good)
		return;
	for (uint32_t i = 0; i < schemas->count; i++) {
		const struct known_schema *wanted = know(comparing, schemas->items[i].text);
		if (!wanted->is_good || schema_reference_accepts(&wanted->reference,
						&know(comparing, made)->reference))
			return;
	}
	if (comparing->diagnostics->count >= DIAGNOSTICS_LIMIT) {
		diagnostics_add(comparing->diagnostics, FINDING_INCOMPATIBLE, input->where, "-");
		return;
	}
	diagnostics_add(comparing->diagnostics, FINDING_INCOMPATIBLE, input->where,
		"the artifact '%s' is %s, and '%s' (component '%s') takes only %s",
		shorten(&comparing->scratch, input->reference), shorten(&comparing->scratch, made),
		shorten(&comparing->scratch, step->id),
		shorten(&comparing->scratch, step->component->type),
		list_schemas(comparing, schemas));
}

/* False: no file, which is said once for each schema when there should be one. */
static bool find_file(
	struct comparing *comparing, const struct step *step, const char *schema, const char **path)
{
	struct known_schema *known = know(comparing, schema);
	bool is_new = !known->is_looked_up;
	if (!known->is_good || !known->reference.is_exact || !comparing->pipeline->folder)
		return false;
	if (is_new)
		known->place = schema_file_find(comparing->pipeline->folder, &known->reference,
			comparing->diagnostics->arena);
	known->is_looked_up = true;
	*path = known->place.path;
	if (is_new && known->place.result == SCHEMA_FILE_MISSING)
		diagnostics_add(comparing->diagnostics, FINDING_SCHEMA, step->where,
			"the schema '%s' has no file, though " SCHEMA_FOLDER "/%s has others: %s",
			schema, known->reference.name, known->place.versions);
	if (is_new && known->place.result == SCHEMA_FILE_AMBIGUOUS)
		diagnostics_add(comparing->diagnostics, FINDING_SCHEMA, step->where,
			"the schema '%s' has several files in %s", schema, known->place.path)
			->hint = arena_format(
			comparing->diagnostics->arena, "call one %s.json", known->reference.name);
	return known->place.result == SCHEMA_FILE_FOUND;
}

/*
 * The one that is declared, or that a single input passes on. Several inputs are a list of theirs
 * or have none in common, which only the run tells.
 */
static const char *promised_schema(const struct comparing *comparing, uint32_t place)
{
	const struct step *step = &comparing->pipeline->steps[place];
	const char *declared = step->component->output_schema;
	return declared || step->input_count != 1 ? declared : comparing->made[place];
}

static void add_contract(struct comparing *comparing, uint32_t place)
{
	struct step *step = &comparing->pipeline->steps[place];
	const char *schema = promised_schema(comparing, place);
	const char *path;
	if (!schema || !find_file(comparing, step, schema, &path))
		return;
	step->contracts = ARENA_NEW(comparing->diagnostics->arena, struct contract);
	step->contract_count = 1;
	step->contracts[0] = (struct contract){
		.kind = CONTRACT_JSON_SCHEMA,
		.max_retries = CONTRACT_DEFAULT_MAX_RETRIES,
		.command = {.shell = "sh"},
		.schema = path,
		.source = step->outputs[0].name,
		.is_message = true,
		.schema_name = schema,
		.where = step->where,
	};
}

void schema_compat_check(struct pipeline *pipeline, struct diagnostics *diagnostics)
{
	struct comparing comparing = {.pipeline = pipeline, .diagnostics = diagnostics};
	comparing.made = ARENA_ARRAY(&comparing.scratch, const char *, pipeline->step_count);
	find_made(&comparing);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		struct step *step = &pipeline->steps[i];
		/* Without a type there is a finding already, and nothing to call it by. */
		bool is_choosy = step->component->type && step->component->input_schemas.count > 0;
		for (uint32_t j = 0; is_choosy && j < step->input_count; j++)
			check_input(&comparing, step, &step->inputs[j]);
		add_contract(&comparing, i);
	}
	map_release(&comparing.by_text);
	free(comparing.known);
	arena_release(&comparing.scratch);
}
