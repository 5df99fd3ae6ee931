#ifndef WAVETRAIN_RUN_SESSION_TIME_H
#define WAVETRAIN_RUN_SESSION_TIME_H

#include <stdint.h>
#include <sys/types.h>

/*
 * Processor time in clock ticks (sysconf(_SC_CLK_TCK)) of all processes of a session and of their
 * descendants in other sessions, with that of children they have waited for. A walk through /proc.
 * Only good for telling whether it changes: it falls when a process ends that nobody waits for, or
 * loses the parent that led to it.
 */
uint64_t session_time_ticks(pid_t session);

#endif
