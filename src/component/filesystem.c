/* The built-in component `filesystem`: files beneath a folder as the content of a message. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/path_match.h"
#include "base/text.h"
#include "component/builtin.h"

#define DEPTH_LIMIT 64
#define FILE_LIMIT 100000u
#define READ_BYTES ((size_t)64 * 1024)
#define DEFAULT_MAX_BYTES ((uint64_t)32 * 1024 * 1024)

struct search {
	const json_t *properties;
	struct arena arena;
	int root;
	const char **paths; /* heap; relative to root */
	uint32_t count;
	uint32_t capacity;
	struct error *error;
};

static bool is_excluded(const struct search *search, const char *path)
{
	const char *pattern;
	for (size_t i = 0; (pattern = property_item(search->properties, "exclude", i)); i++) {
		if (path_matches(pattern, path, true))
			return true;
	}
	return false;
}

/* Without patterns every file is; a leading dot must be written out in one. */
static bool is_included(const struct search *search, const char *path)
{
	const char *pattern = property_item(search->properties, "include", 0);
	for (size_t i = 0; pattern; i++) {
		if (path_matches(pattern, path, false))
			return true;
		if (!(pattern = property_item(search->properties, "include", i + 1)))
			return false;
	}
	return true;
}

static bool add_path(struct search *search, const char *path)
{
	if (!is_included(search, path))
		return true;
	if (search->count == FILE_LIMIT)
		return error_set(search->error, ERROR_FILE,
			"more than %u files: narrow 'include', or name folders in 'exclude'",
			FILE_LIMIT);
	GROW(search->paths, search->count, search->capacity);
	search->paths[search->count++] = path;
	return true;
}

static bool walk(struct search *search, int folder, const char *path, uint32_t depth);

static bool descend(
	struct search *search, int folder, const char *path, const char *name, uint32_t depth)
{
	if (depth == DEPTH_LIMIT)
		return error_set(search->error, ERROR_FILE, "'%s' is more than %d folders deep",
			path, DEPTH_LIMIT);
	CLEANUP(close_descriptor)
	int inner = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (inner < 0)
		return errno == ENOENT || errno == ELOOP || errno == ENOTDIR ||
		       error_set_errno(
			       search->error, ERROR_FILE, "cannot open the folder '%s'", path);
	return walk(search, inner, path, depth + 1);
}

static bool visit(
	struct search *search, int folder, const char *above, const char *name, uint32_t depth)
{
	struct stat facts;
	if (text_equal(name, ".") || text_equal(name, "..") || text_equal(name, ".git") ||
		text_equal(name, ".wavetrain"))
		return true;
	if (fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) < 0)
		return true; /* it is gone */
	const char *path = path_join(&search->arena, above, name);
	if (is_excluded(search, path))
		return true;
	if (S_ISDIR(facts.st_mode))
		return descend(search, folder, path, name, depth);
	return !S_ISREG(facts.st_mode) || add_path(search, path);
}

/* Recursion is bounded by DEPTH_LIMIT. */
static bool walk(struct search *search, int folder, const char *path, uint32_t depth)
{
	int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_folder) DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	if (!entries)
		return error_set_errno(
			search->error, ERROR_FILE, "cannot list '%s'", *path ? path : ".");
	for (struct dirent *entry; (entry = readdir(entries));) {
		if (!visit(search, folder, path, entry->d_name, depth))
			return false;
	}
	return true;
}

