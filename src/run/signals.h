#ifndef WAVETRAIN_RUN_SIGNALS_H
#define WAVETRAIN_RUN_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

#include "base/error.h"
#include "run/event_loop.h"

/*
 * SIGINT, SIGTERM, SIGHUP, SIGUSR1 and, on demand, SIGCHLD as events of the loop instead of interruptions.
 */
struct signals {
	struct event_loop *loop;
	struct watch watch;
	int descriptor;
	sigset_t previous; /* the mask to go back to */
	struct sigaction previous_child_action;
	bool ignores_hangup; /* SIGHUP was ignored when we came */
	bool takes_children;
	void (*stop)(void *owner, int signal);
	void (*checkpoint)(void *owner); /* SIGUSR1 */
	void (*child)(void *owner);      /* some child has ended; several may have */
	void *owner;
};

/*
 * The callbacks and loop are set by the caller. Blocks the signals and sets SIGCHLD to its default
 * until signals_close(). A SIGHUP that is ignored is left so.
 */
bool signals_open(struct signals *signals, struct error *error);
void signals_close(struct signals *signals);

/* Calls back for what has come so far, without waiting. */
void signals_poll(struct signals *signals);

/* SIGCHLD costs an event for every process, so it is only taken while somebody needs it. */
void signals_take_children(struct signals *signals, bool wanted);

#endif
