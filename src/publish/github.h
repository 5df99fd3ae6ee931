#ifndef WAVETRAIN_PUBLISH_GITHUB_H
#define WAVETRAIN_PUBLISH_GITHUB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "publish/http.h"
#include "publish/retry_rule.h"

/*
 * The endpoints of GitHub's REST API that are used, each as a function that waits out limits and
 * faults as retry_rule.h says, within the time limit set by github_set_time_limit().
 */

/* Time and waiting, so that a test need not wait. */
struct github_clock {
	void *context;
	int64_t (*now_ms)(void *context); /* monotonic */
	void (*wait_ms)(void *context, int64_t duration_ms);
};
extern const struct github_clock github_system_clock;

struct github {
	struct http_client *http; /* owned */
	struct github_clock clock;
	char *repository_path; /* owned; "/repos/OWNER/NAME" */
	int64_t deadline_ms;   /* by clock */
	int64_t last_write_ms; /* end of the last write; INT64_MIN: none yet */
};

/* False: an address, owner, repository or token of the wrong form. */
struct github_access {
	const char *api_url;
	const char *owner;
	const char *repository;
	const char *token;
};
bool github_open(struct github *github, const struct github_access *access,
	const struct github_clock *clock, struct error *error);
void github_close(struct github *github);

/* For all that follows until the next call: requests and waits together. */
void github_set_time_limit(struct github *github, int64_t limit_ms);

enum github_result {
	GITHUB_OK,
	GITHUB_REFUSED,     /* GitHub said no, or can never be reached */
	GITHUB_READ_ONLY,   /* the token has not the right to do this */
	GITHUB_LIMITED,     /* a rate limit that outlasts the time limit */
	GITHUB_UNREACHABLE, /* no usable answer until the time was over */
	GITHUB_UNCERTAIN,   /* of github_comment_create() alone: look for it before trying again */
	GITHUB_RESULT_COUNT
};

/* Every function below sets *error unless it returns GITHUB_OK. */

struct github_status {
	const char *sha;
	const char *state; /* error, failure, pending, success */
	const char *context;
	const char *description; /* at most 140 characters */
	const char *target_url;  /* NULL: none */
};
enum github_result github_status_create(
	struct github *github, const struct github_status *status, struct error *error);

/*
 * The number of the open pull request whose head is the commit, else of the only open one that
 * holds it; 0: there is none.
 */
enum github_result github_pull_of_commit(
	struct github *github, const char *sha, uint64_t *number, struct error *error);

/* Who writes with this token. */
enum github_result github_login(struct github *github, struct buffer *login, struct error *error);

struct github_comment {
	uint64_t id;
	const char *author;
	const char *body;
};

/*
 * Calls take() for every comment, oldest first, through all pages, until it returns false. The
 * texts are valid during the call. More pages than GITHUB_PAGE_LIMIT: GITHUB_REFUSED.
 */
#define GITHUB_PAGE_LIMIT 30
enum github_result github_comments_list(struct github *github, uint64_t pull,
	bool (*take)(void *context, const struct github_comment *comment), void *context,
	struct error *error);

/* author (may be NULL) gets the login that the answer names, if it names one. */
enum github_result github_comment_create(struct github *github, uint64_t pull, const char *body,
	struct buffer *author, struct error *error);
enum github_result github_comment_update(
	struct github *github, uint64_t id, const char *body, struct error *error);

/* True for the full hexadecimal name of a commit, SHA-1 or SHA-256. */
bool github_sha_is_valid(const char *sha);

#endif
