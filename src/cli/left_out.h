#ifndef WAVETRAIN_CLI_LEFT_OUT_H
#define WAVETRAIN_CLI_LEFT_OUT_H

#include "cli/command.h"
#include "model/plan.h"
#include "model/run.h"

/*
 * Steps that a person leaves out. The decision stays with the run until it is taken back. An id of a
 * step as written means all its instances.
 */
struct left_out_choices {
	const struct word_list *ids;  /* of --skip; NULL: none */
	const struct word_list *back; /* of --no-skip; NULL: none */
};

/*
 * For each step of the pipeline why it is left out, or NULL; itself NULL: none is. previous: the run
 * that is continued; NULL: a new one. Everything is the arena's or previous'.
 */
const char *const *left_out_reasons(const struct pipeline *pipeline,
	const struct left_out_choices *choices, const struct run *previous, struct arena *arena);

/*
 * Every id is a step of the plan, which knows by now what lists have become, and none is in both
 * lists. What changes nothing is told of.
 */
bool left_out_check(const struct cli *cli, const struct plan *plan,
	const struct left_out_choices *choices, const struct run *previous, struct error *error);

#endif
