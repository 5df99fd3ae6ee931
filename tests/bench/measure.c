/*
 * measure LIMIT-S OUTPUT PROGRAM [ARGUMENT …]: runs the program with what it prints going to the
 * file OUTPUT, and prints one JSON object: wall time, CPU time of the program and of everything
 * it waited for, that of the program alone, the largest resident set among them, and how it ended.
 * Past the limit its process group is killed. Measuring costs nothing while the program runs: this process sleeps in
 * wait4(2).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CANNOT_RUN 127

static double now_ms(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double span_ms(struct timeval span)
{
	return (double)span.tv_sec * 1e3 + (double)span.tv_usec / 1e3;
}

static int become(const char *output, char **program)
{
	int nothing = open("/dev/null", O_RDONLY);
	int file = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (nothing < 0 || file < 0 || setpgid(0, 0) < 0) {
		perror(output);
		_exit(CANNOT_RUN);
	}
	dup2(nothing, 0);
	dup2(file, 1);
	dup2(file, 2);
	close_range(3, ~0U, 0);
	execvp(program[0], program);
	perror(program[0]);
	_exit(CANNOT_RUN);
}

/*
 * User and system time of the process alone, which has ended and is not reaped yet, from the
 * scheduler's own count in nanoseconds: the clock ticks of /proc/PID/stat are too coarse.
 */
static double own_cpu_ms(pid_t process)
{
	char path[64];
	unsigned long long spent_ns = 0;
	snprintf(path, sizeof path, "/proc/%d/schedstat", (int)process);
	FILE *file = fopen(path, "r");
	if (!file || fscanf(file, "%llu", &spent_ns) != 1)
		perror(path);
	if (file)
		fclose(file);
	return (double)spent_ns / 1e6;
}

/* Only there to end the wait with EINTR. */
static void limit_passed(int signal)
{
	(void)signal;
}

int main(int argument_count, char **arguments)
{
	if (argument_count < 4) {
		fprintf(stderr, "usage: measure LIMIT-S OUTPUT PROGRAM [ARGUMENT ...]\n");
		return 2;
	}
	struct sigaction action = {.sa_handler = limit_passed};
	struct rusage usage;
	int status = 0;
	int timed_out = 0;
	siginfo_t ended;
	sigaction(SIGALRM, &action, NULL);
	double started_ms = now_ms();
	pid_t process = fork();
	if (process == 0)
		become(arguments[2], arguments + 3);
	if (process < 0) {
		perror("measure");
		return 2;
	}
	alarm((unsigned)strtoul(arguments[1], NULL, 10));
	while (waitid(P_PID, (id_t)process, &ended, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
		timed_out = 1;
		kill(-process, SIGKILL);
	}
	double wall_ms = now_ms() - started_ms;
	double alone_ms = own_cpu_ms(process);
	wait4(process, &status, 0, &usage);
	printf("{\"wall_ms\": %.3f, \"cpu_ms\": %.3f, \"own_cpu_ms\": %.3f, \"peak_kib\": %ld, "
	       "\"status\": %d, \"signal\": %d, \"timed_out\": %s}\n",
		wall_ms, span_ms(usage.ru_utime) + span_ms(usage.ru_stime), alone_ms,
		usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		WIFSIGNALED(status) ? WTERMSIG(status) : 0, timed_out ? "true" : "false");
	return 0;
}
