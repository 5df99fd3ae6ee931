/*
 * An artifact as it was kept: what the record knows of it, then its content, which is shown so
 * that no byte of it can command the terminal.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "cli/inspect.h"
#include "cli/project.h"
#include "report/json_writer.h"
#include "report/text_layout.h"

#define SHOWN_BYTES ((size_t)32 * 1024) /* without --all */
#define READ_LIMIT_BYTES ((size_t)1 << 30)
#define NAME_COLUMNS_MOST 40
#define SHORT_HASH_CHARACTERS 12
#define SHOWN_FILES 100u /* of a folder, without --all */

struct options {
	uint32_t format;
	bool all;
};

static const struct option options[] = {
	OPTION_TEXT_OR_JSON(offsetof(struct options, format)),
	{.name = "all",
		.kind = OPTION_FLAG,
		.offset = offsetof(struct options, all),
		.help = "Show the whole content, however long"},
};

static bool is_run_of(const struct run *run, const char *word, const char *path)
{
	return text_equal(run->pipeline_name, word) || text_equal(run->pipeline_file, word) ||
	       (path && text_equal(run->pipeline_file, path));
}

/* The newest run of the pipeline that word names; *id is NULL when there is none. */
static bool find_by_pipeline(struct cli *cli, struct record *record, const char *word,
	const char **id, struct error *error)
{
	struct run *runs;
	uint32_t count;
	struct error unknown;
	const char *path = NULL;
	*id = NULL;
	if (!record_list_runs(record, cli->arena, &runs, &count, error))
		return false;
	if (!pipeline_find(path_absolute(cli->arena, "."), word, cli->arena, &path, &unknown))
		path = NULL;
	for (uint32_t i = 0; i < count && !*id; i++) {
		if (is_run_of(&runs[i], word, path))
			*id = runs[i].id;
	}
	return true;
}

/* word is a run, or a pipeline; a run's name comes first. */
static bool read_run(struct cli *cli, const char *word, struct run *run, struct error *error)
{
	struct project project;
	struct record *record = NULL;
	struct error unknown;
	const char *id;
	if (!project_open_record(cli, &project, &record, error))
		return false;
	bool read = project_read_run_from(cli, &project, record, word, run, error);
	if (!read && error->code == ERROR_RUN_UNKNOWN && word &&
		find_by_pipeline(cli, record, word, &id, &unknown) && id)
		read = project_read_run_from(cli, &project, record, id, run, error);
	record_close(record);
	return read;
}

/* "name", or "step.name" where several steps have one of that name. */
static const struct run_artifact *find_artifact(
	struct cli *cli, const struct run *run, const char *word, struct error *error)
{
	const struct run_artifact *found = NULL;
	struct nearest nearest;
	nearest_start(&nearest, word);
	for (uint32_t i = 0; i < run->artifact_count; i++) {
		const struct run_artifact *artifact = &run->artifacts[i];
		const char *step = run->steps[artifact->step].id;
		const char *whole =
			arena_format(cli->arena, "%s.%s", step, artifact->artifact.name);
		if (text_equal(word, whole))
			return artifact;
		nearest_offer(&nearest, artifact->artifact.name);
		if (!text_equal(word, artifact->artifact.name))
			continue;
		if (found) {
			error_set(error, ERROR_USAGE,
				"the steps '%s' and '%s' both made an artifact '%s'",
				run->steps[found->step].id, step, word);
			error_hint(error, "name it '%s'", whole);
			return NULL;
		}
		found = artifact;
	}
	if (found)
		return found;
	error_set(error, ERROR_USAGE, "run '%s' has no artifact '%s'", run->id, word);
	if (nearest.best)
		error_hint(error, "did you mean '%s'?", nearest.best);
	else
		error_hint(error, "'wavetrain inspect %s' lists them", run->id);
	return NULL;
}

static const char *artifact_place(
	struct cli *cli, const struct run *run, const struct artifact *artifact)
{
	return arena_format(cli->arena, "%s/artifacts/%s", run->folder, artifact->path);
}

static void append_list(struct cli *cli, const struct run *run, struct buffer *text)
{
	size_t names = 0;
	size_t steps = 0;
	for (uint32_t i = 0; i < run->artifact_count; i++) {
		const struct run_artifact *item = &run->artifacts[i];
		size_t name = layout_name_width(item->artifact.name, NAME_COLUMNS_MOST);
		size_t step = layout_name_width(run->steps[item->step].id, NAME_COLUMNS_MOST);
		names = name > names ? name : names;
		steps = step > steps ? step : steps;
	}
	if (run->artifact_count == 0)
		buffer_printf(text, "run %s has no artifacts\n", run->id);
	for (uint32_t i = 0; i < run->artifact_count; i++) {
		const struct run_artifact *item = &run->artifacts[i];
		layout_name(text, item->artifact.name, names + 2);
		layout_name(text, run->steps[item->step].id, steps + 2);
		size_t start = text->size;
		size_append(text, (int64_t)item->artifact.size_bytes);
		if (item->artifact.is_folder)
			buffer_printf(text, " in %u files", item->artifact.file_count);
		layout_pad(text, start, 22);
		buffer_printf(text, "%.*s\n", SHORT_HASH_CHARACTERS, item->artifact.sha256);
	}
	layout_finish(&cli->style, text, 0);
}

