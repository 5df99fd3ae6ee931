#ifndef WAVETRAIN_RUN_DOOMED_H
#define WAVETRAIN_RUN_DOOMED_H

#include <stdint.h>
#include <sys/types.h>

/* Processes that got SIGKILL and are waited for. Starts zeroed. */
struct doomed {
	int *descriptors; /* pidfds */
	uint32_t count;
	uint32_t capacity;
	uint32_t total; /* also those that have no pidfd for lack of descriptors */
};

/* A pidfd, or -1. */
int doomed_open(pid_t id);

/* descriptor: its pidfd, ours from now on; -1: it is not waited for. */
void doomed_add(struct doomed *doomed, int descriptor);

/* Waits until all are gone, or for the deadline; empty again. */
void doomed_await(struct doomed *doomed, int64_t deadline_ns);

#endif
