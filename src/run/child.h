#ifndef WAVETRAIN_RUN_CHILD_H
#define WAVETRAIN_RUN_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "run/cgroup.h"
#include "run/event_loop.h"
#include "run/leftovers.h"
#include "run/output_capture.h"
#include "run/process.h"
#include "run/signals.h"
#include "run/stall_watch.h"

/* What all children share. */
struct nursery {
	struct event_loop *loop;
	struct process_launcher launcher;
	struct signals *signals;
	uint32_t leftover_count;     /* children whose processes outlived them */
	struct leftovers *leftovers; /* NULL: only groups and cgroups are looked at */
	struct cgroup_run *cgroups;  /* NULL, or one without a path: none */
	struct child *running;       /* a list of those that are not reaped */
	uint32_t running_count;
};

enum child_phase {
	CHILD_NONE,
	CHILD_RUNNING,
	CHILD_ENDING,   /* has got SIGTERM from us */
	CHILD_KILLED,   /* has got SIGKILL from us */
	CHILD_DRAINING, /* its process has ended, others hold its output or are in its group */
	CHILD_KILLED_LEFTOVERS
};

/*
 * One process of a step from its start until it is silent: exited, what it started gone, its
 * output read to the end. ended() is called once, when all that is so, or when LEFTOVER_MS have passed.
 */
struct child {
	struct nursery *nursery;
	struct output_capture capture;
	void (*ended)(void *owner);
	void *owner;
	const char *step_id; /* WAVETRAIN_STEP_ID in its environment; at most 128 bytes */

	enum child_phase phase;
	struct process process;
	uint8_t containment;        /* enum containment bits that this start has reached */
	struct cgroup_place cgroup; /* the next child here has it too */
	struct child *previous;     /* in nursery->running */
	struct child *next;
	struct watch exit_watch;
	struct timer deadline;
	struct stall_watch stall;
	int64_t grace_ms;
	bool has_leftovers; /* processes that it started were still there and were ended */
	bool timed_out;
	bool has_stalled;  /* ended because it did nothing any more */
	bool is_cancelled; /* ended by child_end() or child_abandon() */
	struct process_result result;
};
#define CHILD_LEFTOVER_GRACE_MS 1000 /* from SIGTERM to SIGKILL for what a process left behind */
#define CHILD_LEFTOVER_MS 2000       /* then others may keep the log open, we go on */

struct child_request {
	struct process_request process; /* output is set here */
	int64_t timeout_ms;             /* 0: none */
	int64_t stall_ms;               /* without output and processor time; 0: any */
	int64_t grace_ms;
};

/* nursery, capture's upper fields, step_id, ended and owner are set. False: error and *start say why. */
bool child_start(struct child *child, const struct child_request *request,
	struct start_result *start, struct error *error);

/* SIGTERM to the group, SIGKILL after grace_ms. Not running: nothing happens. */
void child_end(struct child *child, int64_t grace_ms);
void child_kill(struct child *child);

/* Gives up waiting: ended() is called now. */
void child_abandon(struct child *child);

/* The next process will be in one. False: *error says why it cannot. */
bool child_has_cgroup(struct child *child, struct error *error);

/* After the last of its ends: gives its cgroup up. */
void child_release(struct child *child);

/* To be called when some process has ended while there are leftovers. */
void child_check_leftovers(struct child *child);

#endif
