#ifndef WAVETRAIN_RUN_LEFTOVERS_H
#define WAVETRAIN_RUN_LEFTOVERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Processes that outlived the step that started them. Every step has a session of its own, and
 * nothing can join ours from there: a child of ours in another session that came after
 * leftovers_init() is a step's, however it came to be our child and whatever its environment says.
 * Children in our own session (a push that goes on beside the steps) are never touched.
 */
struct leftovers {
	pid_t *spared; /* children that were there before the first step */
	uint32_t spared_count;
	uint32_t spared_capacity;
	int children; /* the kernel's list of our children; -1: not needed yet, or it has none */
};
#define LEFTOVERS_WAIT_MS 2000 /* what SIGKILL does not end by then is not waited for */

/* To be called before the first step starts. Ends with leftovers_release(). */
void leftovers_init(struct leftovers *leftovers);
void leftovers_release(struct leftovers *leftovers);

/* Which of them are looked for while other steps run. */
struct leftovers_search {
	const char *marker; /* "NAME=value" in their environment; NULL: any will do */
	/* A process of a step that runs: never one of them. */
	bool (*is_running)(const void *context, pid_t id);
	const void *context;
	uint32_t running_count;
};

/*
 * Those that became our children because what started them has ended. One small read where there
 * are none. The signal goes to each of them (0: to nobody); true: there are some. Zombies are
 * reaped and do not count.
 */
bool leftovers_signal(
	struct leftovers *leftovers, const struct leftovers_search *search, int signal);

/* Only while no attempt runs: SIGKILL to all of them; they are reaped, and zombies too. */
void leftovers_end(struct leftovers *leftovers);

/* The process's environment holds "NAME=value", as far as we may look at it. */
bool process_carries_marker(pid_t id, const char *marker);

/*
 * Ends what a runner that was killed has left anywhere on this machine: processes of our user whose
 * environment holds the run's id and notes beneath FOLDER, the run's or one above it. The caller
 * holds the lock of that folder's state, so no runner of theirs is alive. Spared are our own session
 * and those that started us. Returns when they are gone, or after LEFTOVERS_WAIT_MS.
 */
void leftovers_end_run(const char *run_id, const char *folder);

#endif
