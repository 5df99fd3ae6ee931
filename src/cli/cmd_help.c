#include "base/cleanup.h"
#include "base/index.h"
#include "cli/help.h"
#include "load/pipeline_load.h"

struct options {
	uint32_t format;
};

enum help_format { HELP_TEXT, HELP_MARKDOWN, HELP_MAN, HELP_PIPELINE, HELP_ERRORS };
static const char *const formats[] = {"text", "markdown", "man", "pipeline", "errors", NULL};

static const struct option options[] = {
	{.name = "format",
		.kind = OPTION_CHOICE,
		.offset = offsetof(struct options, format),
		.value_name = "PAGE",
		.choices = formats,
		.help = "Print a whole reference page instead: the command line as Markdown or as a man page, the pipeline file's keys, the errors"},
};

static int help(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	CLEANUP(buffer_release) struct buffer page = BUFFER_INIT;
	(void)cli;
	switch ((enum help_format)(chosen->format ? chosen->format - 1 : HELP_TEXT)) {
	case HELP_TEXT: {
		if (!arguments[0])
			return help_print_overview(error) ? 0 : -1;
		const struct cli_command *command = command_find(arguments[0], error);
		return command && help_print_command(command, error) ? 0 : -1;
	}
	case HELP_MARKDOWN:
		help_append_markdown(&page);
		break;
	case HELP_MAN:
		help_append_man(&page);
		break;
	case HELP_PIPELINE:
		pipeline_reference_append(&page);
		break;
	case HELP_ERRORS:
		help_append_errors(&page);
		break;
	}
	return cli_print(&page, error) ? 0 : -1;
}

extern const struct cli_command cmd_help;
const struct cli_command cmd_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.argument_limit = 1,
	.summary = "Show the commands, or one command's help",
	.example = "wavetrain help run",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.run = help,
};
