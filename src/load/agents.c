#include "load/agents.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/map.h"
#include "base/text.h"
#include "load/agent_files.h"
#include "load/pipeline_check.h"

struct resolution {
	struct pipeline *pipeline;
	const struct load_request *request;
	struct diagnostics *diagnostics;
	struct agent_files files;
	struct map adapters; /* owned; to the place in the pipeline's */
	struct map personas; /* owned */
	struct map missing;  /* owned; personas that are nowhere */
	uint32_t persona_capacity;
	uint64_t comparisons_left; /* for hints: bounded in all */
	uint32_t default_adapter;
	bool is_strict; /* what is missing is a finding */
	bool is_default_reported;
};

static struct finding *report(struct resolution *resolution, enum finding_code code,
	struct source_position where, const char *file, const char *nearest, const char *message)
{
	struct finding *finding =
		diagnostics_add_near(resolution->diagnostics, code, where, nearest, "%s", message);
	finding->file = file;
	return finding;
}

static bool take_comparisons(struct resolution *resolution, uint32_t count)
{
	if (resolution->diagnostics->count >= DIAGNOSTICS_LIMIT ||
		count > resolution->comparisons_left)
		return false;
	resolution->comparisons_left -= count;
	return true;
}

static void add_adapters(struct resolution *resolution, const struct agent_declarations *declared)
{
	const struct adapter *adapters = declared->adapters;
	uint32_t count = declared->adapter_count;
	struct pipeline *pipeline = resolution->pipeline;
	struct adapter *all = ARENA_ARRAY(resolution->diagnostics->arena, struct adapter,
		(size_t)pipeline->adapter_count + count);
	for (uint32_t i = 0; i < pipeline->adapter_count; i++)
		all[i] = pipeline->adapters[i];
	pipeline->adapters = all;
	for (uint32_t i = 0; i < count; i++) {
		if (!map_add(&resolution->adapters, adapters[i].name, pipeline->adapter_count))
			continue;
		all[pipeline->adapter_count] = adapters[i];
		all[pipeline->adapter_count++].file = declared->file;
	}
}

static void add_persona(
	struct resolution *resolution, const struct persona *persona, const char *file)
{
	struct pipeline *pipeline = resolution->pipeline;
	struct arena *arena = resolution->diagnostics->arena;
	if (!map_add(&resolution->personas, persona->name, pipeline->persona_count))
		return;
	if (pipeline->persona_count == resolution->persona_capacity) {
		uint32_t grown = resolution->persona_capacity * 2 + 16;
		struct persona *personas = ARENA_ARRAY(arena, struct persona, grown);
		for (uint32_t i = 0; i < pipeline->persona_count; i++)
			personas[i] = pipeline->personas[i];
		pipeline->personas = personas;
		resolution->persona_capacity = grown;
	}
	pipeline->personas[pipeline->persona_count] = *persona;
	pipeline->personas[pipeline->persona_count++].file = file;
}

/* What is declared in the pipeline wins over what stands beside it. */
static void collect(struct resolution *resolution)
{
	struct pipeline *pipeline = resolution->pipeline;
	struct agent_declarations other;
	const struct persona *personas = pipeline->personas;
	uint32_t count = pipeline->persona_count;
	pipeline->persona_count = 0;
	for (uint32_t i = 0; i < count; i++)
		add_persona(resolution, &personas[i], NULL);
	for (uint32_t i = 0; i < pipeline->adapter_count; i++)
		map_add(&resolution->adapters, pipeline->adapters[i].name, i);
	if (pipeline->format == FORMAT_TABLE &&
		agent_files_read_companion(&resolution->files, &other)) {
		add_adapters(resolution, &other);
		for (uint32_t i = 0; i < other.persona_count; i++)
			add_persona(resolution, &other.personas[i], other.file);
	}
	if (agent_files_read_adapters(&resolution->files, &other))
		add_adapters(resolution, &other);
}

