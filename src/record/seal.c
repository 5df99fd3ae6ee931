#include "record/seal.h"

#include <string.h>

void seal_release(struct seal *seal)
{
	if (seal->hash.context)
		hash_release(&seal->hash);
	*seal = (struct seal){0};
}

static void begin(struct seal *seal)
{
	seal->count = 0;
	hash_add(&seal->hash, seal->last, strlen(seal->last));
}

void seal_start(struct seal *seal, const char *last)
{
	seal_release(seal);
	hash_start(&seal->hash);
	memcpy(seal->last, last, strnlen(last, sizeof seal->last - 1));
	begin(seal);
}

/* A kind, then what follows from it: no two rows make the same bytes. */
static void add_number(struct hash *hash, char kind, uint64_t number)
{
	unsigned char bytes[9] = {(unsigned char)kind};

	for (int i = 0; i < 8; i++)
		bytes[1 + i] = (unsigned char)(number >> (56 - 8 * i));
	hash_add(hash, bytes, sizeof bytes);
}

void seal_add_integer(struct hash *hash, int64_t number)
{
	add_number(hash, 'i', (uint64_t)number);
}

void seal_add_text(struct hash *hash, const char *text, size_t size)
{
	if (!text) {
		seal_add_null(hash);
		return;
	}
	add_number(hash, 't', size);
	hash_add(hash, text, size);
}

void seal_add_null(struct hash *hash)
{
	hash_add(hash, "n", 1);
}

void seal_add_row(struct hash *hash, struct statement *row, int column_count)
{
	for (int i = 0; i < column_count; i++) {
		if (column_is_integer(row, i))
			seal_add_integer(hash, column_integer(row, i));
		else
			seal_add_text(hash, column_text(row, i), column_size(row, i));
	}
}

const char *seal_next(struct seal *seal)
{
	hash_next(&seal->hash, seal->last);
	begin(seal);
	return seal->last;
}
