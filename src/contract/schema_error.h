#ifndef WAVETRAIN_CONTRACT_SCHEMA_ERROR_H
#define WAVETRAIN_CONTRACT_SCHEMA_ERROR_H

#include "contract/schema_run.h"

/* The errors of a validation, in the order found. */
struct schema_errors {
	struct arena arena; /* texts */
	SCHEMA_ARRAY(struct schema_found {
		struct contract_error error;
		uint32_t depth; /* of its place in the document */
	})
	found;
};

void schema_errors_release(struct schema_errors *errors);

/* An error of the value at run->path. All return false, so that a caller can return them. */
bool schema_fail(struct schema_run *run, enum schema_keyword keyword, const char *expected,
	const char *actual);

/* An instruction whose texts follow from the value alone. */
bool schema_fail_instruction(
	struct schema_run *run, const struct schema_instruction *instruction, const json_t *value);

bool schema_fail_type(struct schema_run *run, const struct schema_node *node, const json_t *value);

/* A property that is or is not there. */
bool schema_fail_required(
	struct schema_run *run, enum schema_keyword keyword, const char *name, const char *because);
bool schema_fail_additional(struct schema_run *run, enum schema_keyword keyword,
	const struct schema_object *object, const char *name);

/* An item that the schema does not describe. */
bool schema_fail_item(struct schema_run *run, enum schema_keyword keyword, uint32_t position);

/* Texts of the errors' arena; "" where none are collected. */
const char *schema_error_text(struct schema_run *run, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Alternatives: schema_branches_start() before the first; schema_branches_end_one() after each
 * that failed keeps the errors of the nearest so far.
 */
struct schema_branches {
	uint32_t start; /* in found: the place of the keyword's own error */
	uint32_t kept;  /* errors after it */
	uint32_t depth;
	uint32_t best; /* which branch; INDEX_NONE: none yet */
};
void schema_branches_start(struct schema_run *run, struct schema_branches *branches);
void schema_branches_end_one(
	struct schema_run *run, struct schema_branches *branches, uint32_t branch);
void schema_branches_forget(struct schema_run *run, const struct schema_branches *branches);
bool schema_branches_fail(struct schema_run *run, const struct schema_branches *branches,
	enum schema_keyword keyword, const char *expected, const char *actual);

#endif
