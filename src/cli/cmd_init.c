#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/project.h"

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
	{"wavetrain.yml", pipeline_text},
	{".github/workflows/wavetrain.yml", workflow_text},
};

/* O_EXCL: what is there is never overwritten, not even by a race. */
static bool write_new(const char *path, const char *text, bool *written, struct error *error)
{
	CLEANUP(close_descriptor)
	int descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	*written = descriptor >= 0;
	if (descriptor < 0 && errno == EEXIST)
		return true;
	if (descriptor < 0)
		return error_set_errno(error, ERROR_FILE, "cannot write '%s'", path);
	return descriptor_write_all(descriptor, text, strlen(text), error) ||
	       error_context(error, "'%s'", path);
}

static int init(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	struct project project;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	(void)values;
	(void)arguments;
	if (!project_find(cli, &project, error))
		return -1;
	for (size_t i = 0; i < ARRAY_LENGTH(starters); i++) {
		const char *path = path_join(cli->arena, project.root, starters[i].path);
		bool written;
		if (!folder_make(path_folder(cli->arena, path), error) ||
			!write_new(path, starters[i].text, &written, error))
			return -1;
		buffer_printf(&text, "%s %s\n",
			written ? "wrote" : "left alone, it is there already:", starters[i].path);
	}
	buffer_append_text(&text, "next: commit them, then 'wavetrain plan' and 'wavetrain run'\n");
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_init;
const struct cli_command cmd_init = {
	.name = "init",
	.arguments = "",
	.summary = "Write a commented starter pipeline and a workflow; overwrite nothing",
	.example = "wavetrain init",
	.run = init,
};
