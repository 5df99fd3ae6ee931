#include "run/reaction.h"

#include <assert.h>

#include "base/index.h"
#include "run/retry.h"

/* Of a step or a contract. RETRY: what follows when there are no more attempts. */
static const enum reaction by_reaction[] = {
	[REACTION_DEFAULT] = REACT_KEEP,
	[REACTION_RETRY] = REACT_HALT,
	[REACTION_HALT] = REACT_HALT,
	[REACTION_SKIP] = REACT_TOLERATE,
	[REACTION_ROLLBACK] = REACT_ROLL_BACK,
	[REACTION_ABORT] = REACT_ABORT,
};
static_assert(ARRAY_LENGTH(by_reaction) == REACTION_COUNT, "one row a reaction");

static const enum reaction by_policy[] = {
	[ON_FAILURE_KEEP] = REACT_KEEP,
	[ON_FAILURE_STOP] = REACT_STOP,
	[ON_FAILURE_ROLLBACK] = REACT_UNDO,
};
static_assert(ARRAY_LENGTH(by_policy) == ON_FAILURE_COUNT, "one row a policy");

struct retry_policy reaction_retry_policy(const struct step *step)
{
	struct retry_policy policy = step->retry;
	if (policy.factor > 0)
		return policy;
	policy.backoff_ms = RETRY_DEFAULT_BACKOFF_MS;
	policy.factor = RETRY_DEFAULT_FACTOR;
	policy.max_delay_ms = RETRY_DEFAULT_MAX_DELAY_MS;
	return policy;
}

/* Attempts that the step's own policy is answerable for. */
static uint32_t own_tries(const struct reaction_facts *facts)
{
	return facts->tries - facts->foreign_retries;
}

static bool step_retries(const struct reaction_facts *facts)
{
	const struct step *step = facts->step;
	if (facts->has_no_retries)
		return false;
	if (retry_is_allowed(&step->retry, facts->failure, own_tries(facts)))
		return true;
	bool is_default = step->on_failure == REACTION_RETRY && step->retry.max == 0;
	return is_default && own_tries(facts) <= REACTION_STEP_RETRIES;
}

enum reaction reaction_decide(const struct reaction_facts *facts)
{
	const struct contract *contract = facts->contract;
	enum failure_reaction wanted = facts->step->on_failure;
	bool is_own = contract && contract->on_failure != REACTION_DEFAULT;
	if (is_own) {
		wanted = contract->on_failure;
		if (wanted == REACTION_RETRY && !facts->has_no_retries &&
			facts->contract_retries < contract->max_retries)
			return REACT_RETRY;
	} else if (step_retries(facts)) {
		return REACT_RETRY;
	}
	if (facts->step->is_optional)
		return REACT_TOLERATE;
	return wanted == REACTION_DEFAULT ? by_policy[facts->policy] : by_reaction[wanted];
}
