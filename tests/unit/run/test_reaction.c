#include "run/reaction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/index.h"

struct reaction_case {
	enum failure_reaction of_step;
	enum wave_failure_policy policy;
	bool is_optional;
	enum reaction expected;
};

static const struct reaction_case reaction_cases[] = {
	{REACTION_DEFAULT, ON_FAILURE_KEEP, false, REACT_KEEP},
	{REACTION_DEFAULT, ON_FAILURE_STOP, false, REACT_STOP},
	{REACTION_DEFAULT, ON_FAILURE_ROLLBACK, false, REACT_UNDO},
	{REACTION_DEFAULT, ON_FAILURE_STOP, true, REACT_TOLERATE},
	{REACTION_HALT, ON_FAILURE_KEEP, false, REACT_HALT},
	{REACTION_HALT, ON_FAILURE_STOP, false, REACT_HALT},
	{REACTION_HALT, ON_FAILURE_KEEP, true, REACT_TOLERATE},
	{REACTION_SKIP, ON_FAILURE_STOP, false, REACT_TOLERATE},
	{REACTION_ROLLBACK, ON_FAILURE_KEEP, false, REACT_ROLL_BACK},
	{REACTION_ABORT, ON_FAILURE_ROLLBACK, false, REACT_ABORT},
};

static void a_step_reacts_before_the_run_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(reaction_cases); i++) {
		const struct reaction_case *row = &reaction_cases[i];
		struct step step = {.on_failure = row->of_step, .is_optional = row->is_optional};
		struct contract silent = {.on_failure = REACTION_DEFAULT};
		struct reaction_facts facts = {.step = &step,
			.failure = FAILURE_PERMANENT,
			.tries = 1,
			.policy = row->policy};
		assert_int_equal(reaction_decide(&facts), row->expected);
		facts.failure = FAILURE_CONTRACT;
		facts.contract = &silent;
		assert_int_equal(reaction_decide(&facts), row->expected);
	}
}

static void a_contract_reacts_before_the_step_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(reaction_cases); i++) {
		const struct reaction_case *row = &reaction_cases[i];
		struct step step = {.on_failure = REACTION_SKIP,
			.is_optional = row->is_optional,
			.retry = {.max = 9, .on = 1u << FAILURE_CONTRACT}};
		struct contract contract = {.on_failure = row->of_step};
		struct reaction_facts facts = {.step = &step,
			.contract = &contract,
			.failure = FAILURE_CONTRACT,
			.tries = 1,
			.policy = row->policy};
		if (row->of_step != REACTION_DEFAULT)
			assert_int_equal(reaction_decide(&facts), row->expected);
		else
			assert_int_equal(reaction_decide(&facts), REACT_RETRY);
	}
}

static void retries_of_contract_and_step_are_counted_apart(void **state)
{
	struct step step = {.retry = {.max = 1, .on = 1u << FAILURE_TRANSIENT}};
	struct contract contract = {.on_failure = REACTION_RETRY, .max_retries = 2};
	struct reaction_facts facts = {.step = &step,
		.contract = &contract,
		.failure = FAILURE_CONTRACT,
		.tries = 2,
		.contract_retries = 1,
		.foreign_retries = 1};
	(void)state;
	assert_int_equal(reaction_decide(&facts), REACT_RETRY);
	facts.tries = 3;
	facts.contract_retries = facts.foreign_retries = 2;
	assert_int_equal(reaction_decide(&facts), REACT_HALT);
	/* The step's own policy still has its one attempt. */
	facts.contract = NULL;
	facts.failure = FAILURE_TRANSIENT;
	assert_int_equal(reaction_decide(&facts), REACT_RETRY);
	facts.tries = 4;
	assert_int_equal(reaction_decide(&facts), REACT_KEEP);
}

