#include "load/artifacts_reader.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "load/component_load.h"
#include "load/parameters.h"
#include "load/schema_compat.h"

struct reading {
	struct decoder *decoder;
	struct pipeline *pipeline;
	struct component_set components;
	struct arena scratch;           /* owned: what is not needed once there are steps */
	struct artifact_entry *entries; /* one for each artifact */
	uint32_t entry_count;
	struct map ids;            /* of entries */
	uint32_t *steps;           /* an entry's own step */
	uint64_t comparisons_left; /* for hints: bounded in all */
};

/* What it is made from: one source, or inputs. */
static void check_origin(struct reading *reading, const struct artifact_entry *entry, uint32_t node)
{
	const struct yaml_tree *tree = reading->decoder->tree;
	const char *word = tree_find(tree, node, "inputs") != INDEX_NONE ? "inputs" : "from";
	if (entry->has_source && entry->has_inputs)
		diagnostics_add(reading->decoder->diagnostics, FINDING_BAD_VALUE,
			tree_key_where(tree, node, word),
			"the artifact '%s' has a 'source' and 'inputs': it is brought in from "
			"outside or made from other artifacts, not both",
			shorten(reading->decoder->arena, entry->id));
	else if (!entry->has_source && !entry->has_inputs)
		diagnostics_add(reading->decoder->diagnostics, FINDING_MISSING_KEY, entry->where,
			"the artifact '%s' has neither a 'source' nor 'inputs'",
			shorten(reading->decoder->arena, entry->id));
	else if (entry->has_inputs && entry->inputs.count == 0 &&
		 tree->nodes[tree_find(tree, node, word)].count == 0)
		diagnostics_add(reading->decoder->diagnostics, FINDING_BAD_VALUE,
			tree_key_where(tree, node, word),
			"the 'inputs' of the artifact '%s' must name at least one artifact",
			shorten(reading->decoder->arena, entry->id));
	if (entry->has_inputs)
		return;
	if (entry->merge != MERGE_NONE)
		diagnostics_add(reading->decoder->diagnostics, FINDING_BAD_VALUE,
			tree_key_where(tree, node, "merge"),
			"'merge' is for artifacts with 'inputs', and '%s' has none",
			shorten(reading->decoder->arena, entry->id));
	if (entry->input_schemas.count > 0 && !entry->has_transform)
		diagnostics_add(reading->decoder->diagnostics, FINDING_BAD_VALUE,
			entry->input_schemas.items[0].where,
			"'input_schema' is for artifacts with 'inputs', and '%s' has none",
			shorten(reading->decoder->arena, entry->id));
}

/* Entries of the mapping in order; false: there is none. */
static bool read_entries(struct reading *reading, uint32_t node)
{
	struct decoder *decoder = reading->decoder;
	const struct yaml_tree *tree = decoder->tree;
	uint32_t count = tree->nodes[node].count;
	reading->entries = ARENA_ARRAY(&reading->scratch, struct artifact_entry, count);
	map_reserve(&reading->ids, count);
	for (uint32_t i = 0; i < count; i++) {
		uint32_t key = tree_child(tree, node, 2 * i);
		uint32_t value = tree_child(tree, node, 2 * i + 1);
		struct artifact_entry *entry = &reading->entries[reading->entry_count];
		const char *id = decode_key(decoder, key);
		if (!id || !map_add(&reading->ids, id, reading->entry_count))
			continue; /* reported when the tree was read */
		decode_mapping(decoder, &artifact_table, value, entry);
		entry->id = id;
		entry->where = tree_where(tree, key);
		if (tree->nodes[value].kind == NODE_MAPPING)
			check_origin(reading, entry, value);
		reading->entry_count++;
	}
	return reading->entry_count > 0;
}

/* What a component gives every step that uses it. */
static void fill_component(struct reading *reading, struct step *step,
	const struct component_reference *reference, struct component_use *use)
{
	struct diagnostics *diagnostics = reading->decoder->diagnostics;
	const struct load_request *request = reading->components.request;
	struct error error = {0};
	if (!reference->type)
		return;
	struct component_choice choice = component_set_find(
		&reading->components, diagnostics, reference->type, reference->where);
	use->type = reference->type;
	use->properties = reference->properties ? reference->properties : "{}";
	if (choice.component) {
		step->command = choice.component->command;
		step->env = choice.component->env;
		step->timeout_ms = choice.component->timeout_ms;
		use->output_schema = choice.component->output_schema;
		use->input_schemas = choice.component->input_schemas;
		return;
	}
	use->is_builtin = choice.is_known;
	if (!choice.is_known || !request->check_properties || !reference->properties ||
		request->check_properties(reference->type, reference->properties, &error))
		return;
	struct finding *finding = diagnostics_add(
		diagnostics, FINDING_BAD_VALUE, reference->properties_where, "%s", error.text);
	if (*error.hint)
		finding->hint = arena_copy_text(reading->decoder->arena, error.hint);
}

