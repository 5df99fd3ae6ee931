#ifndef WAVETRAIN_RECORD_RUN_READER_H
#define WAVETRAIN_RECORD_RUN_READER_H

#include <stdbool.h>

#include "base/arena.h"
#include "model/checkpoint.h"
#include "model/run.h"
#include "record/record_internal.h"

/* Fills the scalar fields of run from a row of SQL_READ_RUN or SQL_LIST_RUNS. */
bool read_run_row(struct record *record, struct statement *row, struct arena *arena,
	struct run *run, struct error *error);

/* Fills checkpoint from a row of SQL_READ_CHECKPOINTS or SQL_READ_UNPUBLISHED. */
void read_checkpoint_row(struct statement *row, struct arena *arena, struct checkpoint *checkpoint);

#endif
