/* A program that is run and stopped before and after each of its system calls; not its children. */
#ifndef RIG_TRACER_H
#define RIG_TRACER_H

#include <sys/types.h>

#define TRACER_CANNOT_RUN 125
#define TRACER_KILLED 137

/* The stop before or after a system call, as tracer_next_stop() says it. */
#define TRACER_CALL (SIGTRAP | 0x80)

/* Starts it, stopped. Ends the caller with TRACER_CANNOT_RUN when that cannot be. It dies with us. */
pid_t tracer_start(char **program);

/*
 * Lets it go on to its next stop; signal: what it gets, 0 for nothing. TRACER_CALL, a signal that
 * it should get, or -1: it ended and *status, as waitpid(2) has it, says how.
 */
int tracer_next_stop(pid_t process, int signal, int *status);

/* As a shell would say it; TRACER_KILLED when it ended by a signal. */
int tracer_exit_status(int status);

#endif
