#include "rig/tracer.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void become(char **program)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(TRACER_CANNOT_RUN);
	raise(SIGSTOP);
	execvp(program[0], program);
	perror(program[0]);
	_exit(TRACER_CANNOT_RUN);
}

pid_t tracer_start(char **program)
{
	int status;
	pid_t process = fork();
	if (process == 0)
		become(program);
	if (process < 0 || waitpid(process, &status, 0) < 0)
		exit(TRACER_CANNOT_RUN);
	ptrace(PTRACE_SETOPTIONS, process, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	return process;
}

int tracer_next_stop(pid_t process, int signal, int *status)
{
	if (ptrace(PTRACE_SYSCALL, process, NULL, (void *)(long)signal) != 0)
		exit(TRACER_CANNOT_RUN);
	while (waitpid(process, status, 0) < 0)
		if (errno != EINTR)
			exit(TRACER_CANNOT_RUN);
	if (!WIFSTOPPED(*status))
		return -1;
	/* The stop that an exec makes is no signal of its own. */
	return WSTOPSIG(*status) == SIGTRAP ? 0 : WSTOPSIG(*status);
}

int tracer_exit_status(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : TRACER_KILLED;
}
