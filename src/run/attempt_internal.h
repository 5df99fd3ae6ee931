#ifndef WAVETRAIN_RUN_ATTEMPT_INTERNAL_H
#define WAVETRAIN_RUN_ATTEMPT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "run/attempt.h"
#include "run/executor.h"

/* What the parts of an attempt say to each other: beginning, launch, contracts, verdict. */

#define EXIT_TRANSIENT 75 /* EX_TEMPFAIL of sysexits.h */
#define EXIT_NOT_EXECUTABLE 126
#define EXIT_NOT_FOUND 127

/* Why something did not start, in the terms of an attempt that ended. */
struct refusal {
	enum failure_class failure;
	int exit_status;
	int error_number; /* errno, where that was it */
	struct error error;
};

const struct step *attempt_step(const struct attempt *attempt);

/* Says how the attempt ended; the reason is in attempt->reason. */
void attempt_end_with(struct attempt *attempt, enum failure_class failure);

/*
 * Begins a stretch of work on the attempt: executor->scratch is empty, the folders are set.
 * Other attempts use scratch between two of them.
 */
void attempt_renew_scratch(struct attempt *attempt);

/* Sees to it that workspace.attempt_folder is there. */
bool attempt_require_folder(struct attempt *attempt, struct error *error);

bool attempt_lacks_resource(int error_number);

/* Makes workspace and inputs, unless that was done for a visit. */
bool attempt_prepare(struct attempt *attempt, struct refusal *refusal);

/* NULL-ended; valid until the next call and as long as scratch. NULL: error says why. */
const char *const *attempt_environment(struct attempt *attempt, struct error *error);

/* Starts the step's own process, or that of a contract; the child tells of its end. */
bool attempt_launch_step(struct attempt *attempt, struct refusal *refusal);
bool attempt_launch_contract(
	struct attempt *attempt, const struct contract *contract, struct refusal *refusal);

/*
 * The workspace is ready. True: its result was in the cache, and the attempt has ended; otherwise
 * attempt->cache_key is set if its own result is to be kept there.
 */
bool attempt_take_cached(struct attempt *attempt);

/* The attempt was successful. */
void attempt_keep_cached(struct attempt *attempt);

/*
 * The step's process was successful: what it has changed, for the merge and for contracts. False:
 * the reason is in attempt->reason.
 */
bool attempt_collect_changes(struct attempt *attempt, enum failure_class *failure);

/* The child's `ended`. */
void attempt_process_ended(void *owner);

/* What the process that ended says; appends to attempt->reason. */
enum failure_class attempt_judge_process(struct attempt *attempt, int64_t timeout_ms);

/* Goes through the contracts until one needs a process, one does not hold, or all do. */
void attempt_check_contracts(struct attempt *attempt);

/* The process of the contract that is being checked has ended. */
void attempt_contract_ended(struct attempt *attempt);

#endif
