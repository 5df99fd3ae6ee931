#ifndef WAVETRAIN_RUN_CHILD_H
#define WAVETRAIN_RUN_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "run/event_loop.h"
#include "run/output_capture.h"
#include "run/process.h"
#include "run/signals.h"
#include "run/stall_watch.h"

/* What all children share. */
struct nursery {
	struct event_loop *loop;
	struct process_launcher launcher;
	struct signals *signals;
	uint32_t leftover_count; /* children whose group outlived them */
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
 * One process of a step from its start until it is silent: exited, its group gone, its output
 * read to the end. ended() is called once, when all that is so, or when LEFTOVER_MS have passed.
 */
struct child {
	struct nursery *nursery;
	struct output_capture capture;
	void (*ended)(void *owner);
	void *owner;

	enum child_phase phase;
	struct process process;
	struct watch exit_watch;
	struct timer deadline;
	struct stall_watch stall;
	int64_t grace_ms;
	bool has_leftovers; /* processes of its group were still there and were ended */
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

/* nursery, capture's upper fields, ended and owner are set. False: error and *start say why. */
bool child_start(struct child *child, const struct child_request *request,
	struct start_result *start, struct error *error);

/* SIGTERM to the group, SIGKILL after grace_ms. Not running: nothing happens. */
void child_end(struct child *child, int64_t grace_ms);
void child_kill(struct child *child);

/* Gives up waiting: ended() is called now. */
void child_abandon(struct child *child);

/* To be called when some process has ended while there are leftovers. */
void child_check_leftovers(struct child *child);

#endif
