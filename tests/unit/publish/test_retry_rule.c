#include "publish/retry_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/index.h"

#define NOW_S 1765290622

static const char *const action_names[] = {
	"done", "refused", "again", "look", "limited", "no time"};

struct row {
	const char *name;
	struct request_outcome outcome;
	enum request_kind kind;
	uint32_t attempt;
	int64_t remaining_ms;
	enum retry_action action;
	int64_t wait_ms;
};

#define PLAIN .retry_after_s = -1, .remaining = -1, .reset_s = -1
#define ANSWER(number) .answered = true, .status = (number)

static const struct row rows[] = {
	{"200", {ANSWER(200), PLAIN}, REQUEST_READ, 1, 30000, RETRY_DONE, 0},
	{"201", {ANSWER(201), PLAIN}, REQUEST_CREATE, 1, 30000, RETRY_DONE, 0},
	{"204", {ANSWER(204), PLAIN}, REQUEST_REPEATABLE, 1, 30000, RETRY_DONE, 0},
	{"304", {ANSWER(304), PLAIN}, REQUEST_READ, 1, 30000, RETRY_DONE, 0},
	{"an unfollowed 302", {ANSWER(302), PLAIN}, REQUEST_READ, 1, 30000, RETRY_REFUSED, 0},
	{"400", {ANSWER(400), PLAIN}, REQUEST_REPEATABLE, 1, 30000, RETRY_REFUSED, 0},
	{"401", {ANSWER(401), PLAIN}, REQUEST_REPEATABLE, 1, 30000, RETRY_REFUSED, 0},
	{"404", {ANSWER(404), PLAIN}, REQUEST_CREATE, 1, 30000, RETRY_REFUSED, 0},
	{"410", {ANSWER(410), PLAIN}, REQUEST_CREATE, 1, 30000, RETRY_REFUSED, 0},
	{"422", {ANSWER(422), PLAIN}, REQUEST_REPEATABLE, 1, 30000, RETRY_REFUSED, 0},
	{"422 with Retry-After stays a no",
		{ANSWER(422), .retry_after_s = 1, .remaining = 0, .reset_s = NOW_S},
		REQUEST_REPEATABLE, 1, 30000, RETRY_REFUSED, 0},
	{"403 for the integration", {ANSWER(403), .integration = true, PLAIN}, REQUEST_REPEATABLE,
		1, 30000, RETRY_REFUSED, 0},
	{"403 for the integration, requests used up",
		{ANSWER(403), .integration = true, .retry_after_s = 2, .remaining = 0,
			.reset_s = NOW_S + 1},
		REQUEST_REPEATABLE, 1, 30000, RETRY_REFUSED, 0},
	{"403 without a word of limits", {ANSWER(403), PLAIN}, REQUEST_REPEATABLE, 1, 90000,
		RETRY_REFUSED, 0},
	{"403 with Retry-After", {ANSWER(403), .retry_after_s = 7, .remaining = -1, .reset_s = -1},
		REQUEST_REPEATABLE, 1, 30000, RETRY_AGAIN, 7000},
	{"Retry-After goes before the reset",
		{ANSWER(429), .retry_after_s = 3, .remaining = 0, .reset_s = NOW_S + 20},
		REQUEST_READ, 1, 30000, RETRY_AGAIN, 3000},
	{"Retry-After 0", {ANSWER(429), .retry_after_s = 0, .remaining = -1, .reset_s = -1},
		REQUEST_READ, 1, 30000, RETRY_AGAIN, 0},
	{"Retry-After longer than the time",
		{ANSWER(429), .retry_after_s = 31, .remaining = -1, .reset_s = -1}, REQUEST_READ, 1,
		30000, RETRY_LIMITED, 0},
	{"Retry-After as long as the time",
		{ANSWER(429), .retry_after_s = 30, .remaining = -1, .reset_s = -1}, REQUEST_READ, 1,
		30000, RETRY_LIMITED, 0},
	{"a Retry-After that would overflow",
		{ANSWER(429), .retry_after_s = INT64_MAX, .remaining = -1, .reset_s = -1},
		REQUEST_READ, 1, 30000, RETRY_LIMITED, 0},
	{"primary limit, reset soon",
		{ANSWER(403), .retry_after_s = -1, .remaining = 0, .reset_s = NOW_S + 5},
		REQUEST_READ, 1, 30000, RETRY_AGAIN, 6000},
	{"primary limit, reset in the past",
		{ANSWER(403), .retry_after_s = -1, .remaining = 0, .reset_s = NOW_S - 500},
		REQUEST_READ, 1, 30000, RETRY_AGAIN, 1000},
	{"primary limit, reset in an hour",
		{ANSWER(403), .retry_after_s = -1, .remaining = 0, .reset_s = NOW_S + 3600},
		REQUEST_READ, 1, 30000, RETRY_LIMITED, 0},
	{"secondary limit: the reset is not its own",
		{ANSWER(403), .mentions_limit = true, .retry_after_s = -1, .remaining = 900,
			.reset_s = NOW_S + 5},
		REQUEST_READ, 1, 90000, RETRY_AGAIN, 60000},
	{"secondary limit, second time", {ANSWER(403), .mentions_limit = true, PLAIN}, REQUEST_READ,
		2, 200000, RETRY_AGAIN, 120000},
	{"secondary limit, little time", {ANSWER(403), .mentions_limit = true, PLAIN}, REQUEST_READ,
		1, 30000, RETRY_LIMITED, 0},
	{"a limit is no doubt about a create",
		{ANSWER(429), .retry_after_s = 2, .remaining = -1, .reset_s = -1}, REQUEST_CREATE,
		1, 30000, RETRY_AGAIN, 2000},
	{"500 on a read", {ANSWER(500), PLAIN}, REQUEST_READ, 1, 30000, RETRY_AGAIN, 1000},
	{"502, third time", {ANSWER(502), PLAIN}, REQUEST_REPEATABLE, 3, 30000, RETRY_AGAIN, 4000},
	{"503 with Retry-After", {ANSWER(503), .retry_after_s = 9, .remaining = -1, .reset_s = -1},
		REQUEST_READ, 1, 30000, RETRY_AGAIN, 9000},
	{"500 on a create", {ANSWER(500), PLAIN}, REQUEST_CREATE, 1, 30000, RETRY_LOOK, 1000},
	{"500 with no time", {ANSWER(500), PLAIN}, REQUEST_READ, 1, 900, RETRY_NO_TIME, 0},
	{"the doubling ends", {ANSWER(500), PLAIN}, REQUEST_READ, 4000000000, 300000, RETRY_AGAIN,
		64000},
	{"cut on a read", {.maybe_applied = true, PLAIN}, REQUEST_READ, 1, 30000, RETRY_AGAIN,
		1000},
	{"cut on a status", {.maybe_applied = true, PLAIN}, REQUEST_REPEATABLE, 1, 30000,
		RETRY_AGAIN, 1000},
	{"cut on a create", {.maybe_applied = true, PLAIN}, REQUEST_CREATE, 1, 30000, RETRY_LOOK,
		1000},
	{"a create that never left", {PLAIN}, REQUEST_CREATE, 2, 30000, RETRY_AGAIN, 2000},
	{"hopeless", {.hopeless = true, PLAIN}, REQUEST_READ, 1, 30000, RETRY_REFUSED, 0},
};

