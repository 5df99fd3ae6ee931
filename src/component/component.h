#ifndef WAVETRAIN_COMPONENT_COMPONENT_H
#define WAVETRAIN_COMPONENT_COMPONENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * What runs inside a step's own process, as `wavetrain component …`: the protocol around a
 * component's or an agent's program, and the components that are always there. Reads properties
 * from $WAVETRAIN_PROPERTIES, inputs from $WAVETRAIN_INPUT, writes into $WAVETRAIN_OUTPUT.
 */
extern const char
	*const component_builtin_names[]; /* filesystem, json, command, merge; NULL-ended */

/* One line for people of what a built-in does; NULL: there is no such one. */
const char *component_builtin_summary(const char *type);

/*
 * False: properties (a JSON object) are not what the built-in takes; *error says which key and
 * the nearest right one. Called before anything runs.
 */
bool component_builtin_check(const char *type, const char *properties, struct error *error);

struct component_call {
	const char *const *environment;
	const char *type;             /* a built-in; NULL: arguments are run */
	const char *const *arguments; /* program and arguments; NULL after the last */
	const char *stdin_file;       /* given to the program as its standard input; NULL: none */
	/*
	 * The program's standard output, besides the log, becomes this file of $WAVETRAIN_OUTPUT
	 * when the program has not written it itself; NULL: nothing is kept.
	 */
	const char *kept_output;
	bool output_is_message; /* it must be {schema, content, metadata}; else any JSON value */
	const char *schema;     /* name:version for messages that say none; NULL: none */
	const char *const *merged_inputs; /* names in order; NULL: nothing is merged */
};

/* Returns the exit status for this process; what is wrong goes to stderr. */
int component_run(const struct component_call *call);

#endif
