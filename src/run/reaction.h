#ifndef WAVETRAIN_RUN_REACTION_H
#define WAVETRAIN_RUN_REACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "model/pipeline.h"
#include "model/state.h"

/* What follows from an attempt that failed. Pure. */
enum reaction {
	REACT_RETRY,     /* another attempt */
	REACT_KEEP,      /* the others of the stage go on, what needs the step is skipped */
	REACT_TOLERATE,  /* the same, and barriers do not hold either */
	REACT_HALT,      /* nothing else starts; what runs goes on to its end */
	REACT_STOP,      /* what runs is told to end, nothing else of the stage starts */
	REACT_UNDO,      /* as KEEP; at the stage's end files go back */
	REACT_ROLL_BACK, /* as STOP; then files go back, and the run is over */
	REACT_ABORT,     /* what runs is ended at once, and the run is over */
	REACT_COUNT
};

struct reaction_facts {
	const struct step *step;
	const struct contract *contract; /* the one that does not hold; NULL: something else */
	enum failure_class failure;
	uint32_t tries;            /* attempts so far by this runner, at least 1 */
	uint32_t contract_retries; /* those of them that this contract has asked for */
	uint32_t foreign_retries;  /* those that any contract has asked for */
	bool has_no_retries;       /* the run's retry budget is used up */
	enum wave_failure_policy policy;
};

/*
 * A contract's own reaction is stronger than the step's, the step's than the run's. Retries
 * come first: those of the step's `retry`, unless the contract has a reaction of its own;
 * an optional step that has no more is tolerated.
 */
enum reaction reaction_decide(const struct reaction_facts *facts);

/* The policy that the delay before a retry follows: the step's, or the default one. */
struct retry_policy reaction_retry_policy(const struct step *step);
#define REACTION_STEP_RETRIES 2u /* on_failure: retry of a step without `retry` */

#endif
