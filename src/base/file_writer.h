#ifndef WAVETRAIN_BASE_FILE_WRITER_H
#define WAVETRAIN_BASE_FILE_WRITER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/buffer.h"
#include "base/error.h"

/*
 * file_write_atomic() for a file that is never whole in memory: text is appended to ->text, which
 * hands its pieces on when it is drained. They go to a temporary file beside the path, whose name
 * is the path's and ".wavetrain-unfinished-XXXXXX"; killed in between, nothing but that file is left, and
 * file_writer_tidy() removes it.
 * Must stay where it was opened, because ->text refers to it.
 */
struct file_writer {
	struct buffer text; /* what is not written yet */
	struct buffer_outlet outlet;
	struct arena arena;
	const char *path; /* the arena's */
	char *temporary;  /* the arena's; NULL: none, or it is no temporary file any more */
	int descriptor;   /* -1: closed */
	bool failed;      /* nothing is written any more, and error says why */
	struct error error;
};

/* Closes what was opened also on failure: file_writer_close() is allowed then, not necessary. */
bool file_writer_open(struct file_writer *writer, const char *path, struct error *error);

/* Puts the file in place, flushed to disk. Any failure since the opening is told here. */
bool file_writer_commit(struct file_writer *writer, struct error *error);

/* Without a commit that succeeded, the file at path is as it was and the temporary one is gone. */
void file_writer_close(struct file_writer *writer);

/* Removes from the folder itself what writers that were killed have left; what is being written
 * stays. A folder that is not there or not ours to change is left as it is. */
void file_writer_tidy(const char *folder);

#endif
