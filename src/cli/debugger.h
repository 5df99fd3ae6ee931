#ifndef WAVETRAIN_CLI_DEBUGGER_H
#define WAVETRAIN_CLI_DEBUGGER_H

#include <stdbool.h>

#include "base/error.h"
#include "model/debug_stop.h"
#include "run/breakpoints.h"

struct batch;
struct debugger;

/*
 * Talks to a person, or to a script, at the breakpoints of a batch that is planned. The breakpoints
 * are those of the file and of the choices; with none it stops before the first step. NULL: one of
 * the choices names no step.
 */
struct debugger *debugger_new(struct batch *batch, struct error *error);
void debugger_free(struct debugger *debugger); /* may be NULL */

/* The pipeline has other steps now. */
struct breakpoints *debugger_adopt_pipeline(struct debugger *debugger);

/* run_services.ask_debugger; context is the batch. */
enum debug_answer debugger_ask(void *context, const struct debug_stop *stop);

/* Writes what the console holds, around the prompt; later, while a shell has the terminal. */
void debugger_flush_console(struct debugger *debugger);

/* Somebody is asked now. */
bool debugger_is_asking(const struct debugger *debugger);

#endif
