#ifndef WAVETRAIN_LOAD_AGENTS_H
#define WAVETRAIN_LOAD_AGENTS_H

#include "load/pipeline_load.h"
#include "load/yaml_decode.h"
#include "model/diagnostic.h"
#include "model/pipeline.h"

#define ADAPTERS_FILE ".wavetrain/adapters.yaml"
#define PERSONAS_FOLDER ".wavetrain/personas"
#define TABLE_COMPANION "wavetrain.yml"
#define SYSTEM_PROMPT_LIMIT_BYTES ((size_t)1 << 20)

/* The persona that needs no declaration: no prompt, no model, no permissions. */
#define PERSONA_BASE "base"

/* The output that a step has without declaring it when its adapter has `result: json`. */
#define AGENT_RESULT_OUTPUT "result"

/* The keys of one adapter and of one persona. */
extern const struct yaml_table adapter_table;
extern const struct yaml_table persona_table;

/*
 * Finds the persona and adapter of every agent step: fills agent_use.persona and .adapter (in new
 * structs), adds adapters of .wavetrain/adapters.yaml and personas of .wavetrain/personas/NAME.yaml
 * that steps name to the pipeline, for a table also those of a wavetrain.yml in its folder; gives
 * steps the output `result` where their adapter makes one; reads system_prompt_file. To be called
 * by the reader of each form, when its steps are decoded and before pipeline_check().
 *
 * A persona or adapter that is missing is a finding, but in a table: there the index stays
 * INDEX_NONE, and plan_can_run() in cli/ says it before anything starts. The adapter of a step is the one it names, else its persona's, else
 * the only one, else the one called `default`. Findings of other files carry the file's name.
 */
void agents_resolve(struct pipeline *pipeline, const struct load_request *request,
	struct diagnostics *diagnostics);

#endif
