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
	void *context; /* OpenSSL's SHA256_CTX; owned until hash_finish() */
	size_t pending_size;
	unsigned char pending[256]; /* short texts are collected before OpenSSL is called */
};

void hash_start(struct hash *hash);
void hash_add(struct hash *hash, const void *bytes, size_t size);
void hash_add_text(struct hash *hash, const char *text); /* with its NUL; NULL is told from "" */
void hash_finish(struct hash *hash, char text[HASH_TEXT_SIZE]); /* also releases */

/* Gives the text and begins the next hash. */
void hash_next(struct hash *hash, char text[HASH_TEXT_SIZE]);

/* Gives up what was started; after hash_finish() nothing is left to release. */
void hash_release(struct hash *hash);

/* Hashes what is left to read; *size_bytes counts it. */
bool hash_descriptor(
	int descriptor, char text[HASH_TEXT_SIZE], uint64_t *size_bytes, struct error *error);

#define HASH_SHA1_SIZE 20

/* SHA-1 (FIPS 180-4) in bytes: the checksum of git's own file formats, never a protection. */
void hash_sha1(const void *bytes, size_t size, unsigned char digest[HASH_SHA1_SIZE]);

#endif
