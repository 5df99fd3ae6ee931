/*
 * Between us and git stands a guard, a fork of this process: git has children of its own, which
 * would go on with a push after kill -9 of us and of git. The kernel tells the guard of our death
 * and git of the guard's; the guard takes the whole group with it.
 */
#include "checkpoint/git_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_LIMIT_BYTES 65536
#define REPORT_DESCRIPTOR 3
#define GROUP_END_MS 1000 /* for killed processes to be gone */

static bool watch(const struct git_process *process, int descriptor)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};

	return epoll_ctl(process->events, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

static void close_one(int *descriptor)
{
	if (*descriptor >= 0)
		close(*descriptor);
	*descriptor = -1;
}

bool git_process_init(struct git_process *process, struct error *error)
{
	*process = (struct git_process){.events = -1, .deadline = -1, .exit = -1, .output = -1};
	process->events = epoll_create1(EPOLL_CLOEXEC);
	process->deadline = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (process->events >= 0 && process->deadline >= 0 && watch(process, process->deadline))
		return true;
	error_set_errno(error, ERROR_PROCESS, "cannot prepare for git push");
	git_process_release(process);
	return false;
}

void git_process_kill(const struct git_process *process)
{
	if (process->exit >= 0)
		kill(-process->id, SIGKILL);
}

/* Orphans of the group are ours to wait for where this process takes orphans in. */
static void end_group(const struct git_process *process)
{
	kill(-process->id, SIGKILL);
	while (waitpid(-process->id, NULL, WNOHANG) > 0)
		continue;
}

static void read_output(struct git_process *process)
{
	char chunk[4096];
	ssize_t size;

	while (process->output >= 0 && (size = read(process->output, chunk, sizeof(chunk))) != 0) {
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return;
		if (process->text.size < OUTPUT_LIMIT_BYTES)
			buffer_append(&process->text, chunk, (size_t)size);
	}
	close_one(&process->output);
}

/*
 * kill() returns before the killed are gone. What they print to is closed when the last of them
 * is; one that has left the group and still holds it is not waited for.
 */
static void await_group(struct git_process *process)
{
	while (process->output >= 0) {
		struct pollfd wait = {.fd = process->output, .events = POLLIN};
		int ready = poll(&wait, 1, GROUP_END_MS);

		if (ready == 0 || (ready < 0 && errno != EINTR))
			return;
		read_output(process);
	}
}

static void end_child(struct git_process *process)
{
	if (process->id > 0) {
		kill(-process->id, SIGKILL);
		while (waitpid(process->id, NULL, 0) < 0 && errno == EINTR)
			continue;
		end_group(process);
		await_group(process);
		end_group(process);
	}
	process->id = 0;
	close_one(&process->exit);
	close_one(&process->output);
}

void git_process_release(struct git_process *process)
{
	end_child(process);
	close_one(&process->deadline);
	close_one(&process->events);
	buffer_release(&process->text);
}

static void set_deadline(const struct git_process *process, int64_t deadline_ms)
{
	struct itimerspec when = {.it_value.tv_sec = deadline_ms / 1000,
		.it_value.tv_nsec = deadline_ms % 1000 * 1000000};

	timerfd_settime(process->deadline, 0, &when, NULL);
}

/* What the two children need; read after fork(). */
struct launch {
	pid_t self;
	int output;
	int report; /* takes errno where git cannot be started */
	char *const *arguments;
	char *const *environment;
};

static void give_up(int report)
{
	int reason = errno;

	/* Nobody can be told of a failure here. */
	_exit(write(report, &reason, sizeof(reason)) < 0 ? 126 : 127);
}

static void become_git(const struct launch *launch, pid_t guard)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != guard)
		_exit(127);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvpe(launch->arguments[0], launch->arguments, launch->environment);
	give_up(REPORT_DESCRIPTOR);
}

/* Ends as git does, or with everything of the group when its parent is gone. */
static void stand_guard(pid_t git)
{
	sigset_t awaited;
	int number;
	int status;

	sigemptyset(&awaited);
	sigaddset(&awaited, SIGTERM);
	sigaddset(&awaited, SIGCHLD);
	for (;;) {
		if (sigwait(&awaited, &number) == 0 && number == SIGTERM)
			kill(0, SIGKILL);
		if (waitpid(git, &status, WNOHANG) == git)
			_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
	}
}