/* What is known of it but for its content; the object stays open. */
static void open_json(const struct run *run, const struct run_artifact *item, struct buffer *text)
{
	const struct artifact *artifact = &item->artifact;
	buffer_append_byte(text, '{');
	json_add_text(text, "name", artifact->name);
	json_add_text(text, "step", run->steps[item->step].id);
	json_add_text(text, "path", artifact->path);
	json_add_boolean(text, "folder", artifact->is_folder);
	json_add_number(text, "files", artifact->file_count);
	json_add_number(text, "size_bytes", (int64_t)artifact->size_bytes);
	json_add_text(text, "sha256", artifact->sha256);
}

static void append_json_list(const struct run *run, struct buffer *text)
{
	buffer_append_text(text, "{\"v\":1");
	json_add_text(text, "run", run->id);
	json_key(text, "artifacts");
	buffer_append_byte(text, '[');
	for (uint32_t i = 0; i < run->artifact_count; i++) {
		json_separate(text);
		buffer_append_byte(text, '\n');
		open_json(run, &run->artifacts[i], text);
		buffer_append_byte(text, '}');
	}
	buffer_append_text(text, "]}\n");
}

/* Content to show: at most SHOWN_BYTES of it, cut behind a line where there is one. */
struct content {
	struct buffer bytes; /* owned */
	bool is_binary;
	size_t left_out; /* bytes that are not shown */
};

static bool content_read(const char *path, bool all, struct content *content, struct error *error)
{
	struct buffer *bytes = &content->bytes;
	if (!file_read(path, READ_LIMIT_BYTES, bytes, error))
		return false;
	const char *text = buffer_text(bytes);
	content->is_binary =
		memchr(text, '\0', bytes->size) != NULL || !utf8_is_valid(text, bytes->size);
	if (all || bytes->size <= SHOWN_BYTES)
		return true;
	size_t shown = utf8_cut(text, bytes->size, SHOWN_BYTES);
	const char *line_end = memrchr(text, '\n', shown);
	if (line_end)
		shown = (size_t)(line_end - text) + 1;
	content->left_out = bytes->size - shown;
	bytes->size = shown;
	return true;
}

static void append_facts(struct cli *cli, const struct run *run, const struct run_artifact *item,
	const char *place, struct buffer *text)
{
	const struct artifact *artifact = &item->artifact;
	const struct run_step *step = &run->steps[item->step];
	size_t start = text->size;
	buffer_append_text(text, "artifact  ");
	layout_phrase(text, artifact->name);
	buffer_append_text(text, "\nmade by   ");
	layout_phrase(text, step->id);
	buffer_printf(text, " in run %s%s\nsize      ", run->id,
		step->cache_key ? ", from the cache" : "");
	size_append(text, (int64_t)artifact->size_bytes);
	if (artifact->is_folder)
		buffer_printf(text, " in %u files", artifact->file_count);
	buffer_printf(text, "\nsha256    %s\nkept as   ", artifact->sha256);
	layout_phrase(text, place);
	buffer_append_text(text, "\n");
	for (uint32_t i = 0; i < step->contracts.count; i++) {
		const struct run_contract *contract = &run->contracts[step->contracts.first + i];
		buffer_append_text(text, contract->passed ? "passed    " : "broken    ");
		layout_phrase(text, contract->subject);
		buffer_append_byte(text, '\n');
	}
	layout_finish(&cli->style, text, start);
}

