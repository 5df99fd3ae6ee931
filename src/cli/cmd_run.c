#include <stddef.h>

#include "cli/batch.h"
#include "cli/dry_run.h"
#include "cli/watch.h"

static int run_command(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	struct batch_choices choices = *(const struct batch_choices *)values;
	choices.pipeline = arguments[0];
	choices.debug |= choices.break_before.count || choices.break_after.count;
	if (choices.debug && (choices.watch || choices.dry_run)) {
		error_set(error, ERROR_USAGE, "--debug and --%s do not go together",
			choices.watch ? "watch" : "dry-run");
		return -1;
	}
	if (choices.watch)
		return watch_run(cli, &choices, error);
	return choices.dry_run ? dry_run(cli, &choices, error) : batch_run(cli, &choices, error);
}

extern const struct cli_command cmd_run;
const struct cli_command cmd_run = {
	.name = "run",
	.arguments = "[PIPELINE]",
	.argument_limit = 1,
	.summary = "Run a pipeline in waves, with a commit after each",
	.description =
		"Steps of a wave run in parallel. After each wave what they changed is committed. SIGINT and\n"
		"SIGTERM stop the run after a checkpoint with exit code 75; 'wavetrain resume' continues it.",
	.example = "wavetrain run -j 4",
	.options = batch_options,
	.option_count = BATCH_OPTIONS,
	.options_size = sizeof(struct batch_choices),
	.takes_parameters = true,
	.parameters_offset = offsetof(struct batch_choices, parameters),
	.run = run_command,
};
