#ifndef WAVETRAIN_TEST_RUN_SCRIPT_FIXTURE_H
#define WAVETRAIN_TEST_RUN_SCRIPT_FIXTURE_H

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "run/process.h"

/* Shell scripts as processes, one at a time. */
struct script {
	struct process_launcher launcher;
	struct process process;
};

static inline void script_open(struct script *script)
{
	struct error error;
	*script = (struct script){0};
	assert_true(process_launcher_open(&script->launcher, &error));
}

static inline void script_close(struct script *script)
{
	process_launcher_close(&script->launcher);
}

/* how: what shall be other than in / and without output. */
static inline struct start_result script_try(
	struct script *script, const char *text, const struct process_request *how)
{
	const char *const arguments[] = {"sh", "-c", text, NULL};
	const char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
	struct process_request request = *how;
	request.program = "/bin/sh";
	request.arguments = arguments;
	request.environment = environment;
	if (!request.folder)
		request.folder = "/";
	if (!request.output)
		request.output = script->launcher.null_descriptor;
	return process_start(&script->launcher, &request, &script->process);
}

static inline void script_start(
	struct script *script, const char *text, const struct process_request *how)
{
	assert_int_equal(script_try(script, text, how).fault, START_OK);
}

/* Waits for its end. */
static inline struct process_result script_end(struct script *script)
{
	struct process_result result;
	siginfo_t ended;
	assert_int_equal(waitid(P_PID, (id_t)script->process.id, &ended, WEXITED | WNOWAIT), 0);
	assert_true(process_reap(&script->launcher, &script->process, &result));
	assert_int_equal(script->process.descriptor, -1);
	return result;
}

#endif
