#include "load/agent_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "load/agents.h"
#include "load/component_load.h"
#include "load/substitution.h"
#include "load/yaml_decode.h"

/* One of the files while it is read. */
struct open_file {
	const struct agent_files *files;
	const char *shown; /* as the user would write it */
	struct diagnostics found;
	struct yaml_tree tree;
	struct substitution substitution;
	struct decoder decoder;
};

static void report_unreadable(
	const struct agent_files *files, const char *shown, const struct error *error)
{
	diagnostics_add(files->diagnostics, FINDING_PARSE, (struct source_position){0, 0}, "%s",
		arena_copy_text(files->diagnostics->arena, error->text))
		->file = shown;
}

/* Hands the findings on under the file's name. */
static void file_close(struct open_file *file)
{
	struct diagnostics *diagnostics = file->files->diagnostics;
	for (uint32_t i = 0; i < file->found.count; i++) {
		const struct finding *finding = &file->found.findings[i];
		struct finding *copy = diagnostics_add(
			diagnostics, finding->code, finding->where, "%s", finding->message);
		copy->hint = finding->hint;
		copy->file = file->shown;
	}
	substitution_release(&file->substitution);
	yaml_tree_release(&file->tree);
	diagnostics_release(&file->found);
}

/* True: to be closed with file_close(). False: not there, or reported. */
static bool file_open(struct open_file *file, const struct agent_files *files, const char *name)
{
	CLEANUP(buffer_release) struct buffer source = BUFFER_INIT;
	struct arena *arena = files->diagnostics->arena;
	struct error error = {0};
	if (!files->pipeline->folder)
		return false;
	*file = (struct open_file){
		.files = files, .shown = companion_shown_path(files->request, name, arena)};
	if (!file_read(path_join(arena, files->pipeline->folder, name), AGENT_FILE_LIMIT_BYTES,
		    &source, &error)) {
		if (error.number != ENOENT && error.number != ENOTDIR)
			report_unreadable(files, file->shown, &error);
		return false;
	}
	diagnostics_init(&file->found, arena, file->shown);
	substitution_init(&file->substitution, files->request->environment, arena, &file->found);
	substitution_set_parameters(
		&file->substitution, files->pipeline->parameters, files->pipeline->parameter_count);
	file->decoder = (struct decoder){.tree = &file->tree,
		.arena = arena,
		.diagnostics = &file->found,
		.substitution = &file->substitution};
	if (yaml_tree_read(&file->tree, buffer_text(&source), source.size, &file->found))
		return true;
	file_close(file);
	return false;
}

static const struct yaml_field declaration_fields[] = {
	{.key = "adapters",
		.kind = FIELD_NAMED,
		.table = &adapter_table,
		.offset = offsetof(struct agent_declarations, adapters),
		.count_offset = offsetof(struct agent_declarations, adapter_count)},
	{.key = "personas",
		.kind = FIELD_NAMED,
		.table = &persona_table,
		.offset = offsetof(struct agent_declarations, personas),
		.count_offset = offsetof(struct agent_declarations, persona_count)},
};

bool agent_files_read_adapters(
	const struct agent_files *files, struct agent_declarations *declarations)
{
	struct open_file file;
	*declarations = (struct agent_declarations){0};
	if (!file_open(&file, files, ADAPTERS_FILE))
		return false;
	bool is_alone = file.tree.nodes[file.tree.root].count == 1;
	uint32_t inner = is_alone ? tree_find(&file.tree, file.tree.root, "adapters") : INDEX_NONE;
	declarations->file = file.shown;
	decode_value(&file.decoder, &declaration_fields[0],
		inner == INDEX_NONE ? file.tree.root : inner, declarations);
	file_close(&file);
	return true;
}

bool agent_files_read_persona(
	const struct agent_files *files, const char *name, struct agent_declarations *declarations)
{
	struct open_file file;
	struct arena *arena = files->diagnostics->arena;
	*declarations = (struct agent_declarations){0};
	if (!file_open(&file, files, arena_format(arena, PERSONAS_FOLDER "/%s.yaml", name)))
		return false;
	declarations->file = file.shown;
	declarations->personas = ARENA_NEW(arena, struct persona);
	declarations->persona_count = 1;
	decode_mapping(&file.decoder, &persona_table, file.tree.root, declarations->personas);
	declarations->personas->name = name;
	file_close(&file);
	return true;
}

bool agent_files_read_companion(
	const struct agent_files *files, struct agent_declarations *declarations)
{
	struct open_file file;
	*declarations = (struct agent_declarations){0};
	if (!file_open(&file, files, TABLE_COMPANION))
		return false;
	uint32_t inner = tree_find(&file.tree, file.tree.root, "pipeline");
	uint32_t root = inner == INDEX_NONE ? file.tree.root : inner;
	declarations->file = file.shown;
	for (size_t i = 0; i < ARRAY_LENGTH(declaration_fields); i++) {
		uint32_t node = tree_find(&file.tree, root, declaration_fields[i].key);
		if (node != INDEX_NONE)
			decode_value(&file.decoder, &declaration_fields[i], node, declarations);
	}
	file_close(&file);
	return true;
}

static bool read_all(int descriptor, struct buffer *text, const char **reason)
{
	for (;;) {
		char *room = buffer_reserve(text, 65536);
		ssize_t size = read(descriptor, room, 65536);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0) {
			*reason = "cannot be read";
			return false;
		}
		text->size += (size_t)size;
		if (text->size > SYSTEM_PROMPT_LIMIT_BYTES) {
			*reason = "has more than 1 MiB";
			return false;
		}
		if (size == 0)
			return true;
	}
}

const char *agent_files_read_prompt(
	const struct agent_files *files, const char *path, const char **reason)
{
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	CLEANUP(close_descriptor)
	int folder = open(files->pipeline->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_descriptor) int descriptor = -1;
	while (text_starts_with(path, "./"))
		path += 2;
	if (!path_stays_beneath(path)) {
		*reason = "must stay inside the folder: no '/' in front, no '..', no '.git'";
		return NULL;
	}
	descriptor = folder < 0 ? -1 : open_beneath(folder, path, O_RDONLY);
	if (descriptor < 0) {
		*reason = errno == ENOENT
				  ? "is not there"
				  : "is not a plain file inside the folder, or cannot be read";
		return NULL;
	}
	if (!read_all(descriptor, &text, reason))
		return NULL;
	if (memchr(buffer_text(&text), 0, text.size) ||
		!utf8_is_valid(buffer_text(&text), text.size)) {
		*reason = "is not UTF-8 text";
		return NULL;
	}
	return arena_copy_bytes(files->diagnostics->arena, buffer_text(&text), text.size);
}