/* All signals are blocked. Own group, nothing of ours open above 2. */
static void become_guard(const struct launch *launch)
{
	pid_t guard = getpid();
	pid_t git;

	setpgid(0, 0);
	prctl(PR_SET_NAME, "git-push-guard");
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != launch->self)
		_exit(127); /* it died before the kernel knew our wish */
	signal(SIGCHLD, SIG_DFL);
	dup2(launch->output, 1);
	dup2(launch->output, 2);
	if (launch->report != REPORT_DESCRIPTOR)
		dup3(launch->report, REPORT_DESCRIPTOR, O_CLOEXEC);
	close_range(REPORT_DESCRIPTOR + 1, ~0U, 0);
	close(0);
	if (open("/dev/null", O_RDONLY) != 0)
		give_up(REPORT_DESCRIPTOR);
	git = fork();
	if (git < 0)
		give_up(REPORT_DESCRIPTOR);
	if (git == 0)
		become_git(launch, guard);
	close(REPORT_DESCRIPTOR);
	stand_guard(git);
}

/* The guard's id when git runs; -1 with errno. */
static pid_t start_guard(struct launch *launch)
{
	int report[2];
	int reason = 0;
	sigset_t all;
	sigset_t before;
	ssize_t size;
	pid_t guard;

	if (pipe2(report, O_CLOEXEC) != 0)
		return -1;
	launch->self = getpid();
	launch->report = report[1];
	sigfillset(&all);
	/* None may reach the guard before it knows what to do with them. */
	sigprocmask(SIG_SETMASK, &all, &before);
	guard = fork();
	if (guard == 0)
		become_guard(launch);
	reason = guard < 0 ? errno : 0;
	sigprocmask(SIG_SETMASK, &before, NULL);
	close(report[1]);
	do {
		size = guard < 0 ? 0 : read(report[0], &reason, sizeof(reason));
	} while (size < 0 && errno == EINTR);
	close(report[0]);
	if (reason != 0 && guard > 0)
		waitpid(guard, NULL, 0);
	errno = reason;
	return reason == 0 ? guard : -1;
}

bool git_process_start(struct git_process *process, char *const *arguments,
	char *const *environment, int64_t deadline_ms, struct error *error)
{
	struct launch launch = {.arguments = arguments, .environment = environment};
	int ends[2];

	buffer_clear(&process->text);
	process->timed_out = false;
	process->succeeded = false;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set_errno(error, ERROR_PROCESS, "cannot make a pipe for git");
	launch.output = ends[1];
	process->id = start_guard(&launch);
	if (process->id > 0)
		process->exit = (int)syscall(SYS_pidfd_open, process->id, 0);
	if (process->exit < 0)
		error_set_errno(error, ERROR_PROCESS, "cannot start %s", arguments[0]);
	close(ends[1]);
	process->output = ends[0];
	fcntl(process->output, F_SETFL, O_NONBLOCK);
	if (process->exit >= 0 && watch(process, process->exit) &&
		watch(process, process->output)) {
		set_deadline(process, deadline_ms);
		return true;
	}
	if (process->exit >= 0)
		error_set_errno(error, ERROR_PROCESS, "cannot watch %s", arguments[0]);
	end_child(process);
	return false;
}

static bool take_end(struct git_process *process)
{
	siginfo_t ended = {0};
	int result = waitid(P_PIDFD, (id_t)process->exit, &ended, WEXITED | WNOHANG | WNOWAIT);

	if (result == 0 && ended.si_pid == 0)
		return false;
	/* Somebody else in this program may have waited for all children: then git's words count. */
	if (result == 0)
		process->succeeded = ended.si_code == CLD_EXITED && ended.si_status == 0;
	read_output(process);
	if (result != 0)
		process->succeeded = strstr(buffer_text(&process->text), "\nDone") != NULL &&
				     !strstr(buffer_text(&process->text), "\n!\t");
	end_child(process);
	set_deadline(process, 0);
	return true;
}

bool git_process_advance(struct git_process *process)
{
	uint64_t expirations;

	if (process->exit < 0)
		return false;
	read_output(process);
	if (read(process->deadline, &expirations, sizeof(expirations)) > 0) {
		process->timed_out = true;
		git_process_kill(process);
	}
	return take_end(process);
}