static struct step *add_step(struct reading *reading, const char *id,
	const struct artifact_entry *entry, struct component_use **use)
{
	struct arena *arena = reading->decoder->arena;
	struct step *step = &reading->pipeline->steps[reading->pipeline->step_count++];
	*use = ARENA_NEW(arena, struct component_use);
	(*use)->contact = entry->contact;
	*step = (struct step){
		.id = id,
		.name = entry->name ? entry->name : entry->id,
		.description = entry->description,
		.outputs = ARENA_NEW(arena, struct output),
		.output_count = 1,
		.grace_ms = STEP_DEFAULT_GRACE_MS,
		.component = *use,
		.is_optional = entry->is_optional,
		.is_exported = entry->is_exported,
		.where = entry->where,
	};
	step->command.shell = "sh";
	step->outputs[0] = (struct output){.name = id, .where = entry->where};
	return step;
}

static void add_source(struct reading *reading, const struct artifact_entry *entry)
{
	struct component_use *use;
	const char *id = entry->id;
	if (entry->has_transform)
		id = arena_format(reading->decoder->arena, "%s" ARTIFACT_SOURCE_SUFFIX, entry->id);
	struct step *step = add_step(reading, id, entry, &use);
	if (entry->has_transform) {
		step->name = arena_format(reading->decoder->arena, "%s (source)", step->name);
		step->is_exported = false;
	}
	fill_component(reading, step, &entry->source, use);
	if (!entry->has_transform && entry->output_schema)
		use->output_schema = entry->output_schema;
}

static void add_transform(struct reading *reading, const struct artifact_entry *entry)
{
	static const struct component_reference merge = {
		.type = COMPONENT_MERGE, .properties = "{}"};
	struct component_use *use;
	struct step *step = add_step(reading, entry->id, entry, &use);
	if (entry->has_transform) {
		fill_component(reading, step, &entry->transform, use);
	} else {
		use->type = merge.type;
		use->properties = merge.properties;
		use->is_builtin = true;
	}
	use->merges_inputs = !entry->has_transform || entry->inputs.count > 1;
	if (entry->output_schema)
		use->output_schema = entry->output_schema;
	if (entry->input_schemas.count > 0)
		use->input_schemas = entry->input_schemas;
}

static void add_steps(struct reading *reading, uint32_t entry_place)
{
	const struct artifact_entry *entry = &reading->entries[entry_place];
	if (entry->has_source)
		add_source(reading, entry);
	if (!entry->has_source || entry->has_transform)
		add_transform(reading, entry);
	reading->steps[entry_place] = reading->pipeline->step_count - 1;
}

/* entry_place: of the artifact that names it, which is never what is meant. */
static void report_unknown(
	struct reading *reading, uint32_t entry_place, const struct text_item *item)
{
	struct nearest nearest;
	nearest_start(&nearest, item->text);
	if (reading->comparisons_left >= reading->entry_count &&
		reading->decoder->diagnostics->count < DIAGNOSTICS_LIMIT) {
		reading->comparisons_left -= reading->entry_count;
		for (uint32_t i = 0; i < reading->entry_count; i++)
			if (i != entry_place)
				nearest_offer(&nearest, reading->entries[i].id);
	}
	diagnostics_add_near(reading->decoder->diagnostics, FINDING_UNKNOWN_REFERENCE, item->where,
		nearest.best, "there is no artifact '%s'",
		shorten(reading->decoder->arena, item->text));
}

