#ifndef WAVETRAIN_RECORD_SCHEMA_H
#define WAVETRAIN_RECORD_SCHEMA_H

#include <stdbool.h>

#include "base/error.h"
#include "record/database.h"

/*
 * Brings the database to the schema this program knows (PRAGMA user_version), each step forward
 * in a transaction of its own. One that a newer program wrote, or that is not ours, is refused.
 */
bool schema_bring_forward(struct database *database, struct error *error);

/* For a reader, who changes nothing: *present is false for a database without tables. */
bool schema_check(struct database *database, bool *present, struct error *error);

#endif
