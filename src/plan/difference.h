#ifndef WAVETRAIN_PLAN_DIFFERENCE_H
#define WAVETRAIN_PLAN_DIFFERENCE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "model/plan.h"

/*
 * What the steps of a plan were defined as, kept from one run to the next to say what changed: for
 * each part that a fingerprint covers its name and a hash of 64 bits, never its text.
 */
struct definition {
	const char *bytes; /* NULL: not known */
	size_t size;
};

/*
 * Appends the definition of all steps; linear, about 20 bytes a part. One more may be appended
 * behind it: of the pipeline as it was written, before lists became steps of it.
 */
void difference_write(const struct pipeline *pipeline, struct buffer *buffer);

/* The one behind the first, or else the first; the same bytes. */
struct definition difference_written(const struct definition *definition);

enum step_knowledge { STEP_NOT_KNOWN, STEP_IS_NEW, STEP_IS_KNOWN, STEP_KNOWLEDGE_COUNT };

/* Whether the step is in before. Not known: that is no definition. */
enum step_knowledge difference_knowledge(
	const struct plan *plan, uint32_t step, const struct definition *before);

/*
 * The first part of the step that is not as it was: "the command changed", "the environment
 * variable 'LANG' is new", "the input 'scan' is gone"; the arena's. NULL: nothing that is known
 * differs, or the step is not in before, whose bytes may be anything.
 */
const char *difference_explain(const struct plan *plan, uint32_t step,
	const struct definition *before, struct arena *arena);

#endif
