#ifndef WAVETRAIN_RUN_ATTEMPT_ISOLATION_H
#define WAVETRAIN_RUN_ATTEMPT_ISOLATION_H

#include "run/attempt_internal.h"

/*
 * Where the attempt's processes may write. Reading stays free.
 *
 *   the attempt's own folder    workspace, input and output
 *   its summary and handoff     they are there, empty, before it starts
 *   the temporary folder        $TMPDIR or /tmp; one within the attempt's folder where that holds
 *                               the work tree, its .git or the state folder
 *   devices, shared memory, /proc (not for root), a jobserver
 *   what `writable` names; the work tree where `isolation: require` is given to a shared workspace
 */

/*
 * The temporary folder that it gets in place of the one in environment; scratch's. NULL: that one
 * will do.
 */
const char *attempt_own_temporary(const struct attempt *attempt, const char *const *environment);

/*
 * What request needs for it: a ruleset, which is the caller's to close (0: none), and what must be
 * reached. False: it cannot be held as it must be, or a place cannot be made.
 */
bool attempt_hold(
	struct attempt *attempt, struct process_request *request, struct refusal *refusal);

/* Its process has ended: notes that stayed empty go. */
void attempt_unhold(const struct attempt *attempt);

/* To a failure's reason, where the log says that something was refused: what it may write. */
void attempt_explain_refusals(struct attempt *attempt);

#endif