/* The inputs of an entry's own step; those that cannot be are reported and left out. */
static void resolve_inputs(struct reading *reading, uint32_t entry_place)
{
	const struct artifact_entry *entry = &reading->entries[entry_place];
	struct step *step = &reading->pipeline->steps[reading->steps[entry_place]];
	CLEANUP(map_release) struct map seen = {0};
	step->inputs = ARENA_ARRAY(reading->decoder->arena, struct input, entry->inputs.count);
	for (uint32_t i = 0; i < entry->inputs.count; i++) {
		const struct text_item *item = &entry->inputs.items[i];
		uint32_t place = map_find(&reading->ids, item->text);
		if (place == INDEX_NONE)
			report_unknown(reading, entry_place, item);
		else if (place == entry_place)
			diagnostics_add(reading->decoder->diagnostics, FINDING_CYCLE, item->where,
				"the artifact '%s' is made from itself",
				shorten(reading->decoder->arena, item->text));
		else if (!map_add(&seen, item->text, i))
			diagnostics_add(reading->decoder->diagnostics, FINDING_DUPLICATE_ID,
				item->where, "the artifact '%s' is named twice in 'inputs'",
				shorten(reading->decoder->arena, item->text));
		else
			step->inputs[step->input_count++] = (struct input){
				.reference = item->text,
				.step = reading->steps[place],
				.where = item->where,
			};
	}
}

/* NAME.source goes into NAME, and only there. */
static void connect_source(struct reading *reading, uint32_t entry_place)
{
	uint32_t place = reading->steps[entry_place];
	struct step *step = &reading->pipeline->steps[place];
	step->inputs = ARENA_NEW(reading->decoder->arena, struct input);
	step->input_count = 1;
	step->inputs[0] =
		(struct input){.reference = step[-1].id, .step = place - 1, .where = step->where};
}

static void make_steps(struct reading *reading)
{
	struct arena *arena = reading->decoder->arena;
	size_t count = reading->entry_count;
	for (uint32_t i = 0; i < reading->entry_count; i++)
		count += reading->entries[i].has_source && reading->entries[i].has_transform;
	reading->pipeline->steps = ARENA_ARRAY(arena, struct step, count);
	reading->steps = ARENA_ARRAY(&reading->scratch, uint32_t, reading->entry_count);
	for (uint32_t i = 0; i < reading->entry_count; i++)
		add_steps(reading, i);
	for (uint32_t i = 0; i < reading->entry_count; i++) {
		const struct artifact_entry *entry = &reading->entries[i];
		if (entry->has_source && entry->has_transform)
			connect_source(reading, i);
		else if (entry->has_inputs)
			resolve_inputs(reading, i);
	}
}

static void read_artifacts(struct reading *reading, uint32_t node)
{
	static const struct yaml_field field = {.key = "artifacts",
		.kind = FIELD_CUSTOM,
		.expected = "a mapping of names to artifacts"};
	const struct yaml_tree *tree = reading->decoder->tree;
	struct diagnostics *diagnostics = reading->decoder->diagnostics;
	if (tree->nodes[node].kind != NODE_MAPPING) {
		report_wrong_type(reading->decoder, &field, node);
		return;
	}
	if (tree->nodes[node].count > PIPELINE_STEP_LIMIT / 2) {
		diagnostics_add(diagnostics, FINDING_PARSE, tree_where(tree, node),
			"the runbook has %u artifacts; at most %u are read",
			(unsigned)tree->nodes[node].count, PIPELINE_STEP_LIMIT / 2);
		return;
	}
	if (!read_entries(reading, node)) {
		diagnostics_add(diagnostics, FINDING_BAD_VALUE, tree_where(tree, node),
			"a runbook needs at least one artifact");
		return;
	}
	make_steps(reading);
	schema_compat_check(reading->pipeline, diagnostics);
}

void artifacts_read(struct decoder *decoder, const struct load_request *request, uint32_t root,
	struct pipeline *pipeline)
{
	const struct yaml_tree *tree = decoder->tree;
	struct reading reading = {
		.decoder = decoder, .pipeline = pipeline, .comparisons_left = COMPARISON_LIMIT};
	pipeline->format = FORMAT_ARTIFACTS;
	pipeline->execution.jobs = ARTIFACTS_DEFAULT_JOBS;
	if (tree_find(tree, root, "steps") != INDEX_NONE) {
		diagnostics_add(decoder->diagnostics, FINDING_DUPLICATE_KEY,
			tree_key_where(tree, root, "steps"),
			"a pipeline has 'steps' or 'artifacts', not both");
		return;
	}
	parameters_read(decoder, tree_find(tree, root, "params"), request, pipeline);
	decode_mapping(decoder, &runbook_table, root, pipeline);
	component_set_init(&reading.components, decoder, tree_find(tree, root, "components"),
		request, pipeline);
	read_artifacts(&reading, tree_find(tree, root, "artifacts"));
	component_set_release(&reading.components);
	map_release(&reading.ids);
	arena_release(&reading.scratch);
}
