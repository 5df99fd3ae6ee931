/*
 * kill_at COUNT PROGRAM [ARGUMENT …]: runs the program and kills it with SIGKILL at its COUNTth
 * stop before or after a system call, as a power switch would. Its children are not traced. With
 * COUNT 0 it runs to its end, and the number of stops goes to descriptor 9 when that is open.
 * With KILL_AT_SIGNAL=NUMBER in the environment it gets that signal there, and runs on untraced.
 * Exit status: the program's own; 137 when it was killed; 125 when it could not be run.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "rig/tracer.h"

static int let_go(pid_t process, int signal)
{
	int status;
	kill(process, signal);
	if (ptrace(PTRACE_DETACH, process, NULL, NULL) != 0)
		return TRACER_CANNOT_RUN;
	while (waitpid(process, &status, 0) < 0)
		if (errno != EINTR)
			return TRACER_CANNOT_RUN;
	return tracer_exit_status(status);
}

int main(int argument_count, char **arguments)
{
	if (argument_count < 3)
		return TRACER_CANNOT_RUN;
	unsigned long limit = strtoul(arguments[1], NULL, 10);
	unsigned long count = 0;
	const char *asked = getenv("KILL_AT_SIGNAL");
	int status;
	pid_t process = tracer_start(arguments + 2);
	int signal = 0;
	while ((signal = tracer_next_stop(process, signal, &status)) >= 0) {
		if (signal != TRACER_CALL)
			continue;
		signal = 0;
		if (++count == limit && asked)
			return let_go(process, (int)strtol(asked, NULL, 10));
		if (count == limit) {
			kill(process, SIGKILL);
			waitpid(process, &status, 0);
			return TRACER_KILLED;
		}
	}
	dprintf(9, "%lu\n", count);
	return tracer_exit_status(status);
}
