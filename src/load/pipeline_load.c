#include "load/pipeline_load.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "load/agents.h"
#include "load/artifacts_reader.h"
#include "load/load_bytes.h"
#include "load/pipeline_check.h"
#include "load/steps_reader.h"
#include "load/substitution.h"
#include "load/table_reader.h"
#include "load/yaml_decode.h"
#include "load/yaml_tree.h"

/* File names that say nothing of the pipeline: the folder's name does. */
static bool is_generic_name(const char *name)
{
	static const char *const names[] = {"wavetrain.yml", "wavetrain.yaml", "pipeline.yml",
		"pipeline.yaml", "pipeline.json", "wavetrain.json"};
	for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
		if (text_equal(name, names[i]))
			return true;
	}
	return false;
}

static const char *default_name(const struct load_request *request, struct arena *arena)
{
	const char *file = path_file_name(request->path ? request->path : "");
	const char *folder = path_file_name(request->folder ? request->folder : "");
	if (is_generic_name(file) && *folder)
		return arena_copy_text(arena, folder);
	const char *dot = strrchr(file, '.');
	size_t length = dot && dot != file ? (size_t)(dot - file) : strlen(file);
	return length ? arena_copy_bytes(arena, file, length) : "pipeline";
}

static void skip_byte_order_mark(const char **bytes, size_t *size)
{
	if (*size >= 3 && memcmp(*bytes, "\xEF\xBB\xBF", 3) == 0) {
		*bytes += 3;
		*size -= 3;
	}
}

static void decode(const struct load_request *request, const struct yaml_tree *tree,
	struct diagnostics *diagnostics, struct pipeline *pipeline)
{
	CLEANUP(substitution_release) struct substitution substitution;
	substitution_init(&substitution, request->environment, diagnostics->arena, diagnostics);
	struct decoder decoder = {.tree = tree,
		.arena = diagnostics->arena,
		.diagnostics = diagnostics,
		.substitution = &substitution};
	steps_read(&decoder, request, pipeline);
	pipeline_check(pipeline, diagnostics);
}

void pipeline_load_bytes(const struct load_request *request, const char *bytes, size_t size,
	struct arena *arena, struct diagnostics *diagnostics, struct pipeline *pipeline)
{
	CLEANUP(yaml_tree_release) struct yaml_tree tree = {0};
	skip_byte_order_mark(&bytes, &size);
	diagnostics_init(diagnostics, arena, request->path);
	diagnostics->source = bytes;
	diagnostics->source_size = size;
	*pipeline = (struct pipeline){.file = request->path, .folder = request->folder};
	if (path_is_table(request->path)) {
		table_read(request, bytes, size, diagnostics, pipeline);
		agents_resolve(pipeline, request, diagnostics);
	} else if (yaml_tree_read(&tree, bytes, size, diagnostics)) {
		decode(request, &tree, diagnostics, pipeline);
	}
	if (text_is_empty(pipeline->name))
		pipeline->name = default_name(request, arena);
	diagnostics_sort(diagnostics);
}

bool pipeline_load(const struct load_request *request, struct arena *arena,
	struct diagnostics *diagnostics, struct pipeline *pipeline, struct error *error)
{
	CLEANUP(buffer_release) struct buffer source = BUFFER_INIT;
	diagnostics_init(diagnostics, arena, request->path);
	*pipeline = (struct pipeline){.file = request->path, .folder = request->folder};
	if (!file_read_or_pipe(request->path, TREE_FILE_LIMIT_BYTES, &source, error)) {
		if (error->number == ENOENT || error->number == ENOTDIR)
			error->code = ERROR_NO_PIPELINE;
		return false;
	}
	pipeline_load_bytes(
		request, buffer_text(&source), source.size, arena, diagnostics, pipeline);
	if (diagnostics->count > 0)
		diagnostics->source =
			arena_copy_bytes(arena, diagnostics->source, diagnostics->source_size);
	else
		diagnostics->source = NULL;
	return true;
}

void pipeline_reference_append(struct buffer *buffer)
{
	buffer_append_text(buffer,
		"# The pipeline file\n\n"
		"A pipeline is one YAML 1.2 document (or JSON, which is YAML) in UTF-8. Unknown "
		"keys, keys given\ntwice, wrong types and unknown names are errors, all reported at "
		"once with line and column.\nEverything may also stand under one key `pipeline`.\n\n"
		"**`${NAME}`** in any text but `description`, `task`, `if`, `system_prompt` and a "
		"`run` that is a text\nis the parameter of that name, else the environment "
		"variable; `${NAME:-default}` gives a default for\none that is unset or empty; "
		"`$${` is a literal `${`. A name that is not set and has no default is\nan error.\n"
		"**`{NAME}`** of a declared parameter is replaced in `name`, `description`, `task`, "
		"`checkpoint.message`\nand the elements of a `run` that is a list; of a matrix or a "
		"`foreach` also in values of `env`,\n`workdir`, paths of outputs and of `cache`, and "
		"in the paths, sources and command lists of contracts.\nNothing is ever put into a "
		"`run` that is a text: there a parameter is the environment variable\n"
		"`PARAM_<NAME>`, a value of a matrix `MATRIX_<NAME>`, and an item "
		"`WAVETRAIN_ITEM`.\n\n"
		"**Numbers and booleans** where text is expected are taken as they are written. "
		"`yes`, `no`, `on` and\n`off` are text. **Durations** are a number of seconds, or "
		"`2d`, `5h30m`, `90s`, `250ms`. **Sizes** are a\nnumber of bytes, or `64KiB`, "
		"`50MB`, `1GiB`.\n\n");
	buffer_printf(buffer,
		"**Limits**: %u MiB, %u levels of nesting, %u steps, aliases that stand for %u "
		"values, one document.\n\n",
		(unsigned)(TREE_FILE_LIMIT_BYTES >> 20), TREE_NESTING_LIMIT, PIPELINE_STEP_LIMIT,
		TREE_ALIAS_LIMIT);
	for (size_t i = 0; steps_tables[i]; i++)
		table_append_reference(steps_tables[i], buffer);
	buffer_append_text(buffer,
		"# The artifacts form\n\n"
		"A file with `artifacts` in place of `steps`; `execution`, `checkpoint`, `env` and "
		"`params` mean the\nsame in it. [Its page](../formats/artifacts.md) explains it.\n\n");
	for (size_t i = 0; artifacts_tables[i]; i++)
		table_append_reference(artifacts_tables[i], buffer);
}
