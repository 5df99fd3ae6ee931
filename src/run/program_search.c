#include "run/program_search.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/index.h"

void program_search_release(struct program_search *search)
{
	map_release(&search->places);
	arena_release(&search->arena);
	free(search->paths);
	*search = (struct program_search){0};
}

void program_search_forget(struct program_search *search)
{
	if (!search->count)
		return;
	map_release(&search->places);
	search->places = (struct map){0};
	arena_reset(&search->arena);
	search->count = 0;
}

static bool is_program(const char *path)
{
	struct stat status;
	return access(path, X_OK) == 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

/* *is_lasting turns false when the answer depends on the folder. */
static const char *look_up(const char *word, const char *path_list, const char *folder,
	struct arena *scratch, bool *is_lasting)
{
	const char *entry = path_list;
	*is_lasting = true;
	while (true) {
		int length = (int)strcspn(entry, ":");
		const char *path;
		if (length == 0) {
			*is_lasting = false;
			path = arena_format(scratch, "%s/%s", folder, word);
		} else if (entry[0] != '/') {
			*is_lasting = false;
			path = arena_format(scratch, "%s/%.*s/%s", folder, length, entry, word);
		} else {
			path = arena_format(scratch, "%.*s/%s", length, entry, word);
		}
		if (is_program(path))
			return path;
		if (!entry[length])
			return NULL;
		entry += length + 1;
	}
}

const char *program_search_find(struct program_search *search, const char *word,
	const char *path_list, const char *folder, struct arena *scratch)
{
	if (strchr(word, '/'))
		return word;
	if (!word[0])
		return NULL;
	const char *key = arena_format(scratch, "%s\n%s", word, path_list);
	uint32_t place = map_find(&search->places, key);
	if (place != INDEX_NONE)
		return search->paths[place];
	bool is_lasting;
	const char *path = look_up(word, path_list, folder, scratch, &is_lasting);
	if (!path || !is_lasting)
		return path;
	GROW(search->paths, search->count, search->capacity);
	search->paths[search->count] = arena_copy_text(&search->arena, path);
	map_add(&search->places, arena_copy_text(&search->arena, key), search->count);
	return search->paths[search->count++];
}
