#ifndef WAVETRAIN_LOAD_ARTIFACT_NAMES_H
#define WAVETRAIN_LOAD_ARTIFACT_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "model/diagnostic.h"
#include "model/pipeline.h"

/*
 * Every output of a pipeline by its name, and by "step.name". What all instances of a fan-out make
 * is one place, by the name alone and by "id as written.name"; each is one more by its own id.
 */
struct artifact_place {
	uint32_t step;   /* the first of them */
	uint32_t count;  /* steps from there on that make it: of one step 1 */
	bool of_fan_out; /* count may be 1 there too */
	uint32_t output;
	uint32_t next; /* place of the next one of the same name; INDEX_NONE: the last */
	uint32_t last; /* of the first one of a name: the last one so far */
};

struct artifact_names {
	struct artifact_place *places; /* the scratch arena's */
	uint32_t count;
	struct map by_name;        /* owned; to the first place of that name */
	struct map by_full_name;   /* owned; keys "step.name" */
	uint64_t comparisons_left; /* for hints: bounded in all */
	struct arena scratch;      /* owned */
};

/* Reports an output's name that is twice within its step. */
void artifact_names_init(struct artifact_names *names, const struct pipeline *pipeline,
	struct diagnostics *diagnostics);
void artifact_names_release(struct artifact_names *names);

/*
 * Fills the place of the producer (of a fan-out: its first instance), or reports that there is
 * none, or several. Returns how many instances the reference stands for, at least 1.
 */
uint32_t artifact_names_resolve(struct artifact_names *names, const struct pipeline *pipeline,
	uint32_t consumer, struct input *input, struct diagnostics *diagnostics);

#endif
