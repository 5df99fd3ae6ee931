#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/index.h"
#include "base/map.h"
#include "cmocka_all.h"

static void arena_memory_is_zeroed_and_kept(void **state)
{
	struct arena arena = {0};
	(void)state;
	char *first = arena_copy_text(&arena, "kept");
	for (size_t i = 0; i < 1000; i++) {
		unsigned char *bytes = arena_allocate(&arena, 997);
		for (size_t j = 0; j < 997; j++)
			assert_int_equal(bytes[j], 0);
		memset(bytes, 0xff, 997);
	}
	assert_string_equal(first, "kept");
	arena_reset(&arena);
	unsigned char *again = arena_allocate(&arena, 5000);
	for (size_t j = 0; j < 5000; j++)
		assert_int_equal(again[j], 0);
	assert_string_equal(arena_format(&arena, "%d-%s", 7, "x"), "7-x");
	arena_release(&arena);
	assert_null(arena.newest);
}

static void map_holds_many_keys(void **state)
{
	struct arena arena = {0};
	struct map map = {0};
	enum { COUNT = 50000 };
	(void)state;
	assert_int_equal(map_find(&map, "none"), INDEX_NONE);
	for (uint32_t i = 0; i < COUNT; i++)
		assert_true(map_add(&map, arena_format(&arena, "key-%u", i), i));
	assert_false(map_add(&map, "key-77", 1));
	for (uint32_t i = 0; i < COUNT; i++)
		assert_int_equal(map_find(&map, arena_format(&arena, "key-%u", i)), i);
	assert_int_equal(map_find(&map, "key-50000"), INDEX_NONE);
	map_release(&map);
	arena_release(&arena);
}

static void buffer_grows(void **state)
{
	struct buffer buffer = BUFFER_INIT;
	(void)state;
	assert_string_equal(buffer_text(&buffer), "");
	for (int i = 0; i < 1000; i++)
		buffer_printf(&buffer, "%d,", i);
	assert_int_equal(buffer.size, 3890);
	buffer_clear(&buffer);
	buffer_append_signed(&buffer, INT64_MIN);
	buffer_append_unsigned(&buffer, UINT64_MAX);
	buffer_append_repeated(&buffer, "ab", 2);
	assert_string_equal(buffer_text(&buffer), "-922337203685477580818446744073709551615abab");
	buffer_release(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(arena_memory_is_zeroed_and_kept),
		cmocka_unit_test(map_holds_many_keys), cmocka_unit_test(buffer_grows)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