/* Its place, or INDEX_NONE: nobody declares it, which was reported. */
static uint32_t find_persona(struct resolution *resolution, const struct step *step)
{
	const char *name = step->agent->persona_name;
	struct pipeline *pipeline = resolution->pipeline;
	struct agent_declarations other;
	uint32_t place = map_find(&resolution->personas, name);
	if (place != INDEX_NONE)
		return place;
	bool is_known_missing = map_find(&resolution->missing, name) != INDEX_NONE;
	uint32_t errors = resolution->diagnostics->error_count;
	if (!is_known_missing && id_is_valid(name) &&
		agent_files_read_persona(&resolution->files, name, &other)) {
		add_persona(resolution, &other.personas[0], other.file);
		return map_find(&resolution->personas, name);
	}
	map_add(&resolution->missing, name, 0);
	bool is_broken = resolution->diagnostics->error_count > errors;
	if (is_broken || text_equal(name, PERSONA_BASE) || !resolution->is_strict)
		return INDEX_NONE;
	struct nearest nearest;
	nearest_start(&nearest, name);
	nearest_offer(&nearest, PERSONA_BASE);
	bool is_worth_it = take_comparisons(resolution, pipeline->persona_count);
	for (uint32_t i = 0; is_worth_it && i < pipeline->persona_count; i++)
		nearest_offer(&nearest, pipeline->personas[i].name);
	struct arena *arena = resolution->diagnostics->arena;
	report(resolution, FINDING_UNKNOWN_REFERENCE,
		step->agent->where.line ? step->agent->where : step->where, NULL, nearest.best,
		arena_format(arena,
			"there is no persona '%s': neither under 'personas' nor as %s/%s.yaml",
			shorten(arena, name), PERSONAS_FOLDER, shorten(arena, name)));
	return INDEX_NONE;
}

static uint32_t default_adapter(const struct resolution *resolution)
{
	if (resolution->pipeline->adapter_count == 1)
		return 0;
	return map_find(&resolution->adapters, "default");
}

static void set_persona_adapter(struct resolution *resolution, uint32_t place)
{
	struct persona *persona = &resolution->pipeline->personas[place];
	struct arena *arena = resolution->diagnostics->arena;
	persona->adapter_index = persona->adapter
					 ? map_find(&resolution->adapters, persona->adapter)
					 : resolution->default_adapter;
	if (!persona->adapter || persona->adapter_index != INDEX_NONE || !resolution->is_strict)
		return;
	struct nearest nearest;
	nearest_start(&nearest, persona->adapter);
	uint32_t count = resolution->pipeline->adapter_count;
	bool is_worth_it = take_comparisons(resolution, count);
	for (uint32_t i = 0; is_worth_it && i < count; i++)
		nearest_offer(&nearest, resolution->pipeline->adapters[i].name);
	report(resolution, FINDING_ADAPTER, persona->where, persona->file, nearest.best,
		arena_format(arena,
			"the persona '%s' names the adapter '%s', which nobody declares",
			shorten(arena, persona->name), shorten(arena, persona->adapter)));
}

static void read_prompt(struct resolution *resolution, uint32_t place)
{
	struct persona *persona = &resolution->pipeline->personas[place];
	const char *reason = NULL;
	if (!persona->system_prompt_file || persona->system_prompt || !resolution->pipeline->folder)
		return;
	persona->system_prompt =
		agent_files_read_prompt(&resolution->files, persona->system_prompt_file, &reason);
	struct arena *arena = resolution->diagnostics->arena;
	if (!persona->system_prompt)
		report(resolution, FINDING_BAD_VALUE, persona->where, persona->file, NULL,
			arena_format(arena, "the system prompt '%s' of the persona '%s' %s",
				shorten(arena, persona->system_prompt_file),
				shorten(arena, persona->name), reason));
}

