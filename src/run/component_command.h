#ifndef WAVETRAIN_RUN_COMPONENT_COMMAND_H
#define WAVETRAIN_RUN_COMPONENT_COMMAND_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "model/pipeline.h"

/*
 * The argument vector of a component step: this very program, which carries out the protocol.
 *
 *   OWN_PROGRAM component run PROTOCOL -- PROGRAM ARGUMENT…     a declared component
 *   OWN_PROGRAM component TYPE PROTOCOL                         a built-in one
 *   PROTOCOL: --keep NAME --message [--schema NAME:VERSION] [--merge INPUT,INPUT]
 *
 * NAME is the step's first output; --merge names all inputs in order, where the step merges them,
 * by the names they have in $WAVETRAIN_INPUT without extension. A program given as a text
 * (`run: ./x | y`) is SHELL -e -c TEXT.
 */
struct component_request {
	const struct pipeline *pipeline;
	const struct step *step; /* step->component is not NULL */
	const char *own_program; /* absolute path of wavetrain */
};

/* Fills command->arguments, the arena's. False: the component has no program. */
bool component_command_make(const struct component_request *request, struct arena *arena,
	struct command *command, struct error *error);

/*
 * "WAVETRAIN_PROPERTIES={…}" for the step's environment, the arena's; "{}" where there are none.
 * NULL with *error: more than the system takes in one variable.
 */
const char *component_properties_variable(
	const struct step *step, struct arena *arena, struct error *error);

#endif