static int compare_names(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* What stands in a folder, sorted; the arena's. A folder in it ends with '/'. */
static const char **list_folder(struct cli *cli, const char *folder, uint32_t *count)
{
	CLEANUP(close_folder) DIR *listing = opendir(folder);
	const char **found = NULL;
	uint32_t capacity = 0;
	*count = 0;
	for (const struct dirent *entry = listing ? readdir(listing) : NULL; entry;
		entry = readdir(listing)) {
		if (text_equal(entry->d_name, ".") || text_equal(entry->d_name, ".."))
			continue;
		bool is_folder = path_is_folder(path_join(cli->arena, folder, entry->d_name));
		GROW(found, *count, capacity);
		found[(*count)++] =
			arena_format(cli->arena, "%s%s", entry->d_name, is_folder ? "/" : "");
	}
	const char **names = ARENA_ARRAY(cli->arena, const char *, *count);
	if (*count) {
		memcpy(names, found, *count * sizeof *found);
		qsort(names, *count, sizeof *names, compare_names);
	}
	free(found);
	return names;
}

static void append_files(struct cli *cli, const char *folder, bool all, struct buffer *text)
{
	uint32_t count;
	const char **names = list_folder(cli, folder, &count);
	uint32_t shown = all || count < SHOWN_FILES ? count : SHOWN_FILES;
	size_t start = text->size;
	buffer_append_byte(text, '\n');
	for (uint32_t i = 0; i < shown; i++) {
		struct stat status;
		bool is_file = stat(path_join(cli->arena, folder, names[i]), &status) == 0 &&
			       S_ISREG(status.st_mode);
		layout_name(text, names[i], NAME_COLUMNS_MOST);
		if (is_file)
			size_append(text, status.st_size);
		while (text->bytes[text->size - 1] == ' ')
			text->size--;
		buffer_append_byte(text, '\n');
	}
	if (shown < count)
		buffer_printf(text, "… %u more; --all shows everything\n", count - shown);
	layout_finish(&cli->style, text, start);
}

static void append_content(const struct content *content, struct buffer *text)
{
	buffer_append_byte(text, '\n');
	if (content->is_binary) {
		buffer_append_text(text, "(not text, and not shown)\n");
		return;
	}
	const char *at = buffer_text(&content->bytes);
	for (const char *end = at + content->bytes.size; at < end;) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		size_t size = (size_t)((line_end ? line_end : end) - at);
		text_append_visible(text, at, size);
		buffer_append_byte(text, '\n');
		at += size + 1;
	}
	if (content->left_out > 0) {
		buffer_append_text(text, "… ");
		size_append(text, (int64_t)content->left_out);
		buffer_append_text(text, " more; --all shows everything\n");
	}
}

static bool append_one(struct cli *cli, const struct run *run, const struct run_artifact *item,
	const struct options *chosen, struct buffer *text, struct error *error)
{
	const char *place = artifact_place(cli, run, &item->artifact);
	bool is_json = chosen->format == FORMAT_JSON;
	bool is_folder = item->artifact.is_folder;
	struct content content = {.bytes = BUFFER_INIT};
	bool is_read = is_folder || content_read(place, chosen->all, &content, error);
	if (is_read && is_json) {
		open_json(run, item, text);
		json_add_number(text, "v", 1);
		json_add_text(text, "run", run->id);
		json_add_boolean(text, "binary", content.is_binary);
		json_add_number(text, "left_out_bytes", (int64_t)content.left_out);
		json_key(text, "content");
		if (is_folder || content.is_binary)
			buffer_append_text(text, "null");
		else
			json_append_string(text, buffer_text(&content.bytes), content.bytes.size);
		buffer_append_text(text, "}\n");
	} else if (is_read) {
		append_facts(cli, run, item, place, text);
		if (is_folder)
			append_files(cli, place, chosen->all, text);
		else
			append_content(&content, text);
	} else {
		error_context(error, "the artifact '%s' of run %s", item->artifact.name, run->id);
	}
	buffer_release(&content.bytes);
	return is_read;
}

bool inspect_append(struct cli *cli, const struct run *run, const char *word, struct buffer *text,
	struct error *error)
{
	static const struct options plain = {0};
	if (!word) {
		append_list(cli, run, text);
		return true;
	}
	const struct run_artifact *item = find_artifact(cli, run, word, error);
	return item && append_one(cli, run, item, &plain, text, error);
}

static int inspect(
	struct cli *cli, const void *values, const char *const *arguments, struct error *error)
{
	const struct options *chosen = values;
	struct run run;
	CLEANUP(buffer_release) struct buffer text = BUFFER_INIT;
	if (!read_run(cli, arguments[0], &run, error))
		return -1;
	if (arguments[0] && arguments[1]) {
		const struct run_artifact *item = find_artifact(cli, &run, arguments[1], error);
		if (!item || !append_one(cli, &run, item, chosen, &text, error))
			return -1;
	} else if (chosen->format == FORMAT_JSON) {
		append_json_list(&run, &text);
	} else {
		append_list(cli, &run, &text);
	}
	return cli_print(&text, error) ? 0 : -1;
}

extern const struct cli_command cmd_inspect;
const struct cli_command cmd_inspect = {
	.name = "inspect",
	.arguments = "[RUN|PIPELINE [ARTIFACT]]",
	.argument_limit = 2,
	.summary = "Show an artifact of a run; without ARTIFACT list them",
	.description =
		"PIPELINE, a name or a file, is the newest run of that pipeline. ARTIFACT is a name, or\n"
		"STEP.NAME where several steps made one of that name. What is not text is not shown,\n"
		"of long content the beginning only, and of a folder the names of what is in it.",
	.example = "wavetrain inspect latest",
	.options = options,
	.option_count = ARRAY_LENGTH(options),
	.options_size = sizeof(struct options),
	.run = inspect,
};
