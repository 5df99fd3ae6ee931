#ifndef WAVETRAIN_PUBLISH_RETRY_RULE_H
#define WAVETRAIN_PUBLISH_RETRY_RULE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What to do after a request, decided from its outcome alone. Follows GitHub's "Best practices
 * for using the REST API": a limit is waited out as the answer says, never hammered.
 */

enum request_kind {
	REQUEST_READ,
	REQUEST_REPEATABLE, /* a write that may be sent twice: a status, an update in place */
	REQUEST_CREATE,     /* a write that would make a second thing: a new comment */
	REQUEST_KIND_COUNT
};

struct request_outcome {
	bool answered;         /* a whole, well-formed answer came */
	bool hopeless;         /* no answer, and another attempt would end the same way */
	bool maybe_applied;    /* no answer, but the request may have reached the server */
	long status;           /* of the answer; 0: none */
	bool integration;      /* the body says "Resource not accessible by integration" */
	bool mentions_limit;   /* the body speaks of a rate limit */
	int64_t retry_after_s; /* -1: not said */
	int64_t remaining;     /* x-ratelimit-remaining; -1: not said */
	int64_t reset_s;       /* x-ratelimit-reset, seconds since 1970 UTC; -1: not said */
};

enum retry_action {
	RETRY_DONE,    /* 2xx or 304 */
	RETRY_REFUSED, /* a no that stays a no */
	RETRY_AGAIN,   /* wait, then send the same again */
	RETRY_LOOK,    /* wait, then look whether it was applied before sending again */
	RETRY_LIMITED, /* a limit that lasts longer than there is time */
	RETRY_NO_TIME, /* another attempt would come too late */
	RETRY_ACTION_COUNT
};

struct retry_decision {
	enum retry_action action;
	int64_t wait_ms;
};

struct retry_moment {
	uint32_t attempt;     /* 1 for the first */
	int64_t now_s;        /* since 1970 UTC */
	int64_t remaining_ms; /* until the time limit */
};

struct retry_decision retry_decide(const struct request_outcome *outcome, enum request_kind kind,
	const struct retry_moment *moment);

#endif
