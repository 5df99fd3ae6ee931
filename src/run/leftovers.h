#ifndef WAVETRAIN_RUN_LEFTOVERS_H
#define WAVETRAIN_RUN_LEFTOVERS_H

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
};
#define LEFTOVERS_WAIT_MS 2000 /* what SIGKILL does not end by then is not waited for */

/* To be called before the first step starts. Ends with leftovers_release(). */
void leftovers_init(struct leftovers *leftovers);
void leftovers_release(struct leftovers *leftovers);

/* Only while no attempt runs: SIGKILL to all of them; they are reaped, and zombies too. */
void leftovers_end(const struct leftovers *leftovers);

/*
 * Ends what a runner that was killed has left anywhere on this machine: processes of our user
 * whose environment holds MARKER ("NAME=value"). Spared are our own session, those that started
 * us, and what a living runner other than these has above it. Returns when they are gone, or
 * after LEFTOVERS_WAIT_MS.
 */
void leftovers_end_marked(const char *marker);

#endif
