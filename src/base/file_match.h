#ifndef WAVETRAIN_BASE_FILE_MATCH_H
#define WAVETRAIN_BASE_FILE_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* True when the path holds a character that makes it a pattern: * ? [ */
bool path_is_pattern(const char *path);

/* The length of the leading folders that hold no pattern, with the '/': "out/" of "out/x*". */
size_t pattern_fixed_length(const char *pattern);

/* Paths relative to the folder searched, in byte order; the arena's. */
struct file_matches {
	const char **paths;
	uint32_t count;
};

/*
 * Regular files below folder (an open descriptor) that match the pattern: `*` and `?` and sets
 * within one component, `**` for any number of folders, a leading dot only when it is written
 * out. Symbolic links are neither followed nor matched; .git is never entered. At most
 * FILE_MATCH_LIMIT files and 64 folders deep; more is an error. A folder that is not there holds
 * no match.
 */
#define FILE_MATCH_LIMIT 100000u
bool file_match(int folder, const char *pattern, struct arena *arena, struct file_matches *matches,
	struct error *error);

/* Every regular file below folder, hidden ones too; otherwise the same. */
bool file_match_all(
	int folder, struct arena *arena, struct file_matches *matches, struct error *error);

/* The same for who wants to know the folders too. */
struct file_search {
	const char *pattern; /* NULL: every regular file, hidden ones too */
	/*
	 * Called for each folder before it is looked through, now and then twice, also for those
	 * above a part of the path that is not there; its path from the one searched, "" for that.
	 * False leaves the folder out. NULL: all are taken.
	 */
	bool (*enters)(void *context, const char *path);
	void *context;
};
bool file_match_search(int folder, const struct file_search *search, struct arena *arena,
	struct file_matches *matches, struct error *error);

#endif
