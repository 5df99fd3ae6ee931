#ifndef WAVETRAIN_CLI_CHANGED_FILES_H
#define WAVETRAIN_CLI_CHANGED_FILES_H

#include "base/arena.h"
#include "checkpoint/changes.h"
#include "record/record.h"

/*
 * What `changed('GLOB')` in a step's `if` asks for: files that differ from the base of this run.
 * That is the commit a pull request or a push starts from, else the one the pipeline's last
 * finished run started from. Without one, or where it is not in the clone, everything counts as
 * changed. Looked up at the first question; zeroed but for the upper fields before.
 */
struct changed_files {
	const char *folder; /* the pipeline's; globs count from it */
	const char *base;   /* commit; NULL: none is known */
	struct arena *arena;
	bool is_known; /* changes is filled */
	bool is_asked;
	struct changes changes;
};

/* The commit the newest finished run of the pipeline began at, or NULL; the arena's. */
const char *last_finished_base(
	struct record *record, const char *pipeline_name, struct arena *arena);

/* condition_facts.is_changed; context is the struct. */
bool changed_files_match(void *context, const char *glob);

#endif
