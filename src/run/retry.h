#ifndef WAVETRAIN_RUN_RETRY_H
#define WAVETRAIN_RUN_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "model/pipeline.h"
#include "model/state.h"

/* Pure: may another attempt follow? tries: attempts made so far by this runner, at least 1. */
bool retry_is_allowed(
	const struct retry_policy *policy, enum failure_class failure, uint32_t tries);

/*
 * Before extra attempt number retry (1, 2, …): min(backoff * factor^(retry - 1), max_delay);
 * with jitter between half of that and the whole, as random (any 64 bits) says.
 */
int64_t retry_delay_ms(const struct retry_policy *policy, uint32_t retry, uint64_t random);

#endif
