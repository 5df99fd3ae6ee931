#ifndef WAVETRAIN_CLI_DEBUGGER_SHOW_H
#define WAVETRAIN_CLI_DEBUGGER_SHOW_H

#include "base/buffer.h"
#include "model/debug_stop.h"
#include "model/plan.h"
#include "run/breakpoints.h"

/* Where one is: the step, its wave, after it how it ended and the last lines of its log. */
void debugger_show_stop(const struct debug_stop *stop, const struct plan *plan,
	const char *run_folder, struct buffer *text);

/* "before build> " */
void debugger_show_prompt(
	const struct debug_stop *stop, const struct plan *plan, struct buffer *text);

void debugger_show_breakpoints(const struct breakpoints *breakpoints, struct buffer *text);

/* The commands that can be given there. */
void debugger_show_help(enum debug_moment moment, struct buffer *text);

/* "error: TEXT" and the hint. */
void debugger_show_error(const struct error *error, struct buffer *text);

#endif
