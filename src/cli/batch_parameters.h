#ifndef WAVETRAIN_CLI_BATCH_PARAMETERS_H
#define WAVETRAIN_CLI_BATCH_PARAMETERS_H

#include "cli/wiring.h"

/* Fills batch->parameters and shell: what the run was begun with, what is given now in its place. */
bool batch_join_parameters(struct batch *batch, struct error *error);

/* Keeps the parameters given on the command line with the run, for its resumption. */
bool batch_save_parameters(struct batch *batch, struct error *error);

/* What commits say of them: names and digests, the arena's. Returns their count. */
uint32_t batch_tell_parameters(
	const struct batch *batch, struct arena *arena, struct state_parameter **told);

/*
 * Of a run that is put on record anew: each parameter that its commits tell of must be given now, or
 * be kept with the run, with the value that it was begun with; then what is given is kept too. Else
 * ERROR_USAGE with the words that go on, and nothing is changed.
 */
bool batch_adopt_parameters(struct batch *batch, const char *run_id,
	const struct state_parameter *told, uint32_t told_count, struct error *error);

#endif
