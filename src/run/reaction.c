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

/* As execution.on_failure says. */
#define BY_POLICY                                                                                  \
	{                                                                                          \
		[ON_FAILURE_KEEP] = REACT_KEEP, [ON_FAILURE_STOP] = REACT_STOP,                    \
		[ON_FAILURE_ROLLBACK] = REACT_UNDO                                                 \
	}

/*
 * One row a class, two of which never come here. Whoever asks for stop or rollback has decided;
 * under keep, the default, nobody guesses why a foreign signal came.
 */
static const struct failure_rule rules[] = {
	[FAILURE_NONE] = {.last = BY_POLICY},
	[FAILURE_TRANSIENT] = {.last = BY_POLICY},
	[FAILURE_TIMEOUT] = {.last = BY_POLICY},
	[FAILURE_RESOURCE] = {.waits = REACTION_RESOURCE_WAITS, .last = BY_POLICY},
	[FAILURE_CONTRACT] = {.last = BY_POLICY},
	[FAILURE_OUTPUT] = {.last = BY_POLICY},
	[FAILURE_PERMANENT] = {.last = BY_POLICY},
	[FAILURE_SIGNAL] = {.last = BY_POLICY},
	[FAILURE_UNKNOWN] = {.last = {[ON_FAILURE_KEEP] = REACT_DECIDE,
				     [ON_FAILURE_STOP] = REACT_STOP,
				     [ON_FAILURE_ROLLBACK] = REACT_UNDO}},
	[FAILURE_CANCELLED] = {.last = BY_POLICY},
};
static_assert(ARRAY_LENGTH(rules) == FAILURE_CLASS_COUNT, "one rule a class");
static_assert(ON_FAILURE_COUNT == 3, "one reaction a policy in BY_POLICY");

const struct failure_rule *failure_rule_of(enum failure_class failure)
{
	return &rules[failure];
}

bool reaction_is_again(enum reaction reaction)
{
	return reaction == REACT_RETRY || reaction == REACT_WAIT;
}

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

/* Attempts that the step's own policy is answerable for: at least this one. */
static uint32_t own_tries(const struct reaction_facts *facts)
{
	uint32_t others = facts->foreign_retries + facts->waits;
	return facts->tries > others ? facts->tries - others : 1;
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

/* Its own policy names this failure, and what it provides for is used up. */
static bool is_provided_for(const struct reaction_facts *facts)
{
	const struct retry_policy *policy = &facts->step->retry;
	return policy->max > 0 && (policy->on & (1u << facts->failure));
}

static enum reaction last_reaction(const struct reaction_facts *facts)
{
	enum reaction last = rules[facts->failure].last[facts->policy];
	if (last == REACT_DECIDE && is_provided_for(facts))
		last = rules[FAILURE_PERMANENT].last[facts->policy];
	return last;
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
	} else if (!facts->has_no_retries && facts->waits < rules[facts->failure].waits) {
		return REACT_WAIT;
	} else if (step_retries(facts)) {
		return REACT_RETRY;
	}
	if (facts->step->is_optional)
		return REACT_TOLERATE;
	return wanted == REACTION_DEFAULT ? last_reaction(facts) : by_reaction[wanted];
}