static void a_step_without_policy_is_tried_twice_again(void **state)
{
	struct step step = {.on_failure = REACTION_RETRY};
	struct reaction_facts facts = {
		.step = &step, .failure = FAILURE_PERMANENT, .policy = ON_FAILURE_STOP};
	(void)state;
	for (facts.tries = 1; facts.tries <= REACTION_STEP_RETRIES; facts.tries++)
		assert_int_equal(reaction_decide(&facts), REACT_RETRY);
	assert_int_equal(reaction_decide(&facts), REACT_HALT);
	struct retry_policy policy = reaction_retry_policy(&step);
	assert_int_equal(policy.backoff_ms, RETRY_DEFAULT_BACKOFF_MS);
	assert_int_equal(policy.max_delay_ms, RETRY_DEFAULT_MAX_DELAY_MS);
	/* One that has a policy keeps to it. */
	step.retry = (struct retry_policy){
		.max = 1, .factor = 3, .backoff_ms = 7, .on = 1u << FAILURE_PERMANENT};
	facts.tries = 1;
	assert_int_equal(reaction_decide(&facts), REACT_RETRY);
	facts.tries = 2;
	assert_int_equal(reaction_decide(&facts), REACT_HALT);
	assert_int_equal(reaction_retry_policy(&step).backoff_ms, 7);
}

static void a_run_without_retries_tries_nothing_again(void **state)
{
	(void)state;
	struct contract wants_more = {.on_failure = REACTION_RETRY, .max_retries = 5};
	struct step steps[] = {
		{.retry = {.max = 5, .on = 1u << FAILURE_PERMANENT}},
		{.on_failure = REACTION_RETRY},
		{.retry = {.max = 5, .on = 1u << FAILURE_PERMANENT}, .is_optional = true},
	};
	static const enum reaction expected[] = {REACT_KEEP, REACT_HALT, REACT_TOLERATE};
	for (size_t i = 0; i < ARRAY_LENGTH(steps); i++) {
		struct reaction_facts facts = {
			.step = &steps[i], .failure = FAILURE_PERMANENT, .tries = 1};
		assert_int_equal(reaction_decide(&facts), REACT_RETRY);
		facts.has_no_retries = true;
		assert_int_equal(reaction_decide(&facts), expected[i]);
	}
	struct reaction_facts facts = {.step = &(struct step){.id = "a"},
		.contract = &wants_more,
		.failure = FAILURE_CONTRACT,
		.tries = 1};
	assert_int_equal(reaction_decide(&facts), REACT_RETRY);
	facts.has_no_retries = true;
	assert_int_equal(reaction_decide(&facts), REACT_HALT);
}

/* --- the table --- */

static const enum reaction by_word[] = {
	[REACTION_RETRY] = REACT_HALT, /* after its own two attempts */
	[REACTION_HALT] = REACT_HALT,
	[REACTION_SKIP] = REACT_TOLERATE,
	[REACTION_ROLLBACK] = REACT_ROLL_BACK,
	[REACTION_ABORT] = REACT_ABORT,
};

/* What is left once a step without `retry` has been tried as often as it may be. */
static enum reaction settle(struct reaction_facts *facts)
{
	enum reaction reaction = reaction_decide(facts);
	while (reaction_is_again(reaction)) {
		facts->tries++;
		facts->waits += reaction == REACT_WAIT;
		assert_true(facts->tries < 10);
		reaction = reaction_decide(facts);
	}
	return reaction;
}

static void every_class_ends_as_its_row_says(void **state)
{
	(void)state;
	for (int failure = 0; failure < FAILURE_CLASS_COUNT; failure++) {
		const struct failure_rule *rule = failure_rule_of((enum failure_class)failure);
		for (int policy = 0; policy < ON_FAILURE_COUNT; policy++) {
			for (int word = 0; word < REACTION_COUNT; word++) {
				struct step step = {.on_failure = (enum failure_reaction)word};
				struct reaction_facts facts = {.step = &step,
					.failure = (enum failure_class)failure,
					.tries = 1,
					.policy = (enum wave_failure_policy)policy};
				bool is_silent = word == REACTION_DEFAULT;
				assert_int_equal(settle(&facts),
					is_silent ? rule->last[policy] : by_word[word]);
				assert_int_equal(facts.waits, rule->waits);
				step.is_optional = true;
				facts.tries = 1;
				facts.waits = 0;
				assert_int_equal(settle(&facts), REACT_TOLERATE);
			}
		}
	}
}

