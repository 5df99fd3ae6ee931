#include "base/hash.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"

/* libcrypto fails here only for want of memory, which ends the program everywhere else too. */
static void require(int success)
{
	if (success != 1)
		abort();
}

void hash_start(struct hash *hash)
{
	hash->pending_size = 0;
	hash->context = EVP_MD_CTX_new();
	require(hash->context != NULL);
	require(EVP_DigestInit_ex(hash->context, EVP_sha256(), NULL));
}

static void add_pending(struct hash *hash)
{
	require(EVP_DigestUpdate(hash->context, hash->pending, hash->pending_size));
	hash->pending_size = 0;
}

void hash_add(struct hash *hash, const void *bytes, size_t size)
{
	if (size > sizeof(hash->pending) - hash->pending_size)
		add_pending(hash);
	if (size > sizeof(hash->pending)) {
		require(EVP_DigestUpdate(hash->context, bytes, size));
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
	require(EVP_DigestFinal_ex(hash->context, bytes, NULL));
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

/* Without a type the context keeps the one it has, so that OpenSSL need not look it up again. */
void hash_next(struct hash *hash, char text[HASH_TEXT_SIZE])
{
	take_text(hash, text);
	require(EVP_DigestInit_ex(hash->context, NULL, NULL));
}

void hash_release(struct hash *hash)
{
	EVP_MD_CTX_free(hash->context);
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
	require(EVP_Digest(bytes, size, digest, NULL, EVP_sha1(), NULL));
}
