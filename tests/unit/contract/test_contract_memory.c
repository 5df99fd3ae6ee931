#include "contract/contract_memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/file.h"
#include "cmocka_all.h"

struct place {
	struct arena arena;
	char root[64];
	const char *file;
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof *place);
	memcpy(place->root, "/tmp/wavetrain-memory-XXXXXX", 29);
	assert_non_null(mkdtemp(place->root));
	place->file = path_join(&place->arena, place->root, "passed");
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	struct error error;
	assert_true(path_remove(place->root, &error));
	arena_release(&place->arena);
	free(place);
	return 0;
}

/* The hexadecimal digits of a number, as long as a hash. */
static const char *hash_of(struct place *place, uint32_t number)
{
	return arena_format(&place->arena, "%064x", number);
}

static void add(struct place *place, struct contract_memory *memory, uint32_t a, uint32_t b)
{
	contract_memory_add(memory, hash_of(place, a), hash_of(place, b));
}

static bool has(struct place *place, const struct contract_memory *memory, uint32_t a, uint32_t b)
{
	return contract_memory_has(memory, hash_of(place, a), hash_of(place, b));
}

static size_t file_size(const struct place *place)
{
	struct stat facts;
	assert_int_equal(stat(place->file, &facts), 0);
	return (size_t)facts.st_size;
}

static void what_passed_is_known_to_a_later_one(void **state)
{
	struct place *place = *state;
	struct contract_memory *memory = contract_memory_new(place->file);
	assert_false(has(place, memory, 1, 2));
	add(place, memory, 1, 2);
	add(place, memory, 1, 2);
	add(place, memory, 1, 3);
	assert_true(has(place, memory, 1, 2));
	assert_false(has(place, memory, 2, 1));
	contract_memory_free(memory);
	assert_int_equal(file_size(place), 2 * 130);
	memory = contract_memory_new(place->file);
	assert_true(has(place, memory, 1, 2));
	assert_true(has(place, memory, 1, 3));
	assert_false(has(place, memory, 1, 4));
	contract_memory_free(memory);
}

static void without_a_file_it_is_forgotten(void **state)
{
	struct place *place = *state;
	struct contract_memory *memory = contract_memory_new(NULL);
	add(place, memory, 1, 2);
	assert_true(has(place, memory, 1, 2));
	contract_memory_free(memory);
	/* A file that cannot be written is no reason to fail. */
	memory = contract_memory_new(path_join(&place->arena, place->root, "none/passed"));
	add(place, memory, 1, 2);
	add(place, memory, 1, 3);
	assert_true(has(place, memory, 1, 3));
	contract_memory_free(memory);
	contract_memory_free(NULL);
}

static void what_is_no_hash_is_not_remembered(void **state)
{
	struct place *place = *state;
	struct contract_memory *memory = contract_memory_new(place->file);
	contract_memory_add(memory, "", hash_of(place, 1));
	contract_memory_add(memory, hash_of(place, 1), "XYZ");
	assert_false(contract_memory_has(memory, "", hash_of(place, 1)));
	assert_false(path_exists(place->file));
	contract_memory_free(memory);
}

static void damaged_lines_are_no_lines(void **state)
{
	struct place *place = *state;
	struct error error;
	const char *good =
		arena_format(&place->arena, "%s %s", hash_of(place, 1), hash_of(place, 2));
	const char *text = arena_format(&place->arena, "\n%s x\n%.100s\nword\n%s\n%.64s_%s\n%.90s",
		good, good, good, good, hash_of(place, 3), good);
	assert_true(file_write_atomic(place->file, text, strlen(text), &error));
	struct contract_memory *memory = contract_memory_new(place->file);
	assert_true(has(place, memory, 1, 2));
	assert_false(has(place, memory, 1, 3));
	/* The last line was cut off: what follows begins a new one. */
	add(place, memory, 5, 6);
	contract_memory_free(memory);
	memory = contract_memory_new(place->file);
	assert_true(has(place, memory, 1, 2));
	assert_true(has(place, memory, 5, 6));
	contract_memory_free(memory);
}

static void the_older_half_makes_room(void **state)
{
	struct place *place = *state;
	struct contract_memory *memory = contract_memory_new(NULL);
	for (uint32_t i = 0; i <= CONTRACT_MEMORY_LIMIT; i++) {
		add(place, memory, 1, i);
		arena_reset(&place->arena);
		place->file = path_join(&place->arena, place->root, "passed");
	}
	assert_false(has(place, memory, 1, 0));
	assert_false(has(place, memory, 1, CONTRACT_MEMORY_LIMIT / 2 - 1));
	assert_true(has(place, memory, 1, CONTRACT_MEMORY_LIMIT / 2));
	assert_true(has(place, memory, 1, CONTRACT_MEMORY_LIMIT));
	contract_memory_free(memory);
}

static void a_file_that_is_too_long_is_rewritten(void **state)
{
	struct place *place = *state;
	struct error error;
	struct buffer text = BUFFER_INIT;
	for (uint32_t i = 0; i <= CONTRACT_MEMORY_LIMIT; i++)
		buffer_printf(&text, "%064x %064x\n", 1, i);
	assert_true(file_write_atomic(place->file, text.bytes, text.size, &error));
	struct contract_memory *memory = contract_memory_new(place->file);
	assert_int_equal(file_size(place), (CONTRACT_MEMORY_LIMIT / 2 + 1) * 130);
	assert_true(has(place, memory, 1, CONTRACT_MEMORY_LIMIT));
	assert_false(has(place, memory, 1, 1));
	contract_memory_free(memory);
	buffer_release(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_passed_is_known_to_a_later_one),
		TEST(without_a_file_it_is_forgotten),
		TEST(what_is_no_hash_is_not_remembered),
		TEST(damaged_lines_are_no_lines),
		TEST(the_older_half_makes_room),
		TEST(a_file_that_is_too_long_is_rewritten),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
