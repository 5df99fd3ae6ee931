#include "component/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"

#define SHELL_PATH "/bin/sh"
#define READ_BYTES ((size_t)64 * 1024)

/* SIGPIPE is among them: a log that nobody reads any more must not cost the result. */
static const int stop_signals[] = {SIGTERM, SIGINT, SIGHUP, SIGPIPE};

struct signals_before {
	struct sigaction actions[ARRAY_LENGTH(stop_signals)];
};

struct capture {
	const struct program_request *request;
	struct program_result *result;
	int pipe; /* non-blocking */
	bool is_relay_broken;
};

static void ignore_stop_signals(struct signals_before *before)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	for (size_t i = 0; i < ARRAY_LENGTH(stop_signals); i++)
		sigaction(stop_signals[i], &ignore, &before->actions[i]);
}

static void restore_stop_signals(const struct signals_before *before)
{
	for (size_t i = 0; i < ARRAY_LENGTH(stop_signals); i++)
		sigaction(stop_signals[i], &before->actions[i], NULL);
}

/* A file without a name: into a pipe, somebody would have to go on writing. */
static int open_text(const char *text, struct error *error)
{
	int descriptor = memfd_create("stdin", MFD_CLOEXEC);
	if (descriptor < 0) {
		error_set_errno(error, ERROR_PROCESS, "no memory for the standard input");
		return -1;
	}
	if (descriptor_write_all(descriptor, text, strlen(text), error) &&
		lseek(descriptor, 0, SEEK_SET) == 0)
		return descriptor;
	close(descriptor);
	return -1;
}

static int open_stdin(const struct program_request *request, struct error *error)
{
	if (!request->stdin_file && request->stdin_text)
		return open_text(request->stdin_text, error);
	const char *path = request->stdin_file ? request->stdin_file : "/dev/null";
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	if (descriptor < 0)
		error_set_errno(error, ERROR_FILE, "cannot open '%s' as the standard input", path);
	return descriptor;
}

static int spawn(const struct program_request *request, int input, int output, pid_t *id)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	sigemptyset(&defaults);
	for (size_t i = 0; i < ARRAY_LENGTH(stop_signals); i++)
		sigaddset(&defaults, stop_signals[i]);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	int failure = posix_spawnp(id, request->arguments[0], &actions, &attributes,
		(char *const *)(uintptr_t)request->arguments,
		(char *const *)(uintptr_t)request->environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return failure;
}

/* A script without "#!" is the shell's, as execvp(3) has it. */
static int spawn_script(const struct program_request *request, int input, int output, pid_t *id)
{
	struct arena arena CLEANUP(arena_release) = {0};
	size_t count = 0;
	while (request->arguments[count])
		count++;
	const char **arguments = ARENA_ARRAY(&arena, const char *, count + 2);
	arguments[0] = SHELL_PATH;
	memcpy(&arguments[1], request->arguments, count * sizeof *arguments);
	struct program_request script = *request;
	script.arguments = arguments;
	return spawn(&script, input, output, id);
}

static bool start(const struct program_request *request, int output, pid_t *id,
	struct program_result *result, struct error *error)
{
	result->exit_status = 126;
	CLEANUP(close_descriptor) int input = open_stdin(request, error);
	if (input < 0)
		return false;
	int failure = spawn(request, input, output, id);
	if (failure == ENOEXEC)
		failure = spawn_script(request, input, output, id);
	if (!failure)
		return true;
	result->exit_status = failure == ENOENT ? 127 : 126;
	errno = failure;
	return error_set_errno(error, ERROR_PROCESS, "cannot start '%s'", request->arguments[0]);
}

static void keep(struct capture *capture, const char *bytes, size_t size)
{
	struct error error;
	struct program_result *result = capture->result;
	if (capture->request->is_relayed && !capture->is_relay_broken)
		capture->is_relay_broken =
			!descriptor_write_all(STDOUT_FILENO, bytes, size, &error);
	size_t room = capture->request->kept_limit - result->output.size;
	if (size > room) {
		result->is_cut = true;
		size = room;
	}
	buffer_append(&result->output, bytes, size);
}

/* One read. False: nothing more is there now; *is_ended: nothing will ever be. */
static bool read_some(struct capture *capture, bool *is_ended)
{
	char bytes[READ_BYTES];
	ssize_t count = read(capture->pipe, bytes, sizeof bytes);
	if (count < 0 && errno == EINTR)
		return true;
	if (count <= 0) {
		*is_ended = count == 0 || errno != EAGAIN;
		return false;
	}
	keep(capture, bytes, (size_t)count);
	return true;
}

/* Until the program has ended or has closed its output. */
static void read_output(struct capture *capture, int process)
{
	struct pollfd sources[] = {
		{.fd = capture->pipe, .events = POLLIN}, {.fd = process, .events = POLLIN}};
	bool is_ended = false;
	while (!is_ended && !sources[1].revents) {
		if (poll(sources, ARRAY_LENGTH(sources), -1) < 0)
			continue;
		if (sources[0].revents)
			read_some(capture, &is_ended);
	}
	/* What is in the pipe now is the program's; what lives on could write for ever. */
	int left = fcntl(capture->pipe, F_GETPIPE_SZ);
	for (; !is_ended && left > 0 && read_some(capture, &is_ended);)
		left -= (int)READ_BYTES;
}

static void wait_for(pid_t id, struct program_result *result)
{
	int status = 0;
	while (waitpid(id, &status, 0) < 0 && errno == EINTR)
		continue;
	result->exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static bool run_to_end(
	const struct program_request *request, struct program_result *result, struct error *error)
{
	int ends[2];
	pid_t id = 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_set_errno(error, ERROR_PROCESS, "cannot make a pipe");
	bool is_started = start(request, ends[1], &id, result, error);
	close(ends[1]);
	if (is_started) {
		struct capture capture = {request, result, ends[0], false};
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
		CLEANUP(close_descriptor) int process = (int)syscall(SYS_pidfd_open, id, 0);
		read_output(&capture, process);
		wait_for(id, result);
	}
	close(ends[0]);
	return is_started;
}

bool program_run(
	const struct program_request *request, struct program_result *result, struct error *error)
{
	struct signals_before before;
	*result = (struct program_result){.exit_status = 126};
	ignore_stop_signals(&before);
	bool is_started = run_to_end(request, result, error);
	restore_stop_signals(&before);
	return is_started;
}