/* Once: the same is wrong with every other step. */
static void report_no_default(struct resolution *resolution, const struct step *step)
{
	struct arena *arena = resolution->diagnostics->arena;
	uint32_t count = resolution->pipeline->adapter_count;
	const char *id = step->id ? shorten(arena, step->id) : "";
	if (resolution->is_default_reported || !resolution->is_strict)
		return;
	resolution->is_default_reported = true;
	if (count == 0)
		report(resolution, FINDING_ADAPTER, step->where, NULL, NULL,
			arena_format(arena,
				"the step '%s' is a task for an agent, and no adapter is declared",
				id))
			->hint = "declare one under 'adapters' or in " ADAPTERS_FILE;
	else
		report(resolution, FINDING_ADAPTER, step->where, NULL, NULL,
			arena_format(arena,
				"the step '%s' is a task for an agent, and nothing says which of %u "
				"adapters",
				id, count))
			->hint = "name one in its persona, or call one 'default'";
}

static bool has_output(const struct step *step, const char *name)
{
	for (uint32_t i = 0; i < step->output_count; i++) {
		if (text_equal(step->outputs[i].name, name))
			return true;
	}
	return false;
}

static void add_result_output(struct resolution *resolution, struct step *step)
{
	if (has_output(step, AGENT_RESULT_OUTPUT))
		return;
	struct output *outputs = ARENA_ARRAY(
		resolution->diagnostics->arena, struct output, (size_t)step->output_count + 1);
	for (uint32_t i = 0; i < step->output_count; i++)
		outputs[i] = step->outputs[i];
	outputs[step->output_count++] =
		(struct output){.name = AGENT_RESULT_OUTPUT, .where = step->where};
	step->outputs = outputs;
}

static void resolve_step(struct resolution *resolution, struct step *step)
{
	struct pipeline *pipeline = resolution->pipeline;
	struct agent_use *use = ARENA_NEW(resolution->diagnostics->arena, struct agent_use);
	*use = *step->agent;
	uint32_t known = pipeline->persona_count;
	use->persona = find_persona(resolution, step);
	if (pipeline->persona_count > known) {
		set_persona_adapter(resolution, known);
		read_prompt(resolution, known);
	}
	const struct persona *persona =
		use->persona == INDEX_NONE ? NULL : &pipeline->personas[use->persona];
	bool is_named = use->adapter_name || (persona && persona->adapter);
	if (use->adapter_name)
		use->adapter = map_find(&resolution->adapters, use->adapter_name);
	else
		use->adapter = persona ? persona->adapter_index : resolution->default_adapter;
	if (use->adapter == INDEX_NONE && !is_named &&
		(persona || text_equal(use->persona_name, PERSONA_BASE)))
		report_no_default(resolution, step);
	step->agent = use;
	if (use->adapter != INDEX_NONE &&
		pipeline->adapters[use->adapter].result == ADAPTER_RESULT_JSON)
		add_result_output(resolution, step);
}

static bool has_agents(const struct pipeline *pipeline)
{
	if (pipeline->persona_count > 0)
		return true;
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		if (pipeline->steps[i].agent)
			return true;
	}
	return false;
}

void agents_resolve(struct pipeline *pipeline, const struct load_request *request,
	struct diagnostics *diagnostics)
{
	if (!has_agents(pipeline))
		return;
	struct resolution resolution = {
		.pipeline = pipeline,
		.request = request,
		.diagnostics = diagnostics,
		.files = {.pipeline = pipeline, .request = request, .diagnostics = diagnostics},
		.comparisons_left = COMPARISON_LIMIT,
		.is_strict = pipeline->format != FORMAT_TABLE,
	};
	collect(&resolution);
	resolution.default_adapter = default_adapter(&resolution);
	for (uint32_t i = 0; i < pipeline->persona_count; i++) {
		set_persona_adapter(&resolution, i);
		read_prompt(&resolution, i);
	}
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct agent_use *agent = pipeline->steps[i].agent;
		if (agent && agent->persona_name)
			resolve_step(&resolution, &pipeline->steps[i]);
	}
	map_release(&resolution.adapters);
	map_release(&resolution.personas);
	map_release(&resolution.missing);
}
