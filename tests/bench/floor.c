/*
 * floor COUNT AT-ONCE PROGRAM [ARGUMENT …]: starts the program COUNT times with posix_spawn, at
 * most AT-ONCE at a time, and waits for each. No log, no record, no graph: whoever starts
 * processes at all pays this much. Exit status: 0 when every one of them exited with 0.
 */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

static int start(char **program)
{
	pid_t process;
	int fault = posix_spawn(&process, program[0], NULL, NULL, program, environ);
	if (fault)
		fprintf(stderr, "floor: %s: %s\n", program[0], strerror(fault));
	return fault;
}

int main(int argument_count, char **arguments)
{
	if (argument_count < 4) {
		fprintf(stderr, "usage: floor COUNT AT-ONCE PROGRAM [ARGUMENT ...]\n");
		return 2;
	}
	unsigned long left = strtoul(arguments[1], NULL, 10);
	unsigned long at_once = strtoul(arguments[2], NULL, 10);
	unsigned long running = 0;
	int result = 0;
	while (left || running) {
		int status;
		if (left && running < at_once) {
			if (start(arguments + 3))
				return 2;
			left--;
			running++;
			continue;
		}
		if (wait(&status) < 0) {
			if (errno == EINTR)
				continue;
			perror("floor: wait");
			return 2;
		}
		running--;
		result |= status != 0;
	}
	return result;
}
