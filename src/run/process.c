/*
 * clone(CLONE_VM | CLONE_VFORK) as posix_spawn(3) does it, because posix_spawn knows neither
 * sessions together with a parent-death signal nor pidfds. The child borrows this process's
 * memory until exec: it may only make system calls, and tells of a fault by writing to it.
 */
#include "run/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/index.h"
#include "run/clone_into.h"

#define STACK_BYTES (64 * 1024)
#define SHELL_PATH "/bin/sh"
#define ARGUMENT_LIMIT 1024 /* of a file without a magic number */

#if defined(__SANITIZE_ADDRESS__)
#define NOT_INSTRUMENTED __attribute__((no_sanitize_address))
#elif defined(__clang__)
#define NOT_INSTRUMENTED __attribute__((no_sanitize("address")))
#else
#define NOT_INSTRUMENTED
#endif

struct start {
	const struct process_launcher *launcher;
	const struct process_request *request;
	struct start_result result; /* these are written by the child */
	bool is_in_cgroup;          /* set before where it is born into it */
};

static bool keep_standard_descriptors_open(struct error *error)
{
	for (int descriptor = 0; descriptor <= 2; descriptor++) {
		if (fcntl(descriptor, F_GETFD) >= 0)
			continue;
		if (open("/dev/null", O_RDWR) < 0)
			return error_set_errno(error, ERROR_PROCESS, "cannot open /dev/null");
	}
	return true;
}

static void find_changed_signals(struct process_launcher *launcher)
{
	for (int number = 1; number < NSIG && number < 64; number++) {
		struct sigaction action;
		if (sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
			launcher->changed_signals[launcher->changed_signal_count++] = number;
	}
}

bool process_launcher_open(struct process_launcher *launcher, struct error *error)
{
	*launcher = (struct process_launcher){.null_descriptor = -1, .self = getpid()};
	if (!keep_standard_descriptors_open(error))
		return false;
	find_changed_signals(launcher);
	launcher->null_descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (launcher->null_descriptor < 0)
		return error_set_errno(error, ERROR_PROCESS, "cannot open /dev/null");
	void *stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return error_set_errno(error, ERROR_PROCESS, "no memory to start processes");
	launcher->stack = stack;
	launcher->stack_bytes = STACK_BYTES;
	return true;
}

void process_launcher_close(struct process_launcher *launcher)
{
	if (launcher->null_descriptor >= 0)
		close(launcher->null_descriptor);
	if (launcher->stack)
		munmap(launcher->stack, launcher->stack_bytes);
	if (launcher->has_raised_limit)
		setrlimit(RLIMIT_NOFILE, &launcher->descriptor_limit);
	*launcher = (struct process_launcher){.null_descriptor = -1};
}

uint64_t process_launcher_reserve(struct process_launcher *launcher, uint64_t descriptor_count)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return descriptor_count;
	launcher->descriptor_limit = limit;
	if (limit.rlim_cur >= descriptor_count)
		return limit.rlim_cur;
	rlim_t wanted = descriptor_count < limit.rlim_max ? descriptor_count : limit.rlim_max;
	struct rlimit raised = {.rlim_cur = wanted, .rlim_max = limit.rlim_max};
	if (setrlimit(RLIMIT_NOFILE, &raised) < 0)
		return limit.rlim_cur;
	launcher->has_raised_limit = wanted != limit.rlim_cur;
	return wanted;
}

NOT_INSTRUMENTED static void set_up_descriptors(const struct start *start)
{
	dup2(start->launcher->null_descriptor, 0);
	dup2(start->request->output, 1);
	dup2(start->request->output, 2);
	unsigned first_closed = 3;
	for (int i = 0; i < PROCESS_PASSED_LIMIT; i++) {
		unsigned passed = (unsigned)start->request->passed[i];
		if (!passed)
			continue;
		if (passed > first_closed)
			close_range(first_closed, passed - 1, 0);
		fcntl((int)passed, F_SETFD, 0);
		first_closed = passed + 1;
	}
	close_range(first_closed, ~0U, 0);
}

