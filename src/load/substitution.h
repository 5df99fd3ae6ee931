#ifndef WAVETRAIN_LOAD_SUBSTITUTION_H
#define WAVETRAIN_LOAD_SUBSTITUTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "model/diagnostic.h"
#include "model/pipeline.h"

/*
 * ${NAME}, ${NAME:-default} and $${ in the texts of a pipeline file, and {name} for a declared
 * parameter. One pass from left to right: what was put in is never looked at again.
 */

#define SUBSTITUTION_LIMIT_BYTES ((uint64_t)64 << 20) /* put in, for one file in all */

/* Which of the two forms a text may hold. */
#define SUBSTITUTE_VARIABLES 1u
#define SUBSTITUTE_PARAMETERS 2u

struct nearest;

struct substitution {
	struct arena *arena;             /* of the results */
	struct diagnostics *diagnostics; /* FINDING_VARIABLE */
	const char *const *environment;  /* "NAME=VALUE", NULL after the last */
	const char **variables;          /* the names alone, in the same order */
	uint32_t variable_count;
	struct map variable_names; /* owned; to the place in environment */
	const struct parameter *parameters;
	uint32_t parameter_count;
	struct map parameter_names; /* owned; to the place in parameters */
	uint64_t bytes_left;        /* until SUBSTITUTION_LIMIT_BYTES */
	uint64_t comparisons_left;  /* for hints: bounded in all */
	bool is_incomplete;         /* the text at hand names something that has no value */
};

/* environment may be NULL. Release with substitution_release(). */
void substitution_init(struct substitution *substitution, const char *const *environment,
	struct arena *arena, struct diagnostics *diagnostics);
void substitution_release(struct substitution *substitution);

/* From now on parameters come before the environment. The array must outlive *substitution. */
void substitution_set_parameters(
	struct substitution *substitution, const struct parameter *parameters, uint32_t count);

/*
 * The text with everything put in: the text itself where nothing is to do, else the arena's. NULL:
 * something has no value, which was reported here or where the parameter is declared.
 */
const char *substitute(struct substitution *substitution, const char *text, unsigned forms,
	struct source_position where);

/* Offers the names of all parameters, as long as hints have not been much work. */
void substitution_offer_parameters(struct substitution *substitution, struct nearest *nearest);

/* True for [A-Za-z_][A-Za-z0-9_-]*, at most 128 bytes: what ${…} and `params` can name. */
bool variable_name_is_valid(const char *name);

#endif
