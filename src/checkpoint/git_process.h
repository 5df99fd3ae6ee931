#ifndef WAVETRAIN_CHECKPOINT_GIT_PROCESS_H
#define WAVETRAIN_CHECKPOINT_GIT_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/error.h"

/*
 * The system's git in a process group of its own, with a deadline, and everything that happens to
 * it readable from one epoll descriptor. Nothing of that group outlives git, the deadline or this
 * process, however it ends. Zeroed and git_process_init() before use.
 */
struct git_process {
	int events;         /* epoll: what is below; owned until git_process_release() */
	int deadline;       /* timerfd; owned */
	int exit;           /* pidfd of its guard, our child; -1: none is running */
	int output;         /* its stdout and stderr; -1: closed */
	pid_t id;           /* of the guard and the group; 0: none */
	struct buffer text; /* the first OUTPUT_LIMIT bytes of what it printed */
	bool timed_out;
	bool succeeded; /* exit status 0; valid when it has ended */
};

bool git_process_init(struct git_process *process, struct error *error);
void git_process_release(struct git_process *process); /* ends a running child */

/* Starts arguments (arguments[0] found in PATH) with exactly this environment. */
bool git_process_start(struct git_process *process, char *const *arguments,
	char *const *environment, int64_t deadline_ms, struct error *error);

/* Takes what has happened; never waits. True when the child has just ended. */
bool git_process_advance(struct git_process *process);

/* Kills the group; its end comes through git_process_advance(). */
void git_process_kill(const struct git_process *process);

#endif