static int compare_paths(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* A path that is a file stands for itself, whatever the patterns say. */
static bool find_files(struct search *search)
{
	const char *path = property_text(search->properties, "path");
	struct stat facts;
	if (stat(path, &facts) == 0 && S_ISREG(facts.st_mode)) {
		search->root =
			open(path_folder(&search->arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		GROW(search->paths, search->count, search->capacity);
		search->paths[search->count++] = path_file_name(path);
		return search->root >= 0 || error_set_errno(search->error, ERROR_FILE,
						    "cannot open the folder of '%s'", path);
	}
	search->root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (search->root < 0)
		return error_set_errno(search->error, ERROR_FILE, "cannot open '%s'", path);
	if (!walk(search, search->root, "", 0))
		return false;
	if (search->count)
		qsort(search->paths, search->count, sizeof *search->paths, compare_paths);
	return true;
}

static bool read_file(int descriptor, uint64_t room, struct buffer *bytes)
{
	buffer_clear(bytes);
	while (bytes->size <= room) {
		ssize_t count = read(descriptor, buffer_reserve(bytes, READ_BYTES), READ_BYTES);
		if (count < 0 && errno == EINTR)
			continue;
		if (count <= 0)
			return count == 0;
		bytes->size += (size_t)count;
	}
	errno = EFBIG;
	return false;
}

static json_t *file_entry(const char *path, const struct buffer *bytes)
{
	json_t *entry = json_object();
	json_t *text = NULL;
	json_object_set_new(entry, "path", json_string(path));
	json_object_set_new(entry, "size_bytes", json_integer((json_int_t)bytes->size));
	if (bytes->size == 0 || !memchr(bytes->bytes, '\0', bytes->size))
		text = json_stringn(bytes->size ? bytes->bytes : "", bytes->size);
	if (text) {
		json_object_set_new(entry, "content", text);
		return entry;
	}
	struct buffer coded CLEANUP(buffer_release) = BUFFER_INIT;
	base64_append(&coded, (const unsigned char *)bytes->bytes, bytes->size);
	json_object_set_new(entry, "base64", json_string(buffer_text(&coded)));
	return entry;
}

static uint64_t max_bytes(const struct search *search)
{
	return property_number(search->properties, "max_bytes", PROPERTY_SIZE, DEFAULT_MAX_BYTES);
}

static bool read_content(
	struct search *search, const char *path, uint64_t room, struct buffer *bytes)
{
	CLEANUP(close_descriptor) int file = open_beneath(search->root, path, O_RDONLY);
	if (file < 0)
		return error_set_errno(search->error, ERROR_FILE, "cannot open '%s'", path);
	if (read_file(file, room, bytes))
		return true;
	if (errno != EFBIG)
		return error_set_errno(search->error, ERROR_FILE, "cannot read '%s'", path);
	return error_set(search->error, ERROR_FILE,
		"the files are more than %" PRIu64
		" bytes together, reached at '%s': narrow 'include', or raise 'max_bytes'",
		max_bytes(search), path);
}

static bool add_content(struct search *search, const char *path, json_t *content, uint64_t *room)
{
	struct buffer bytes CLEANUP(buffer_release) = BUFFER_INIT;
	if (!utf8_is_valid(path, strlen(path)))
		return error_set(search->error, ERROR_FILE,
			"the file name '%s' is not UTF-8, which JSON cannot say", path);
	if (!read_content(search, path, *room, &bytes))
		return false;
	*room -= bytes.size;
	json_array_append_new(content, file_entry(path, &bytes));
	return true;
}

static bool make_content(struct search *search, json_t *message)
{
	uint64_t room = max_bytes(search);
	uint64_t limit =
		property_number(search->properties, "max_files", PROPERTY_COUNT, FILE_LIMIT);
	uint32_t count = search->count < limit ? search->count : (uint32_t)limit;
	json_t *content = json_array();
	json_t *metadata = json_object_get(message, "metadata");
	json_object_set_new(message, "content", content);
	json_object_set_new(metadata, "file_count", json_integer(count));
	json_object_set_new(metadata, "left_out", json_integer(search->count - count));
	for (uint32_t i = 0; i < count; i++) {
		if (!add_content(search, search->paths[i], content, &room))
			return false;
	}
	return true;
}

int filesystem_run(const struct builtin_request *request, struct error *error)
{
	struct search search = {.properties = request->properties, .root = -1, .error = error};
	bool is_done = find_files(&search) && make_content(&search, request->message);
	close_descriptor(&search.root);
	free(search.paths);
	arena_release(&search.arena);
	return is_done ? 0 : 1;
}
