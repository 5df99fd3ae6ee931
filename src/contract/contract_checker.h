#ifndef WAVETRAIN_CONTRACT_CONTRACT_CHECKER_H
#define WAVETRAIN_CONTRACT_CONTRACT_CHECKER_H

#include "base/error.h"
#include "model/contract_check.h"
#include "model/diagnostic.h"

/*
 * Checks every contract that needs no process: json_schema, files, diff_scope. Schemas are
 * compiled once. What passed is remembered by the hashes of schema and content, in memory and in
 * the file that is given, so that an unchanged artifact is not validated again, also not by a
 * later run.
 */
struct contract_checker;

/* memory_file: absolute path of the lines of what passed; NULL: forgotten at the end. */
struct contract_checker *contract_checker_new(const char *memory_file);
void contract_checker_free(struct contract_checker *checker); /* NULL is fine */

/*
 * Compiles all schemas of a pipeline, before anything runs: one finding, at the contract's place,
 * for each that cannot be read or is no schema.
 */
void contract_checker_prepare(struct contract_checker *checker, const struct pipeline *pipeline,
	struct diagnostics *diagnostics);

/* A contract_check_function; context is the checker. */
void contract_checker_check(void *context, const struct contract_subject *subject,
	const struct contract *contract, struct arena *arena, struct contract_result *result);

/*
 * SHA-256 over the contract's schema and all it refers to, hexadecimal, the checker's: as it is
 * checked. NULL: it cannot be read or is none.
 */
const char *contract_checker_schema_hash(struct contract_checker *checker,
	const struct contract *contract, const char *pipeline_folder);

struct mock_request {
	const char *pipeline_folder;
	const struct contract *const *contracts; /* CONTRACT_JSON_SCHEMA, all about one document */
	uint32_t count;                          /* at least one */
};

/*
 * A document that satisfies the schemas of all contracts, for a dry run: JSON text, the arena's,
 * checked against them. False with *error: none could be made (the error names the keyword).
 */
bool contract_checker_mock(struct contract_checker *checker, const struct mock_request *request,
	struct arena *arena, const char **text, struct error *error);

#endif
