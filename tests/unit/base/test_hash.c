#include "base/hash.h"

#include <string.h>

#include "base/buffer.h"
#include "cmocka_all.h"

/* FIPS 180-4's own examples, and its million times "a" in pieces of every size. */
static void known_answers(void **state)
{
	static const struct {
		const char *bytes;
		const char *expected;
	} cases[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	static const char million[] =
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
	char text[HASH_TEXT_SIZE];
	char piece[1000];
	struct hash hash;
	(void)state;
	memset(piece, 'a', sizeof(piece));
	hash_start(&hash);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		hash_add(&hash, cases[i].bytes, strlen(cases[i].bytes));
		hash_next(&hash, text);
		assert_string_equal(text, cases[i].expected);
	}
	for (size_t size = 1; size <= sizeof(piece); size += 37) {
		size_t left = 1000000;
		for (; left > size; left -= size)
			hash_add(&hash, piece, size);
		hash_add(&hash, piece, left);
		hash_next(&hash, text);
		assert_string_equal(text, million);
	}
	hash_release(&hash);
	hash_start(&hash);
	hash_finish(&hash, text);
	assert_string_equal(text, cases[0].expected);
	hash_release(&hash);
}

static void texts_are_told_apart(void **state)
{
	char texts[4][HASH_TEXT_SIZE];
	struct hash hash;
	(void)state;
	hash_start(&hash);
	hash_add_text(&hash, "ab");
	hash_add_text(&hash, "c");
	hash_next(&hash, texts[0]);
	hash_add_text(&hash, "a");
	hash_add_text(&hash, "bc");
	hash_next(&hash, texts[1]);
	hash_add_text(&hash, "");
	hash_next(&hash, texts[2]);
	hash_add_text(&hash, NULL);
	hash_finish(&hash, texts[3]);
	for (size_t i = 0; i < 4; i++)
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(texts[i], texts[k]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_answers), cmocka_unit_test(texts_are_told_apart)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
