#ifndef WAVETRAIN_CHECKPOINT_SYNC_H
#define WAVETRAIN_CHECKPOINT_SYNC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * Pushes the branch with the system's git from a git folder of our own that
 * borrows the repository's objects (alternates, shallow) and none of its configuration, hooks or
 * filters. At most one push at a time; a newer commit waits for the one that is on its way and
 * replaces others that wait.
 *
 * A push without a secret goes on beside the steps. Git gets an authorization header in its
 * environment, and every process of the same user can read that: such a push is over, one way or
 * the other, when sync_push() returns.
 */
struct sync;

struct sync_settings {
	const char *git_folder;  /* of the repository */
	const char *own_folder;  /* absolute, made when missing: our git folder */
	const char *remote_name; /* "origin" */
	const char *branch;      /* full reference on the remote: "refs/heads/topic" */
	const char *token; /* NULL: what actions/checkout left in the configuration, if anything */
	const char *server_url; /* the token goes to this origin only; NULL: to none */
	int64_t deadline_ms;    /* of one push */
	int64_t alone_ms;       /* the most that steps wait for a push with a header; 0: 10 s */
};

enum sync_state {
	SYNC_OFF,  /* no remote, or no way to authorise: nothing is tried */
	SYNC_IDLE, /* what was asked for is on the remote */
	SYNC_BUSY,
	SYNC_REJECTED, /* the remote said no; not tried again */
	SYNC_FAILED,   /* no answer in time, or git itself failed; the next commit tries again */
};

/* Reads address and authorization once; false only when that was impossible. */
bool sync_open(const struct sync_settings *settings, struct sync **sync, struct error *error);
void sync_close(struct sync *sync); /* ends a push that is on its way */

/* True when no step may run while a push is on its way: it carries an authorization header. */
bool sync_must_be_alone(const struct sync *sync);

/* No step runs any more, nor will: from now on sync_push() waits for nothing. */
void sync_steps_are_over(struct sync *sync);

/*
 * Asks for commit to become the branch's tip. old is what the remote is known to have before the
 * first push; NULL: not known, then only a fast-forward is asked for.
 *
 * Where a push must be alone this waits for its end, and ends it when alone_ms have passed, or
 * 250 ms after a blocked SIGINT, SIGTERM or SIGHUP has come (which stays pending). What was ended
 * is SYNC_FAILED. It goes with a later commit, not before ten times alone_ms have passed, so that
 * a server which never answers takes no more than a tenth of a run's time; at the latest it goes
 * with sync_finish().
 */
void sync_push(struct sync *sync, const char *commit, const char *old);

/* For the event loop: readable when sync_advance() has something to do. -1: never. */
int sync_descriptor(const struct sync *sync);
void sync_advance(struct sync *sync);

/* Waits for what is on its way or was put off, at most timeout_ms; then ends it: never SYNC_BUSY afterwards. */
void sync_finish(struct sync *sync, int64_t timeout_ms);

enum sync_state sync_state(const struct sync *sync);
const char *sync_pushed_commit(const struct sync *sync); /* the last one that arrived; NULL: none */

/*
 * One sentence on why the state is OFF, REJECTED or FAILED, and the command to do it by hand, for
 * the newest commit that was asked for.
 */
const char *sync_message(const struct sync *sync);

#endif
