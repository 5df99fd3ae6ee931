#include "run/process.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const arguments[] = {"sh", "-c", "exit 3", NULL};
static const char *const environment[] = {NULL};

static struct process start(struct process_launcher *launcher)
{
	struct error error;
	struct process process;
	assert_true(process_launcher_open(launcher, &error));
	struct process_request request = {.program = "/bin/sh",
		.arguments = arguments,
		.environment = environment,
		.folder = "/",
		.output = launcher->null_descriptor};
	assert_int_equal(process_start(launcher, &request, &process).fault, START_OK);
	return process;
}

static void an_exit_status_is_taken(void **state)
{
	struct process_launcher launcher;
	struct process_result result;
	siginfo_t ended;
	(void)state;
	struct process process = start(&launcher);
	assert_int_equal(waitid(P_PID, (id_t)process.id, &ended, WEXITED | WNOWAIT), 0);
	assert_true(process_reap(&launcher, &process, &result));
	assert_int_equal(result.exit_status, 3);
	assert_false(result.is_lost);
	assert_int_equal(process.descriptor, -1);
	process_launcher_close(&launcher);
}

static void an_exit_status_that_somebody_took_is_lost(void **state)
{
	struct process_launcher launcher;
	struct process_result result;
	(void)state;
	struct process process = start(&launcher);
	assert_int_equal(waitpid(process.id, NULL, 0), process.id);
	assert_true(process_reap(&launcher, &process, &result));
	assert_true(result.is_lost);
	assert_int_equal(result.exit_status, -1);
	assert_int_equal(process.descriptor, -1);
	process_launcher_close(&launcher);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exit_status_is_taken),
		cmocka_unit_test(an_exit_status_that_somebody_took_is_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
