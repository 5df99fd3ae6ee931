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
#include <unistd.h>

#define CANNOT_RUN 125
#define KILLED 137

static int become(char **program)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		_exit(CANNOT_RUN);
	raise(SIGSTOP);
	execvp(program[0], program);
	perror(program[0]);
	_exit(CANNOT_RUN);
}

/* The next stop's signal that the program should get; -1: it ended, *status says how. */
static int next_stop(pid_t process, int signal, int *status)
{
	if (ptrace(PTRACE_SYSCALL, process, NULL, (void *)(long)signal) != 0)
		exit(CANNOT_RUN);
	while (waitpid(process, status, 0) < 0)
		if (errno != EINTR)
			exit(CANNOT_RUN);
	return WIFSTOPPED(*status) ? WSTOPSIG(*status) : -1;
}

static int let_go(pid_t process, int signal)
{
	int status;
	kill(process, signal);
	if (ptrace(PTRACE_DETACH, process, NULL, NULL) != 0)
		return CANNOT_RUN;
	while (waitpid(process, &status, 0) < 0)
		if (errno != EINTR)
			return CANNOT_RUN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}

int main(int argument_count, char **arguments)
{
	if (argument_count < 3)
		return CANNOT_RUN;
	unsigned long limit = strtoul(arguments[1], NULL, 10);
	unsigned long count = 0;
	const char *asked = getenv("KILL_AT_SIGNAL");
	int status;
	pid_t process = fork();
	if (process == 0)
		return become(arguments + 2);
	if (process < 0 || waitpid(process, &status, 0) < 0)
		return CANNOT_RUN;
	ptrace(PTRACE_SETOPTIONS, process, NULL, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	int signal = 0;
	while ((signal = next_stop(process, signal, &status)) >= 0) {
		if (signal != (SIGTRAP | 0x80)) {
			signal = signal == SIGTRAP ? 0 : signal;
			continue;
		}
		signal = 0;
		if (++count == limit && asked)
			return let_go(process, (int)strtol(asked, NULL, 10));
		if (count == limit) {
			kill(process, SIGKILL);
			waitpid(process, &status, 0);
			return KILLED;
		}
	}
	dprintf(9, "%lu\n", count);
	return WIFEXITED(status) ? WEXITSTATUS(status) : KILLED;
}
