#include "run/retry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/index.h"

struct delay_case {
	int64_t backoff_ms;
	double factor;
	int64_t max_delay_ms;
	uint32_t retry;
	int64_t delay_ms;
};

static const struct delay_case delay_cases[] = {
	{2000, 2, 30000, 1, 2000},
	{2000, 2, 30000, 2, 4000},
	{2000, 2, 30000, 3, 8000},
	{2000, 2, 30000, 5, 30000},
	{2000, 2, 30000, UINT32_MAX, 30000},
	{500, 1, 30000, 9, 500},
	{0, 2, 30000, 3, 0},
	{1000, 1e300, 30000, 3, 30000},
	{5000, 2, 1000, 1, 1000},
	{1000, 0.5, 30000, 3, 250},
};

static void delays_grow_up_to_the_limit(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(delay_cases); i++) {
		const struct delay_case *row = &delay_cases[i];
		struct retry_policy policy = {.backoff_ms = row->backoff_ms,
			.factor = row->factor,
			.max_delay_ms = row->max_delay_ms};
		assert_int_equal(retry_delay_ms(&policy, row->retry, 12345), row->delay_ms);
	}
}

static void jitter_stays_between_half_and_whole(void **state)
{
	struct retry_policy policy = {
		.backoff_ms = 1000, .factor = 2, .max_delay_ms = 30000, .jitter = true};
	int64_t least_ms = INT64_MAX, most_ms = 0;
	(void)state;
	for (uint64_t random = 0; random < 2000; random++) {
		int64_t delay_ms = retry_delay_ms(&policy, 1, random);
		least_ms = delay_ms < least_ms ? delay_ms : least_ms;
		most_ms = delay_ms > most_ms ? delay_ms : most_ms;
	}
	assert_int_equal(least_ms, 500);
	assert_int_equal(most_ms, 1000);
}

static void only_declared_classes_and_only_so_often(void **state)
{
	struct retry_policy policy = {
		.max = 2, .on = 1u << FAILURE_TRANSIENT | 1u << FAILURE_TIMEOUT};
	(void)state;
	assert_true(retry_is_allowed(&policy, FAILURE_TRANSIENT, 1));
	assert_true(retry_is_allowed(&policy, FAILURE_TIMEOUT, 2));
	assert_false(retry_is_allowed(&policy, FAILURE_TRANSIENT, 3));
	assert_false(retry_is_allowed(&policy, FAILURE_PERMANENT, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delays_grow_up_to_the_limit),
		cmocka_unit_test(jitter_stays_between_half_and_whole),
		cmocka_unit_test(only_declared_classes_and_only_so_often),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
