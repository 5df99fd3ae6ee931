#ifndef WAVETRAIN_PUBLISH_PUBLICATION_H
#define WAVETRAIN_PUBLISH_PUBLICATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "model/ci_context.h"
#include "model/run.h"

/*
 * What is said to GitHub of one run: a commit status and one comment. Everything here degrades:
 * a refusal, a limit or silence costs one line of warning, never the run's result.
 */
struct publication;

enum comment_policy {
	COMMENT_OFF,
	COMMENT_ALWAYS,
	COMMENT_CHANGES,
	COMMENT_FAILURES,
	COMMENT_POLICY_COUNT
};
extern const char *const comment_policy_names[COMMENT_POLICY_COUNT];

struct publication_settings {
	const struct ci_context *context;
	const char *pipeline_name;
	bool status;
	enum comment_policy comment;
	int64_t time_limit_ms; /* for all that is sent at the end, waiting included */
	/* Called once for each thing that could not be said; never with the token in it. */
	void (*warn)(void *warn_context, const char *sentence);
	void *warn_context;
};

/*
 * Never fails: with no token, repository or SHA it does nothing and says so once. The settings are
 * copied; what they point at must outlive the publication.
 */
void publication_open(
	const struct publication_settings *settings, struct publication **publication);
void publication_close(struct publication *publication);

/* pending on the report's SHA; at most 5 s. */
void publication_started(struct publication *publication, const char *description);

/*
 * The result on the report's SHA and, when it is another one, on pushed_commit; then the comment.
 * state: "success", "failure", "error" or "pending" (resumable).
 */
struct publication_result {
	const char *state;
	const char *description;   /* cut to 140 characters */
	const char *pushed_commit; /* NULL: none */
	const char *comment_body;  /* Markdown without the hidden marker */
	bool failed;
	int64_t time_limit_ms; /* 0: that of the settings; short for a run that is being ended */
};
void publication_finished(struct publication *publication, const struct publication_result *result);

/* How many requests were sent so far. */
uint32_t publication_request_count(const struct publication *publication);

#endif
