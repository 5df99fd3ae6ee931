#ifndef WAVETRAIN_CLI_DEBUGGER_SHELL_H
#define WAVETRAIN_CLI_DEBUGGER_SHELL_H

#include <stdbool.h>

#include "base/buffer.h"
#include "base/error.h"
#include "model/debug_stop.h"

/* A shell where a step works. The run goes on meanwhile. */
struct debugger_shell {
	const struct debug_stop *stop; /* for wait() */
	const struct debug_place *place;
	const char *program; /* $SHELL */
	const char *command; /* NULL: interactive */

	/* NULL: it has the terminal to itself; else it gets no input, and what it prints comes here. */
	const struct buffer_outlet *output;
};

/*
 * Returns when it has ended, or was ended because the run is. *status as from waitpid(2). False: it
 * could not be started. The terminal is left as it was.
 */
bool debugger_shell_run(const struct debugger_shell *shell, int *status, struct error *error);

#endif
