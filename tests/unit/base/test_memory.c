#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* Memory of an arena is used again, so what a test wrote there before must not be seen. */
static void texts_lie_close_and_arrays_are_aligned(void **state)
{
	struct arena arena = {0};
	(void)state;
	memset(arena_allocate(&arena, 4096), 0xff, 4096);
	arena_reset(&arena);
	const char *first = arena_copy_text(&arena, "one");
	const char *second = arena_copy_bytes(&arena, "two\0three", 9);
	assert_ptr_equal(second, first + 4);
	assert_memory_equal(second, "two\0three", 10);
	assert_string_equal(arena_format(&arena, "%s", ""), "");
	for (size_t size = 0; size < 40; size++) {
		unsigned char *bytes = arena_allocate(&arena, size);
		assert_int_equal((uintptr_t)bytes % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(bytes[i], 0);
		arena_copy_text(&arena, "x");
	}
	assert_string_equal(first, "one");
	arena_release(&arena);
}

static void grow_zeroes_the_new_item(void **state)
{
	struct item {
		uint32_t number;
		const char *text;
	} *items = NULL;
	uint32_t count = 0, capacity = 0;
	(void)state;
	for (uint32_t round = 0; round < 2; round++)
		for (count = 0; count < 1000; count++) {
			GROW(items, count, capacity);
			assert_int_equal(items[count].number, 0);
			assert_null(items[count].text);
			items[count] = (struct item){count + 1, "used"};
		}
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(items[i].number, i + 1);
	assert_true(capacity >= count);
	free(items);
}

static void collect(void *context, const char *bytes, size_t size)
{
	buffer_append(context, bytes, size);
}

static void drained_bytes_come_out_in_order(void **state)
{
	struct buffer taken = BUFFER_INIT, expected = BUFFER_INIT;
	const struct buffer_outlet outlet = {collect, &taken};
	struct buffer buffer = {.outlet = &outlet};
	(void)state;
	buffer_drain(&buffer);
	for (int i = 0; i < 50000; i++) {
		buffer_printf(&buffer, "[%d]", i);
		buffer_printf(&expected, "[%d]", i);
		buffer_drain(&buffer);
		/* Writers of JSON look back at it. */
		assert_int_equal(buffer.bytes[buffer.size - 1], ']');
		assert_true(buffer.size < BUFFER_PIECE_BYTES);
	}
	assert_true(taken.size > 0);
	buffer_append(&taken, buffer.bytes, buffer.size);
	assert_string_equal(taken.bytes, expected.bytes);
	/* Without an outlet nothing leaves. */
	size_t size = expected.size;
	buffer_drain(&expected);
	assert_int_equal(expected.size, size);
	buffer_release(&buffer);
	assert_null(buffer.outlet);
	buffer_release(&taken);
	buffer_release(&expected);
}

/* What fits into the room that is left, what just does not, and what is longer than all of it. */
static void formatted_at_any_length(void **state)
{
	struct arena arena = {0};
	struct buffer buffer = BUFFER_INIT;
	struct buffer whole = BUFFER_INIT;
	char text[6000];
	(void)state;
	memset(text, 'x', sizeof text);
	for (int length = 0; length < (int)sizeof text; length += length < 200 ? 1 : 97) {
		const char *before = arena_copy_text(&arena, "before");
		char *formatted = arena_format(&arena, "%.*s!", length, text);
		const char *after = arena_copy_text(&arena, "after");
		assert_int_equal(strlen(formatted), length + 1);
		assert_int_equal(strspn(formatted, "x"), length);
		assert_string_equal(before, "before");
		assert_string_equal(after, "after");
		buffer_printf(&buffer, "%.*s!", length, text);
		buffer_append(&whole, text, (size_t)length);
		buffer_append_byte(&whole, '!');
		assert_string_equal(buffer_text(&buffer), buffer_text(&whole));
	}
	buffer_release(&buffer);
	buffer_release(&whole);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(formatted_at_any_length),
		cmocka_unit_test(arena_memory_is_zeroed_and_kept),
		cmocka_unit_test(map_holds_many_keys), cmocka_unit_test(buffer_grows),
		cmocka_unit_test(texts_lie_close_and_arrays_are_aligned),
		cmocka_unit_test(grow_zeroes_the_new_item),
		cmocka_unit_test(drained_bytes_come_out_in_order)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
