#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/project.h"
#include "load/old_layout.h"

#define SOURCE_LIMIT_BYTES ((size_t)64 << 20)
#define PIPELINE_FILE "wavetrain.yml"

struct options {
	const char *from;
	const char *output;
};

static const struct option options[] = {
	{.name = "from",
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, from),
		.value_name = "FILE",
		.help = "Write the runbook FILE, of connectors and analysers, with artifacts"},
	{.name = "output",
		.letter = 'o',
		.kind = OPTION_TEXT,
		.offset = offsetof(struct options, output),
		.value_name = "FILE",
		.help = "With --from: write to FILE instead of " PIPELINE_FILE},
};

static const char pipeline_text[] =
	"# A batch in waves. 'wavetrain plan' shows what will run, 'wavetrain run' runs it.\n"
	"# Every key: docs/reference/pipeline.md, or 'wavetrain help --format pipeline'.\n"
	"name: starter\n"
	"\n"
	"execution:\n"
	"  jobs: 2                    # steps at once; as many as processors when left out\n"
	"  on_failure: keep           # commit what succeeded, name what failed\n"
	"\n"
	"steps:\n"
	"  - id: list\n"
	"    run: git ls-files > \"$WAVETRAIN_OUTPUT/files.txt\"\n"
	"    outputs: [files]         # the one file $WAVETRAIN_OUTPUT/files or files.*\n"
	"\n"
	"  # These two need the list, not each other: one wave, side by side.\n"
	"  - id: count\n"
	"    inputs: [files]          # found as $WAVETRAIN_INPUT/files.txt; implies 'needs: [list]'\n"
	"    run: wc -l < \"$WAVETRAIN_INPUT/files.txt\" > \"$WAVETRAIN_OUTPUT/count.txt\"\n"
	"    outputs: [count]\n"
	"  - id: kinds\n"
	"    inputs: [files]\n"
	"    run: sed 's/.*\\.//' \"$WAVETRAIN_INPUT/files.txt\" | sort | uniq -c | sort -rn > \"$WAVETRAIN_OUTPUT/kinds.txt\"\n"
	"    outputs: [kinds]\n"
	"\n"
	"  - id: report\n"
	"    inputs: [count, kinds]\n"
	"    run: |\n"
	"      {\n"
	"        echo \"Files: $(cat \"$WAVETRAIN_INPUT/count.txt\")\"\n"
	"        cat \"$WAVETRAIN_INPUT/kinds.txt\"\n"
	"      } > inventory.txt\n"
	"    timeout: 1m\n"
	"    retry: {max: 2}          # 2 s, then 4 s later\n"
	"    contract:                # proven before the step counts as done\n"
	"      type: files\n"
	"      files: [{path: inventory.txt, non_empty: true}]\n";

static const char workflow_text[] = "name: wavetrain\n"
				    "on: [push]\n"
				    "permissions:\n"
				    "  contents: write         # a commit behind every wave\n"
				    "  statuses: write         # the result on the commit\n"
				    "  pull-requests: write    # one comment, kept up to date\n"
				    "jobs:\n"
				    "  batch:\n"
				    "    runs-on: ubuntu-latest\n"
				    "    steps:\n"
				    "      - uses: actions/checkout@v5\n"
				    "      - uses: wavetrain/wavetrain/action@v1\n"
				    "        with: {pipeline: wavetrain.yml}\n";

struct starter {
	const char *path;
	const char *text;
};

static const struct starter starters[] = {
	{PIPELINE_FILE, pipeline_text},
	{".github/workflows/wavetrain.yml", workflow_text},
};

/* O_EXCL: what is there is never overwritten, not even by a race. */
static bool write_new(
	const char *path, const char *text, size_t size, bool *written, struct error *error)
{
	CLEANUP(close_descriptor)
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	*written = descriptor >= 0;
	if (descriptor < 0 && errno == EEXIST)
		return true;
	if (descriptor < 0)
		return error_set_errno(error, ERROR_FILE, "cannot write '%s'", path);
	if (descriptor_write_all(descriptor, text, size, error))
		return true;
	/* Half a file would be left alone by the next init. */
	unlink(path);
	return error_context(error, "'%s'", path);
}

