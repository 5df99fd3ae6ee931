#include "publish/retry_rule.h"

#define FAULT_WAIT_MS 1000   /* first wait after a fault of the server or the network */
#define LIMIT_WAIT_MS 60000  /* first wait when a limit does not say how long */
#define RESET_MARGIN_MS 1000 /* x-ratelimit-reset is cut to whole seconds */
#define WAIT_MAXIMUM_S 86400 /* longer is no wait but an error of the server's */
#define DOUBLINGS_MAXIMUM 6

static int64_t doubled(int64_t first_ms, uint32_t attempt)
{
	uint32_t doublings = attempt > 0 ? attempt - 1 : 0;
	if (doublings > DOUBLINGS_MAXIMUM)
		doublings = DOUBLINGS_MAXIMUM;
	return first_ms * ((int64_t)1 << doublings);
}

static int64_t seconds_to_wait_ms(int64_t seconds)
{
	if (seconds < 0)
		return 0;
	return (seconds > WAIT_MAXIMUM_S ? WAIT_MAXIMUM_S : seconds) * 1000;
}

static bool is_limit(const struct request_outcome *outcome)
{
	if (outcome->status == 429)
		return true;
	if (outcome->status != 403 || outcome->integration)
		return false;
	return outcome->retry_after_s >= 0 || outcome->remaining == 0 || outcome->mentions_limit;
}

static int64_t limit_wait_ms(
	const struct request_outcome *outcome, const struct retry_moment *moment)
{
	if (outcome->retry_after_s >= 0)
		return seconds_to_wait_ms(outcome->retry_after_s);
	/* The reset time belongs to the primary limit: with requests left, another one struck. */
	if (outcome->remaining == 0 && outcome->reset_s >= 0)
		return seconds_to_wait_ms(outcome->reset_s - moment->now_s) + RESET_MARGIN_MS;
	return doubled(LIMIT_WAIT_MS, moment->attempt);
}

static struct retry_decision wait_within(
	const struct retry_moment *moment, struct retry_decision wanted, enum retry_action too_late)
{
	if (wanted.wait_ms < moment->remaining_ms)
		return wanted;
	return (struct retry_decision){.action = too_late};
}

struct retry_decision retry_decide(const struct request_outcome *outcome, enum request_kind kind,
	const struct retry_moment *moment)
{
	if (outcome->hopeless)
		return (struct retry_decision){.action = RETRY_REFUSED};
	if (outcome->answered && is_limit(outcome)) {
		struct retry_decision again = {RETRY_AGAIN, limit_wait_ms(outcome, moment)};
		return wait_within(moment, again, RETRY_LIMITED);
	}
	bool fault = !outcome->answered || outcome->status >= 500 || outcome->status == 408;
	if (!fault) {
		bool done =
			(outcome->status >= 200 && outcome->status < 300) || outcome->status == 304;
		return (struct retry_decision){.action = done ? RETRY_DONE : RETRY_REFUSED};
	}
	bool look = kind == REQUEST_CREATE && (outcome->answered || outcome->maybe_applied);
	struct retry_decision again = {
		look ? RETRY_LOOK : RETRY_AGAIN, doubled(FAULT_WAIT_MS, moment->attempt)};
	/* A server that is down may say for how long (RFC 9110, 10.2.3). */
	if (outcome->retry_after_s > 0)
		again.wait_ms = seconds_to_wait_ms(outcome->retry_after_s);
	return wait_within(moment, again, RETRY_NO_TIME);
}
