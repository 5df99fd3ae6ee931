#ifndef WAVETRAIN_RUN_STEP_ENVIRONMENT_H
#define WAVETRAIN_RUN_STEP_ENVIRONMENT_H

#include <stdint.h>

#include "base/arena.h"
#include "model/pipeline.h"

/*
 * What a step finds in its environment: ours without the hidden variables, MAKEFLAGS of the jobserver, WAVETRAIN=1,
 * WAVETRAIN_RUN_ID, PARAM_<NAME> of every parameter with a value, the pipeline's env, the step's
 * env, and WAVETRAIN_STEP_ID, _WAVE, _ATTEMPT. WAVETRAIN_INPUT is there only for a step that
 * declares inputs or is an instance of an item, WAVETRAIN_OUTPUT only for one that declares
 * outputs: no other step costs a folder. WAVETRAIN_SUMMARY and _HANDOFF are always there, _HANDOFFS
 * once some step has handed something on; _TASK, _PROPERTIES, _ITEM, _ITEM_FILE and _ITEM_INDEX for
 * the steps they belong to. None of these names can be set by a pipeline.
 */
struct step_environment {
	struct arena arena;
	const char **shared; /* the same for all steps; NULL-ended, the first few places empty */
	uint32_t shared_count;
	const char **entries; /* shared and a step's own; made again for each */
	uint32_t capacity;
};

struct environment_sources {
	const char *const *environment;      /* of this process */
	const char *const *hidden_variables; /* NULL: none; else NULL-ended */
	const struct pipeline *pipeline;
	const char *run_id;
	const char *make_flags; /* MAKEFLAGS, weaker than any `env`; NULL: as it is here */
};

struct environment_facts {
	const struct step *step;
	uint32_t wave; /* INDEX_NONE: a serial step */
	uint32_t attempt;
	const char *input_folder;  /* NULL: none */
	const char *output_folder; /* NULL: none */
	const char *summary_path;  /* where the step may write; NULL: nowhere */
	const char *handoff_path;
	const char *handoffs_path;       /* what others have written; NULL: nothing */
	const struct environment *agent; /* of a persona, weaker than the step's own; NULL: none */
	const char *const *extra;        /* "NAME=VALUE", as they are */
	uint32_t extra_count;
};

void step_environment_init(
	struct step_environment *environment, const struct environment_sources *sources);
void step_environment_release(struct step_environment *environment);

/* NULL-ended. The array lives until the next call, the texts as long as scratch. */
const char *const *step_environment_make(struct step_environment *environment,
	const struct environment_facts *facts, struct arena *scratch);

/* Puts "NAME=VALUE", which lives as long as scratch, into the array that was made last. */
void step_environment_set(struct step_environment *environment, const char *entry);

/* The value of a variable, or NULL. */
const char *environment_find(const char *const *entries, const char *name);

#endif
