#include "checkpoint/git_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_LIMIT_BYTES 65536

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

void git_process_release(struct git_process *process)
{
	siginfo_t ended;

	if (process->exit >= 0) {
		git_process_kill(process);
		while (waitid(P_PIDFD, (id_t)process->exit, &ended, WEXITED) < 0 && errno == EINTR)
			continue;
	}
	close_one(&process->exit);
	close_one(&process->output);
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

/* Own group, default signals, nothing open above 2. Returns errno's kind of number. */
static int spawn(pid_t *id, int output, char *const *arguments, char *const *environment)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t all;
	int result;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, output, 1);
	posix_spawn_file_actions_adddup2(&actions, output, 2);
	posix_spawn_file_actions_addclosefrom_np(&actions, 3);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	result = posix_spawnp(id, arguments[0], &actions, &attributes, arguments, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return result;
}

bool git_process_start(struct git_process *process, char *const *arguments,
	char *const *environment, int64_t deadline_ms, struct error *error)
{
	int ends[2];
	int result;

	buffer_clear(&process->text);
	process->timed_out = false;
	process->succeeded = false;
	if (pipe2(ends, O_CLOEXEC) != 0)
		return error_set_errno(error, ERROR_PROCESS, "cannot make a pipe for git");
	result = spawn(&process->id, ends[1], arguments, environment);
	close(ends[1]);
	process->output = ends[0];
	fcntl(process->output, F_SETFL, O_NONBLOCK);
	errno = result;
	if (result == 0)
		process->exit = (int)syscall(SYS_pidfd_open, process->id, 0);
	if (result != 0 || process->exit < 0 || !watch(process, process->exit) ||
		!watch(process, process->output)) {
		error_set_errno(error, ERROR_PROCESS, "cannot start %s", arguments[0]);
		close_one(&process->output);
		return false;
	}
	set_deadline(process, deadline_ms);
	return true;
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

static bool take_end(struct git_process *process)
{
	siginfo_t ended = {0};
	int result = waitid(P_PIDFD, (id_t)process->exit, &ended, WEXITED | WNOHANG);

	if (result == 0 && ended.si_pid == 0)
		return false;
	/* Somebody else in this program may have waited for all children: then git's words count. */
	if (result == 0)
		process->succeeded = ended.si_code == CLD_EXITED && ended.si_status == 0;
	read_output(process);
	if (result != 0)
		process->succeeded = strstr(buffer_text(&process->text), "\nDone") != NULL &&
				     !strstr(buffer_text(&process->text), "\n!\t");
	close_one(&process->exit);
	close_one(&process->output);
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
