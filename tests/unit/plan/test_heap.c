#include "plan/heap.h"

#include "pipeline_fixture.h"

static void test_comes_out_by_key_then_value(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 31;
	for (uint32_t round = 0; round < 200; round++) {
		uint32_t count = 1 + fixture_random(&seed, 50);
		struct heap heap;
		heap_init(&heap, &fixture->arena, count);
		for (uint32_t i = 0; i < count; i++)
			heap_push(&heap, (int64_t)fixture_random(&seed, 7) - 3,
				fixture_random(&seed, 10));
		assert_int_equal(heap.count, count);
		struct heap_item before = heap_pop(&heap);
		for (uint32_t i = 1; i < count; i++) {
			struct heap_item item = heap_pop(&heap);
			assert_true(before.key < item.key ||
				    (before.key == item.key && before.value <= item.value));
			before = item;
		}
		assert_int_equal(heap.count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {FIXTURE_TEST(test_comes_out_by_key_then_value)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
