#include "cli/plan_checks.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "load/agents.h"
#include "run/program_search.h"

struct verification {
	const struct cli *cli;
	const struct pipeline *pipeline;
	struct diagnostics *diagnostics;
	struct program_search search;
};

static bool is_installed(struct verification *verification, const char *program)
{
	const char *path_list = getenv("PATH");
	const char *found = program_search_find(&verification->search, program,
		path_list ? path_list : PROGRAM_SEARCH_DEFAULT_PATH, verification->pipeline->folder,
		verification->cli->arena);
	if (found && !strchr(program, '/'))
		return true;
	return found && path_exists(path_join(
				verification->cli->arena, verification->pipeline->folder, found));
}

static const char *where_looked(const char *program)
{
	return strchr(program, '/') ? "in the pipeline's folder" : "in PATH";
}

/* One mark an adapter: whether some step starts it. */
static bool *mark_used_adapters(const struct pipeline *pipeline, struct arena *arena)
{
	bool *is_used = ARENA_ARRAY(arena, bool, pipeline->adapter_count);
	for (uint32_t i = 0; i < pipeline->step_count; i++) {
		const struct agent_use *agent = pipeline->steps[i].agent;
		if (agent && agent->adapter != INDEX_NONE)
			is_used[agent->adapter] = true;
	}
	return is_used;
}

static void verify_adapters(struct verification *verification)
{
	const struct pipeline *pipeline = verification->pipeline;
	const bool *is_used = mark_used_adapters(pipeline, verification->cli->arena);
	for (uint32_t i = 0; i < pipeline->adapter_count; i++) {
		const struct adapter *adapter = &pipeline->adapters[i];
		bool has_program = adapter->part_count > 0 && adapter->parts[0].argument_count > 0;
		const char *program = has_program ? adapter->parts[0].arguments[0] : NULL;
		if (!program || !is_used[i] || is_installed(verification, program))
			continue;
		diagnostics_add(verification->diagnostics, FINDING_ADAPTER, adapter->where,
			"the adapter '%s' is not installed: there is no program '%s' %s",
			adapter->name, program, where_looked(program))
			->file = adapter->file;
	}
}

void pipeline_verify(const struct cli *cli, const struct pipeline *pipeline,
	struct contract_checker *checker, struct diagnostics *diagnostics)
{
	struct verification verification = {
		.cli = cli, .pipeline = pipeline, .diagnostics = diagnostics};
	contract_checker_prepare(checker, pipeline, diagnostics);
	if (pipeline->adapter_count)
		verify_adapters(&verification);
	program_search_release(&verification.search);
}

static void say_where(const struct pipeline *pipeline, const struct step *step, struct error *error)
{
	if (pipeline->file && step->where.line > 0)
		error_context(error, "%s:%u", pipeline->file, (unsigned)step->where.line);
}

static bool report_no_persona(
	const struct pipeline *pipeline, const struct step *step, struct error *error)
{
	struct nearest nearest;
	nearest_start(&nearest, step->agent->persona_name);
	nearest_offer(&nearest, PERSONA_BASE);
	for (uint32_t i = 0; i < pipeline->persona_count; i++)
		nearest_offer(&nearest, pipeline->personas[i].name);
	error_set(error, ERROR_PIPELINE_INVALID,
		"step '%s' is for the persona '%s', which nobody declares", step->id,
		step->agent->persona_name);
	say_where(pipeline, step, error);
	if (nearest.best)
		return error_hint(error, "did you mean '%s'?", nearest.best);
	return error_hint(error,
		"declare it under 'personas:' in a wavetrain.yml beside the file or as " PERSONAS_FOLDER
		"/%s.yaml, or write '" PERSONA_BASE "'",
		step->agent->persona_name);
}

bool plan_can_run(const struct plan *plan, struct error *error)
{
	for (uint32_t i = 0; i < plan->pipeline->step_count; i++) {
		const struct step *step = &plan->pipeline->steps[i];
		if (!step->agent)
			continue;
		if (step->agent->persona == INDEX_NONE &&
			!text_equal(step->agent->persona_name, PERSONA_BASE))
			return report_no_persona(plan->pipeline, step, error);
		if (step->agent->adapter != INDEX_NONE)
			continue;
		if (step->agent->adapter_name)
			error_set(error, ERROR_PIPELINE_INVALID,
				"step '%s' needs the adapter '%s', which nobody declares", step->id,
				step->agent->adapter_name);
		else
			error_set(error, ERROR_PIPELINE_INVALID,
				"step '%s' is a task for an agent, and no adapter says how to "
				"start one",
				step->id);
		say_where(plan->pipeline, step, error);
		return error_hint(error,
			"declare it under 'adapters:' in a wavetrain.yml beside the file or in "
			".wavetrain/adapters.yaml, or run the prompts as commands with --shell");
	}
	return true;
}
