#include "cli/debugger_shell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"

#define NOT_STARTED 127
#define LAST_WORD_MS 500 /* between SIGHUP and SIGKILL when the run ends */
#define PIECE_BYTES 4096

/* What it reads from and writes to. */
struct ends {
	int input;  /* becomes descriptor 0 */
	int output; /* becomes 1 and 2 */
	bool is_terminal;
};

/* --- the child's side --- */

static void give_terminal(int terminal, pid_t group)
{
	sigset_t set, before;
	sigemptyset(&set);
	sigaddset(&set, SIGTTOU);
	sigprocmask(SIG_BLOCK, &set, &before);
	tcsetpgrp(terminal, group);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void reset_signals(void)
{
	struct sigaction plain = {.sa_handler = SIG_DFL};
	sigset_t none;
	for (int i = 1; i < NSIG; i++)
		sigaction(i, &plain, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static char *const *as_vector(const char *const *texts)
{
	/* execve(2) changes none of them. */
	union {
		const char *const *given;
		char *const *wanted;
	} vector = {.given = texts};
	return vector.wanted;
}

static _Noreturn void become(const struct debugger_shell *shell, const struct ends *ends)
{
	const char *arguments[] = {
		shell->program, shell->command ? "-c" : NULL, shell->command, NULL};
	setpgid(0, 0);
	if (ends->is_terminal)
		give_terminal(ends->input, getpgrp());
	prctl(PR_SET_PDEATHSIG, SIGHUP);
	reset_signals();
	if (dup2(ends->input, STDIN_FILENO) < 0 || dup2(ends->output, STDOUT_FILENO) < 0 ||
		dup2(ends->output, STDERR_FILENO) < 0)
		_exit(NOT_STARTED);
	for (int i = 0; i < 2; i++) {
		if (shell->place->passed[i])
			fcntl(shell->place->passed[i], F_SETFD, 0);
	}
	if (chdir(shell->place->folder) == 0)
		execve(shell->program, as_vector(arguments), as_vector(shell->place->environment));
	dprintf(STDERR_FILENO, "wavetrain: no shell '%s' in '%s': %s\n", shell->program,
		shell->place->folder, strerror(errno));
	_exit(NOT_STARTED);
}

/* --- ours --- */

/* The run is over: it has a moment to end. */
static void end_shell(pid_t id, int descriptor)
{
	struct pollfd ended = {.fd = descriptor, .events = POLLIN};
	kill(-id, SIGHUP);
	kill(-id, SIGCONT);
	if (poll(&ended, 1, LAST_WORD_MS) <= 0)
		kill(-id, SIGKILL);
}

static void pass_output(const struct debugger_shell *shell, int pipe)
{
	char piece[PIECE_BYTES];
	ssize_t count;
	while ((count = read(pipe, piece, sizeof piece)) > 0 || (count < 0 && errno == EINTR)) {
		if (count > 0)
			shell->output->take(shell->output->context, piece, (size_t)count);
	}
}

static void add(int set, int descriptor)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
	epoll_ctl(set, EPOLL_CTL_ADD, descriptor, &event);
}

/* Until it has ended; others may hold the pipe open after that. */
static void follow(const struct debugger_shell *shell, pid_t id, int ended, int pipe)
{
	struct pollfd has_ended = {.fd = ended, .events = POLLIN};
	const struct debug_stop *stop = shell->stop;
	CLEANUP(close_descriptor) int set = epoll_create1(EPOLL_CLOEXEC);
	add(set, ended);
	if (pipe >= 0)
		add(set, pipe);
	do {
		if (!stop->wait(stop->engine, set)) {
			end_shell(id, ended);
			break;
		}
		if (pipe >= 0)
			pass_output(shell, pipe);
		/* At its end of file a pipe is readable for ever. */
		struct pollfd hung_up = {.fd = pipe, .events = POLLIN};
		if (pipe >= 0 && poll(&hung_up, 1, 0) > 0 && (hung_up.revents & POLLHUP))
			epoll_ctl(set, EPOLL_CTL_DEL, pipe, NULL);
	} while (poll(&has_ended, 1, 0) <= 0);
	if (pipe >= 0)
		pass_output(shell, pipe);
}

static bool start(const struct debugger_shell *shell, const struct ends *ends, int pipe,
	int *status, struct error *error)
{
	pid_t id = fork();
	if (id == 0)
		become(shell, ends);
	if (id < 0)
		return error_set_errno(error, ERROR_PROCESS, "no shell could be started");
	setpgid(id, id);
	CLEANUP(close_descriptor) int ended = (int)syscall(SYS_pidfd_open, id, 0);
	if (ends->is_terminal)
		give_terminal(ends->input, id);
	else
		close(ends->output);
	follow(shell, id, ended, pipe);
	while (waitpid(id, status, 0) < 0 && errno == EINTR)
		;
	return true;
}

static bool run_on_terminal(const struct debugger_shell *shell, int *status, struct error *error)
{
	struct termios before;
	CLEANUP(close_descriptor) int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC);
	if (terminal < 0 || tcgetattr(terminal, &before) < 0) {
		error_set(error, ERROR_USAGE, "there is no terminal for a shell");
		return error_hint(error, "'shell COMMAND' runs one command");
	}
	struct ends ends = {.input = terminal, .output = terminal, .is_terminal = true};
	bool is_started = start(shell, &ends, -1, status, error);
	give_terminal(terminal, getpgrp());
	tcsetattr(terminal, TCSADRAIN, &before);
	return is_started;
}

bool debugger_shell_run(const struct debugger_shell *shell, int *status, struct error *error)
{
	int pipes[2];
	if (!shell->output)
		return run_on_terminal(shell, status, error);
	CLEANUP(close_descriptor) int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (nothing < 0 || pipe2(pipes, O_CLOEXEC) < 0)
		return error_set_errno(error, ERROR_PROCESS, "no shell could be started");
	CLEANUP(close_descriptor) int reader = pipes[0];
	fcntl(reader, F_SETFL, O_NONBLOCK);
	struct ends ends = {.input = nothing, .output = pipes[1]};
	bool is_started = start(shell, &ends, reader, status, error);
	if (!is_started)
		close(pipes[1]);
	return is_started;
}
