#ifndef WAVETRAIN_CLI_DEBUGGER_EDITOR_H
#define WAVETRAIN_CLI_DEBUGGER_EDITOR_H

#include <stdbool.h>

#include "cli/debugger_command.h"

/* Who reads lines. */
struct editor_owner {
	void *context;

	/* Returns when standard input can be read; false: nobody waits for a line any more. */
	bool (*wait)(void *context);

	/* What a name can become, when somebody asks; valid until the next call. */
	const struct debugger_names *(*names)(void *context);
};

/* A line on the terminal with libedit: editing, history, completion. */
struct debugger_editor;

/* Standard input and output must be a terminal that is not dumb. NULL: libedit cannot do it. */
struct debugger_editor *debugger_editor_new(const struct editor_owner *owner);
void debugger_editor_free(struct debugger_editor *editor); /* may be NULL */

/* The line without its end, valid until the next call. NULL: end of input, or wait() said so. */
const char *debugger_editor_read(struct debugger_editor *editor, const char *prompt);

/* While it reads a line others write to the terminal between these two. */
void debugger_editor_hide(struct debugger_editor *editor);
void debugger_editor_show(struct debugger_editor *editor);

#endif
