#ifndef WAVETRAIN_COMPONENT_PROGRAM_H
#define WAVETRAIN_COMPONENT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/error.h"

struct program_request {
	const char *const *arguments;   /* NULL after the last; without '/': found in PATH */
	const char *const *environment; /* NULL after the last */
	const char *stdin_text;         /* NULL: none */
	const char *stdin_file;         /* used instead of the text; NULL: none */
	bool is_relayed;                /* what it prints goes to our standard output too */
	size_t kept_limit;              /* bytes of its output that are kept; 0: none */
};

struct program_result {
	int exit_status;      /* -1: ended by a signal; 126 or 127: not started */
	int signal;           /* 0: none */
	struct buffer output; /* the caller's to release */
	bool is_cut;          /* it printed more than the limit */
};

/*
 * Runs a program to its end: same process group, standard error is ours. It is waited for
 * whatever signal asks this process to stop (SIGTERM, SIGINT, SIGHUP): who sends one to the group
 * has told the program as well, and what it still says is not lost. What it leaves running in the
 * background is not waited for. False: not started.
 */
bool program_run(
	const struct program_request *request, struct program_result *result, struct error *error);

#endif
