#include "base/cleanup.h"
#include "base/index.h"
#include "cli/command.h"
#include "cli/library_versions.h"

static int version(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	(void)values;
	(void)arguments;
	buffer_append_text(&text, "wavetrain " WAVETRAIN_VERSION "\n");
	if (!cli->quiet)
		library_versions_append(&text);
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_version;
const struct cli_command cmd_version = {
	.name = "version",
	.arguments = "",
	.summary = "Show the version, and those of all libraries; -q: the first line only",
	.example = "wavetrain version",
	.run = version,
};
