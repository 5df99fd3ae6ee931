#ifndef WAVETRAIN_RUN_PROGRAM_SEARCH_H
#define WAVETRAIN_RUN_PROGRAM_SEARCH_H

#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"

/*
 * Finds programs in PATH and remembers where they were, for as long as nothing can have changed:
 * the caller forgets when steps that wait for others begin. Zeroed memory is an empty search.
 */
struct program_search {
	struct arena arena;
	struct map places; /* word to index in paths */
	const char **paths;
	uint32_t count;
	uint32_t capacity;
};

void program_search_release(struct program_search *search);
void program_search_forget(struct program_search *search);

/*
 * The path of the program, or NULL: not found. A word with '/' is its own path. Relative
 * entries of path_list count from folder. The result lives until forget or in scratch.
 */
const char *program_search_find(struct program_search *search, const char *word,
	const char *path_list, const char *folder, struct arena *scratch);

/* What execvp(3) takes when PATH is not set. */
#define PROGRAM_SEARCH_DEFAULT_PATH "/bin:/usr/bin"

#endif
