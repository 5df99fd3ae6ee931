#ifndef WAVETRAIN_CLI_BATCH_EXPAND_H
#define WAVETRAIN_CLI_BATCH_EXPAND_H

#include "cli/wiring.h"

/*
 * Steps that stand for as many as a list has items (`foreach`): once the list is there, the
 * pipeline is another one, and is planned anew over what the run has done so far.
 */

/* While a run is resumed: expands every step whose list is made and stays. *changed: some was. */
bool batch_expand_known(struct batch *batch, bool *changed, struct error *error);

/* While a run goes on: the list of this step of batch->plan is made. Records, expands, plans. */
bool batch_expand_step(struct batch *batch, uint32_t step, struct error *error);

#endif
