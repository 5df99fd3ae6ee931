#ifndef WAVETRAIN_CONTRACT_SCHEMA_H
#define WAVETRAIN_CONTRACT_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/event.h"

/*
 * JSON Schema, drafts 2020-12 (the default where `$schema` says nothing) and 7: compiled once,
 * run many times on jansson values. A compiled schema never changes; nothing is fetched.
 */
struct schema;

/* A document that stands ready for a `$ref` to its URI. */
struct schema_document {
	const char *uri; /* absolute, without a fragment */
	const char *text;
	size_t size;
};

struct schema_source {
	const char *file; /* absolute, for references beside it; NULL: there is only the text */
	const char *text; /* JSON; NULL: what the file holds */
	size_t size;
	/*
	 * `$ref` to other files is followed beneath this folder alone (no link leads out of it);
	 * NULL: to no file. A reference to http(s) resolves only to an `$id` that was loaded.
	 */
	const char *root_folder;
	const struct schema_document *documents; /* found before files are */
	uint32_t document_count;
};

/* False: not readable, not JSON, beyond a limit, or no schema; *error names the place. */
bool schema_compile(
	const struct schema_source *source, struct schema **schema, struct error *error);
void schema_free(struct schema *schema);

/* SHA-256 over everything that was loaded for it, hexadecimal: equal texts, equal verdicts. */
const char *schema_hash(const struct schema *schema);

struct schema_verdict {
	bool is_valid;
	struct contract_error *errors; /* the arena's; in the order found */
	uint32_t error_count;          /* at most capacity */
	uint32_t error_total;
};

/*
 * Every error with instance pointer, keyword, expected and actual, up to limit (0: only
 * is_valid is wanted, and the first error ends the work). Bounded in time: a schema and a
 * document that together need more than SCHEMA_STEP_LIMIT steps, or a pattern beyond its match
 * limit, end as one error of the keyword "$limit".
 */
void schema_validate(const struct schema *schema, const json_t *instance, uint32_t limit,
	struct arena *arena, struct schema_verdict *verdict);

/*
 * Refuses what jansson would need much more memory or time for than the text is long, and a key
 * that is there twice; *error names line and column. Integers beyond 64 bits become reals. The
 * limits stand in base/json_measure.h.
 */
json_t *json_read(const char *text, size_t size, struct error *error);

#endif
