#ifndef WAVETRAIN_LOAD_CONDITION_READ_H
#define WAVETRAIN_LOAD_CONDITION_READ_H

#include "load/substitution.h"
#include "model/condition.h"
#include "model/diagnostic.h"

#define CONDITION_LIMIT_BYTES 4096u
#define CONDITION_NESTING_LIMIT 32u
#define CONDITION_TERM_LIMIT 256u /* parts of the tree, which is as deep at the most */

/*
 * Reads an `if`. where: of the text's first character; in its column all lines begin. NULL: one
 * finding, FINDING_CONDITION, at the first fault, with the nearest right word. What is returned
 * belongs to the diagnostics' arena and does not point into the text.
 */
const struct condition *condition_read(
	const char *text, struct source_position where, struct diagnostics *diagnostics);

/* Reports, at where, the parameters that it asks for and *substitution does not know. */
void condition_check(const struct condition *condition, struct substitution *substitution,
	struct source_position where);

#endif
