#include <stddef.h>

#include "cli/batch.h"

static int resume(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	struct batch_choices choices = *(const struct batch_choices *)values;
	choices.run = arguments[0];
	choices.must_resume = true;
	return batch_run(cli, &choices, error);
}

extern const struct cli_command cmd_resume;
const struct cli_command cmd_resume = {
	.name = "resume",
	.arguments = "[RUN]",
	.argument_limit = 1,
	.summary = "Continue a run that failed, was stopped or was killed",
	.description =
		"Steps that are done stay done as long as their definition and artifacts are unchanged; the\n"
		"plan says why another one runs again. A finished run is left alone, with exit code 0.",
	.example = "wavetrain resume latest",
	.options = batch_options + BATCH_NOT_RESUME_OPTIONS,
	.option_count = BATCH_OPTIONS - BATCH_NOT_RESUME_OPTIONS,
	.options_size = sizeof(struct batch_choices),
	.takes_parameters = true,
	.parameters_offset = offsetof(struct batch_choices, parameters),
	.run = resume,
};
