#ifndef WAVETRAIN_RUN_CLONE_INTO_H
#define WAVETRAIN_RUN_CLONE_INTO_H

#include <stddef.h>
#include <sys/types.h>

/* What clone3(2) is asked for besides CLONE_VM, CLONE_VFORK and CLONE_PIDFD. */
struct clone_into_request {
	int cgroup; /* descriptor of the folder of the cgroup it is born into */
	char *stack;
	size_t stack_bytes;
	int (*function)(void *argument); /* must not return */
	void *argument;
};

/*
 * A child that borrows our memory until its exec, born into a cgroup: no migration afterwards,
 * which would make every processor wait. Returns as vfork(2) does; -1: errno. ENOSYS also where
 * nobody has written this for the processor.
 */
pid_t clone_into(const struct clone_into_request *request, int *pidfd);

#endif
