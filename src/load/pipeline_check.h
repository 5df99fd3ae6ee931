#ifndef WAVETRAIN_LOAD_PIPELINE_CHECK_H
#define WAVETRAIN_LOAD_PIPELINE_CHECK_H

#include <stdbool.h>

#include "model/diagnostic.h"
#include "model/pipeline.h"

/*
 * What can only be seen with the whole pipeline at hand: ids, names and paths of the right shape,
 * no id twice, every need and input leads to a step or artifact. Fills need.step, input.step and
 * input.output, see reference_check.h. Linear in the size of the pipeline, also when all is wrong. Takes steps
 * that could not be decoded whole: what is NULL is passed over.
 */
void pipeline_check(struct pipeline *pipeline, struct diagnostics *diagnostics);

/*
 * Reports what is wrong with one step by itself: names of its variables and outputs, and paths that
 * leave its folder. pipeline_check() does this for all; also for steps that are made later.
 */
void step_check(const struct step *step, struct diagnostics *diagnostics);

/* Letters, digits and '_', no digit in front: what every shell can name. */
bool environment_name_is_valid(const char *name);

/* Reports names that no variable can have, and those that only wavetrain itself sets. */
void check_environment_names(
	const struct environment *environment, struct diagnostics *diagnostics);

/* [A-Za-z0-9][A-Za-z0-9._-]{0,127} */
bool id_is_valid(const char *id);

#endif
