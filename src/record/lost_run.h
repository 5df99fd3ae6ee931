#ifndef WAVETRAIN_RECORD_LOST_RUN_H
#define WAVETRAIN_RECORD_LOST_RUN_H

#include "record/record_internal.h"

/*
 * A run that is on record as running while nobody runs it: its process was killed, or had no room
 * to record its end. For readers it is interrupted since its last event; its rows stay as they
 * are until it is continued. Needs a run whose rows were read; no transaction may be open.
 */
bool lost_run_settle(struct record *record, struct run *run, struct error *error);

#endif
