#ifndef WAVETRAIN_CONTRACT_SCHEMA_LIMITS_H
#define WAVETRAIN_CONTRACT_SCHEMA_LIMITS_H

/* What a schema may be. */
#define SCHEMA_BYTES_LIMIT (16u << 20) /* of one document of a schema */
#define SCHEMA_NODE_LIMIT 500000u      /* subschemas, of all documents */
#define SCHEMA_DOCUMENT_LIMIT 1000u
#define SCHEMA_PATTERN_LIMIT 8192u /* bytes of a regular expression */
#define SCHEMA_PATTERN_COUNT_LIMIT 10000u
#define SCHEMA_JIT_LIMIT 4096u /* bytes of PCRE2's code; larger ones are interpreted */
#define SCHEMA_URI_LIMIT 8192u /* bytes of a $ref or $id */

/*
 * What a validation may take. A step is a subschema or a property that is looked at, or a value
 * that is compared: some nanoseconds. A document may take more in proportion to its values.
 */
#define SCHEMA_STEP_LIMIT 1500000
#define SCHEMA_STEPS_A_VALUE 32
#define SCHEMA_DEPTH_LIMIT 2048u /* subschemas within one another, on the way to a value */

/* Backtracking points of one match; times the bytes of the text where that can matter. */
#define SCHEMA_MATCH_LIMIT 20000u
#define SCHEMA_MATCH_WORK 20000000u
#define SCHEMA_MATCH_HEAP_KIB 32768u /* for its backtracking points, while it lasts */

/* What a JSON document may be. */
#define JSON_BYTES_LIMIT (64u << 20)
#define JSON_VALUE_LIMIT 4000000u
#define JSON_DEPTH_LIMIT 512u
/* Memory that jansson may need for it: so much for any, and so much more for each byte. */
#define JSON_MEMORY_BASE (64u << 20)
#define JSON_MEMORY_A_BYTE 16u

#endif
