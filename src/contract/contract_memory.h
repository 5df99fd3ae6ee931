#ifndef WAVETRAIN_CONTRACT_CONTRACT_MEMORY_H
#define WAVETRAIN_CONTRACT_CONTRACT_MEMORY_H

#include <stdbool.h>

#include "base/hash.h"

/*
 * What has passed which schema, by their hashes, in memory and in a file of lines
 * "SCHEMA CONTENT\n" that only grows until it is rewritten with its newer half. A line that is
 * damaged is no line; a file that cannot be read or written is done without.
 */
struct contract_memory;

#define CONTRACT_MEMORY_LIMIT 20000u /* lines */

/* file: absolute; NULL: in memory alone. */
struct contract_memory *contract_memory_new(const char *file);
void contract_memory_free(struct contract_memory *memory); /* NULL is fine */

/* Both are SHA-256 in lower-case hexadecimal. */
bool contract_memory_has(
	const struct contract_memory *memory, const char *schema, const char *content);
void contract_memory_add(struct contract_memory *memory, const char *schema, const char *content);

#endif
