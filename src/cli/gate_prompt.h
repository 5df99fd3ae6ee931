#ifndef WAVETRAIN_CLI_GATE_PROMPT_H
#define WAVETRAIN_CLI_GATE_PROMPT_H

#include "cli/wiring.h"

/*
 * services->ask_gate: --yes approves, somebody at a terminal is asked, and everywhere else the
 * gate stays closed until `wavetrain approve`. A signal that stops the run ends the question.
 */
bool gate_prompt(void *context, uint32_t step, const char **approved_by);

/*
 * services->ask_undecided: somebody at a terminal is asked, unless --yes says that nobody wants to
 * be. End of input and a signal are as [q]uit.
 */
enum undecided_answer undecided_prompt(void *context, uint32_t step, int signal);

#endif
