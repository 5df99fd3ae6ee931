#include "base/cleanup.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/command.h"
#include "load/json_schema_write.h"

static int schema(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	(void)cli;
	(void)values;
	if (arguments[0] && !text_equal(arguments[0], "pipeline")) {
		error_set(error, ERROR_USAGE, "there is no schema of '%s'", arguments[0]);
		error_hint(error, "'wavetrain schema pipeline'");
		return -1;
	}
	pipeline_schema_append(&text);
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_schema;
const struct cli_command cmd_schema = {
	.name = "schema",
	.arguments = "[pipeline]",
	.argument_limit = 1,
	.summary = "Print a JSON Schema of the pipeline file, for editors",
	.description =
		"Draft 2020-12, for pipelines of 'steps' and of 'artifacts', from the tables the file\n"
		"is read with. An editor with a YAML language server takes it from a first line\n"
		"'# yaml-language-server: $schema=FILE'.",
	.example = "wavetrain schema",
	.run = schema,
};
