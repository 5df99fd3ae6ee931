#include "run/retry.h"

bool retry_is_allowed(const struct retry_policy *policy, enum failure_class failure, uint32_t tries)
{
	return tries <= policy->max && (policy->on & (1u << failure));
}

int64_t retry_delay_ms(const struct retry_policy *policy, uint32_t retry, uint64_t random)
{
	double limit = (double)policy->max_delay_ms;
	double delay = (double)policy->backoff_ms;
	/* Ends early: a factor above 1 reaches the limit soon, one of at most 1 changes little. */
	for (uint32_t i = 1; i < retry && i < 1000 && delay < limit; i++)
		delay *= policy->factor;
	if (!(delay < limit))
		delay = limit;
	int64_t whole_ms = delay > 0 ? (int64_t)delay : 0;
	if (!policy->jitter || whole_ms < 2)
		return whole_ms;
	uint64_t half_ms = (uint64_t)whole_ms / 2;
	return whole_ms - (int64_t)(random % (half_ms + 1));
}