static void waits_come_first_and_are_counted_apart(void **state)
{
	struct step step = {.retry = {.max = 1, .on = 1u << FAILURE_RESOURCE}};
	struct reaction_facts facts = {.step = &step, .failure = FAILURE_RESOURCE};
	(void)state;
	for (facts.tries = 1; facts.tries <= REACTION_RESOURCE_WAITS; facts.tries++) {
		assert_int_equal(reaction_decide(&facts), REACT_WAIT);
		facts.waits++;
	}
	assert_int_equal(reaction_decide(&facts), REACT_RETRY);
	facts.tries++;
	assert_int_equal(reaction_decide(&facts), REACT_KEEP);
	/* The waits do not use up what there is for another class. */
	facts.tries--;
	facts.failure = FAILURE_TIMEOUT;
	step.retry.on = 1u << FAILURE_TIMEOUT;
	assert_int_equal(reaction_decide(&facts), REACT_RETRY);
	facts.failure = FAILURE_RESOURCE;
	facts.waits = 0;
	facts.has_no_retries = true;
	assert_int_equal(reaction_decide(&facts), REACT_KEEP);
}

static void nobody_decides_on_what_the_step_provides_for(void **state)
{
	struct step step = {.retry = {.max = 1, .on = 1u << FAILURE_UNKNOWN}};
	struct reaction_facts facts = {.step = &step, .failure = FAILURE_UNKNOWN, .tries = 1};
	(void)state;
	assert_int_equal(reaction_decide(&facts), REACT_RETRY);
	facts.tries = 2;
	assert_int_equal(reaction_decide(&facts), REACT_KEEP);
	step.retry.on = 1u << FAILURE_TRANSIENT;
	assert_int_equal(reaction_decide(&facts), REACT_DECIDE);
	step.retry = (struct retry_policy){.on = 1u << FAILURE_UNKNOWN};
	assert_int_equal(reaction_decide(&facts), REACT_DECIDE);
}

/* --- the documentation --- */

#define DOCUMENT_LIMIT_BYTES ((size_t)1 << 20)

static const char *const words[REACT_COUNT] = {
	[REACT_KEEP] = "skip",
	[REACT_STOP] = "stop",
	[REACT_UNDO] = "rollback",
	[REACT_DECIDE] = "decide",
};

/* "| wait, 3 times | skip | stop | rollback |": what its row ends in. */
static void the_documentation_shows_the_table(void **state)
{
	const char *source = getenv("WAVETRAIN_SOURCE");
	struct arena arena = {0};
	struct buffer text = BUFFER_INIT;
	struct error error;
	(void)state;
	const char *path = path_join(&arena, source ? source : ".", "docs/flow.md");
	if (!file_read(path, DOCUMENT_LIMIT_BYTES, &text, &error))
		fail_msg("%s", error.text);
	for (int i = FAILURE_NONE + 1; i < FAILURE_CANCELLED; i++) {
		const struct failure_rule *rule = failure_rule_of((enum failure_class)i);
		const char *name = failure_class_name((enum failure_class)i);
		const char *row =
			strstr(buffer_text(&text), arena_format(&arena, "\n| `%s` |", name));
		const char *first =
			rule->waits ? arena_format(&arena, "wait, %u times", rule->waits) : "–";
		const char *ending = arena_format(&arena, "| %s | %s | %s | %s |", first,
			words[rule->last[ON_FAILURE_KEEP]], words[rule->last[ON_FAILURE_STOP]],
			words[rule->last[ON_FAILURE_ROLLBACK]]);
		if (!row)
			fail_msg("%s has no row for `%s`", path, name);
		const char *line = arena_copy_bytes(&arena, row + 1, strcspn(row + 1, "\n"));
		const char *found = strstr(line, ending);
		if (!found || found[strlen(ending)])
			fail_msg("'%s' does not end in '%s'", line, ending);
	}
	buffer_release(&text);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_without_retries_tries_nothing_again),
		cmocka_unit_test(a_step_reacts_before_the_run_does),
		cmocka_unit_test(a_contract_reacts_before_the_step_does),
		cmocka_unit_test(retries_of_contract_and_step_are_counted_apart),
		cmocka_unit_test(every_class_ends_as_its_row_says),
		cmocka_unit_test(waits_come_first_and_are_counted_apart),
		cmocka_unit_test(nobody_decides_on_what_the_step_provides_for),
		cmocka_unit_test(the_documentation_shows_the_table),
		cmocka_unit_test(a_step_without_policy_is_tried_twice_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
