#ifndef WAVETRAIN_CONTRACT_SCHEMA_MOCK_H
#define WAVETRAIN_CONTRACT_SCHEMA_MOCK_H

#include "contract/schema.h"

/*
 * A JSON document that satisfies the schema, which was compiled from source: the same one every
 * time, made from what the keywords say and checked with schema_validate(). Optional members are
 * there too, a few levels deep. The text is the arena's. False: none was found, which does not mean
 * that there is none; *error names the place and the keyword that stood in the way.
 */
bool schema_mock(const struct schema *schema, const struct schema_source *source,
	struct arena *arena, const char **text, struct error *error);

#endif
