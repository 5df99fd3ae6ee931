/* The program that stands between a runner and a step in namespaces; one thread, small. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/index.h"
#include "base/parse.h"
#include "run/landlock.h"
#include "run/namespace.h"

#define NS_PER_MS 1000000
#define LEFTOVER_GRACE_MS 1000 /* from SIGTERM to SIGKILL for what the command left behind */
#define LEFTOVER_LOOK_MS 5
#define FIRST_FREE_DESCRIPTOR 3
#define EXIT_LOST 127
#define LOST_STATUS (EXIT_LOST << 8) /* as wait(2) tells of it */

struct hold {
	struct process_request command;
	int report;
	pid_t runner;
};

/* Nobody can do more about it when the runner does not read. */
static void report(const struct hold *hold, enum start_fault fault, int error_number)
{
	struct namespace_report text = {.fault = (int)fault, .error_number = error_number};
	ssize_t ignored = write(hold->report, &text, sizeof text);
	(void)ignored;
}

static _Noreturn void refuse(const struct hold *hold, enum start_fault fault, int error_number)
{
	report(hold, fault, error_number);
	_exit(EXIT_LOST);
}

/* --- the command --- */

static void reset_signals(void)
{
	sigset_t none;
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void run_command(const struct hold *hold)
{
	reset_signals();
	if (!process_restrict_self(&hold->command))
		refuse(hold, START_RULESET, errno);
	report(hold, START_OK, 0);
	process_execute(&hold->command);
	refuse(hold, START_PROGRAM, errno);
}

/* --- the namespace's first process --- */

/*
 * Programs look there for what runs beside them. Where the system refuses it (a container that
 * covers parts of its own) the one from outside stays. Ordinary users may write their own files
 * there, as everywhere under a ruleset.
 */
static void mount_processes(const struct hold *hold)
{
	struct error ignored;
	if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0 ||
		mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
		return;
	unsigned version = geteuid() != 0 && hold->command.ruleset ? landlock_version(&ignored) : 0;
	if (version)
		landlock_allow(hold->command.ruleset, version, "/proc", LANDLOCK_WRITE, &ignored);
}

/* Every orphan of the namespace comes to us. */
static int reap_until(pid_t command)
{
	for (;;) {
		int status = 0;
		pid_t ended = wait(&status);
		if (ended == command)
			return status;
		if (ended < 0 && errno != EINTR)
			return LOST_STATUS;
	}
}

/* All in the namespace descend from us: without a child we are alone. */
static bool is_alone(void)
{
	pid_t ended;
	do
		ended = waitpid(-1, NULL, WNOHANG);
	while (ended > 0 || (ended < 0 && errno == EINTR));
	return ended < 0;
}

static void end_leftovers(void)
{
	static const char note[] =
		"[wavetrain] processes that the step left behind are being ended\n";
	const struct timespec pause = {.tv_nsec = (long)LEFTOVER_LOOK_MS * NS_PER_MS};
	if (is_alone())
		return;
	ssize_t ignored = write(STDERR_FILENO, note, sizeof note - 1);
	(void)ignored;
	kill(-1, SIGTERM);
	int64_t end_ns = clock_monotonic_ns() + (int64_t)LEFTOVER_GRACE_MS * NS_PER_MS;
	while (!is_alone() && clock_monotonic_ns() < end_ns)
		nanosleep(&pause, NULL);
}

/* The outer one may have died before the kernel knew our wish: then nobody holds the other end. */
static bool outer_is_there(int status_writer)
{
	struct pollfd request = {.fd = status_writer};
	return poll(&request, 1, 0) <= 0 || !(request.revents & POLLERR);
}

static _Noreturn void run_init(const struct hold *hold, int status_writer)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!outer_is_there(status_writer))
		_exit(EXIT_LOST);
	mount_processes(hold);
	pid_t command = fork();
	if (command == 0)
		run_command(hold);
	if (command < 0)
		refuse(hold, START_SYSTEM, errno);
	close(hold->report);
	int status = reap_until(command);
	end_leftovers();
	ssize_t written = write(status_writer, &status, sizeof status);
	/* What is left ends now, before anybody sees us ended. */
	_exit(written == sizeof status ? 0 : EXIT_LOST);
}

/* --- the outer process --- */

static bool write_file(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	bool is_written = file >= 0 && write(file, text, strlen(text)) == (ssize_t)strlen(text);
	int failure = errno;
	if (file >= 0)
		close(file);
	errno = failure;
	return is_written;
}

/* Files keep their owner where it is us, and id(1) says the same. */
static bool keep_identity(uid_t user, gid_t group)
{
	char users[64], groups[64];
	snprintf(users, sizeof users, "%u %u 1", user, user);
	snprintf(groups, sizeof groups, "%u %u 1", group, group);
	return write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/uid_map", users) && write_file("/proc/self/gid_map", groups);
}

static bool enter(const struct hold *hold)
{
	uid_t user = geteuid();
	gid_t group = getegid();
	if (!namespace_enter())
		return false;
	/* Our files in /proc are ours only as long as we may be looked into; the environment is the
	 * step's anyway. */
	prctl(PR_SET_DUMPABLE, 1);
	if (user != 0 && !keep_identity(user, group))
		return false;
	/* New privileges may have taken the kernel's promise back. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return getppid() == hold->runner;
}

/* They are for the command. */
static void ignore_signals(void)
{
	static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGPIPE};
	for (size_t i = 0; i < ARRAY_LENGTH(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

static _Noreturn void end_alike(int status)
{
	const struct rlimit no_core = {0};
	if (!WIFSIGNALED(status))
		_exit(WEXITSTATUS(status));
	/* One core, the command's, is enough. */
	setrlimit(RLIMIT_CORE, &no_core);
	reset_signals();
	kill(getpid(), WTERMSIG(status));
	_exit(128 + WTERMSIG(status));
}

static _Noreturn void run_outer(const struct hold *hold)
{
	int pipe_ends[2], status = 0, command_status = 0;
	ignore_signals();
	if (pipe2(pipe_ends, O_CLOEXEC) < 0 || !enter(hold))
		refuse(hold, START_NAMESPACE, errno);
	pid_t init = fork();
	if (init < 0)
		refuse(hold, START_SYSTEM, errno);
	if (init == 0) {
		close(pipe_ends[0]);
		run_init(hold, pipe_ends[1]);
	}
	close(pipe_ends[1]);
	close(hold->report);
	while (waitpid(init, &status, 0) < 0 && errno == EINTR)
		;
	if (read(pipe_ends[0], &command_status, sizeof command_status) == sizeof command_status)
		status = command_status;
	end_alike(status);
}

/* --- the arguments --- */

static bool take_descriptor(const char *text, int *descriptor)
{
	uint64_t number = 0;
	if (!text || !parse_unsigned(text, INT_MAX, &number))
		return false;
	*descriptor = (int)number;
	return !number ||
	       (number >= FIRST_FREE_DESCRIPTOR && fcntl(*descriptor, F_SETFD, FD_CLOEXEC) == 0);
}

bool namespace_hold(const char *const *arguments, const char *const *environment)
{
	struct hold hold = {.runner = getppid()};
	if (!take_descriptor(arguments[0], &hold.command.ruleset) ||
		!take_descriptor(arguments[1], &hold.report) || !hold.report || !arguments[2] ||
		!arguments[3])
		return false;
	hold.command.program = arguments[2];
	hold.command.arguments = &arguments[3];
	hold.command.environment = environment;
	run_outer(&hold);
}