/* A file of the project as it is reached from here: in a subfolder by its whole path. */
static const char *shown_path(struct cli *cli, const struct project *project, const char *name)
{
	return text_equal(path_absolute(cli->arena, "."), project->root)
		       ? name
		       : path_join(cli->arena, project->root, name);
}

static bool write_starters(
	struct cli *cli, const struct project *project, struct buffer *text, struct error *error)
{
	for (size_t i = 0; i < ARRAY_LENGTH(starters); i++) {
		const char *path = path_join(cli->arena, project->root, starters[i].path);
		bool written;
		if (!folder_make(path_folder(cli->arena, path), error) ||
			!write_new(
				path, starters[i].text, strlen(starters[i].text), &written, error))
			return false;
		buffer_printf(text, "%s %s\n",
			written ? "wrote" : "left alone, it is there already:",
			shown_path(cli, project, starters[i].path));
	}
	buffer_append_text(text, "next: commit them, then 'wavetrain plan' and 'wavetrain run'\n");
	return true;
}

/* Faults of the old file are printed with their lines. */
static bool convert(struct cli *cli, const char *from, struct buffer *yaml, struct error *error)
{
	CLEANUP(buffer_release) struct buffer source = BUFFER_INIT;
	CLEANUP(buffer_release) struct buffer faults = BUFFER_INIT;
	CLEANUP(diagnostics_release) struct diagnostics diagnostics;
	diagnostics_init(&diagnostics, cli->arena, from);
	if (!file_read_or_pipe(from, SOURCE_LIMIT_BYTES, &source, error))
		return false;
	diagnostics.source = buffer_text(&source);
	diagnostics.source_size = source.size;
	if (old_layout_convert(
		    buffer_text(&source), source.size, path_file_name(from), yaml, &diagnostics))
		return true;
	diagnostics_sort(&diagnostics);
	diagnostics_append_text(&diagnostics, &faults);
	cli_print_aside(&faults);
	error_set(error, ERROR_PIPELINE_INVALID, "%u error%s in '%s', nothing was written",
		diagnostics.error_count, diagnostics.error_count == 1 ? "" : "s", from);
	return error_hint(error, "mend the file, then convert it again");
}

static bool write_converted(struct cli *cli, const struct project *project,
	const struct options *chosen, struct buffer *text, struct error *error)
{
	CLEANUP(buffer_release) struct buffer yaml = BUFFER_INIT;
	const char *path = chosen->output ? chosen->output
					  : path_join(cli->arena, project->root, PIPELINE_FILE);
	bool written;
	if (!convert(cli, chosen->from, &yaml, error) ||
		!folder_make(path_folder(cli->arena, path), error) ||
		!write_new(path, buffer_text(&yaml), yaml.size, &written, error))
		return false;
	if (!written) {
		error_set(error, ERROR_FILE, "'%s' is there already and is not overwritten", path);
		return error_hint(error, "name another file with --output FILE");
	}
	const char *shown =
		chosen->output ? chosen->output : shown_path(cli, project, PIPELINE_FILE);
	buffer_printf(text,
		"wrote %s\n"
		"next: write the programs it names under 'components', then 'wavetrain validate "
		"%s'\n",
		shown, shown);
	return true;
}

static int init(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct project project;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	(void)arguments;
	if (chosen->output && !chosen->from) {
		error_set(error, ERROR_USAGE, "--output is for --from");
		return -1;
	}
	if (!project_find(cli, &project, error))
		return -1;
	if (chosen->from ? !write_converted(cli, &project, chosen, &text, error)
			 : !write_starters(cli, &project, &text, error))
		return -1;
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_init;
const struct cli_command cmd_init = {
	.name = "init",
	.arguments = "",
	.summary = "Write a commented starter pipeline and a workflow; overwrite nothing",
	.description =
		"With --from it reads a runbook of the older layout of connectors, analysers and\n"
		"execution, and writes the same with artifacts.",
	.example = "wavetrain init",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.run = init,
};
