#ifndef WAVETRAIN_RUN_REACTION_H
#define WAVETRAIN_RUN_REACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "model/pipeline.h"
#include "model/state.h"

/* What follows from an attempt that failed. Pure. */
enum reaction {
	REACT_RETRY,     /* another attempt */
	REACT_WAIT,      /* the same, once what it lacked may be there again */
	REACT_KEEP,      /* the others of the stage go on, what needs the step is skipped */
	REACT_TOLERATE,  /* the same, and barriers do not hold either */
	REACT_HALT,      /* nothing else starts; what runs goes on to its end */
	REACT_STOP,      /* what runs is told to end, nothing else of the stage starts */
	REACT_UNDO,      /* as KEEP; at the stage's end files go back */
	REACT_ROLL_BACK, /* as STOP; then files go back, and the run is over */
	REACT_ABORT,     /* what runs is ended at once, and the run is over */
	REACT_DECIDE,    /* what does not need it goes on; then somebody has to say what follows */
	REACT_COUNT
};

/*
 * What follows from each class of failure where neither the step nor its contract says: the table
 * that docs/flow.md shows. waits: so often it waits and is tried again; then, by
 * execution.on_failure, what is in last.
 */
struct failure_rule {
	uint32_t waits;
	enum reaction last[ON_FAILURE_COUNT];
};
const struct failure_rule *failure_rule_of(enum failure_class failure);

struct reaction_facts {
	const struct step *step;
	const struct contract *contract; /* the one that does not hold; NULL: something else */
	enum failure_class failure;
	uint32_t tries;            /* attempts so far by this runner, at least 1 */
	uint32_t waits;            /* those of them that came of REACT_WAIT */
	uint32_t contract_retries; /* those of them that this contract has asked for */
	uint32_t foreign_retries;  /* those that any contract has asked for */
	bool has_no_retries;       /* the run's retry budget is used up */
	enum wave_failure_policy policy;
};

/*
 * A contract's own reaction is stronger than the step's, the step's than the run's. Waits come
 * first, then retries: those of the step's `retry`, unless the contract has a reaction of its own;
 * an optional step that has no more is tolerated. Nobody decides on a failure that the step's
 * `retry` or on_failure provides for.
 */
enum reaction reaction_decide(const struct reaction_facts *facts);

/* Another attempt follows. */
bool reaction_is_again(enum reaction reaction);

/* The policy that the delay before a retry follows: the step's, or the default one. */
struct retry_policy reaction_retry_policy(const struct step *step);
#define REACTION_STEP_RETRIES 2u   /* on_failure: retry of a step without `retry` */
#define REACTION_RESOURCE_WAITS 3u /* of a step in one run, for lack of memory, disk or processes */

#endif