NOT_INSTRUMENTED static void set_up_signals(const struct process_launcher *launcher)
{
	struct sigaction action;
	sigset_t none;
	action.sa_handler = SIG_DFL;
	action.sa_flags = 0;
	sigemptyset(&action.sa_mask);
	for (uint32_t i = 0; i < launcher->changed_signal_count; i++)
		sigaction(launcher->changed_signals[i], &action, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* As good as being born there, but every processor waits for it. */
NOT_INSTRUMENTED static void enter_cgroup(struct start *start)
{
	if (!start->request->cgroup || start->is_in_cgroup)
		return;
	int list = openat(start->request->cgroup, "cgroup.procs", O_WRONLY);
	start->is_in_cgroup = list >= 0 && write(list, "0", 1) == 1;
}

NOT_INSTRUMENTED bool process_restrict_self(const struct process_request *request)
{
	return !request->ruleset ||
	       (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		       syscall(SYS_landlock_restrict_self, request->ruleset, 0) == 0);
}

NOT_INSTRUMENTED void process_execute(const struct process_request *request)
{
	char *const *environment = (char *const *)(const void *)request->environment;
	execve(request->program, (char *const *)(const void *)request->arguments, environment);
	if (errno != ENOEXEC)
		return;
	const char *arguments[ARGUMENT_LIMIT + 3] = {SHELL_PATH, request->program};
	uint32_t count = 0;
	while (request->arguments[count])
		count++;
	for (uint32_t i = 1; i < count && i < ARGUMENT_LIMIT; i++)
		arguments[i + 1] = request->arguments[i];
	if (count <= ARGUMENT_LIMIT)
		execve(SHELL_PATH, (char *const *)(const void *)arguments, environment);
}

NOT_INSTRUMENTED static int child_main(void *argument)
{
	struct start *start = argument;
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != start->launcher->self)
		_exit(127); /* the runner died before the kernel knew our wish */
	enter_cgroup(start);
	if (start->request->needs_cgroup && !start->is_in_cgroup) {
		start->result = (struct start_result){START_CGROUP, errno};
		_exit(127);
	}
	if (chdir(start->request->folder) < 0) {
		start->result = (struct start_result){START_FOLDER, errno};
		_exit(127);
	}
	if (!process_restrict_self(start->request)) {
		start->result = (struct start_result){START_RULESET, errno};
		_exit(127);
	}
	set_up_descriptors(start);
	set_up_signals(start->launcher);
	if (start->launcher->has_raised_limit)
		setrlimit(RLIMIT_NOFILE, &start->launcher->descriptor_limit);
	process_execute(start->request);
	start->result = (struct start_result){START_PROGRAM, errno};
	_exit(127);
}

static bool is_shortage(int error_number)
{
	return error_number == EAGAIN || error_number == ENOMEM || error_number == EMFILE ||
	       error_number == ENFILE;
}

static pid_t clone_child(struct process_launcher *launcher, struct start *start, int *pidfd)
{
	if (start->request->cgroup && !launcher->has_no_clone3) {
		struct clone_into_request request = {.cgroup = start->request->cgroup,
			.stack = launcher->stack,
			.stack_bytes = launcher->stack_bytes,
			.function = child_main,
			.argument = start};
		start->is_in_cgroup = true;
		pid_t id = clone_into(&request, pidfd);
		if (id >= 0 || is_shortage(errno))
			return id;
		start->is_in_cgroup = false;
		launcher->has_no_clone3 = true;
	}
	return clone(child_main, launcher->stack + launcher->stack_bytes,
		CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, start, pidfd);
}

struct start_result process_start(struct process_launcher *launcher,
	const struct process_request *request, struct process *process)
{
	struct start start = {.launcher = launcher, .request = request};
	sigset_t all, before;
	sigfillset(&all);
	/* No handler of ours may run in the child while it borrows our memory. */
	sigprocmask(SIG_SETMASK, &all, &before);
	int pidfd = -1;
	pid_t id = clone_child(launcher, &start, &pidfd);
	int failure = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	*process =
		(struct process){.id = id, .descriptor = pidfd, .is_in_cgroup = start.is_in_cgroup};
	if (id < 0) {
		*process = (struct process){.descriptor = -1};
		return (struct start_result){START_SYSTEM, failure};
	}
	if (start.result.fault != START_OK) {
		waitpid(id, NULL, 0);
		close(pidfd);
		*process = (struct process){.descriptor = -1};
	}
	return start.result;
}

static int64_t time_value_us(struct timeval time)
{
	return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

/*
 * The kernel counts the moment before exec too, when the child still shared our memory: what is
 * not above our own peak says nothing of the child.
 */
static uint64_t own_peak_rss(struct process_launcher *launcher, const struct rusage *child)
{
	struct rusage own;
	if (child->ru_maxrss > launcher->own_peak_kib && getrusage(RUSAGE_SELF, &own) == 0)
		launcher->own_peak_kib = own.ru_maxrss;
	if (child->ru_maxrss <= launcher->own_peak_kib)
		return 0;
	return (uint64_t)child->ru_maxrss * 1024;
}

static struct process_result result_of(
	struct process_launcher *launcher, int status, const struct rusage *usage)
{
	return (struct process_result){
		.exit_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
		.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0,
		.cpu_ms = (time_value_us(usage->ru_utime) + time_value_us(usage->ru_stime)) / 1000,
		.peak_rss_bytes = own_peak_rss(launcher, usage),
	};
}

bool process_reap(
	struct process_launcher *launcher, struct process *process, struct process_result *result)
{
	struct rusage usage;
	int status = 0;
	pid_t ended = wait4(process->id, &status, WNOHANG, &usage);
	if (ended == 0 || (ended < 0 && errno != ECHILD))
		return false;
	*result = (struct process_result){.exit_status = -1, .is_lost = true};
	if (ended > 0)
		*result = result_of(launcher, status, &usage);
	close(process->descriptor);
	process->descriptor = -1;
	return true;
}

void process_signal_group(pid_t group, int signal)
{
	if (group > 1)
		kill(-group, signal);
}

bool process_group_is_alive(pid_t group)
{
	/* Zombies count for kill(2) as long as nobody has taken them. */
	if (kill(-group, 0) < 0 && errno == ESRCH)
		return false;
	while (waitpid(-group, NULL, WNOHANG) > 0)
		;
	return kill(-group, 0) == 0 || errno != ESRCH;
}
