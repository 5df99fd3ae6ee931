#include <stddef.h>

#include "cli/batch.h"

static int debug(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	struct batch_choices choices = *(const struct batch_choices *)values;
	choices.pipeline = arguments[0];
	choices.debug = true;
	return batch_run(cli, &choices, error);
}

extern const struct cli_command cmd_debug;
const struct cli_command cmd_debug = {
	.name = "debug",
	.arguments = "[PIPELINE]",
	.argument_limit = 1,
	.summary = "Run a pipeline and stop before or after steps to look and decide",
	.description =
		"Stops where --break-before, --break-after and the key 'breakpoint' of a step say; with none\n"
		"of them before the first step. There it takes commands, from a terminal or one a line from a\n"
		"pipe: continue, next, inspect, skip, retry, shell, breakpoints, break, delete, help, quit.\n"
		"The end of the input is quit: exit code 75, and 'wavetrain resume' continues the run. Steps\n"
		"that already run go on; nothing new starts while it waits for a command.",
	.example = "printf 'next\\ncontinue\\n' | wavetrain debug",
	.options = batch_options + BATCH_NOT_DEBUG_OPTIONS,
	.option_count = BATCH_OPTIONS - BATCH_NOT_DEBUG_OPTIONS,
	.options_size = sizeof(struct batch_choices),
	.takes_parameters = true,
	.parameters_offset = offsetof(struct batch_choices, parameters),
	.run = debug,
};
