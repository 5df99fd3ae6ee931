#ifndef WAVETRAIN_CLI_BATCH_RECORD_H
#define WAVETRAIN_CLI_BATCH_RECORD_H

#include "cli/wiring.h"

/*
 * Opens the record and decides which run is continued, if any (batch_resume_find()). A record that
 * is damaged, or whose seals do not fit the run that is to be continued, is set aside; that run is
 * then put on record anew from what its commits say. Each of these is said to people, also when
 * they asked for quiet.
 */
bool batch_record_open(struct batch *batch, bool *nothing_to_do, struct error *error);

#endif
