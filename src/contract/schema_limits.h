#ifndef WAVETRAIN_CONTRACT_SCHEMA_LIMITS_H
#define WAVETRAIN_CONTRACT_SCHEMA_LIMITS_H

/* What a schema may be. */
#define SCHEMA_BYTES_LIMIT (16u << 20) /* of one document of a schema */
#define SCHEMA_NODE_LIMIT 500000u      /* subschemas, of all documents */
#define SCHEMA_DOCUMENT_LIMIT 1000u
#define SCHEMA_PATTERN_LIMIT 8192u /* bytes of a regular expression */
#define SCHEMA_PATTERN_COUNT_LIMIT 10000u
#define SCHEMA_JIT_LIMIT 4096u      /* bytes of PCRE2's code; larger ones are interpreted */
#define SCHEMA_URI_LIMIT 8192u      /* bytes of a $ref or $id, and of what an $id leads to */
#define SCHEMA_URI_ROOM (16u << 20) /* bytes of the URIs that all of them lead to */

/*
 * What a validation may take. A step is a subschema or a property that is looked at, or a value
 * that is compared: some nanoseconds. A document may take more in proportion to its values.
 */
#define SCHEMA_STEP_LIMIT 1500000
#define SCHEMA_STEPS_A_VALUE 32
#define SCHEMA_DEPTH_LIMIT 2048u /* subschemas within one another, on the way to a value */

/*
 * One match. Without counting: backtracking points of each place it may start at, and bytes that
 * may be looked at besides. Counted, a unit is an item of the pattern or so many bytes that one
 * runs over: some ten nanoseconds.
 */
#define SCHEMA_MATCH_POINTS 100u
#define SCHEMA_MATCH_PLAIN_LIMIT 1000000u
#define SCHEMA_MATCH_PLAIN_A_STEP 16384u
#define SCHEMA_MATCH_UNITS 4000000
#define SCHEMA_MATCH_UNITS_A_BYTE 32 /* more for each byte of the text */
#define SCHEMA_MATCH_UNITS_A_STEP 32
#define SCHEMA_MATCH_UNIT_BYTES 32u
#define SCHEMA_MATCH_HEAP_KIB 32768u /* for its backtracking points, while it lasts */

#endif