static void test_every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const struct row *row = &rows[i];
		struct retry_moment moment = {row->attempt, NOW_S, row->remaining_ms};
		struct retry_decision decision = retry_decide(&row->outcome, row->kind, &moment);
		if (decision.action != row->action || decision.wait_ms != row->wait_ms)
			fail_msg("%s: %s after %lld ms, not %s after %lld ms", row->name,
				action_names[decision.action], (long long)decision.wait_ms,
				action_names[row->action], (long long)row->wait_ms);
	}
}

/* Whatever comes, a wait is never negative and never outlasts the time. */
static void test_waits_stay_within_the_time(void **state)
{
	(void)state;
	static const int64_t seconds[] = {-1, 0, 1, 29, 30, 3600, INT64_MAX};
	for (long status = 100; status < 600; status++) {
		for (size_t i = 0; i < ARRAY_LENGTH(seconds) * 3; i++) {
			struct request_outcome outcome = {ANSWER(status),
				.retry_after_s = seconds[i % ARRAY_LENGTH(seconds)], .remaining = 0,
				.reset_s = NOW_S + 9};
			struct retry_moment moment = {(uint32_t)i, NOW_S, 30000};
			enum request_kind kind = (enum request_kind)(i / ARRAY_LENGTH(seconds));
			struct retry_decision decision = retry_decide(&outcome, kind, &moment);
			assert_in_range(decision.wait_ms, 0, 29999);
			if (status / 100 == 2)
				assert_int_equal(decision.action, RETRY_DONE);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row),
		cmocka_unit_test(test_waits_stay_within_the_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
