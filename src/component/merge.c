#include "component/merge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/file_match.h"
#include "base/json_measure.h"
#include "base/text.h"
#include "component/message.h"

#define NAME_LIMIT 10000u

struct merge {
	const char *input_folder;
	struct arena arena;
	json_t *content;     /* an array */
	json_t *merged_from; /* an array */
	const char *schema;  /* of all so far; the arena's */
	bool has_any;
	bool is_mixed; /* they do not have the same schema */
	uint32_t folder_count;
	bool is_wrapped; /* a content that is no list became an element of one */
	size_t size;     /* bytes read */
};

struct entry_list {
	const char **names; /* the arena's */
	uint32_t count;
};

static int compare_naturally(const void *left, const void *right)
{
	return strverscmp(*(const char *const *)left, *(const char *const *)right);
}

/* Every file and folder, the 10th instance after the 9th. */
static bool list_entries(struct merge *merge, struct entry_list *list, struct error *error)
{
	CLEANUP(close_folder) DIR *folder = opendir(merge->input_folder);
	if (!folder)
		return error_set_errno(
			error, ERROR_FILE, "cannot list the inputs in '%s'", merge->input_folder);
	list->names = ARENA_ARRAY(&merge->arena, const char *, NAME_LIMIT);
	for (struct dirent *entry; (entry = readdir(folder));) {
		if (entry->d_name[0] == '.')
			continue;
		if (list->count == NAME_LIMIT)
			return error_set(error, ERROR_FILE, "more than %u inputs", NAME_LIMIT);
		list->names[list->count++] = arena_copy_text(&merge->arena, entry->d_name);
	}
	qsort(list->names, list->count, sizeof *list->names, compare_naturally);
	return true;
}

/* NAME, NAME.json, or the only NAME.*. NULL with *error. */
static const char *find_entry(const struct entry_list *list, const char *name, struct error *error)
{
	size_t length = strlen(name);
	const char *found = NULL;
	uint32_t count = 0;
	for (uint32_t i = 0; i < list->count; i++) {
		const char *entry = list->names[i];
		if (strncmp(entry, name, length) != 0)
			continue;
		if (!entry[length] || text_equal(entry + length, ".json"))
			return entry;
		if (entry[length] != '.')
			continue;
		found = entry;
		count++;
	}
	if (count == 1)
		return found;
	error_set(error, ERROR_FILE,
		count ? "the input '%s' is ambiguous: several files are called so"
		      : "the input '%s' is not there",
		name);
	if (!count)
		error_hint(error, "inputs are files of $WAVETRAIN_INPUT");
	return NULL;
}

static void note_schema(struct merge *merge, const char *schema)
{
	if (!merge->has_any)
		merge->schema = schema ? arena_copy_text(&merge->arena, schema) : NULL;
	else if (!text_equal(merge->schema, schema))
		merge->is_mixed = true;
	merge->has_any = true;
}

static bool add_file(struct merge *merge, const char *path, const char *name, struct error *error)
{
	struct buffer bytes CLEANUP(buffer_release) = BUFFER_INIT;
	const char *what = arena_format(&merge->arena, "the input '%s'", name);
	json_t *value = json_file_read(path, what, &bytes, error);
	if (!value)
		return false;
	merge->size += bytes.size;
	if (merge->size > JSON_BYTE_LIMIT) {
		json_decref(value);
		return error_set(error, ERROR_FILE, "the inputs together are more than %zu MiB",
			JSON_BYTE_LIMIT / 1024 / 1024);
	}
	bool is_message = message_is_one(value);
	json_t *content = is_message ? json_object_get(value, "content") : value;
	note_schema(merge, is_message ? message_schema(value) : NULL);
	if (json_is_array(content)) {
		json_array_extend(merge->content, content);
	} else {
		json_array_append(merge->content, content);
		merge->is_wrapped = true;
	}
	json_array_append_new(merge->merged_from, json_string(name));
	json_decref(value);
	return true;
}

static bool add_folder(struct merge *merge, const char *path, const char *name, struct error *error)
{
	struct file_matches files;
	CLEANUP(close_descriptor) int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return error_set_errno(error, ERROR_FILE, "cannot open the input '%s'", name);
	if (!file_match_all(folder, &merge->arena, &files, error))
		return error_context(error, "the input '%s'", name);
	if (files.count)
		qsort(files.paths, files.count, sizeof *files.paths, compare_naturally);
	for (uint32_t i = 0; i < files.count; i++) {
		const char *file = path_join(&merge->arena, path, files.paths[i]);
		if (!add_file(merge, file, path_join(&merge->arena, name, files.paths[i]), error))
			return false;
	}
	return true;
}

static bool add_entry(struct merge *merge, const char *entry, const char *name, struct error *error)
{
	const char *path = path_join(&merge->arena, merge->input_folder, entry);
	bool is_folder = path_is_folder(path);
	merge->folder_count += is_folder;
	return is_folder ? add_folder(merge, path, name, error)
			 : add_file(merge, path, name, error);
}

static bool add_all(struct merge *merge, const char *const *names, struct error *error)
{
	struct entry_list list = {0};
	if (!list_entries(merge, &list, error))
		return false;
	for (uint32_t i = 0; names && names[i]; i++) {
		const char *entry = find_entry(&list, names[i], error);
		if (!entry || !add_entry(merge, entry, names[i], error))
			return false;
	}
	for (uint32_t i = 0; !names && i < list.count; i++) {
		const char *entry = list.names[i];
		const char *dot = strrchr(entry, '.');
		size_t length = dot ? (size_t)(dot - entry) : strlen(entry);
		if (!text_equal(entry, MERGED_FILE) &&
			!add_entry(merge, entry, arena_copy_bytes(&merge->arena, entry, length),
				error))
			return false;
	}
	return true;
}

/* One file is passed on as it is. Folders are lists, however many files are in them. */
static void unwrap_single(struct merge *merge)
{
	if (!merge->is_wrapped || merge->folder_count || json_array_size(merge->merged_from) != 1)
		return;
	json_t *only = json_incref(json_array_get(merge->content, 0));
	json_decref(merge->content);
	merge->content = only;
	merge->is_wrapped = false;
}

json_t *merge_inputs(const char *input_folder, const char *const *names, struct error *error)
{
	struct merge merge = {
		.input_folder = input_folder,
		.content = json_array(),
		.merged_from = json_array(),
	};
	json_t *message = NULL;
	if (add_all(&merge, names, error)) {
		unwrap_single(&merge);
		bool has_schema = !merge.is_mixed && !merge.is_wrapped;
		message = message_new(has_schema ? merge.schema : NULL, merge.content);
		json_object_set(
			json_object_get(message, "metadata"), "merged_from", merge.merged_from);
	} else {
		json_decref(merge.content);
	}
	json_decref(merge.merged_from);
	arena_release(&merge.arena);
	return message;
}
