#include "plan/learned_memory.h"

#include "pipeline_fixture.h"

#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)

static void amounts_are_above_the_peak_and_few(void **state)
{
	(void)state;
	uint64_t last = 0;
	uint32_t different = 0;
	uint64_t seed = 5;
	for (uint32_t part = 1; part <= 4096; part++) {
		uint64_t peak = 16 * GIB / 4096 * part - fixture_random(&seed, 1000);
		uint64_t amount = learned_memory_amount(peak, 16 * GIB);
		assert_true(amount <= 16 * GIB && amount >= last);
		assert_true(amount >= 16 * GIB / MEMORY_LEAST_PART);
		assert_true(amount == 16 * GIB || amount > peak + peak / 4);
		assert_true(amount <= 16 * MIB || amount <= peak / 16 * 25 + 100);
		different += amount != last;
		last = amount;
	}
	assert_in_range(different, 20, 50);
	assert_int_equal(learned_memory_amount(1, 1 * MIB), 1024);
	assert_int_equal(learned_memory_amount(20 * GIB, 16 * GIB), 16 * GIB);
	assert_int_equal(learned_memory_amount(100 * MIB, 16 * GIB), 128 * MIB);
	assert_int_equal(learned_memory_amount(110 * MIB, 16 * GIB), 160 * MIB);
}

static void remember(struct fixture *fixture, const char *id, uint64_t peak_bytes)
{
	struct history *history = &fixture->history;
	if (!history->entries)
		history->entries = ARENA_ARRAY(&fixture->arena, struct history_entry, 8);
	history->entries[history->count] = (struct history_entry){
		.step_id = id, .median_ms = 10, .run_count = 1, .peak_rss_bytes = peak_bytes};
	assert_true(map_add(&history->by_id, id, history->count++));
}

static void give_pools(struct fixture *fixture, uint64_t memory_bytes)
{
	static struct resource_pool pools[3];
	pools[0] = (struct resource_pool){.name = "gpu", .amount = 2};
	pools[1] = (struct resource_pool){.name = MEMORY_POOL_NAME, .amount = memory_bytes};
	pools[2] = (struct resource_pool){.name = "tape", .amount = 1};
	fixture->pipeline.execution.pools = pools;
	fixture->pipeline.execution.pool_count = 3;
}

static struct resource_claim *claim(
	struct fixture *fixture, struct step *step, uint32_t pool, uint64_t amount)
{
	if (!step->claims)
		step->claims = ARENA_ARRAY(&fixture->arena, struct resource_claim, 3);
	struct resource_claim *made = &step->claims[step->claim_count++];
	*made = (struct resource_claim){.pool = pool, .amount = amount};
	return made;
}

static void assert_memory(const struct fixture *fixture, uint32_t step, enum memory_origin from,
	uint64_t memory_bytes)
{
	struct step_claims claims = plan_step_claims(&fixture->plan, step);
	uint64_t claimed = 0;
	assert_int_equal(claims.memory_from, from);
	assert_int_equal(claims.memory_bytes, memory_bytes);
	for (uint32_t i = 0; i < claims.count; i++) {
		assert_true(i == 0 || claims.items[i - 1].pool < claims.items[i].pool);
		if (claims.items[i].pool == 1)
			claimed += claims.items[i].amount;
	}
	assert_int_equal(claimed, memory_bytes);
}

static void what_is_written_stays_and_the_rest_is_learned(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 5);
	claim(fixture, fixture_add(fixture, "says", "", NULL), 1, 3 * GIB);
	struct step *learns = fixture_add(fixture, "learns", "", NULL);
	claim(fixture, learns, 0, 1);
	claim(fixture, learns, 2, 1);
	fixture_add(fixture, "huge", "", NULL);
	claim(fixture, fixture_add(fixture, "unknown", "", NULL), 0, 2);
	fixture_add(fixture, "tiny", "", NULL);
	remember(fixture, "says", 100 * MIB);
	remember(fixture, "learns", 100 * MIB);
	remember(fixture, "huge", 40 * GIB);
	remember(fixture, "tiny", 0);
	give_pools(fixture, 16 * GIB);
	assert_true(fixture_build(fixture, 2));
	assert_memory(fixture, 0, MEMORY_DECLARED, 3 * GIB);
	assert_memory(fixture, 1, MEMORY_LEARNED, 128 * MIB);
	assert_int_equal(plan_step_claims(&fixture->plan, 1).count, 3);
	assert_memory(fixture, 2, MEMORY_LEARNED, 16 * GIB);
	assert_memory(fixture, 3, MEMORY_NONE, 0);
	assert_int_equal(plan_step_claims(&fixture->plan, 3).count, 1);
	assert_memory(fixture, 4, MEMORY_NONE, 0);
}

/* What the pipeline counts in gigabytes, or does not count, is left alone. */
static void without_a_pool_in_bytes_nothing_is_learned(void **state)
{
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 1);
	fixture_add(fixture, "a", "", NULL);
	remember(fixture, "a", 100 * MIB);
	give_pools(fixture, 64);
	assert_true(fixture_build(fixture, 2));
	assert_null(fixture->plan.claims);
	fixture->pipeline.execution.pool_count = 0;
	assert_true(fixture_build(fixture, 2));
	assert_null(fixture->plan.claims);
}

static void an_instance_that_never_ran_claims_what_its_like_used(void **state)
{
	static const struct step_instance of_t = {.base_id = "t"};
	static const struct step_instance of_new = {.base_id = "new"};
	struct fixture *fixture = *state;
	fixture_reserve(fixture, 4);
	fixture_add(fixture, "t[a]", "", NULL)->instance = &of_t;
	fixture_add(fixture, "t[c]", "", NULL)->instance = &of_t;
	fixture_add(fixture, "new[a]", "", NULL)->instance = &of_new;
	fixture_add(fixture, "t", "", NULL);
	remember(fixture, "t[a]", 100 * MIB);
	remember(fixture, "t[b]", 1000 * MIB);
	give_pools(fixture, 16 * GIB);
	assert_true(fixture_build(fixture, 2));
	assert_memory(fixture, 0, MEMORY_LEARNED, 128 * MIB);
	assert_memory(fixture, 1, MEMORY_LEARNED, 1280 * MIB);
	assert_memory(fixture, 2, MEMORY_NONE, 0);
	assert_memory(fixture, 3, MEMORY_NONE, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(amounts_are_above_the_peak_and_few),
		FIXTURE_TEST(what_is_written_stays_and_the_rest_is_learned),
		FIXTURE_TEST(without_a_pool_in_bytes_nothing_is_learned),
		FIXTURE_TEST(an_instance_that_never_ran_claims_what_its_like_used),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
