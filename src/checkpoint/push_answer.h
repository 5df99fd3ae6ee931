#ifndef WAVETRAIN_CHECKPOINT_PUSH_ANSWER_H
#define WAVETRAIN_CHECKPOINT_PUSH_ANSWER_H

#include <stdbool.h>

/* What a push came to, told from git's exit and what it printed (LC_ALL=C, --porcelain). */
enum push_answer {
	PUSH_DONE,
	PUSH_OTHERS_PUSHED, /* the branch is not where we left it */
	PUSH_PROTECTED,     /* GH006, GH013 and other rules of the branch */
	PUSH_WORKFLOW,      /* a workflow file, which this token may not push */
	PUSH_DECLINED,      /* a hook of the server */
	PUSH_UNAUTHORISED,  /* 401: the token is wrong or too old */
	PUSH_FORBIDDEN,     /* 403: the token may only read */
	PUSH_NOT_FOUND,     /* 404 */
	PUSH_NO_ANSWER,     /* no connection, or it broke */
	PUSH_SERVER_FAILED, /* 5xx */
	PUSH_TOO_LATE,      /* ended by us at the deadline */
	PUSH_FAILED,        /* anything else: git's own words are shown */
	PUSH_ANSWER_COUNT
};

/* succeeded: git's exit status was 0. */
enum push_answer push_answer_read(const char *output, bool succeeded);

/* True when trying the same again could only meet the same answer. */
bool push_answer_is_final(enum push_answer answer);

/* A clause that follows "the push of BRANCH ". */
const char *push_answer_sentence(enum push_answer answer);

#endif
