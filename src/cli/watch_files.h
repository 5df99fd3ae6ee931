#ifndef WAVETRAIN_CLI_WATCH_FILES_H
#define WAVETRAIN_CLI_WATCH_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "cli/watch_inputs.h"

/*
 * The files that rules name, with what tells their content. A file is what it holds and whether it
 * can be executed, not when it was written: however an editor saves (in place, by a rename, by
 * removing and making it anew), the same bytes are no change.
 */
struct watched_file {
	const char *path; /* absolute; the snapshot's arena */
	char content
		[HASH_TEXT_SIZE]; /* SHA-256; of a file beyond the limit or not readable: less */
	bool is_program;
	/* What stat(2) said, so that the file need not be read again. */
	uint64_t inode;
	int64_t size_bytes;
	int64_t modified_ns;
	int64_t changed_ns;
	bool is_settled; /* a later change has another changed_ns */
};
#define WATCH_READ_LIMIT_BYTES (INT64_C(64) << 20) /* larger ones: by size and time */

struct watch_snapshot {
	struct watched_file *files; /* heap; sorted by path, each once */
	uint32_t count;
	uint32_t capacity;
	struct arena arena;
};

struct snapshot_request {
	const struct watch_rules *rules;
	const char *state_folder; /* absolute: what is in it is only looked at where it is named */
	const struct watch_snapshot *previous; /* NULL: none; saves reading */
	int inotify;                           /* gets every folder that matters; -1: none */
};

/*
 * Looks at the disk. Folders are watched before they are listed, so that what comes later is heard
 * of. False: too many files match, or too many folders are to be watched. To be released also then.
 */
bool watch_snapshot_take(const struct snapshot_request *request, struct watch_snapshot *snapshot,
	struct error *error);
void watch_snapshot_release(struct watch_snapshot *snapshot); /* also of zeroed memory */

enum change_kind { CHANGE_NEW, CHANGE_GONE, CHANGE_CONTENT };
struct file_change {
	const char *path; /* absolute */
	enum change_kind kind;
};
struct file_changes {
	struct file_change *items; /* the arena's, sorted by path */
	uint32_t count;
};

/* Pure: what is otherwise after than before. */
void watch_snapshot_compare(const struct watch_snapshot *before, const struct watch_snapshot *after,
	struct arena *arena, struct file_changes *changes);

#endif
