#ifndef WAVETRAIN_MODEL_STATE_H
#define WAVETRAIN_MODEL_STATE_H

#include <stdbool.h>

/* Of a run, a wave, a group and a step. Which may follow which is a table in state.c. */
enum state {
	STATE_PENDING,
	STATE_RUNNING,
	STATE_DONE,
	STATE_FAILED,
	STATE_SKIPPED,
	STATE_INTERRUPTED, /* of a run only: stopped, resumable */
	STATE_COUNT
};

const char *state_name(enum state state); /* "pending" … */
bool state_parse(const char *name, enum state *state);
bool state_may_follow(enum state from, enum state to);

/* Why an attempt did not succeed. */
enum failure_class {
	FAILURE_NONE,      /* it succeeded */
	FAILURE_TRANSIENT, /* exit status 75 (EX_TEMPFAIL of sysexits.h), or a declared one */
	FAILURE_TIMEOUT,
	FAILURE_RESOURCE, /* no memory, no disk, no process slot; the OOM killer */
	FAILURE_CONTRACT,
	FAILURE_OUTPUT,    /* a declared output is missing or not a plain file */
	FAILURE_PERMANENT, /* any other non-zero exit status */
	FAILURE_SIGNAL,    /* a signal that its own fault has brought about: SIGSEGV, SIGABRT … */
	FAILURE_UNKNOWN,   /* killed by a signal from elsewhere that was not ours */
	FAILURE_CANCELLED, /* ended by us: interrupt, stop */
	FAILURE_CLASS_COUNT
};

/*
 * Reasons of a run's beginning or continuation, from which nothing is concluded on its steps: a
 * person may change things while it goes, or nobody knows what the files were.
 */
#define REASON_DEBUGGED "in the debugger"
#define REASON_CHANGED_FILES "files were not as committed"

/*
 * Reasons of steps that a person leaves out begin so, from the moment of the decision on: such a step
 * is pending or skipped, and stays out when its run is continued.
 */
#define REASON_LEFT_OUT "left out by "
bool reason_is_left_out(const char *reason); /* of NULL too */

const char *failure_class_name(enum failure_class class);
bool failure_class_parse(const char *name, enum failure_class *class);

#endif
