#ifndef WAVETRAIN_CONTRACT_CONTRACT_JSON_SCHEMA_H
#define WAVETRAIN_CONTRACT_CONTRACT_JSON_SCHEMA_H

#include "contract/contract_memory.h"
#include "contract/schema.h"
#include "model/contract_check.h"

struct json_schema_check {
	const struct schema *schema;
	struct contract_memory *memory;
	const struct contract_subject *subject;
	const struct contract *contract;
};

/*
 * CONTRACT_JSON_SCHEMA: every file of the source is JSON that satisfies the schema. Pointers of a
 * message begin with /content; where the source is several files, each begins with the file's path
 * and '#'. Keywords of our own:
 * "exists", "count", "path": no such file; "json": no JSON; "message": no message; "schema": it
 * names another.
 */
void contract_json_schema_check(
	const struct json_schema_check *check, struct arena *arena, struct contract_result *result);

#endif
