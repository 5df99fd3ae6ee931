#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/index.h"
#include "base/text.h"
#include "load/pipeline_load.h"

#define PIPELINES_FOLDER ".wavetrain/pipelines"
#define DEPTH_LIMIT 256u

static const char *const default_files[] = {
	"wavetrain.yml", "wavetrain.yaml", ".wavetrain/pipeline.yml"};
static const char *const name_endings[] = {"yml", "yaml", "json", "pipeline"};

/* The folders to look in, nearest first: up to the repository's root, or one where there is none. */
struct search {
	const char *folders[DEPTH_LIMIT];
	uint32_t count;
};

static void search_init(struct search *search, const char *folder, struct arena *arena)
{
	search->count = 0;
	while (search->count < DEPTH_LIMIT) {
		search->folders[search->count++] = folder;
		if (path_exists(path_join(arena, folder, ".git")))
			return;
		if (text_equal(folder, "/") || text_equal(folder, "."))
			break;
		folder = path_folder(arena, folder);
	}
	search->count = 1;
}

static bool is_file(const char *path)
{
	return path_exists(path) && !path_is_folder(path);
}

/* name is a place below folder: shown as the user would write it from the working directory. */
static const char *shown_path(const char *folder, const char *name, struct arena *arena)
{
	char *current = getcwd(NULL, 0);
	bool is_here = current && text_equal(current, folder);
	free(current);
	return is_here ? arena_copy_text(arena, name) : path_join(arena, folder, name);
}

static bool find_default(const struct search *search, struct arena *arena, const char **path)
{
	for (uint32_t i = 0; i < search->count; i++) {
		for (size_t j = 0; j < ARRAY_LENGTH(default_files); j++) {
			if (!is_file(path_join(arena, search->folders[i], default_files[j])))
				continue;
			*path = shown_path(search->folders[i], default_files[j], arena);
			return true;
		}
	}
	return false;
}

static bool find_named(
	const struct search *search, const char *word, struct arena *arena, const char **path)
{
	for (uint32_t i = 0; i < search->count; i++) {
		for (size_t j = 0; j < ARRAY_LENGTH(name_endings); j++) {
			const char *name = arena_format(
				arena, PIPELINES_FOLDER "/%s.%s", word, name_endings[j]);
			if (!is_file(path_join(arena, search->folders[i], name)))
				continue;
			*path = shown_path(search->folders[i], name, arena);
			return true;
		}
	}
	return false;
}

/* The known name nearest to word; the arena's, or NULL. */
static const char *nearest_name(const struct search *search, const char *word, struct arena *arena)
{
	struct nearest nearest;
	nearest_start(&nearest, word);
	for (uint32_t i = 0; i < search->count; i++) {
		CLEANUP(close_folder)
		DIR *listing = opendir(path_join(arena, search->folders[i], PIPELINES_FOLDER));
		for (const struct dirent *entry = listing ? readdir(listing) : NULL; entry;
			entry = readdir(listing)) {
			const char *dot = strrchr(entry->d_name, '.');
			if (dot && dot != entry->d_name)
				nearest_offer(&nearest, arena_copy_bytes(arena, entry->d_name,
								(size_t)(dot - entry->d_name)));
		}
	}
	return nearest.best;
}

static void append_folders(const struct search *search, struct buffer *buffer)
{
	for (uint32_t i = 0; i < search->count; i++)
		buffer_printf(buffer, "%s%s",
			i == 0                   ? " in "
			: i + 1 == search->count ? " and "
						 : ", ",
			search->folders[i]);
}

/* What stands where a file is looked for and is none; NULL: nothing does. */
static const char *false_file(const char *path)
{
	struct stat facts;
	if (lstat(path, &facts) != 0)
		return errno == ENOENT || errno == ENOTDIR ? NULL : strerror(errno);
	if (S_ISLNK(facts.st_mode) && stat(path, &facts) != 0)
		return errno == ENOENT ? "a link that points to nothing" : strerror(errno);
	return S_ISDIR(facts.st_mode) ? "a folder, not a file" : NULL;
}

/* True with the fault where the name is taken by what cannot be read. */
static bool report_false(const char *folder, const char *name, struct arena *arena,
	const char *hint, struct error *error)
{
	const char *what = *name ? false_file(path_join(arena, folder, name)) : NULL;
	if (!what)
		return false;
	bool is_sort = text_starts_with(what, "a ");
	error_set(error, ERROR_NO_PIPELINE, is_sort ? "'%s' is %s" : "'%s' cannot be read: %s",
		shown_path(folder, name, arena), what);
	error_hint(error, "%s", hint);
	return true;
}

static bool report_no_default(const struct search *search, struct arena *arena, struct error *error)
{
	CLEANUP(buffer_release) struct buffer folders = BUFFER_INIT;
	for (uint32_t i = 0; i < search->count; i++)
		for (size_t j = 0; j < ARRAY_LENGTH(default_files); j++)
			if (report_false(search->folders[i], default_files[j], arena,
				    "move it away, then 'wavetrain init' writes a pipeline", error))
				return false;
	append_folders(search, &folders);
	error_set(error, ERROR_NO_PIPELINE,
		"no pipeline file: looked for wavetrain.yml, wavetrain.yaml and "
		".wavetrain/pipeline.yml%s",
		buffer_text(&folders));
	return error_hint(error, "wavetrain init");
}

static bool report_no_named(
	const struct search *search, const char *word, struct arena *arena, struct error *error)
{
	CLEANUP(buffer_release) struct buffer folders = BUFFER_INIT;
	if (report_false(search->folders[0], word, arena, "name the pipeline file itself", error))
		return false;
	/* A path is no name. */
	if (strchr(word, '/')) {
		error_set(
			error, ERROR_NO_PIPELINE, "no pipeline '%s': there is no such file", word);
		return error_hint(
			error, "name a pipeline file; 'wavetrain init' writes a first one");
	}
	append_folders(search, &folders);
	error_set(error, ERROR_NO_PIPELINE,
		"no pipeline '%s': looked for the file %s and for " PIPELINES_FOLDER
		"/%s.{yml,yaml,json,pipeline}%s",
		word, word, word, buffer_text(&folders));
	const char *nearest = nearest_name(search, word, arena);
	if (nearest)
		return error_hint(error, "did you mean '%s'?", nearest);
	return error_hint(error, "name a pipeline file; 'wavetrain init' writes a first one");
}

bool pipeline_find(const char *folder, const char *word, struct arena *arena, const char **path,
	struct error *error)
{
	struct search search;
	/* "": path_absolute() of a working directory that was removed. */
	if (text_is_empty(folder) && !(word && word[0] == '/')) {
		error_set(error, ERROR_FILE, "the current folder is gone");
		return error_hint(error, "change to a folder that is there");
	}
	search_init(&search, folder, arena);
	if (!word)
		return find_default(&search, arena, path) ||
		       report_no_default(&search, arena, error);
	if (is_file(path_join(arena, folder, word))) {
		*path = shown_path(folder, word, arena);
		return true;
	}
	if (!strchr(word, '/') && find_named(&search, word, arena, path))
		return true;
	return report_no_named(&search, word, arena, error);
}
