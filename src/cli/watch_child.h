#ifndef WAVETRAIN_CLI_WATCH_CHILD_H
#define WAVETRAIN_CLI_WATCH_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "cli/batch.h"

/* A run as a process of its own: this very program, in our process group and at our terminal. */
struct watch_child {
	pid_t id;       /* 0: none */
	int descriptor; /* pidfd, readable when it has ended; -1: none */
};

/* How we were before we waited for signals; a child begins so too. */
struct signals_before {
	sigset_t mask;
	struct sigaction pipe;
	struct sigaction child;
};

/*
 * The command line of a run with these choices, NULL after the last word; the arena's. Made from
 * the options' table, so that none can be forgotten. choices->watch is left out.
 */
const char *const *watch_child_words(
	const struct cli *cli, const struct batch_choices *choices, struct arena *arena);

/* The child gets SIGTERM when this process dies, and ends as if it was asked to. */
bool watch_child_start(struct watch_child *child, const char *const *words,
	const struct signals_before *before, struct error *error);

/* Takes its end, waiting for it: 0 to 255, or 256 + the signal that ended it. */
int watch_child_reap(struct watch_child *child);

#endif
