#include "base/file_match.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define DEPTH_LIMIT 64
#define ANY_DEPTH "**"

struct search {
	struct arena *arena;
	const char **components; /* of the pattern */
	uint32_t component_count;
	bool takes_hidden;
	const struct file_search *asked; /* never NULL */
	const char **paths;              /* heap */
	uint32_t count;
	uint32_t capacity;
	struct error *error;
};

/* A folder that is being looked through for the pattern from a component on. */
struct place {
	int folder;
	const char *path; /* of the folder; "" at the top */
	uint32_t component;
	uint32_t depth;
};

static bool walk(struct search *search, const struct place *place);

bool path_is_pattern(const char *path)
{
	return path[strcspn(path, "*?[")] != '\0';
}

size_t pattern_fixed_length(const char *pattern)
{
	size_t fixed = 0;
	for (size_t i = 0; pattern[i] && !strchr("*?[", pattern[i]); i++) {
		if (pattern[i] == '/')
			fixed = i + 1;
	}
	return fixed;
}

static bool is_folder(int folder, const struct dirent *entry)
{
	struct stat status;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_DIR;
	return fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISDIR(status.st_mode);
}

static bool is_file(int folder, const struct dirent *entry)
{
	struct stat status;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_REG;
	return fstatat(folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(status.st_mode);
}

static bool descend(
	struct search *search, const struct place *place, const char *name, uint32_t component)
{
	if (place->depth == DEPTH_LIMIT)
		return error_set(search->error, ERROR_FILE, "'%s' is more than %d folders deep",
			place->path, DEPTH_LIMIT);
	CLEANUP(close_descriptor)
	int folder = openat(
		place->folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (folder < 0)
		return true; /* gone, a link or not ours to read: no match in it */
	struct place below = {
		folder, path_join(search->arena, place->path, name), component, place->depth + 1};
	return walk(search, &below);
}

static bool add_match(struct search *search, const struct place *place, const char *name)
{
	if (search->count == FILE_MATCH_LIMIT)
		return error_set(
			search->error, ERROR_FILE, "more than %u files match", FILE_MATCH_LIMIT);
	GROW(search->paths, search->count, search->capacity);
	search->paths[search->count++] = path_join(search->arena, place->path, name);
	return true;
}

static bool visit(struct search *search, const struct place *place, const struct dirent *entry)
{
	const char *name = entry->d_name;
	const char *wanted = search->components[place->component];
	bool is_last = place->component + 1 == search->component_count;
	if (text_equal(wanted, ANY_DEPTH)) {
		if ((name[0] != '.' || search->takes_hidden) && is_folder(place->folder, entry))
			return descend(search, place, name, place->component);
		return true;
	}
	if (fnmatch(wanted, name, search->takes_hidden ? 0 : FNM_PERIOD) != 0)
		return true;
	if (!is_last)
		return !is_folder(place->folder, entry) ||
		       descend(search, place, name, place->component + 1);
	return !is_file(place->folder, entry) || add_match(search, place, name);
}

/* Entries of one folder against one component of the pattern. */
static bool walk_entries(struct search *search, const struct place *place)
{
	int copy = openat(place->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(close_folder) DIR *entries = copy < 0 ? NULL : fdopendir(copy);
	if (!entries)
		return copy < 0 ||
		       error_set_errno(search->error, ERROR_FILE, "cannot list '%s'", place->path);
	for (struct dirent *entry = readdir(entries); entry; entry = readdir(entries)) {
		const char *name = entry->d_name;
		if (text_equal(name, ".") || text_equal(name, "..") || text_equal(name, ".git"))
			continue;
		if (!visit(search, place, entry))
			return false;
	}
	return true;
}

/* Recursion is bounded by DEPTH_LIMIT and the pattern's length. */
static bool walk(struct search *search, const struct place *place)
{
	const char *wanted = search->components[place->component];
	const struct file_search *asked = search->asked;
	if (asked->enters && !asked->enters(asked->context, place->path))
		return true;
	if (!text_equal(wanted, ANY_DEPTH)) {
		if (place->component + 1 < search->component_count && !path_is_pattern(wanted))
			return descend(search, place, wanted, place->component + 1);
		return walk_entries(search, place);
	}
	struct place here = *place;
	here.component++;
	return walk(search, &here) && walk_entries(search, place);
}

static bool split_pattern(struct search *search, const char *pattern)
{
	char *rest = arena_copy_text(search->arena, pattern);
	size_t length = strlen(pattern);
	search->components = ARENA_ARRAY(search->arena, const char *, length / 2 + 2);
	for (char *word = strtok_r(rest, "/", &rest); word; word = strtok_r(NULL, "/", &rest)) {
		if (text_equal(word, "."))
			continue;
		bool is_repeated =
			search->component_count && text_equal(word, ANY_DEPTH) &&
			text_equal(search->components[search->component_count - 1], ANY_DEPTH);
		if (!is_repeated)
			search->components[search->component_count++] = word;
	}
	if (search->component_count > DEPTH_LIMIT)
		return error_set(search->error, ERROR_FILE, "pattern '%s' is too deep", pattern);
	if (search->component_count &&
		text_equal(search->components[search->component_count - 1], ANY_DEPTH))
		search->components[search->component_count++] = "*";
	return true;
}

static int compare_paths(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static bool run_search(
	struct search *search, int folder, const char *pattern, struct file_matches *matches)
{
	struct place top = {.folder = folder, .path = ""};
	*matches = (struct file_matches){0};
	if (!split_pattern(search, pattern))
		return false;
	bool is_done = search->component_count == 0 || walk(search, &top);
	if (is_done && search->count) {
		qsort(search->paths, search->count, sizeof *search->paths, compare_paths);
		matches->paths = ARENA_ARRAY(search->arena, const char *, search->count);
		for (uint32_t i = 0; i < search->count; i++) {
			/* Two ways to the same file ("**" twice) are one match. */
			if (!i || strcmp(search->paths[i], search->paths[i - 1]) != 0)
				matches->paths[matches->count++] = search->paths[i];
		}
	}
	free(search->paths);
	return is_done;
}

bool file_match(int folder, const char *pattern, struct arena *arena, struct file_matches *matches,
	struct error *error)
{
	const struct file_search asked = {.pattern = pattern};
	return file_match_search(folder, &asked, arena, matches, error);
}

bool file_match_all(
	int folder, struct arena *arena, struct file_matches *matches, struct error *error)
{
	const struct file_search asked = {0};
	return file_match_search(folder, &asked, arena, matches, error);
}

bool file_match_search(int folder, const struct file_search *asked, struct arena *arena,
	struct file_matches *matches, struct error *error)
{
	const char *pattern = asked->pattern;
	struct search search = {
		.arena = arena, .error = error, .takes_hidden = !pattern, .asked = asked};
	if (pattern && !path_stays_beneath(pattern))
		return error_set(error, ERROR_FILE, "'%s' must be relative, without '..' or '.git'",
			pattern);
	return run_search(&search, folder, pattern ? pattern : ANY_DEPTH, matches);
}
