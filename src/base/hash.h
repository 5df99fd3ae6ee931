#ifndef WAVETRAIN_BASE_HASH_H
#define WAVETRAIN_BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define HASH_SIZE 32
#define HASH_TEXT_SIZE (2 * HASH_SIZE + 1)

/* SHA-256 (FIPS 180-4) as lower-case hexadecimal with a NUL: char text[HASH_TEXT_SIZE]. */
struct hash {
	void *context; /* OpenSSL's EVP_MD_CTX; owned until hash_finish() */
};

void hash_start(struct hash *hash);
void hash_add(struct hash *hash, const void *bytes, size_t size);
void hash_add_text(struct hash *hash, const char *text); /* with its NUL; NULL is told from "" */
void hash_finish(struct hash *hash, char text[HASH_TEXT_SIZE]); /* also releases */

/* Hashes what is left to read; *size_bytes counts it. */
bool hash_descriptor(
	int descriptor, char text[HASH_TEXT_SIZE], uint64_t *size_bytes, struct error *error);

#endif
