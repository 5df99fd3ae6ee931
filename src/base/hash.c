/*
 * SHA-256 by libcrypto's own functions for it, which OpenSSL 3 calls deprecated: those it wants in
 * their place load its configuration and look for providers first, which costs each start of the
 * program a millisecond and 2 MiB of memory, for the same code in the end.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "base/hash.h"

#include <errno.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

void hash_start(struct hash *hash)
{
	hash->pending_size = 0;
	hash->context = heap_allocate(1, sizeof(SHA256_CTX));
	SHA256_Init(hash->context);
}

static void add_pending(struct hash *hash)
{
	SHA256_Update(hash->context, hash->pending, hash->pending_size);
	hash->pending_size = 0;
}

void hash_add(struct hash *hash, const void *bytes, size_t size)
{
	if (size > sizeof(hash->pending) - hash->pending_size)
		add_pending(hash);
	if (size > sizeof(hash->pending)) {
		SHA256_Update(hash->context, bytes, size);
		return;
	}
	if (size)
		memcpy(hash->pending + hash->pending_size, bytes, size);
	hash->pending_size += size;
}

void hash_add_text(struct hash *hash, const char *text)
{
	hash_add(hash, text ? "+" : "-", 1);
	if (text)
		hash_add(hash, text, strlen(text) + 1);
}

static void take_text(struct hash *hash, char text[HASH_TEXT_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[HASH_SIZE];
	add_pending(hash);
	SHA256_Final(bytes, hash->context);
	for (size_t i = 0; i < HASH_SIZE; i++) {
		text[2 * i] = digits[bytes[i] >> 4];
		text[2 * i + 1] = digits[bytes[i] & 15];
	}
	text[2 * HASH_SIZE] = '\0';
}

void hash_finish(struct hash *hash, char text[HASH_TEXT_SIZE])
{
	take_text(hash, text);
	hash_release(hash);
}

void hash_next(struct hash *hash, char text[HASH_TEXT_SIZE])
{
	take_text(hash, text);
	SHA256_Init(hash->context);
}

void hash_release(struct hash *hash)
{
	free(hash->context);
	hash->context = NULL;
}

bool hash_descriptor(
	int descriptor, char text[HASH_TEXT_SIZE], uint64_t *size_bytes, struct error *error)
{
	unsigned char chunk[65536];
	struct hash hash;
	ssize_t count;
	*size_bytes = 0;
	hash_start(&hash);
	do {
		count = read(descriptor, chunk, sizeof(chunk));
		if (count > 0) {
			hash_add(&hash, chunk, (size_t)count);
			*size_bytes += (uint64_t)count;
		}
	} while (count > 0 || (count < 0 && errno == EINTR));
	hash_finish(&hash, text);
	return count == 0 || error_set_errno(error, ERROR_FILE, "cannot read");
}

void hash_sha1(const void *bytes, size_t size, unsigned char digest[HASH_SHA1_SIZE])
{
	SHA_CTX context;
	SHA1_Init(&context);
	SHA1_Update(&context, bytes, size);
	SHA1_Final(digest, &context);
}
