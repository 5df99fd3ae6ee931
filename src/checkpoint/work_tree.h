#ifndef WAVETRAIN_CHECKPOINT_WORK_TREE_H
#define WAVETRAIN_CHECKPOINT_WORK_TREE_H

#include <git2.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"

/* A path whose file may differ from what the snapshot says of it. */
struct candidate {
	const char *path; /* relative to the work tree; belongs to the arena of the scan */
	bool exists;
	bool nested_repository; /* an untracked folder with a .git of its own */
	struct stat status;     /* of the file; valid while exists */
};

struct candidate_list {
	struct candidate *items; /* owned, heap */
	size_t count;
	size_t capacity;
	/*
	 * Where a .gitattributes is on disk or in the snapshot: "" or a path with a closing '/'.
	 * Heap; the texts belong to the arena of the scan. No path is missing that is above a
	 * candidate; a folder may be there twice.
	 */
	const char **attribute_folders;
	size_t attribute_folder_count;
	size_t attribute_folder_capacity;
};

void candidate_list_release(struct candidate_list *list);

/* The text is not copied. */
void candidate_list_add_attributes(struct candidate_list *list, const char *folder);

struct work_tree_scan {
	git_repository *repository; /* for the ignore rules */
	git_index *snapshot;        /* sorted by path, with what stat(2) said when it was read */
	const char *folder;         /* the work tree, absolute */
	bool file_mode;             /* core.fileMode: the executable bit means something */
	struct arena *arena;        /* paths of the candidates */
};

/*
 * Compares the work tree with the snapshot by stat(2) alone and lists what is new, missing or
 * may be changed; no content is read. Left out: ignored files, .git, .wavetrain, and missing
 * files that the user's index says are not checked out (sparse checkout).
 */
bool work_tree_scan(
	const struct work_tree_scan *scan, struct candidate_list *list, struct error *error);

/*
 * How the paths of a work tree begin for what is in folder: "" or "a/b/"; the arena's. Either may
 * be reached by links. NULL: folder is not there, or not in the work tree.
 */
const char *work_tree_prefix(const char *work_tree, const char *folder, struct arena *arena);

/* Nothing is there any more; root: the work tree's descriptor. */
bool work_tree_is_gone(int root, const char *path);

/* The mode git records for a file: 0100644, 0100755 or 0120000; 0 for what it cannot record. */
uint32_t work_tree_mode(const struct stat *status);

/* True when the file cannot have changed since the entry was made. Anything else is hashed. */
bool work_tree_status_matches(
	const git_index_entry *entry, const struct stat *status, bool file_mode);

/* Copies what stat(2) says into the entry. */
void work_tree_fill(git_index_entry *entry, const struct stat *status);

#endif
