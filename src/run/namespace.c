#include "run/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"

#define NS_PER_MS 1000000
#define OWN_ARGUMENT_COUNT 7 /* OWN_PROGRAM component hold -- RULESET REPORT PROGRAM */

bool namespace_enter(void)
{
	if (geteuid() != 0 && unshare(CLONE_NEWUSER) < 0)
		return false;
	return unshare(CLONE_NEWPID | CLONE_NEWNS) == 0;
}

/* --- whether they can be had --- */

/* Ends with 0, or with the error's number. */
static void try_in_child(void)
{
	if (!namespace_enter())
		_exit(errno);
	pid_t first = fork();
	if (first == 0)
		_exit(0);
	if (first < 0)
		_exit(errno);
	_exit(waitpid(first, NULL, 0) == first ? 0 : ECHILD);
}

static bool setting_is(const char *path, char value)
{
	char byte = '\0';
	int file = open(path, O_RDONLY | O_CLOEXEC);
	bool is_read = file >= 0 && read(file, &byte, 1) == 1;
	if (file >= 0)
		close(file);
	return is_read && byte == value;
}

static void explain(int error_number, struct error *error)
{
	if (error_number == ENOSPC || error_number == EUSERS)
		error_set(error, ERROR_PROCESS,
			"the system allows no more namespaces (user.max_user_namespaces and "
			"user.max_pid_namespaces)");
	else if (setting_is("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
		error_set(error, ERROR_PROCESS,
			"AppArmor keeps user namespaces from ordinary users "
			"(kernel.apparmor_restrict_unprivileged_userns)");
	else if (setting_is("/proc/sys/kernel/unprivileged_userns_clone", '0'))
		error_set(error, ERROR_PROCESS,
			"user namespaces are kept from ordinary users "
			"(kernel.unprivileged_userns_clone)");
	else {
		errno = error_number;
		error_set_errno(error, ERROR_PROCESS, "no process namespace can be made");
	}
}

bool namespace_is_allowed(struct error *error)
{
	int status = 0;
	pid_t child = fork();
	if (child == 0)
		try_in_child();
	if (child < 0)
		return error_set_errno(error, ERROR_PROCESS, "no process namespace can be tried");
	while (waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return error_set_errno(
				error, ERROR_PROCESS, "no process namespace can be tried");
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	explain(WIFEXITED(status) ? WEXITSTATUS(status) : EPERM, error);
	return false;
}

/* --- a start --- */

/* Until the other end is closed, which the exec does. */
static struct start_result read_report(int descriptor)
{
	struct namespace_report report = {.fault = START_NAMESPACE, .error_number = ECHILD};
	int64_t end_ns = clock_monotonic_ns() + (int64_t)NAMESPACE_START_MS * NS_PER_MS;
	for (;;) {
		struct namespace_report next;
		struct pollfd poll_request = {.fd = descriptor, .events = POLLIN};
		int64_t left_ms = (end_ns - clock_monotonic_ns()) / NS_PER_MS;
		int ready = left_ms > 0 ? poll(&poll_request, 1, (int)left_ms) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return (struct start_result){START_NAMESPACE, ETIMEDOUT};
		if (read(descriptor, &next, sizeof next) != sizeof next)
			break;
		report = next;
	}
	return (struct start_result){(enum start_fault)report.fault, report.error_number};
}

static void insert_passed(struct process_request *request, int descriptor)
{
	if (!descriptor)
		return;
	size_t place = PROCESS_PASSED_LIMIT - 1;
	/* Zeros are at the end, or where a caller has left them. */
	while (place > 0 &&
		(!request->passed[place - 1] || request->passed[place - 1] > descriptor)) {
		request->passed[place] = request->passed[place - 1];
		place--;
	}
	request->passed[place] = descriptor;
}

/* The caller's to free; numbers is for the texts of two descriptors. */
static const char **make_arguments(
	const struct process_request *request, int report, char numbers[2][16])
{
	size_t count = 0;
	while (request->arguments[count])
		count++;
	const char **arguments = calloc(OWN_ARGUMENT_COUNT + count + 1, sizeof *arguments);
	if (!arguments)
		return NULL;
	snprintf(numbers[0], sizeof numbers[0], "%d", request->ruleset);
	snprintf(numbers[1], sizeof numbers[1], "%d", report);
	const char *const own[OWN_ARGUMENT_COUNT] = {request->holder, "component", "hold", "--",
		numbers[0], numbers[1], request->program};
	for (size_t i = 0; i < OWN_ARGUMENT_COUNT; i++)
		arguments[i] = own[i];
	for (size_t i = 0; i < count; i++)
		arguments[OWN_ARGUMENT_COUNT + i] = request->arguments[i];
	return arguments;
}

static struct start_result start_holder(struct process_launcher *launcher,
	const struct process_request *request, int report, struct process *process)
{
	char numbers[2][16];
	struct process_request holder = *request;
	const char **arguments = make_arguments(request, report, numbers);
	if (!arguments)
		return (struct start_result){START_SYSTEM, ENOMEM};
	holder.program = request->holder;
	holder.arguments = arguments;
	holder.ruleset = 0; /* nothing could be mounted under it */
	insert_passed(&holder, request->ruleset);
	insert_passed(&holder, report);
	struct start_result result = process_start(launcher, &holder, process);
	if (result.fault == START_PROGRAM)
		result.fault = START_NAMESPACE; /* it is not the step's program that is missing */
	free(arguments);
	return result;
}

static void end_at_once(struct process *process)
{
	process_signal_group(process->id, SIGKILL);
	while (waitpid(process->id, NULL, 0) < 0 && errno == EINTR)
		;
	close(process->descriptor);
	*process = (struct process){.descriptor = -1};
}

struct start_result namespace_start(struct process_launcher *launcher,
	const struct process_request *request, struct process *process)
{
	int report[2];
	*process = (struct process){.descriptor = -1};
	if (pipe2(report, O_CLOEXEC) < 0)
		return (struct start_result){START_SYSTEM, errno};
	struct start_result result = start_holder(launcher, request, report[1], process);
	close(report[1]);
	if (result.fault == START_OK) {
		result = read_report(report[0]);
		if (result.fault != START_OK)
			end_at_once(process);
	}
	close(report[0]);
	return result;
}
