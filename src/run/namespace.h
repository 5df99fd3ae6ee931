#ifndef WAVETRAIN_RUN_NAMESPACE_H
#define WAVETRAIN_RUN_NAMESPACE_H

#include <stdbool.h>

#include "base/error.h"
#include "run/process.h"

/*
 * A step in a process namespace of its own: when its command has ended, the kernel ends all that is
 * left in it, whatever that has done to session, group and environment. For an ordinary user that
 * takes a user namespace too, in which user and group stay the same.
 *
 * Our own program stands between, as two processes in the step's session and group:
 *
 *   OWN_PROGRAM component hold -- RULESET REPORT PROGRAM ARGUMENT0 ARGUMENT…
 *     outer    the process that the runner knows; ends as the command has ended, by status or signal
 *     init     the namespace's first one; ends with the outer, and what is left ends with it
 *     command  under the ruleset
 *
 * RULESET and REPORT are numbers of descriptors. Nothing but SIGKILL and SIGSTOP reaches the first
 * two, so that what is sent to the group is for the command.
 */

/* This process may make such namespaces: it is tried. False: *error says why not. */
bool namespace_is_allowed(struct error *error);

/*
 * As process_start(), with what request->holder names between. Returns after the command's exec;
 * waits for no more than NAMESPACE_START_MS for that.
 */
struct start_result namespace_start(struct process_launcher *launcher,
	const struct process_request *request, struct process *process);
#define NAMESPACE_START_MS 30000

/*
 * What that program does; arguments are those after "hold", ended by NULL. Does not return, but
 * when they are not those that namespace_start() gives: then false.
 */
bool namespace_hold(const char *const *arguments, const char *const *environment);

/* What is written to REPORT: a fault, or START_OK right before the exec. The last one counts. */
struct namespace_report {
	int fault; /* enum start_fault */
	int error_number;
};

/*
 * Process and mount namespace, for an ordinary user in a new user namespace, without which it may
 * not: the next process that is forked is the first one in them. False: errno.
 */
bool namespace_enter(void);

#endif
